"""The light that is measured: that of the raw movie, or with its bleaching undone."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, NamedTuple

from lamella.core.errors import LamellaWarning
from lamella.core.frames import Frames
from lamella.core.labels import Labels
from lamella.core.level import Level, nothing, taken_off
from lamella.core.movie import Movie
from lamella.core.registration import Registration
from lamella.core.tracks import Tracks
from lamella.measure import Gathering, Group, Walked, walk
from lamella.preprocess import Illumination, unbleached
from lamella.run.cautions import warn_of_no_ground, warn_of_small_ball
from lamella.run.settings import MeasureSettings


class Light(NamedTuple):
    """A movie to measure intensities in, and what was done to it, for the manifest."""

    movie: Movie
    told: dict[str, Any]
    level: Level
    """What is still to be subtracted."""


def provenance_of(
    group: Group, settings: MeasureSettings, illumination: Illumination | Literal[False]
) -> dict[str, Any]:
    """The steps behind the measures of a group: those of the light only where it looks at light."""
    steps = {"measure": group.provenance()}
    if group.looks_at_light:
        steps["background"] = settings.background.provenance()
        if settings.bleaching:
            steps["bleaching"] = settings.bleaching.provenance()
        if illumination:
            steps["illumination"] = illumination.provenance()
    return steps


def light_of(
    movie: Movie,
    labels: Labels,
    settings: MeasureSettings,
    groups: Iterable[Group],
    *,
    anything: Frames | None = None,
    faded: Callable[..., Any] | None = None,
) -> Light:
    """The movie less a background that differs from pixel to pixel, its bleaching undone.

    As it came where the settings ask for neither. Undoing bleaching reads every frame once more.
    What makes a correction doubtful is warned of.

    Parameters
    ----------
    groups : iterable of measure groups
        Those that are about to be measured: where none looks at light, nothing is done.
    anything : Frames, optional
        Above 0 wherever any object is, for the background; by default the labels.
    faded : callable, optional
        How a channel bleached, see `lamella.preprocess.unbleached`.
    """
    if not any(group.looks_at_light for group in groups):
        return Light(movie, {}, nothing)
    warn_of_small_ball(settings.background, movie, labels)
    warn_of_no_ground(settings.background, movie, labels.frames if anything is None else anything)
    plain, level = taken_off(movie, settings.background)
    step = settings.bleaching
    if not step:
        return Light(plain, {}, level)
    made = unbleached(
        movie, labels, step, level=settings.background, anything=anything, faded=faded
    )
    doubts = [f"{channel}: {doubt}" for channel, t in made.told.items() for doubt in t["doubts"]]
    if doubts:
        warnings.warn(
            f"{movie.source}: bleaching is undone with doubts: {'; '.join(doubts)}",
            LamellaWarning,
            stacklevel=3,
        )
    return Light(made.movie, {"bleaching": dict(made.told)}, level)


def walked_in_light(
    movie: Movie,
    labels: Labels,
    groups: Mapping[str, Group],
    settings: MeasureSettings,
    *,
    tracks: Tracks,
    anything: Frames | None,
    others: Mapping[str, Labels],
    registration: Registration | None,
    progress: Callable[[int], object],
    faded: Callable[..., Any] | None = None,
    gathered: Gathering | None = None,
) -> tuple[Light, Walked]:
    """Measure a tracked movie in its light; see `light_of` and `lamella.measure.walk`."""
    light = light_of(movie, labels, settings, groups.values(), anything=anything, faded=faded)
    walked = walk(
        light.movie,
        labels,
        list(groups.values()),
        sightings=settings.sightings,
        level=light.level,
        anything=anything,
        first_last=tracks.first_last,
        interpolated=tracks.interpolated,
        registration=registration,
        others=others,
        progress=progress,
        gathered=gathered,
    )
    return light, walked
