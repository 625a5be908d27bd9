"""Other settings tried on one frame of a finished run: what they would find there, at once."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.errors import LamellaWarning
from lamella.core.frames import Frames, Image, Window
from lamella.core.level import nothing
from lamella.core.table import Col
from lamella.kernels.regions import find_regions
from lamella.measure import Migration, Sightings, joined, painted, walk
from lamella.report.words import axis_label
from lamella.run.browse.frame_view import view_of
from lamella.run.browse.opened import OpenedMovie
from lamella.run.lazy_stages import LazyStages, remembering
from lamella.run.settings import Settings
from lamella.run.stages import keys_of
from lamella.run.trial import NEIGHBOURS
from lamella.track import Largest

_KEPT = 4
"""Settings of which the surveys of the movie are kept: going back to them costs nothing."""

FOUND_BY = ("segment", "declump", "track", "channel", "normalise", "fill_gaps")
"""Settings of a set of objects that decide which cells there are."""


class Superseded(Exception):  # noqa: N818  nothing went wrong
    """The trial was given up: a later one takes its place."""


class Change(NamedTuple):
    """One number as it is, and as it would be."""

    what: str
    """With its unit."""
    before: float
    after: float


class FrameTrial(NamedTuple):
    """What settings would give in one frame."""

    frame: int
    labels: Image
    """(Y, X): objects as they would be."""
    lamellipodium: NDArray[np.uint8]
    """(Y, X): 1 where they would have their lamellipodium; all 0 where none is measured."""
    changes: tuple[Change, ...]
    notes: tuple[str, ...]
    """What a user should know: warnings, and what this frame cannot show."""


class FrameTrials:
    """Tries settings on frames of one movie, and keeps what surveys of the movie told.

    Parameters
    ----------
    opened : OpenedMovie
    object_name : str
        The set of objects that is looked at.
    """

    def __init__(self, opened: OpenedMovie, object_name: str) -> None:
        self._opened, self._name = opened, object_name
        self._present = opened.run.study.settings
        self._found: OrderedDict[str, Frames] = OrderedDict()
        self._split: OrderedDict[str, Frames] = OrderedDict()
        self._moved: OrderedDict[tuple[int, str], pd.DataFrame] = OrderedDict()
        self._edition = 0  # how often cells were corrected

    def try_on(
        self,
        settings: Settings,
        t: int,
        *,
        cell: int | None = None,
        present: Image | None = None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> FrameTrial:
        """What these settings would find in frame `t`.

        Stages that the settings do not change are taken from the run. A segmenter that must see
        the whole movie first (motion, say) sees it once for each of its settings; of a segmenter
        that looks at frames around, those alone are read.

        Parameters
        ----------
        cell : int, optional
            The cell whose area and ratio are told; by default the median of all.
        present : (Y, X) array, optional
            Cells of the frame as they are now, where edits of them are not saved yet; by default
            those that are saved.
        stopped : callable
            Asked between frames; True gives the trial up.

        Raises
        ------
        Superseded
            When it was given up.
        LamellaError
            What the steps raise: weights that are missing, a channel that is not there.
        """

        def go_on() -> None:
            if stopped():
                raise Superseded

        notes: list[str] = []
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            before = present
            if before is None:
                before = painted(self._opened.current(self._name)).frames.frame(t)
            labels = self._labels(settings, t, before, notes, go_on)
            changes, lamellipodium = self._compared(settings, t, before, labels, cell)
            go_on()
            moved = self._movement(settings, cell, go_on)
        if moved and present is not None:
            notes.append("What is told of the whole movie is of the cells as they were last saved")
        changes += moved
        notes += [str(w.message) for w in told if issubclass(w.category, LamellaWarning)]
        return FrameTrial(t, labels, lamellipodium, tuple(changes), tuple(dict.fromkeys(notes)))

    def cells_changed(self) -> None:
        """Cells of the movie were corrected: how they move is measured anew.

        May be told while a trial goes on in another thread.
        """
        self._edition += 1

    def _labels(
        self,
        settings: Settings,
        t: int,
        before: Image,
        notes: list[str],
        go_on: Callable[[], None],
    ) -> Image:
        """Objects of the frame: those of the run where these settings are what it found them by."""
        each, present = settings.objects[self._name], self._present.objects[self._name]
        changed = [name for name in FOUND_BY if getattr(each, name) != getattr(present, name)]
        if "track" in changed or "fill_gaps" in changed:
            notes.append("Which cell is which is decided over the whole movie: try it on the movie")
        task = replace(self._opened.task, settings=settings)
        work = LazyStages(task, self._opened.manifest, lambda stage, done, total: go_on())
        keys = keys_of(task)
        # study.toml may have been changed since the run: its keys tell what the masks are of.
        stages = [stage for stage in ("segment", "declump") if f"{stage}/{self._name}" in keys]
        if all(work.manifest.holds(f"{s}/{self._name}", keys[f"{s}/{self._name}"]) for s in stages):
            return before
        frames = self._segmented(work, keys[f"segment/{self._name}"])
        go_on()
        if each.declump:
            key = keys[f"declump/{self._name}"]
            frames = self._declumped(work, key, keys[f"segment/{self._name}"], frames, t, notes)
        labels = frames.frame(t)
        if isinstance(each.track, Largest):  # the others are no cells
            regions = find_regions(labels)
            if len(regions.label):
                labels = labels * (labels == regions.label[np.argmax(regions.area)])
        return labels

    def _segmented(self, work: LazyStages, key: str) -> Frames:
        if key not in self._found:
            there = work.manifest.holds(f"segment/{self._name}", key)
            found = self._opened.segmented(self._name) if there else work.segmented(self._name)
            _keep(self._found, key, found if there else remembering(found))
        return self._found[key]

    def _declumped(
        self, work: LazyStages, key: str, key_before: str, frames: Frames, t: int, notes: list[str]
    ) -> Frames:
        if key in self._split:
            return self._split[key]
        if work.manifest.holds(f"segment/{self._name}", key_before):
            _keep(self._split, key, work.declumped(self._name, frames))
            return self._split[key]
        step = work.task.settings.objects[self._name].declump
        margin = max(NEIGHBOURS, *step.reach) if step else NEIGHBOURS
        around = Window(frames, t - margin, t + margin + 1).span
        notes.append(
            f"How wide a cell is was taken from {len(around)} frames around; the movie may tell "
            "another width"
        )
        return work.declumped(self._name, frames, seen=around)

    def _compared(
        self, settings: Settings, t: int, before: Image, after: Image, cell: int | None
    ) -> tuple[list[Change], NDArray[np.uint8]]:
        """Number, area and ratio before and after, and where the lamellipodium would lie."""
        was, _ = self._measured(self._present, t, before, cell)
        at = cell if after is before else _same_cell(before, after, cell)
        is_, lamellipodium = self._measured(settings, t, after, at)
        changes = [
            Change(what, was.get(what, float("nan")), is_.get(what, float("nan")))
            for what in dict.fromkeys([*was, *is_])
        ]
        return changes, lamellipodium

    def _measured(
        self, settings: Settings, t: int, labels: Image, cell: int | None
    ) -> tuple[dict[str, float], NDArray[np.uint8]]:
        movie = self._opened.evened
        background = settings.measure.background
        anything = labels.astype(np.uint32)
        if background.looks_outside:
            for name in set(settings.objects) - {self._name}:
                if name in self._opened.objects:
                    anything = np.maximum(anything, self._opened.segmented(name).frame(t))
        view = view_of(movie, labels, t, background=background, anything=anything)
        regions, um = view.regions, movie.scale.um
        of = np.ones(len(regions.label), bool) if cell is None else regions.label == cell
        whose = "" if cell is not None or len(of) == 1 else ", median"
        square = um**2 if np.isfinite(um) else 1.0
        told = {
            "Cells in this frame": float(len(regions.label)),
            f"Area ({'µm²' if np.isfinite(um) else 'px²'}){whose}": _middle(
                regions.area[of] * square
            ),
        }
        drawn = np.zeros(labels.shape, np.uint8)
        step = settings.measure.lamellipodium
        if step and len(regions.label):
            if not step.polarity:  # then no definition is chosen: the published one
                step = step.model_copy(update={"polarity": True, "polarity_by": "halves"})
            channel = (step.channels or movie.channel_names)[0]
            part = step.part(view, channel)
            drawn = ((labels > 0) & (np.nan_to_num(part.share) >= 0.5)).astype(np.uint8)
            for column in (Col.LAM_CYTO_RATIO, Col.BAND_RATIO, Col.LAYER_RATIO):
                if column in part.columns:
                    told[f"{axis_label(column)}{whose}"] = _middle(part.columns[column][of])
        return told, drawn

    def _movement(
        self, settings: Settings, cell: int | None, go_on: Callable[[], None]
    ) -> list[Change]:
        """What other trust, or another window, makes of the tracks there are; nothing if alike."""
        ours, theirs = self._present.measure, settings.measure
        if ours.sightings == theirs.sightings and ours.migration == theirs.migration:
            return []
        was = self._walked(ours.sightings, ours.migration or Migration(), go_on)
        is_ = self._walked(theirs.sightings, theirs.migration or Migration(), go_on)

        def middle(table: pd.DataFrame, column: str) -> float:
            rows = table if cell is None else table[table[Col.CELL] == cell]
            return _middle(rows[column].to_numpy(np.float64)) if len(rows) else float("nan")

        return [
            Change(f"{axis_label(column)}, whole movie", middle(was, column), middle(is_, column))
            for column in _MOVEMENT
            if column in was.columns
        ]

    def _walked(
        self, sightings: Sightings, migration: Migration, go_on: Callable[[], None]
    ) -> pd.DataFrame:
        """A row per cell of the run, measured with this trust and window."""
        key = self._edition, f"{sightings!r} {migration!r}"
        if key not in self._moved:
            tracked = self._opened.current(self._name)
            opened = self._opened
            work = LazyStages(opened.task, opened.manifest, lambda stage, done, total: None)
            table, (found,) = walk(
                self._opened.movie,
                painted(tracked),
                [migration],
                level=nothing,
                sightings=sightings,
                first_last=tracked.tracks.first_last,
                interpolated=tracked.tracks.interpolated,
                registration=work.registration,
                progress=lambda t: go_on(),
            )
            summaries = [sightings.summarise(table), migration.summarise(found, table)]
            _keep(self._moved, key, joined(summaries))
        return self._moved[key]


_MOVEMENT = (
    Col.N_VALID_FRAMES, Col.N_VALID_PAIRS, Col.MEAN_SPEED, Col.N_TURNING_EVENTS,
    Col.STRAIGHTNESS_FIXED,
)  # fmt: skip


def _keep(kept: OrderedDict[Any, Any], key: Any, value: Any, most: int = _KEPT) -> None:
    kept[key] = value
    while len(kept) > most:
        kept.popitem(last=False)


def _same_cell(before: Image, after: Image, cell: int | None) -> int | None:
    """The object that lies on most of a cell; 0, which no object is, where none does."""
    if cell is None:
        return None
    under = after[before == cell]
    found = under[under > 0]
    return int(np.bincount(found).argmax()) if len(found) else 0


def _middle(values: NDArray[Any]) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else float("nan")
