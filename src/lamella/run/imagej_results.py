"""The measures of a run as ImageJ's Results: what `lamella export --to imagej-results` does."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from itertools import chain, count
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from lamella.core.errors import InputError, LamellaWarning, SettingsError
from lamella.core.imagej_names import (
    BOX_HEIGHT_PX,
    BOX_LEFT_PX,
    BOX_TOP_PX,
    BOX_WIDTH_PX,
    imagej_columns,
)
from lamella.core.labels import Labels
from lamella.core.table import Col, stacked
from lamella.io import open_labels, open_movie, read_table
from lamella.io.imagej_results import MOST_DECIMALS, write_imagej_results
from lamella.io.imagej_roi.names import roi_name
from lamella.kernels.regions import find_regions
from lamella.run.saved import is_run
from lamella.run.single import refuse_existing

By = Literal["image", "condition"]
_UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f]')


class ResultsFile(NamedTuple):
    """A file that was written."""

    path: Path
    n_rows: int


class _Image(NamedTuple):
    """One movie of a run, as far as its measures are up to date."""

    movie: str
    condition: str
    title: str
    """What ImageJ calls the image: the name of its file."""


def export_imagej_results(
    run: Path,
    out: Path,
    *,
    by: By = "image",
    movie: str | None = None,
    name: str | None = None,
    decimals: int = 3,
    force: bool = False,
) -> list[ResultsFile]:
    """Write a ``Results.csv`` per image and channel, or per condition and channel.

    Parameters
    ----------
    run : Path
        Folder of a run. Intensities are what it measured: after background subtraction where the
        study has one.
    out : Path
        Folder. It holds ``<movie>.csv`` or ``<condition>.csv``, with ``__<channel>`` before the
        suffix where several channels were measured, in a folder per set of objects where there are
        several.
    by : {"image", "condition"}
        What a file holds.
    movie, name : str, optional
        One movie, one set of objects; all by default.
    decimals : int
        Decimal places, 0 to 9.

    Returns
    -------
    list of ResultsFile

    Warns
    -----
    LamellaWarning
        Where no intensities were measured, since [measure.region] is off.

    Raises
    ------
    InputError, SettingsError, OutputError
    """
    if not is_run(run):
        raise InputError(str(run), "it is no run's folder", "give what `lamella run` wrote")
    if not 0 <= decimals <= MOST_DECIMALS:
        raise SettingsError(
            f"--decimals {decimals}", "ImageJ has 0 to 9 decimal places", "give one of these"
        )
    if not (out.is_dir() and not any(out.iterdir())):
        refuse_existing(out, force=force)
    images = _images(run, movie)
    sets = _sets(run, images, name)
    written: list[ResultsFile] = []
    for each in sets:
        folder = out if len(sets) == 1 else out / each
        groups: dict[str, list[_Image]] = {}
        for image in images:
            key = image.movie if by == "image" else image.condition
            groups.setdefault(key, []).append(image)
        for key, members in groups.items():
            for channel, table in _tables(run, members, each):
                suffix = "" if channel is None else f"__{channel}"
                path = _unlike(folder, f"{key}{suffix}", [file.path for file in written])
                write_imagej_results(path, table, decimals=decimals)
                written.append(ResultsFile(path, len(table)))
    return written


def _unlike(folder: Path, name: str, taken: Sequence[Path]) -> Path:
    """A file for a name, with a number where another name has become the same (a/b and a:b)."""
    safe = _UNSAFE.sub("_", name) or "_"
    used = {str(path).casefold() for path in taken}
    tried = chain([f"{safe}.csv"], (f"{safe} ({n}).csv" for n in count(2)))
    return next(folder / file for file in tried if str(folder / file).casefold() not in used)


def _images(run: Path, movie: str | None) -> list[_Image]:
    samples = read_table(run / "tables/samples.csv")
    ready = samples[samples[Col.INCLUDED].astype(bool)]
    images = []
    for row in ready.to_dict("records"):
        file = Path(str(row[Col.PATH])).name
        title = str(row[Col.MOVIE]) if "{" in file else file
        images.append(_Image(str(row[Col.MOVIE]), str(row[Col.CONDITION]), title))
    if movie is not None:
        images = [image for image in images if image.movie == movie]
    if not images:
        what = "no movie is up to date" if movie is None else f"no movie {movie!r} is up to date"
        raise InputError(str(run), what, "run the study again; see status.csv")
    return images


def _sets(run: Path, images: list[_Image], name: str | None) -> list[str]:
    files = {p.stem.partition(".")[0] for each in images for p in _labels_of(run, each)}
    if name is None:
        return sorted(files)
    if name not in files:
        raise SettingsError(
            f"--object {name}", "the run has no such set of objects", f"use {', '.join(files)}"
        )
    return [name]


def _labels_of(run: Path, image: _Image) -> list[Path]:
    return sorted((run / "movies" / image.movie / "labels").glob("*.ome.tif"))


def _tables(
    run: Path, images: list[_Image], name: str
) -> Iterator[tuple[str | None, pd.DataFrame]]:
    """Channel and rows of one file, of each channel; None where one channel is measured."""
    frames = {each: _frames(run, each, name) for each in images}
    every = dict.fromkeys(c for table in frames.values() for c in table.columns)
    bare = str(Col.INTENSITY_MEAN)
    channels: list[str | None] = [
        str(column).partition("__")[2] for column in every if str(column).startswith(f"{bare}__")
    ]
    if not channels:
        channels = [None]
        if bare not in every and any(map(len, frames.values())):
            warnings.warn(
                f"{run}: no intensities of {name} were measured, only places and areas are "
                "written; set region = {} under [measure] in study.toml and run again",
                LamellaWarning,
                stacklevel=4,
            )
    for channel in channels:
        parts = [_rows(run, each, name, table, channel) for each, table in frames.items()]
        yield channel, stacked(parts) if any(map(len, parts)) else parts[0]


def _frames(run: Path, image: _Image, name: str) -> pd.DataFrame:
    """The rows of objects that were found, in the order of ImageJ's slices."""
    table = read_table(run / "movies" / image.movie / "frames.parquet")
    needed = [str(c) for c in (Col.OBJECT, Col.CELL, Col.FRAME, Col.AREA_PX, Col.Y_PX, Col.X_PX)]
    table = table.reindex(columns=[*table.columns, *(c for c in needed if c not in table.columns)])
    mine = table[(table[Col.OBJECT] == name) & table[Col.AREA_PX].notna()]
    return mine.sort_values([Col.FRAME, Col.CELL], ignore_index=True)


def _rows(
    run: Path, image: _Image, name: str, frames: pd.DataFrame, channel: str | None
) -> pd.DataFrame:
    file = run / "movies" / image.movie / f"labels/{name}.ome.tif"
    labels, size = open_labels(file, name=name), open_movie(file).scale.pixel_size_um
    boxed = frames.merge(_boxes(labels), on=[Col.FRAME, Col.CELL], how="left", validate="1:1")
    made = imagej_columns(boxed, channel=channel, pixel_size_um=size)
    cells, slices = frames[Col.CELL].astype(int), frames[Col.FRAME].astype(int) + 1
    several = labels.n_frames > 1
    made.insert(
        0,
        "Label",
        [
            f"{image.title}:{roi_name(name, cell, at - 1)}" + (f":{at}" if several else "")
            for cell, at in zip(cells, slices, strict=True)
        ],
    )
    if several:
        at = next((i for i, c in enumerate(made.columns) if c == "FeretAngle"), len(made.columns))
        made.insert(at, "Slice", slices.to_numpy())
    return made


def _boxes(labels: Labels) -> pd.DataFrame:
    """The box of every object, one frame in memory at a time."""
    parts = [np.zeros((0, 6), np.int64)]
    for t in labels.frames.span:
        found = find_regions(labels.frame(t))
        top, left, bottom, right = found.box.T
        at = np.full(len(found.label), t)
        parts.append(np.stack([at, found.label, top, left, bottom - top, right - left], axis=1))
    names = [Col.FRAME, Col.CELL, BOX_TOP_PX, BOX_LEFT_PX, BOX_HEIGHT_PX, BOX_WIDTH_PX]
    return pd.DataFrame(np.concatenate(parts), columns=list(map(str, names)))
