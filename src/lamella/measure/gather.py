"""The walk over the frames of a movie, or of a part of it, that shows each to all groups."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lamella.core.frames import Frames, Image, ReadAhead
from lamella.core.labels import Labels
from lamella.core.level import Level
from lamella.core.movie import Movie
from lamella.core.registration import Registration
from lamella.kernels.regions import Regions, find_regions
from lamella.kernels.warp import warped
from lamella.measure.kept import Part
from lamella.measure.others import anywhere
from lamella.measure.sightings import Sightings
from lamella.measure.view import Columns, FrameView, Group, Seen, still


class Gathered(NamedTuple):
    """What the frames of a movie showed, an entry for each that has objects."""

    seen: list[tuple[int, NDArray[np.int64]]]
    """Number of the frame, and its labels."""
    of_base: list[Columns]
    """What `Sightings` made of it."""
    of_groups: list[list[Seen]]
    """What every group made of it, without what it kept."""
    kept: list[list[Part]]
    """What every group kept of it; of other parts than single frames where it lies in files."""


def gather(
    movie: Movie,
    labels: Labels,
    groups: Sequence[Group],
    *,
    level: Level,
    sightings: Sightings,
    anything: Frames | None = None,
    registration: Registration | None = None,
    others: Mapping[str, Labels] | None = None,
    progress: Callable[[int], object] | None = None,
    span: range | None = None,
) -> Gathered:
    """Show every frame once to all groups; see `walk` for the parameters.

    Parameters
    ----------
    span : range, optional
        The frames to look at; all by default. Those before it that groups look back at are read as
        well. What is gathered of parts, put together by `together`, is what the whole movie gives.
    """
    whole = labels.frames.span
    span = whole if span is None else span
    back = max(1, sightings.window)
    around = range(max(whole.start, span.start - back), span.stop)
    found = Gathered([], [], [[] for _ in groups], [[] for _ in groups])
    previous: tuple[Image, Regions] | None = None
    earlier: deque[tuple[NDArray[np.int64], NDArray[np.float64]]] = deque(maxlen=sightings.window)
    with ExitStack() as readers:

        def ahead_of(frames: Frames) -> ReadAhead:
            return readers.enter_context(ReadAhead(frames, stop=span.stop))

        label_frames = ahead_of(labels.frames)
        channels = {name: ahead_of(frames) for name, frames in movie.channels.items()}
        ahead = replace(movie, channels=channels)
        beside = {name: ahead_of(there.frames) for name, there in (others or {}).items()}
        for t in around:
            frame = label_frames.frame(t)
            regions = find_regions(frame)
            # Without cells: the last frame still has columns.
            if t in span and (len(regions.label) or t == whole[-1]):
                before, regions_before = previous or (None, None)
                if before is not None and registration is not None:
                    before, regions_before = _carried(before, registration, t)
                sets_there = {name: there.frame(t) for name, there in beside.items()}
                view = FrameView(
                    t,
                    frame,
                    regions,
                    before,
                    regions_before,
                    ahead,
                    level,
                    anywhere(frame, *sets_there.values())
                    if anything is None
                    else anything.frame(t),
                    registration,
                    tuple(earlier),
                    sightings.window,
                    sightings.min_movement_px,
                    sets_there,
                )
                found.seen.append((t, regions.label))
                found.of_base.append(sightings.rows(view))
                for rows, kept, group in zip(found.of_groups, found.kept, groups, strict=True):
                    seen = group.rows(view)
                    rows.append(seen._replace(kept={}))
                    kept.append(seen.kept)
            previous = (frame, regions)
            earlier.appendleft((regions.label, still(regions.centroid, registration, t)))
            if progress is not None and t in span:
                progress(t)
    return found


def together(parts: Sequence[Gathered]) -> Gathered:
    """What the parts of a movie showed, in order of time, as if it had not been cut."""
    return Gathered(
        [*chain(*(part.seen for part in parts))],
        [*chain(*(part.of_base for part in parts))],
        [[*chain(*of_group)] for of_group in zip(*(p.of_groups for p in parts), strict=True)],
        [[*chain(*of_group)] for of_group in zip(*(p.kept for p in parts), strict=True)],
    )


def _carried(labels: Image, registration: Registration, t: int) -> tuple[Image, Regions]:
    """The labels of frame `t` − 1 where the drift of the field took them, and what they tell."""
    moved = warped(labels, registration.between(t - 1, t), interpolation="nearest")
    return moved, find_regions(moved)
