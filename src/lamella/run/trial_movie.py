"""Other settings tried on a whole movie of a finished run, in a folder that goes away again."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from lamella.core.errors import InputError
from lamella.core.frames import Frames, Image
from lamella.core.table import Col
from lamella.evaluate import mean_iou
from lamella.io import open_labels, read_table
from lamella.io.atomic import output_error
from lamella.measure import painted
from lamella.report.words import axis_label
from lamella.run.at_hand import Tell
from lamella.run.browse.opened import OpenedMovie
from lamella.run.corrections import FOLDER as CORRECTIONS
from lamella.run.corrections import is_corrected
from lamella.run.flats import FOLDER as FLATS
from lamella.run.movie import run_movie
from lamella.run.settings import Settings
from lamella.run.stopping import Asked, go_on, never
from lamella.run.task import MovieTask
from lamella.run.trial_frame import FOUND_BY, Change

_COMPARED = (
    Col.N_VALID_FRAMES, Col.N_VALID_PAIRS, Col.AREA_UM2, Col.MEAN_SPEED, Col.STRAIGHTNESS_FIXED,
    Col.N_TURNING_EVENTS, Col.LAM_CYTO_RATIO, Col.BAND_RATIO, Col.LAYER_RATIO,
    Col.POLARITY_COS_MOVEMENT,
)  # fmt: skip
_LEFT_OUT = ("centered*", "outlines", "*.part")
"""Large, or of stages that a trial does without."""


@dataclass(frozen=True)
class MovieTrial:
    """What settings would make of a movie.

    Parameters
    ----------
    labels : Frames
        (T, Y, X): cells as they would be.
    frames : DataFrame
        A row per frame: ``frame``, cells before and after, IoU of all that is cell (NaN where no
        cell is in either).
    changes : tuple of Change
        Measures of cells before and after, medians over the cells.
    notes : tuple of str
        What was to know.
    """

    labels: Frames
    frames: pd.DataFrame
    changes: tuple[Change, ...]
    notes: tuple[str, ...]
    _folder: TemporaryDirectory[str]

    @property
    def worst(self) -> tuple[int, float] | None:
        """The frame in which both agree least, and the IoU there; None without a cell."""
        known = self.frames.dropna(subset=[Col.IOU])
        if known.empty:
            return None
        at = int(known[Col.IOU].to_numpy(np.float64).argmin())
        return int(known[Col.FRAME].iloc[at]), float(known[Col.IOU].iloc[at])

    @property
    def mean_iou(self) -> float:
        """Over the frames with a cell before or after; NaN without one."""
        known = self.frames[Col.IOU].dropna()
        return float(known.mean()) if len(known) else float("nan")

    def close(self) -> None:
        """Remove its files; `labels` cannot be read afterwards."""
        self._folder.cleanup()


def try_on_movie(
    opened: OpenedMovie,
    object_name: str,
    settings: Settings,
    *,
    tell: Tell = lambda stage, done, total: None,
    stopped: Asked = never,
) -> MovieTrial:
    """Process a movie with other settings, beside the run; the run is not touched.

    Stages that the settings do not change are taken from the run. Where other cells would be found,
    corrections by hand are left out: they would hide what the settings do.

    Parameters
    ----------
    tell : callable
        ``tell(stage, frames done, frames in all)``.
    stopped : callable
        Asked between files that are copied, stages and frames; the trial's folder then goes.

    Raises
    ------
    Stopped
        When it was asked to end.
    InputError
        When a stage fails; tells why.
    OutputError
        When there is no room for the trial.
    """
    folder = TemporaryDirectory(prefix="lamella-trial-", ignore_cleanup_errors=True)
    try:
        return _tried(opened, object_name, settings, Path(folder.name), folder, tell, stopped)
    except BaseException:
        folder.cleanup()
        raise


def _tried(
    opened: OpenedMovie,
    name: str,
    settings: Settings,
    out: Path,
    folder: TemporaryDirectory[str],
    tell: Tell,
    stopped: Asked,
) -> MovieTrial:
    task, notes = _beside(opened, name, settings, out, stopped)
    for result in run_movie(task, tell, stopped=stopped):
        notes += result.messages
        if result.state == "failed":
            raise InputError(
                f"{opened.name}, {result.stage}", result.message, "change the settings and try on"
            )
    before = painted(opened.current(name)).frames
    after = open_labels(task.folder / f"labels/{name}.ome.tif", name=name).frames
    frames = []
    for t in before.span:
        go_on(stopped)
        a, b = before.frame(t), after.frame(t)
        frames.append((t, _number(a), _number(b), mean_iou((a != 0)[None], (b != 0)[None])))
        tell("compare", t + 1, len(before))
    table = pd.DataFrame(frames, columns=[Col.FRAME, BEFORE, AFTER, Col.IOU])
    was = opened.rows("cells", object_name=name)
    is_ = read_table(task.folder / "cells.parquet")
    is_ = is_[is_[Col.OBJECT] == name] if len(is_) else is_
    changes = [Change("Cells", float(len(was)), float(len(is_)))]
    changes += [
        Change(axis_label(column), _middle(was, column), _middle(is_, column))
        for column in map(str, dict.fromkeys([*was.columns, *is_.columns]))
        if column.partition("__")[0] in _COMPARED
    ]
    return MovieTrial(after, table, tuple(changes), tuple(dict.fromkeys(notes)), folder)


BEFORE, AFTER = "n_cells_before", "n_cells_after"
"""Columns of `MovieTrial.frames`."""


def _beside(
    opened: OpenedMovie, name: str, settings: Settings, out: Path, stopped: Asked
) -> tuple[MovieTask, list[str]]:
    """The task with the settings in another folder, in which lies what the run has made already."""
    notes: list[str] = []
    present = opened.run.study.settings.objects[name]
    finding = any(getattr(settings.objects[name], n) != getattr(present, n) for n in FOUND_BY)
    left_out = list(_LEFT_OUT)
    if finding and is_corrected(opened.folder, name):
        left_out.append(CORRECTIONS)
        notes.append("Compared with the cells as corrected by hand; the trial has no corrections")
    place = out / "movies" / opened.name

    def copied(file: str, to: str) -> None:
        go_on(stopped)
        try:
            shutil.copy2(file, to)
        except OSError as error:  # else all other files are tried, too
            raise output_error(Path(to), error) from error

    shutil.copytree(
        opened.folder, place, ignore=shutil.ignore_patterns(*left_out), copy_function=copied
    )
    flats = opened.run.folder / FLATS
    if flats.is_dir():
        shutil.copytree(flats, out / FLATS, copy_function=copied)
    objects = {
        key: each.model_copy(update={"centre": False}) for key, each in settings.objects.items()
    }
    plain = settings.model_copy(update={"objects": objects, "outlines": False})
    return replace(opened.task, settings=plain, folder=place), notes


def _number(labels: Image) -> int:
    return len(np.unique(labels[labels != 0]))


def _middle(table: pd.DataFrame, column: str) -> float:
    if column not in table.columns:
        return float("nan")
    return float(pd.to_numeric(table[column], errors="coerce").median())
