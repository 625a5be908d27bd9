"""Axes of logarithms with a handful of plain numbers on them."""

from __future__ import annotations

from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from lamella.report.words import number


def plain_ticks(axis: Axis, ratio: float) -> None:
    """Ticks for an axis of logarithms whose ends are `ratio` apart: few, and written out."""
    axis.set_major_locator(LogLocator(subs=_subdivision(ratio)))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: number(value, 1)))


def _subdivision(ratio: float) -> tuple[int, ...]:
    """Multiples of powers of ten that give a handful of ticks on an axis of this range."""
    if ratio < 3:
        return (1, 2, 3, 4, 5, 6, 7, 8, 9)
    if ratio < 30:
        return (1, 2, 5)
    return (1, 3) if ratio < 1000 else (1,)
