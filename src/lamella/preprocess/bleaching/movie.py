"""A movie whose bleaching is undone in every channel."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, NamedTuple

from pydantic import Field

from lamella.core.errors import SettingsError
from lamella.core.frames import Frames
from lamella.core.labels import Labels
from lamella.core.level import Level, PixelBackground, taken_off
from lamella.core.movie import Movie
from lamella.preprocess.bleaching.exponential import ExponentialFit
from lamella.preprocess.bleaching.histogram import HistogramMatching
from lamella.preprocess.bleaching.ratio import SimpleRatio

Bleaching = Annotated[
    ExponentialFit | SimpleRatio | HistogramMatching, Field(discriminator="method")
]
"""Every way to undo bleaching, told apart by ``method``."""

TAKEN_TWICE = (
    "the background of every pixel is taken off first, and what the camera gives goes with it",
    "leave offset out",
)
"""What is wrong with an `offset` of bleaching beside such a background, and the remedy."""


class Unbleached(NamedTuple):
    """A movie whose intensities can be compared over time, and what was done to it."""

    movie: Movie
    told: Mapping[str, Mapping[str, Any]]
    """By channel, see `Step.told`."""
    words: tuple[str, ...]
    """By channel, for the user."""


def unbleached(
    movie: Movie,
    labels: Labels | None,
    step: Bleaching,
    *,
    level: Level | PixelBackground | None = None,
    anything: Frames | None = None,
    channels: Sequence[str] | None = None,
    faded: Callable[..., Any] | None = None,
) -> Unbleached:
    """The movie with its bleaching undone in every channel, each by its own decay.

    For intensities only: masks are made from raw frames. Reads every frame once, and the result is
    lazy.

    Parameters
    ----------
    movie : Movie
    labels : Labels or None
        Of the cells, with the frames of the movie.
    step : Bleaching
        Such as ``ExponentialFit()``.
    level : callable, optional
        What is subtracted from intensities, such as ``CameraOffset(offset=100)``; it is measured on
        the raw frames and stays where it is, so that the same may be subtracted afterwards. One of
        every pixel, such as ``RollingBall()``, is taken off first, and nothing is left to subtract:
        an `offset` of the step is then refused.
    anything : Frames, optional
        Above 0 wherever any object is, for `level`; by default the labels.
    channels : sequence of str, optional
        Channels to change; all by default.
    faded : callable, optional
        Called as ``faded(step, frames, labels=…, level=…, anything=…, channel=…)`` for what the
        step's `prepare` makes of these; by default it is called here.
    """
    if isinstance(level, PixelBackground):
        if step.offset:
            raise SettingsError(f"bleaching, offset = {step.offset:g}", *TAKEN_TWICE)
        step = step.model_copy(update={"offset": 0.0})  # nothing is left below the light
    movie, level = taken_off(movie, level)
    frames = {}
    told, words = {}, []
    for name in channels or movie.channel_names:
        raw = movie.channel(name)
        given: dict[str, Any] = {
            "labels": None if labels is None else labels.frames,
            "level": level,
            "anything": anything,
            "channel": name,
        }
        state = faded(step, raw, **given) if faded else step.prepare(raw, **given)
        frames[name] = step(raw, state=state)
        told[name] = step.told(state)
        words.append(f"{name}: {step.in_words(state)}")
    return Unbleached(movie.corrected(frames), told, tuple(words))
