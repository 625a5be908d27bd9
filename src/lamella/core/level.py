"""What is subtracted from intensities: a level for the whole frame, or one of its own a pixel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from lamella.core.frames import Image
from lamella.core.movie import Movie

Level = Callable[[Image, Image, str], float]
"""``level(frame, labels, channel)`` gives the grey value to subtract from intensities."""


@runtime_checkable
class PixelBackground(Protocol):
    """A background that differs from pixel to pixel, taken off before anything is measured."""

    def subtracted(self, movie: Movie) -> Movie:
        """The movie without it, lazy."""


def taken_off(movie: Movie, level: Level | PixelBackground | None) -> tuple[Movie, Level]:
    """The movie whose pixels are measured, and the level that is still to be subtracted from them.

    A background that differs from pixel to pixel is taken off here, so that nothing is left to
    subtract; a level is passed on, and the movie stays as it is.
    """
    if level is None:
        return movie, nothing
    if isinstance(level, PixelBackground):
        return level.subtracted(movie), nothing
    return movie, level


def nothing(frame: Image, labels: Image, channel: str) -> float:
    """The level where none is left: 0."""
    return 0.0
