"""The cells of one movie over time, a small panel for each measure, events marked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.table import Col
from lamella.report.figures.time_course import course_measures
from lamella.report.inline.scale import Scale
from lamella.report.tables import has_values, numbers, texts, track_parts
from lamella.report.words import axis_label

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 330, 150, 46, 8, 10, 34
MOST_POINTS, MOST_CELLS = 160, 12
"""Of a line, and lines of a panel; longer courses show every second, third … frame."""


@dataclass(frozen=True)
class Course:
    """One panel."""

    title: str
    time: str
    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]
    lines: tuple[tuple[str, str], ...]
    """What each line is called, and its path."""
    events: tuple[tuple[float, str], ...]
    """Where along time, and what happened."""


def courses(frames: pd.DataFrame, events: pd.DataFrame) -> Iterator[Course]:
    """A panel for each measure that the frames of a movie have."""
    if not len(frames):
        return
    timed = has_values(frames, Col.TIME_MIN)
    along = Col.TIME_MIN if timed else Col.FRAME
    x = Scale.over(numbers(frames, along), LEFT, WIDTH - RIGHT, margin=0.0)
    at = dict(zip(numbers(frames, Col.FRAME), numbers(frames, along), strict=True))
    marked = tuple(
        (x(at[frame]), words)
        for frame, words in zip(numbers(events, Col.FRAME), texts(events, Col.WORDS), strict=True)
        if frame in at
    )
    parts = list(track_parts(frames))[:MOST_CELLS]
    for measure in course_measures(frames):
        if not has_values(frames, measure):
            continue
        y = Scale.over(numbers(frames, measure), HEIGHT - BOTTOM, TOP)
        lines = tuple(
            (f"cell {key[-1]}", _path(numbers(rows, along), numbers(rows, measure), x, y))
            for key, rows in parts
        )
        yield Course(
            axis_label(measure), "time (min)" if timed else "frame", WIDTH, HEIGHT, LEFT,
            WIDTH - RIGHT, TOP, HEIGHT - BOTTOM, tuple(x.ticks(5)), tuple(y.ticks(3)), lines,
            marked,
        )  # fmt: skip


def _path(time: NDArray[np.float64], value: NDArray[np.float64], x: Scale, y: Scale) -> str:
    """A line that breaks where there is no value; a value without neighbours is a short stroke."""
    step = -(-len(time) // MOST_POINTS)
    parts, drawing = [], False
    for t, v in zip(time[::step], value[::step], strict=True):
        if not (np.isfinite(t) and np.isfinite(v)):
            drawing = False
            continue
        spot = f"{x(float(t))} {y(float(v))}"
        parts.append(f"L{spot}" if drawing else f"M{spot}h.1")
        drawing = True
    return "".join(parts)
