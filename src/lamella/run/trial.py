"""One segmenter tried on a few frames of a movie: what it finds there, and what it takes."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lamella.core.errors import LamellaError, LamellaWarning, NotInstalledError
from lamella.core.frames import Frames, Image, Window
from lamella.evaluate import mean_iou, mean_of_known
from lamella.run.settings import ObjectSettings
from lamella.segment import Segmenter

NEIGHBOURS = 5
"""Frames on either side of a picked one that `prepare` is shown; more if the reach is longer."""

STABILITY_S = 20.0
"""Neighbours of the picked frames are segmented too where that will take no longer than this."""


@dataclass
class Trial:
    """What came of a segmenter.

    Parameters
    ----------
    masks : list of (Y, X) bool arrays
        Of the picked frames; empty where it failed.
    drawn : list
        What `draw` made of the labels of each.
    n_objects : list of int
    stability : float
        Mean IoU of the picked frames' masks with those of the next frame (at the end of the movie,
        the one before). NaN where that would have taken too long.
    seconds_per_frame : float
        Reading included, `prepare` and whatever only the first frame costs not.
    seconds_movie : float
        For the whole movie, `prepare` included.
    notes : list of str
        Warnings.
    fault : str
        Why it failed; empty where it did not.
    installed : bool
        Whether what it needs is on this machine.
    """

    masks: list[NDArray[np.bool_]] = field(default_factory=list)
    drawn: list[Any] = field(default_factory=list)
    n_objects: list[int] = field(default_factory=list)
    stability: float = float("nan")
    seconds_per_frame: float = float("nan")
    seconds_movie: float = float("nan")
    notes: list[str] = field(default_factory=list)
    fault: str = ""
    installed: bool = True

    @property
    def found(self) -> bool:
        """Whether it found anything at all."""
        return any(self.n_objects)


def try_segmenter(
    step: Segmenter,
    frames: Frames,
    picked: Sequence[int],
    *,
    draw: Callable[[Image], Any],
    advance: Callable[[int], object] = lambda done: None,
) -> Trial:
    """Segment the picked frames; whatever goes wrong is told in the trial.

    Parameters
    ----------
    frames : Frames
        The raw movie. Read are the picked frames, their neighbours and what lies in the reach.
    draw : callable
        Called with the labels of a picked frame, which are not kept.
    advance : callable
        Called with the number of picked frames that are done.
    """
    trial = Trial()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            _attempt(trial, step, frames, picked, draw, advance)
        except Exception as error:
            ours = isinstance(error, LamellaError)
            trial = Trial(
                fault=str(error) if ours else f"{type(error).__name__}: {error}",
                installed=not _is_absence(error),
            )
    trial.notes = list(dict.fromkeys(map(_said, told)))
    return trial


def windows_around(span: range, picked: Sequence[int], *, margin: int) -> list[range]:
    """The frames at most `margin` from a picked one, as parts that do not overlap."""
    parts: list[range] = []
    for t in sorted(picked):
        start, stop = max(t - margin, span.start), min(t + margin + 1, span.stop)
        if parts and start <= parts[-1].stop:
            start = parts.pop().start
        parts.append(range(start, stop))
    return parts


def _attempt(
    trial: Trial,
    step: Segmenter,
    frames: Frames,
    picked: Sequence[int],
    draw: Callable[[Image], Any],
    advance: Callable[[int], object],
) -> None:
    margin = max(NEIGHBOURS, *step.reach)
    parts = windows_around(frames.span, picked, margin=margin)
    windows = [Window(frames, part.start, part.stop) for part in parts]
    began = time.perf_counter()
    normalise = ObjectSettings(segment=step).normaliser
    stretch = normalise.merge([normalise.prepare(window) for window in windows])
    prepared: list[Any] = [step.prepare(normalise(window, state=stretch)) for window in windows]
    state = step.merge(prepared)
    preparing = (time.perf_counter() - began) / sum(map(len, windows))
    verb: Callable[..., Frames] = step  # a state fits the step that prepared it
    labels = verb(normalise(frames, state=stretch), state=state)
    seconds = []
    for done, t in enumerate(picked, start=1):
        began = time.perf_counter()
        found = labels.frame(t)
        seconds.append(time.perf_counter() - began)
        _refuse_misfit(found, frames)
        trial.masks.append(found != 0)
        trial.drawn.append(draw(found))
        trial.n_objects.append(len(np.unique(found[found != 0])))
        advance(done)
    # What only the first frame costs, such as loading a model, is no cost of a frame.
    trial.seconds_per_frame = float(np.median(seconds))
    trial.seconds_movie = len(frames) * (preparing + trial.seconds_per_frame)
    if trial.seconds_per_frame * len(picked) <= STABILITY_S:
        trial.stability = _stability(labels, picked, trial.masks)


def _stability(labels: Frames, picked: Sequence[int], masks: Sequence[NDArray[np.bool_]]) -> float:
    scores = []
    for t, mask in zip(picked, masks, strict=True):
        neighbour = t + 1 if t + 1 in labels.span else t - 1
        if neighbour in labels.span:
            scores.append(mean_iou(mask[None], labels.frame(neighbour)[None] != 0))
    return mean_of_known(scores)


def _refuse_misfit(found: Image, frames: Frames) -> None:
    if found.shape != frames.frame_shape:
        raise ValueError(f"it gave labels of shape {found.shape} for {frames.frame_shape}")


def _is_absence(error: BaseException | None) -> bool:
    """Whether an error comes of something that is not installed."""
    while error is not None:
        if isinstance(error, NotInstalledError | ImportError):
            return True
        error = error.__cause__
    return False


def _said(told: warnings.WarningMessage) -> str:
    ours = issubclass(told.category, LamellaWarning)
    return str(told.message) if ours else f"{told.category.__name__}: {told.message}"
