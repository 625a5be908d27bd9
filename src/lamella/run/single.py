"""One movie, one step: what `lamella segment` and `lamella measure` do."""

from __future__ import annotations

import difflib
import tomllib
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import TypeAdapter, ValidationError

from lamella.core.errors import (
    FaultsError,
    InputError,
    LamellaWarning,
    OutputError,
    SettingsError,
)
from lamella.core.frames import Frames, MappedFrames
from lamella.core.labels import Labels
from lamella.core.movie import Movie
from lamella.core.table import Col, dictionary
from lamella.io import open_labels, open_movie, tiff
from lamella.io.tables import write_table
from lamella.measure import measure, refuse_mismatch
from lamella.preprocess import Normalise, refuse_nan
from lamella.run.settings import ObjectSettings
from lamella.run.study import movie_name
from lamella.segment import ExistingLabels, Segmenter
from lamella.track import Largest

_LEAST_OVERLAP, _MOST_CHANGES = 0.1, 0.2

Advance = Callable[[int, int], object]
"""Called with the number of frames done, and of all."""


def segmenter_from(method: str, options: Sequence[str]) -> Segmenter:
    """A segmenter from a method's name and ``key=value`` options.

    Raises
    ------
    SettingsError, FaultsError
        When the method or one of the options does not exist, or a value does not fit.
    """
    values: dict[str, Any] = {"method": method}
    for option in options:
        key, equals, text = option.partition("=")
        if not equals:
            raise SettingsError(f"--set {option}", "it has no value", "write --set key=value")
        values[key.strip()] = _toml_value(text.strip())
    adapter: TypeAdapter[Segmenter] = TypeAdapter(Segmenter)
    try:
        return adapter.validate_python(values)
    except ValidationError as error:
        raise FaultsError([_option_fault(dict(e), method) for e in error.errors()]) from None


def segment_movie(
    source: Path,
    out: Path,
    *,
    segmenter: Segmenter,
    normalise: Normalise | None = None,
    channel: str | None = None,
    axes: str | None = None,
    force: bool = False,
    advance: Advance = lambda done, total: None,
) -> tuple[int, int]:
    """Segment one movie and write its labels as OME-TIFF.

    Returns
    -------
    n_empty, n_frames : int
        Frames in which nothing was found, and all frames.

    Raises
    ------
    OutputError
        When `out` is there already, unless `force`.
    """
    refuse_input(out, source)
    refuse_existing(out, force=force)
    movie = open_movie(source, axes=axes)
    if isinstance(segmenter, ExistingLabels):
        refuse_input(out, Path(segmenter.pattern))
        masks = open_labels(segmenter.pattern)
        refuse_mismatch(movie, masks)
        labels = segmenter(masks.frames)
    else:
        frames = refuse_nan(movie).channel(channel)
        normalise = ObjectSettings(segment=segmenter, normalise=normalise).normaliser
        labels = segmenter(normalise(frames, state=normalise.prepare(frames)))
    n_empty = 0

    def counted(t: int) -> Any:
        nonlocal n_empty
        frame = labels.frame(t)
        n_empty += not frame.any()
        advance(t + 1, len(labels))
        return frame

    counting: Frames = MappedFrames(labels, counted)
    tiff.write_labels(out, counting, scale=movie.scale, name="cell")
    return n_empty, len(labels)


def measure_movie(
    source: Path,
    labels: Path,
    out: Path,
    *,
    axes: str | None = None,
    pixel_size_um: float | None = None,
    interval_min: float | None = None,
    largest: bool = False,
    force: bool = False,
) -> Movie:
    """Measure one movie with its labels; writes frames.csv, cells.csv and columns.csv into `out`.

    Parameters
    ----------
    largest : bool
        Follow the largest object of every frame as the one cell; otherwise the labels are track
        ids, and a warning tells where they look as if they were not.
    """
    for name in ("frames.csv", "cells.csv", "columns.csv"):
        refuse_existing(out / name, force=force)
    movie = open_movie(source, axes=axes, pixel_size_um=pixel_size_um, interval_min=interval_min)
    masks = open_labels(labels)
    if largest:
        tracker = Largest()
        tracks = tracker(masks.frames, state=tracker.prepare(masks.frames))
        masks = Labels(masks.name, tracks.relabel(masks.frames))
    frames, cells = measure(refuse_nan(movie), masks)
    if cells.empty:
        raise InputError(str(labels), "it holds no object in any frame", "look at the labels")
    _warn_of_changing_ids(frames, str(labels))
    for name, table in (("frames.csv", frames), ("cells.csv", cells)):
        table.insert(0, Col.MOVIE, movie_name(source.name))
        write_table(out / name, table)
    write_table(out / "columns.csv", dictionary([frames, cells]))
    return movie


def _warn_of_changing_ids(frames: pd.DataFrame, source: str) -> None:
    """Numbers given frame by frame mix up the cells; cells that keep theirs overlap themselves."""
    overlap = frames[Col.IOU_PREVIOUS].dropna()
    n_cells = frames[Col.CELL].nunique()
    if n_cells > 1 and len(overlap) and (overlap < _LEAST_OVERLAP).mean() > _MOST_CHANGES:
        warnings.warn(
            f"{source}: in {(overlap < _LEAST_OVERLAP).mean():.0%} of the steps an object does not "
            "overlap the one of the same number in the frame before, so the numbers may not be "
            "track ids; for a single cell use --largest",
            LamellaWarning,
            stacklevel=2,
        )


def refuse_input(out: Path, source: Path) -> None:
    """Whatever --force says, what is read is never written over."""
    if source.resolve() in (out.resolve(), *out.resolve().parents):
        raise OutputError(str(out), "it is the input, or lies in it", "choose another --out")


def refuse_existing(path: Path, *, force: bool) -> None:
    """Raise the OutputError of a file that would be overwritten."""
    if path.exists() and not force:
        raise OutputError(str(path), "it is there already", "use --force to replace it")


def _toml_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text  # a word without quotes


def _option_fault(detail: dict[str, Any], method: str) -> SettingsError:
    if detail["type"].startswith("union_tag"):
        known = detail.get("ctx", {}).get("expected_tags", "")
        return SettingsError(f"--method {method}", "there is no such method", f"use one of {known}")
    name = str(detail["loc"][-1])
    if detail["type"] == "missing":
        return SettingsError(f"--method {method}", f"it needs {name}", f"add --set {name}=…")
    if detail["type"] == "extra_forbidden":
        known = _settings_of(method)
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(known)}"
        return SettingsError(f"--set {name}", f"{method} has no such setting", hint)
    return SettingsError(
        f"--set {name}={detail['input']}", "the value is not accepted", str(detail["msg"])
    )


def _settings_of(method: str) -> list[str]:
    options = Segmenter.__origin__.__args__  # type: ignore[attr-defined]
    for option in options:
        if option.model_fields["method"].default == method:
            return [name for name in option.model_fields if name != "method"]
    return []
