"""Tracked objects from and for other programs: what `lamella import` and `lamella export` do."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple, get_type_hints

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from lamella.centre import Centre
from lamella.core.errors import InputError, LamellaWarning, OutputError, SettingsError
from lamella.core.labels import Labels
from lamella.core.movie import Movie, Scale, regular_times
from lamella.core.table import Col
from lamella.core.take import WHOLE, Take
from lamella.core.tracked import Tracked
from lamella.core.tracks import Tracks
from lamella.io import open_labels, open_movie
from lamella.io.formats import Format, format_called, losses, recognise
from lamella.io.model_folder import CARD
from lamella.measure import refuse_mismatch
from lamella.run.centred import offsets_of
from lamella.run.join import join_to_labels
from lamella.run.saved import is_run, movies_of, saved_tracked
from lamella.run.single import refuse_existing, refuse_input

_MANY_BESIDE = 0.1
"""Share of points at no object from which they are probably of another movie."""

_FLAGS = {
    "columns": "--column",
    "units": "--units",
    "first_frame": "--first-frame",
    "persistent_ids": "--persistent-ids",
}


@dataclass(frozen=True)
class Given:
    """What the user says of an input that its files may not tell.

    Parameters
    ----------
    like : Path, optional
        The movie that it belongs to: number of frames, frame size and scale.
    axes : str, optional
        Letters of the stored dimensions of `like`, where its file tells them wrongly.
    take : Take
        Which position and slices of `like`.
    frame_shape : (int, int), optional
        (Y, X); wins over the movie's.
    pixel_size_um, interval_min : float, optional
        Win over what the files state.
    labels : Path, optional
        Label movie that places are joined to.
    max_distance_px : float
        How far from an object a place may lie.
    offsets : Path, optional
        The ``manifest.json`` of a movie of a run, when the objects are in the coordinates of its
        centred movie.
    options : mapping
        Keywords of the format's reader: columns, units, first_frame, persistent_ids …
    """

    like: Path | None = None
    axes: str | None = None
    take: Take = WHOLE
    frame_shape: tuple[int, int] | None = None
    pixel_size_um: float | None = None
    interval_min: float | None = None
    labels: Path | None = None
    max_distance_px: float = 5.0
    offsets: Path | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


class Exchanged(NamedTuple):
    """What was written, and what is to be told of it."""

    path: Path
    tracked: Tracked
    notes: tuple[str, ...]
    with_shapes: bool


def import_tracked(
    source: Path, out: Path, *, given: Given | None = None, source_format: str | None = None,
    force: bool = False,
) -> Exchanged:  # fmt: skip
    """Bring what another program has tracked into a folder that `lamella measure` goes on from.

    Writes ``tracks.csv`` and, where shapes are known, ``labels.ome.tif`` with track ids into `out`.

    Raises
    ------
    InputError, SettingsError, OutputError
    """
    if is_run(source):
        raise SettingsError(
            str(source), "it is a run of ours", "use `lamella export … --to lamella --movie NAME`"
        )
    done = export_tracked(
        source, out, to="lamella", given=given, source_format=source_format, force=force
    )[0]
    if done.tracked.labels is not None:
        return done
    note = "shapes are not known, so there is nothing to measure yet: join them with --labels"
    return done._replace(notes=(*done.notes, note))


def export_tracked(
    source: Path,
    out: Path,
    *,
    to: str,
    given: Given | None = None,
    source_format: str | None = None,
    movie: str | None = None,
    name: str = "cell",
    tell_losses: bool = True,
    force: bool = False,
) -> list[Exchanged]:
    """Write tracked objects in another format.

    Parameters
    ----------
    source : Path
        Anything of a format that can be read, or the folder of a run.
    out : Path
        File or folder to write. Of a run without `movie`, a folder with one of these a movie.
    to : str
        Name of the format.
    source_format : str, optional
        Name of the format of `source`; recognised by its content otherwise.
    movie, name : str
        Of a run: the movie, and the set of objects.
    tell_losses : bool
        Whether to warn of what the format does not keep; beside the image itself nothing is lost.

    Returns
    -------
    list of Exchanged
        One a movie.

    Warns
    -----
    LamellaWarning
        One for every kind of thing that the format does not keep.

    Raises
    ------
    InputError, SettingsError, OutputError
        Nothing is written over without `force`, and never what is read.
    """
    wanted, given = format_called(to, to_write=True), given or Given()
    if (source / CARD).is_file():
        raise InputError(
            str(source),
            "it is a model, and holds no tracked objects",
            "write it with --to onnx or bioimageio",
        )
    if not is_run(source):
        if movie is not None:
            raise SettingsError(
                f"--movie {movie}", f"{source} is no run's folder", "leave --movie away"
            )
        _refuse_out(out, source, wanted, given, force=force)
        tracked, notes = read_tracked(source, given, source_format=source_format)
        return [_written(out, tracked, wanted, notes, tell_losses=tell_losses)]
    movies = movies_of(source, name)
    if movie is not None and movie not in movies:
        raise InputError(
            str(source), f"it has no tracked movie {movie!r}", f"its movies are {', '.join(movies)}"
        )
    places = {movie: out} if movie else {m: out / f"{m}{_suffix(wanted)}" for m in movies}
    for place in places.values():
        _refuse_out(place, source, wanted, given, force=force)
    done = []
    with _told_once():
        for each, place in places.items():
            tracked, notes = _settled(saved_tracked(source, each, name), given, _like(given))
            done.append(_written(place, tracked, wanted, notes, tell_losses=tell_losses))
    return done


@contextmanager
def _told_once() -> Iterator[None]:
    """What is to be told of many movies is told once a kind, with the first of its numbers."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", LamellaWarning)
        yield
    kinds: dict[tuple[type[Warning], str], list[str]] = {}
    for each in caught:
        source, _, words = str(each.message).partition(": ")
        kind = re.sub(r"\d+", "#", words) if words else source
        kinds.setdefault((each.category, kind), []).append(str(each.message))
    for (category, _), messages in kinds.items():
        more = f" (and alike for {len(messages) - 1} more movies)" if len(messages) > 1 else ""
        warnings.warn(messages[0] + more, category, stacklevel=3)


def read_tracked(
    source: Path, given: Given | None = None, *, source_format: str | None = None
) -> tuple[Tracked, tuple[str, ...]]:  # fmt: skip
    """Tracked objects of one movie from a file or folder of another program, or of ours.

    Returns
    -------
    Tracked
        In raw coordinates, with the shapes of `given.labels` where these are given.
    notes : tuple of str
        What the reader noticed, and what became of the points.

    Raises
    ------
    InputError, SettingsError
        Formats that are not known, options that the format does not have, files that are damaged
        or do not fit the movie.
    """
    given = given or Given()
    if not source.exists():
        raise InputError(str(source), "there is no such file or folder", "check the path")
    kind = recognise(source) if source_format is None else format_called(source_format)
    movie = _like(given)
    options = _options(kind, given.options)
    if given.offsets is not None and "offsets" in kind.options:
        options["offsets"] = offsets_of(given.offsets)
    shape = given.frame_shape or (None if movie is None else movie.frame_shape)
    size = given.pixel_size_um
    if size is None and movie is not None:
        size = movie.scale.pixel_size_um
    assert kind.read is not None  # noqa: S101  only such are recognised
    tracked = kind.read(
        source,
        n_frames=None if movie is None else movie.n_frames,
        frame_shape=shape,
        scale=Scale(size),
        **options,
    )
    if given.offsets is not None and "offsets" not in kind.options:
        tracked = _uncentred(tracked, offsets_of(given.offsets))
    return _settled(tracked, given, movie)


def _options(kind: Format, given: Mapping[str, Any]) -> dict[str, Any]:
    """The options that the reader of a format knows, each of the type that it takes."""
    takes = {} if kind.read is None else get_type_hints(kind.read)
    for key, value in given.items():
        flag = _FLAGS.get(key, f"--set {key}")
        if key == "offsets":
            raise SettingsError(flag, "offsets stand in a manifest", "use --offsets MANIFEST")
        if key not in kind.options:
            known = ", ".join(sorted(kind.options - {"offsets"}))
            raise SettingsError(
                flag,
                f"{kind.name} ({kind.title}) has no such option",
                f"it has {known}" if known else "leave it away, or say --format",
            )
        try:
            TypeAdapter(takes[key]).validate_python(value, strict=True)
        except ValidationError as error:
            told = error.errors()[0]["msg"].lower()
            raise SettingsError(flag, f"{value!r}: {told}", "correct the value") from None
    return dict(given)


def _like(given: Given) -> Movie | None:
    return None if given.like is None else open_movie(given.like, axes=given.axes, take=given.take)


def _settled(
    tracked: Tracked, given: Given, movie: Movie | None
) -> tuple[Tracked, tuple[str, ...]]:
    """Scale as the user says, shapes from the labels, and all of it fitting the movie."""
    scale, n = tracked.scale, tracked.n_frames
    shape = tracked.frame_shape or given.frame_shape
    if movie is not None:
        if tracked.labels is not None:
            refuse_mismatch(movie, tracked.labels)
        size = movie.scale.pixel_size_um
        scale = Scale(
            size if scale.pixel_size_um is None else scale.pixel_size_um,
            movie.scale.time_min if movie.scale.time_min is not None else scale.time_min,
        )
        n, shape = movie.n_frames, shape or movie.frame_shape
    if given.pixel_size_um is not None:
        scale = replace(scale, pixel_size_um=given.pixel_size_um)
    notes = tracked.notes
    tracked = replace(tracked, n_frames=n, frame_shape=shape)
    if given.labels is not None:
        labels = open_labels(given.labels)
        if movie is not None:
            refuse_mismatch(movie, labels)
        joined = join_to_labels(tracked, labels, max_distance_px=given.max_distance_px)
        n_points = joined.n_under + joined.n_near + joined.n_none + joined.n_shared
        if joined.n_none > _MANY_BESIDE * n_points:
            warnings.warn(
                f"{tracked.source}: {joined.n_none} of {n_points} points lie at no object of "
                f"{given.labels}: see whether these are labels of the same movie, and --units and "
                "--first-frame are right",
                LamellaWarning,
                stacklevel=2,
            )
        tracked = joined.tracked
        notes = (*notes, joined.in_words())
    times = scale.time_min
    if given.interval_min is not None:
        times = regular_times(tracked.n_frames, given.interval_min)
    elif times is not None and len(times) != tracked.n_frames:
        step = scale.interval_min
        times = None if step is None else regular_times(tracked.n_frames, step)
    return replace(tracked, scale=Scale(scale.pixel_size_um, times)), notes


def _uncentred(tracked: Tracked, offsets: NDArray[np.int64]) -> Tracked:
    if tracked.n_frames > len(offsets):
        raise InputError(
            tracked.source,
            f"it has {tracked.n_frames} frames, and there are offsets for {len(offsets)}",
            "give the manifest of the same movie",
        )
    links = tracked.tracks.links
    back = offsets[links[Col.FRAME].to_numpy(np.int64)]
    places = {
        str(Col.Y_PX): links[Col.Y_PX] - back[:, 0],
        str(Col.X_PX): links[Col.X_PX] - back[:, 1],
    }
    labels = tracked.labels
    if labels is not None:
        labels = Labels(labels.name, Centre().inverse(labels.frames, offsets=offsets))
    tracks = Tracks(links.assign(**places), tracked.tracks.first_last, tracked.tracks.parents)
    return replace(tracked, tracks=tracks, labels=labels)


# Writing


def _suffix(to: Format) -> str:
    return f".ome{to.suffix}" if to.suffix in (".tif", ".zarr") else to.suffix


def _refuse_out(out: Path, source: Path, to: Format, given: Given, *, force: bool) -> None:
    if to.suffix and out.suffix.lower() != to.suffix:
        raise SettingsError(
            str(out),
            f"{to.name} is written as {to.suffix}",
            f"give a name that ends in {to.suffix}",
        )
    for read in (source, given.like, given.labels, given.offsets):
        if read is not None:
            refuse_input(out, read)
            if to.is_folder and read.resolve().parent == out.resolve():
                raise OutputError(
                    str(out), f"the input {read.name} lies in it", "choose another --out"
                )
    if not to.is_folder and out.is_dir():
        raise OutputError(str(out), "it is a folder", f"give a name that ends in {to.suffix}")
    if to.is_folder and out.is_file():
        raise OutputError(str(out), "it is a file", "give the name of a folder")
    if not (out.is_dir() and not any(out.iterdir())):
        refuse_existing(out, force=force)


def _written(
    out: Path, tracked: Tracked, to: Format, notes: tuple[str, ...], *, tell_losses: bool
) -> Exchanged:
    if to.needs_shapes and tracked.labels is None:
        raise InputError(
            tracked.source,
            f"it tells places, not shapes, and {to.name} needs shapes",
            "add --labels LABELS.tif, or choose another format",
        )
    for lost in losses(tracked, to) if tell_losses else ():
        warnings.warn(
            f"{tracked.source}: {to.name} does not keep {lost}", LamellaWarning, stacklevel=3
        )
    assert to.write is not None  # noqa: S101  only such are chosen
    to.write(out, tracked)
    return Exchanged(out, tracked, notes, tracked.labels is not None and bool(to.keeps.shapes))
