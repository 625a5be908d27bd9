"""Measure one movie with labels that exist: what `lamella measure` does."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from lamella.core.errors import InputError, LamellaWarning, SettingsError
from lamella.core.labels import Labels
from lamella.core.movie import Movie
from lamella.core.table import Col, dictionary
from lamella.core.take import WHOLE, Take
from lamella.core.tracked import Tracked
from lamella.io import open_labels, open_movie
from lamella.io.ctc import has_tracks, read_ctc
from lamella.io.tables import write_readable
from lamella.io.track_folder import is_track_folder, read_track_folder
from lamella.io.tracked_masks import refuse_strangers
from lamella.kernels.regions import find_regions
from lamella.measure import GROUPS, Group, can_measure, measure, painted, wherever
from lamella.preprocess import refuse_nan
from lamella.run.cautions import refuse_image, warn_of_several
from lamella.run.light import light_of
from lamella.run.measure_figures import (
    refuse_nothing_to_draw,
    remove_figures,
    write_measure_figures,
)
from lamella.run.nuclei_check import nuclei_counts, warn_of_nuclei
from lamella.run.options import values_of
from lamella.run.samples import movie_name
from lamella.run.settings import MeasureSettings, read_settings, settings_from
from lamella.run.single import Advance, refuse_existing
from lamella.run.study import SETTINGS_FILE
from lamella.track import Largest

FIGURES = "figures"
_LEAST_OVERLAP, _MOST_CHANGES = 0.1, 0.05


def measures_from(
    options: Sequence[str], *, groups: str | None = None, study: Path | None = None
) -> MeasureSettings:
    """What to measure, from the options of the command line.

    Parameters
    ----------
    options : sequence of str
        Such as ``background.method=percentile``, by the names of ``[measure]`` in study.toml.
    groups : str, optional
        The groups to measure, such as ``"migration,edge"``; by default all that are not off.
    study : Path, optional
        A study, or its study.toml, whose ``[measure]`` is the start.

    Raises
    ------
    SettingsError, FaultsError
        When a group or a setting does not exist, or a value does not fit.
    """
    start = MeasureSettings()
    if study is not None:
        start = read_settings(study / SETTINGS_FILE if study.is_dir() else study).measure
    values: dict[str, Any] = start.model_dump(exclude_unset=True)
    for name, value in values_of(options).items():
        *tables, key = name.split(".")
        place = values
        for table in tables:
            inner = place.get(table)
            place[table] = place = inner if isinstance(inner, dict) else {}
        place[key] = value
    if groups is not None:
        wanted = [name.strip() for name in groups.split(",")]
        known = MeasureSettings.group_names()
        if strange := [name for name in wanted if name not in known]:
            raise SettingsError(
                f"--groups {groups}",
                f"no group of measures is called {', '.join(map(repr, strange))}",
                f"there are {', '.join(known)}",
            )
        for name in known:
            if name not in wanted:
                values[name] = False
            elif values.get(name) is False:  # the study has it off, the user wants it now
                del values[name]
    return settings_from({"measure": values}, where="--set").measure


def measure_movie(
    source: Path,
    labels: Path,
    out: Path,
    *,
    settings: MeasureSettings | None = None,
    axes: str | None = None,
    take: Take = WHOLE,
    pixel_size_um: float | None = None,
    interval_min: float | None = None,
    nuclei: Path | None = None,
    largest: bool = False,
    figures: bool = False,
    force: bool = False,
    advance: Advance = lambda done, total: None,
) -> tuple[Movie, list[str]]:
    """Measure one movie with its labels, and write its tables into `out`.

    Parameters
    ----------
    labels : Path
        A label file; or a folder of `lamella track` or `lamella import`, or of another tracker in
        the layout of the Cell Tracking Challenge, whose cells and lineage are kept.
    settings : MeasureSettings, optional
        Which groups, and how; see `measures_from`.
    nuclei : Path, optional
        Labels of the nuclei, for nucleus and cytoplasm of every cell; see `Compartment`.
    largest : bool
        Follow the largest object of every frame as the one cell; otherwise labels of a file are
        track ids, and a warning tells where they look as if they were not.
    figures : bool
        Draw some cells into ``out/figures``; see `write_measure_figures`.

    Returns
    -------
    Movie, list of str
        The movie, and the names of the files: ``frames.csv``, ``cells.csv``, a table for every
        finer measure (``.parquet`` where a spreadsheet would not hold it), ``columns.csv``, and
        the figures.
    """
    settings = settings or MeasureSettings()
    if figures:
        refuse_nothing_to_draw(settings)
    for name in ("frames.csv", "cells.csv", "columns.csv"):
        refuse_existing(out / name, force=force)
    movie = open_movie(
        source, axes=axes, take=take, pixel_size_um=pixel_size_um, interval_min=interval_min
    )
    masks = _objects(labels)
    if largest:
        masks = _largest(masks, str(labels))
    for name in settings.named_channels:
        movie.channel(name)
    shapes = masks if isinstance(masks, Labels) else painted(masks)
    groups, others = _with_nuclei(settings, nuclei, shapes.name)
    sets = [shapes.frames, *(each.frames for each in others.values())]
    light = light_of(refuse_nan(movie), shapes, settings, groups, anything=wherever(sets))
    found = measure(
        light.movie,
        masks,
        groups,
        sightings=settings.sightings,
        level=light.level,
        others=others,
        progress=lambda t: advance(t + 1, movie.n_frames),
    )
    if found.cells.empty:
        raise InputError(str(labels), "it holds no object in any frame", "look at the labels")
    if others and settings.compartment:
        found_nuclei = others[settings.compartment.nuclei].frames
        n_nuclei = sum(
            len(find_regions(found_nuclei.frame(t)).label) for t in range(len(found_nuclei))
        )
        warn_of_nuclei(nuclei_counts(found.frames, n_nuclei), str(source))
    if isinstance(masks, Labels):
        _warn_of_changing_ids(found.frames, str(labels))
    tables = {"frames": found.frames, "cells": found.cells, **found.finer}
    files = []
    for name, table in tables.items():
        table.insert(0, Col.MOVIE, movie_name(source.name))
        files.append(write_readable(out, name, table))
    write_readable(out, "columns", dictionary(tables.values()))
    files.append("columns.csv")
    drawn: list[str] = []
    if figures:
        drawn = write_measure_figures(out / FIGURES, movie, shapes, found, settings)
    _remove_tables(out, but=tables)
    remove_figures(out / FIGURES, but=drawn)
    return movie, [*files, *(f"{FIGURES}/{name}" for name in drawn)]


def _with_nuclei(
    settings: MeasureSettings, nuclei: Path | None, name: str
) -> tuple[list[Group], dict[str, Labels]]:
    """The groups that labels of this name allow, and the other labels that they look at."""
    step = settings.compartment
    others: dict[str, Labels] = {}
    groups = list(settings.groups.values())
    if nuclei is not None:
        if not step:
            raise SettingsError(
                f"--nuclei {nuclei}", "the group compartment is off", "add it to --groups"
            )
        masks = open_labels(nuclei, name=step.nuclei)
        refuse_image(masks, str(nuclei))
        others = {step.nuclei: masks}
        here = step.model_copy(update={"cells": name})
        groups = [here if group is step else group for group in groups]
    allowed = [group for group in groups if can_measure(group, name, others)]
    if groups and not allowed:
        raise SettingsError(
            "--groups compartment", "it needs nuclei", "give their labels with --nuclei NUCLEI.tif"
        )
    return allowed, others


def _remove_tables(out: Path, *, but: Iterable[str]) -> None:
    """Finer tables of groups that are off by now would tell of other settings."""
    every = {name for group in GROUPS for name in (*group.gathered, *group.kept_apart)}
    for name in every - set(but):
        for suffix in (".csv", ".parquet"):
            (out / f"{name}{suffix}").unlink(missing_ok=True)


def _objects(path: Path) -> Labels | Tracked:
    """Labels, with their tracks where they are known."""
    if is_track_folder(path):
        tracked = read_track_folder(path)
        refuse_strangers(tracked)
        return tracked
    if has_tracks(path):
        return read_ctc(path)
    labels = open_labels(path)
    refuse_image(labels, str(path))
    return labels


def _largest(masks: Labels | Tracked, source: str) -> Tracked:
    if isinstance(masks, Tracked):
        raise SettingsError(
            "--largest", f"{source} holds tracks already", "leave it out, or give labels"
        )
    tracker = Largest()
    state = tracker.prepare(masks.frames)
    warn_of_several(
        tracker,
        state,
        source=source,
        remedy=f"run: lamella track {source} -o tracked, and measure the folder tracked",
    )
    return Tracked(tracker(masks.frames, state=state), masks.n_frames, masks, source=source)


def _warn_of_changing_ids(frames: pd.DataFrame, source: str) -> None:
    """Numbers given frame by frame mix up the cells; cells that keep theirs overlap themselves."""
    overlap = frames[Col.IOU_PREVIOUS].dropna()
    n_cells = frames[Col.CELL].nunique()
    if n_cells > 1 and len(overlap) and (overlap < _LEAST_OVERLAP).mean() > _MOST_CHANGES:
        warnings.warn(
            f"{source}: in {(overlap < _LEAST_OVERLAP).mean():.0%} of the steps an object does not "
            "overlap the one of the same number in the frame before, so the numbers may not be "
            "track ids; for a single cell use --largest, for many: lamella track",
            LamellaWarning,
            stacklevel=2,
        )
