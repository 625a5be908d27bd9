"""The raw movie of a task, opened with its scale and its channels over each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from lamella.core.errors import InputError
from lamella.core.frames import Frames
from lamella.core.movie import Movie
from lamella.io import open_movie, positions_of
from lamella.preprocess import CameraOffset, refuse_nan
from lamella.run.channels import laid_over
from lamella.run.settings import Settings
from lamella.run.task import MovieTask
from lamella.segment import Cellpose


class Raw(NamedTuple):
    """A raw movie, and how its channels were laid over each other, where they were."""

    movie: Movie
    laid: dict[str, Any]


def open_raw(task: MovieTask) -> Raw:
    """The raw movie with its scale; pixels are refused when read if they are not numbers.

    Channels lie over each other where [channels] asks for that, for which a few frames are read.

    Raises
    ------
    InputError
        When it cannot be read, or neither it nor the settings state its scale.
    """
    _refuse_counted_twice(task)
    scale = task.settings.scale
    pixel_size, interval = task.pixel_size_um, task.interval_min
    channels = task.settings.channels
    laid: dict[str, Any] = {}

    def fit(found: Mapping[str, Frames]) -> dict[str, Frames]:
        over = laid_over(found, channels, source=str(task.source))
        laid.update(over.told)
        return over.channels

    translating = channels.align == "translate"
    movie = open_movie(
        task.source,
        axes=scale.axes,
        pixel_size_um=None if pixel_size == "unknown" else pixel_size,
        interval_min=None if interval == "unknown" else interval,
        channel_names=channels.names,
        fit=fit if translating else None,
        take=task.take,
    )
    if translating and not laid:  # the channels lie in one file
        movie = replace(movie, channels=fit(movie.channels))
    missing = []
    if movie.scale.pixel_size_um is None and pixel_size != "unknown":
        missing.append("pixel_size_um")
    if movie.scale.time_min is None and interval != "unknown" and movie.n_frames > 1:
        missing.append("interval_min")
    if missing:
        wanted = " and ".join(missing)
        raise InputError(
            movie.source,
            f"it does not state {wanted}",
            f"set {wanted} under [scale] in study.toml, "
            'or write "unknown" there to go without it (measures that need it are then missing)',
        )
    _refuse_unknown_channels(task.settings, movie)
    return Raw(refuse_nan(movie), laid)


def _refuse_counted_twice(task: MovieTask) -> None:
    """In a file of one position a name of it chooses nothing: two of them are the same movie."""
    position = task.take.position
    if task.sample.shares_file and position is not None and len(positions_of(task.source)) == 1:
        raise InputError(
            str(task.source),
            "it has one position, and several rows of samples.csv name it with positions",
            "keep one of the rows",
        )


def _refuse_unknown_channels(settings: Settings, movie: Movie) -> None:
    """Every channel that the settings name must be there, and every one needs its offset."""
    background = settings.measure.background
    named = [each.channel for each in settings.objects.values() if each.channel is not None]
    named += settings.measure.named_channels
    led = [step for each in settings.objects.values() for step in each.led.values()]
    named += [step.channel for step in led if step.channel is not None]
    shown = [s for each in settings.objects.values() if isinstance(s := each.segment, Cellpose)]
    named += [step.nuclear_channel for step in shown if step.nuclear_channel is not None]
    offsets = background.offset if isinstance(background, CameraOffset) else None
    if isinstance(offsets, dict):
        named += offsets
        lacking = [name for name in movie.channel_names if name not in offsets]
        if lacking:
            raise InputError(
                movie.source,
                f"[measure.background] gives no offset for channel {', '.join(lacking)}",
                "add it there (0 = none)",
            )
    if settings.illumination and settings.illumination.channels:
        named += settings.illumination.channels
    drift = settings.drift
    named += [drift.channel] if drift and drift.channel is not None else []
    for name in named:
        movie.channel(name)
    for name, step in settings.positives.items():
        channel = step.measure.partition("__")[2]
        if channel and channel not in movie.channel_names:
            raise InputError(
                movie.source,
                f"[positives.{name}] measure {step.measure!r}: it has no channel {channel!r}",
                f"its channels are {', '.join(movie.channel_names)}; write one of them behind __",
            )
