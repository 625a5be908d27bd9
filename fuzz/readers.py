"""Every reader of files from others: how its seeds are made, and how it is called.

A reader of one more format is one more entry of `READERS`; the fuzzing, the corpus and the replay
in the tests follow from it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from fuzz import seeds, seeds_of_movies, seeds_of_runs
from fuzz.case import Case
from lamella.core.errors import LamellaError

_FRAMES = 3
"""Frames that are read of a movie: the first, the last, one between."""


@dataclass(frozen=True)
class Reader:
    """A door through which others' files come in.

    Parameters
    ----------
    name : str
    seeds : function
        Of `fuzz.seeds`.
    read : function of Path
        The public entry, and everything that is read only later.
    tokens : tuple of bytes
        Words of the format, put in at random.
    guided : bool
        Whether most of it is Python, so that coverage can guide (with atheris).
    rewrites : bool
        Whether the reader may change what it reads.
    refusals : tuple of types
        What it may raise.
    """

    name: str
    seeds: seeds.Seeds
    read: Callable[[Path], Any]
    tokens: tuple[bytes, ...] = ()
    guided: bool = True
    rewrites: bool = False
    refusals: tuple[type[Exception], ...] = (LamellaError,)


@cache
def seeds_of(reader: Reader) -> tuple[Case, ...]:
    """The cases to begin with."""
    with tempfile.TemporaryDirectory() as temporary:
        folders = _folders(Path(temporary))
        return tuple(_case(entry, Path(temporary)) for entry in reader.seeds(folders))


def _case(entry: Path, base: Path) -> Case:
    top = base / entry.relative_to(base).parts[0]
    return Case.of(top, entry.relative_to(top).as_posix())


def _folders(base: Path) -> Iterator[Path]:
    number = 0
    while True:
        folder = base / f"{number}"
        folder.mkdir()
        yield folder
        number += 1


def _spread(n: int) -> list[int]:
    return sorted({0, n // 2, n - 1}) if n else []


def _movie(path: Path) -> None:
    from lamella.io import open_movie

    movie = open_movie(path)
    for channel in movie.channels.values():
        for t in _spread(len(channel)):
            channel.frame(t)


def _container(path: Path) -> None:
    """The first position of what may hold several, all of its slices, and whether it changed."""
    from lamella.core.take import Take
    from lamella.io import fingerprint, open_movie, positions_of

    first = positions_of(path)[0]
    fingerprint(path, position=first)
    movie = open_movie(path, take=Take(first, "max"))
    for channel in movie.channels.values():
        for t in _spread(len(channel)):
            channel.frame(t)


def _sidecar(path: Path) -> None:
    """What lies beside a movie of four frames."""
    from lamella.core.movie import Movie
    from lamella.io.sidecar import completed, sidecar_of
    from lamella.io.wanted import AS_IT_IS

    beside = sidecar_of(path.with_name("cell.tif"), n_frames=4, n_channels=1)
    movie = Movie.from_array(np.zeros((4, 2, 2)))
    completed(movie, beside, AS_IT_IS)


def _labels(path: Path) -> None:
    from lamella.io import open_labels

    frames = open_labels(path).frames
    for t in _spread(len(frames)):
        frames.frame(t)


def _tracked(path: Path, **options: Any) -> None:
    from lamella.io.formats import recognise

    tracked = recognise(path).read(path, **options)
    painted = tracked.painted()
    for t in _spread(tracked.n_frames) if painted is not None else ():
        painted.frame(t)


def _of_a_tracker(path: Path) -> None:
    from lamella.core.movie import Scale

    _tracked(path, scale=Scale(0.5))


def _any_table(path: Path) -> None:
    from lamella.io.any_table import read_any_table

    read_any_table(path)


def _table(path: Path) -> None:
    from lamella.io.tables import read_table

    read_table(path)


def _plate_map(path: Path) -> None:
    from lamella.run.plate_map import read_plate_map

    read_plate_map(path)


def _samples(path: Path) -> None:
    from lamella.run.samples import read_samples

    read_samples(path)


def _study_toml(path: Path) -> None:
    from lamella.run.settings import read_settings
    from lamella.run.settings_draft import SettingsDraft

    read_settings(path)
    SettingsDraft(path)


def _seg_npy(path: Path) -> None:
    from lamella.io.seg_npy import read_seg_npy

    read_seg_npy(path)


def _model_card(path: Path) -> None:
    from lamella.io.model_folder import kind_of_model, read_card

    kind_of_model(path)
    read_card(path)


def _safetensors(path: Path) -> None:
    from lamella.nets.convlstm_unet.model_file import read_model

    read_model(path)


def _torch_weights(path: Path) -> None:
    from lamella.nets.weights import read_tensors

    read_tensors(path)


def _keras_weights(path: Path) -> None:
    from lamella.nets.convlstm_unet import Architecture
    from lamella.nets.convlstm_unet.keras_weights import encoder_tensors

    encoder_tensors(path, Architecture(poolings=1, filters=8, window=2))


def _movie_record(path: Path) -> None:
    from lamella.run.cache import Manifest
    from lamella.run.corrections import edits_of
    from lamella.run.editing.journal import Journal
    from lamella.run.review.record import decisions_of
    from lamella.run.saved import saved_tracks

    manifest = Manifest(path)
    refused = []
    journal = Journal(path, "cell", "p")
    journal.close()
    for read in (
        lambda: decisions_of(path),
        lambda: edits_of(path, "cell"),
        lambda: [saved_tracks(path, manifest, name.partition("/")[2]) for name, _ in manifest],
    ):
        try:
            read()
        except LamellaError as error:
            refused.append(error)
    if refused:
        raise refused[0]


def _run_folder(path: Path) -> None:
    from lamella.run.browse.opened import OpenedRun

    run = OpenedRun(path / "results")
    for name in ("cells", "frames", "events", "quality", "effects", "samples"):
        run.table(name)
    for sample in run.samples:
        movie = run.movie(sample.movie)
        for name in movie.objects:
            painted = movie.current(name).painted()
            for t in _spread(len(painted)) if painted is not None else ():
                painted.frame(t)
        for table in ("cells", "frames"):
            movie.table(table)


_XML = (b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b'<Spot ID="1" frame="0"', b"nan", b"ROI_N_POINTS")
_IN_TABLES = (b'"', b",", b";", b"\t", b"\r", b"\0", b"nan", b"inf", b"1e999", b"-1", b"=1+1")
_IN_JSON = (b"null", b"{}", b"[]", b"true", b"1e400", b"-1", b'"\\ud800"', b"NaN", b"Infinity")
_IN_TOML = (b"[", b"[[", b"]", b"=", b'"""', b"nan", b"inf", b"0x", b"1979-05-27", b"{}", b"false")

_ALL = (
    Reader("tiff", seeds.tiff, _movie, guided=False),
    Reader("tiff_ome", seeds.tiff_ome, _movie, (b"SizeT", b"DimensionOrder", *_XML), guided=False),
    Reader("tiff_imagej", seeds.tiff_imagej, _movie,
           (b"images=", b"frames=", b"slices=", b"hyperstack=true", b"unit=", b"finterval=nan"),
           guided=False),
    Reader("tiff_micromanager", seeds.tiff_micromanager, _movie, _IN_JSON, guided=False),
    Reader("picture", seeds.picture, _movie, guided=False),
    Reader("image_folder", seeds.image_folder, _movie, guided=False),
    Reader("ome_zarr", seeds_of_movies.ome_zarr, _container, _IN_JSON, guided=False),
    Reader("czi", seeds_of_movies.czi, _container, guided=False),
    Reader("video", seeds_of_movies.video, _movie, guided=False),
    Reader("nd2", seeds_of_movies.nd2, _container, guided=False),
    Reader("lif", seeds_of_movies.lif, _container, guided=False),
    Reader("sidecar", seeds_of_movies.sidecar, _sidecar,
           (*_IN_JSON, *_XML, b'TheT="9"', b"DeltaT"), guided=False),
    Reader("labels", seeds.labels, _labels, guided=False),
    Reader("ome_zarr_labels", seeds_of_movies.ome_zarr_labels, _labels, _IN_JSON, guided=False),
    Reader("geff", seeds.geff, _tracked, _IN_JSON, guided=False),
    Reader("ctc", seeds.ctc, _tracked, (b"-1", b"0", b"65536", b" "), guided=False),
    Reader("trackmate", seeds.trackmate, _tracked, _XML),
    Reader("imagej_roi", seeds.imagej_roi, _tracked),
    Reader("imagej_zip", seeds.imagej_zip, _tracked),
    Reader("quimp_old", seeds.quimp_old, _tracked, (b"#", b"-2", b"nan", b"\t")),
    Reader("quimp_new", seeds.quimp_new, _tracked, _IN_JSON),
    Reader("track_folder", seeds.track_folder, _tracked, _IN_TABLES, guided=False),
    Reader("track_table", seeds.track_table, _tracked, _IN_TABLES),
    Reader("napari_csv", seeds.napari_csv, _tracked, _IN_TABLES),
    Reader("tracker_csv", seeds.tracker_csv, _of_a_tracker, _IN_TABLES),
    Reader("any_table", seeds.tables, _any_table, _IN_TABLES),
    Reader("parquet", seeds.parquet, _table, guided=False),
    Reader("plate_map", seeds.plate_map, _plate_map, _IN_TABLES),
    Reader("samples", seeds.samples, _samples, _IN_TABLES),
    Reader("study_toml", seeds.study_toml, _study_toml, _IN_TOML),
    Reader("seg_npy", seeds.seg_npy, _seg_npy),
    Reader("model_card", seeds_of_runs.model_card, _model_card, _IN_JSON),
    Reader("safetensors", seeds_of_runs.safetensors, _safetensors, _IN_JSON, guided=False),
    Reader("torch_weights", seeds_of_runs.torch_weights, _torch_weights, guided=False),
    Reader("keras_weights", seeds_of_runs.keras_weights, _keras_weights, guided=False),
    Reader("movie_record", seeds_of_runs.movie_record, _movie_record, _IN_JSON, rewrites=True),
    Reader("run_folder", seeds_of_runs.run_folder, _run_folder, _IN_JSON + _IN_TOML, guided=False),
)  # fmt: skip
READERS = {reader.name: reader for reader in _ALL}


def _runs(path: Path) -> None:
    exec(path.read_text(encoding="utf-8"))


RUNS_ITS_INPUT = Reader("runs_its_input", seeds_of_runs.program, _runs)
"""Does whatever its input says: by it the fuzzing itself is tested."""


def reader_called(name: str) -> Reader:
    """One of `READERS`, or `RUNS_ITS_INPUT`."""
    return {**READERS, RUNS_ITS_INPUT.name: RUNS_ITS_INPUT}[name]
