"""Follow the objects of one movie: the tracker, and what a person should look at afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lamella.core.frames import Frames
from lamella.core.movie import Movie, Scale
from lamella.core.registration import Registration
from lamella.core.table import Col
from lamella.core.tracks import Tracks
from lamella.measure import refuse_mismatch
from lamella.run.cautions import warn_of_doubt, warn_of_events, warn_of_several
from lamella.run.corrections import corrected_cells
from lamella.run.remarks import naming
from lamella.track import (
    FieldDrift,
    FillGaps,
    TrackChecks,
    Tracker,
    field_drift,
    with_sizes,
)

CHECKS = TrackChecks()
"""How suspicious events are found; part of the key of tracking."""


@dataclass(frozen=True)
class Followed:
    """The cells of a movie over time.

    Parameters
    ----------
    labels : Frames
        Shapes; `tracks.relabel` paints them with track ids.
    decided : dict
        What the tracker took from the movie, for the manifest.
    words : str
        The same for the user.
    events : DataFrame
        What a person should look at, the worst first; gaps that were filled are among it.
    drift : FieldDrift
        What all cells have in common.
    """

    labels: Frames
    tracks: Tracks
    decided: dict[str, Any]
    words: str
    events: pd.DataFrame
    drift: FieldDrift

    @property
    def found(self) -> dict[str, Any]:
        """All of this that is no table, in JSON, for the manifest."""
        with_object = set(self.tracks.links[Col.FRAME])
        return {
            "n_frames": len(self.labels),
            "empty_frames": [t for t in self.labels.span if t not in with_object],
            "first_last": {str(c): list(life) for c, life in self.tracks.first_last.items()},
            "parents": {str(c): list(p) for c, p in self.tracks.parents.items()},
            "decided": self.decided,
            "followed_by": self.words,
            "events": self.kinds,
            "n_interpolated": len(self.tracks.interpolated),
            "field_drift": {
                "n_cells": self.drift.n_cells,
                "velocity_px": [_or_none(v) for v in self.drift.velocity_px],
                "speed_um_per_min": _or_none(self.drift.speed_um_per_min),
                "p": _or_none(self.drift.p),
                "words": self.drift.words,
            },
        }

    @property
    def kinds(self) -> dict[str, int]:
        """Events by kind, the most frequent first."""
        return {str(k): int(n) for k, n in self.events[Col.KIND].value_counts().items()}

    @property
    def n_divisions(self) -> int:
        """Cells from which two or more others came, and no other cell with them."""
        alone = {c for c, parents in self.tracks.parents.items() if len(parents) == 1}
        return sum(len(alone.intersection(d)) > 1 for d in self.tracks.daughters.values())

    @property
    def n_gaps(self) -> int:
        """Stretches of frames in which a cell was missed amid its life, and was not filled in."""
        frames = self.tracks.links.sort_values([Col.CELL, Col.FRAME])
        later = frames.groupby(Col.CELL)[Col.FRAME].diff()
        return int((later > 1).sum())


def follow(
    tracker: Tracker,
    labels: Frames,
    image: Frames | None,
    *,
    scale: Scale,
    registration: Registration | None = None,
    source: str,
    several: str,
    fill_gaps: int = 0,
    prepared: Callable[..., Any] | None = None,
) -> Followed:
    """Link the objects of `labels` over time, check the tracks, fill short gaps.

    Parameters
    ----------
    image : Frames, optional
        Raw frames, for trackers that compare intensities.
    registration : Registration, optional
        How the field drifted, where that is known.
    source : str
        The movie, for messages.
    several : str
        What to do where one cell is followed and there are several.
    fill_gaps : int
        Longest gap in frames that is filled with the shape between; 0 = none.
    prepared : callable, optional
        Called in place of the tracker's `prepare`, with the same.
    """
    step: Any = tracker  # a state fits the step that prepared it
    with naming(source):
        prepare = prepared or step.prepare
        state = prepare(labels, image, scale=scale, registration=registration)
        tracks: Tracks = step(labels, state=state)
    warn_of_several(step, state, source=source, remedy=several)
    warn_of_doubt(step, state, source=source)
    words = f"{tracker.method}: {step.in_words(state)}".removesuffix(": ")
    followed = _checked(labels, tracks, step.told(state), words, scale=scale, source=source)
    if fill_gaps:
        labels, tracks = FillGaps(longest_frames=fill_gaps)(labels, tracks=followed.tracks)
        followed = replace(followed, labels=labels, tracks=tracks)
    return followed


def followed_by_hand(folder: Path, name: str, movie: Movie) -> Followed:
    """The cells of a movie that a person has corrected, checked as those are that were tracked.

    Parameters
    ----------
    folder : Path
        ``OUT/movies/<movie>``.

    Raises
    ------
    InputError
        Corrections that are not of this movie.
    """
    cells = corrected_cells(folder, name, scale=movie.scale)
    assert cells.labels is not None  # noqa: S101  corrections are labels
    refuse_mismatch(movie, cells.labels)
    words = "by hand: corrected labels in place of segmentation and tracking"
    labels = cells.labels.frames
    return _checked(labels, cells.tracks, {}, words, scale=movie.scale, source=movie.source)


def _checked(
    labels: Frames,
    tracks: Tracks,
    decided: dict[str, Any],
    words: str,
    *,
    scale: Scale,
    source: str,
) -> Followed:
    """Tracks with sizes, and what a person should look at in them."""
    tracks = with_sizes(tracks, labels)
    events = CHECKS(tracks, frame_shape=labels.frame_shape, scale=scale, n_frames=len(labels))
    warn_of_events(events, tracks, source=source)
    drift = field_drift(tracks, scale=scale)
    return Followed(labels, tracks, decided, words, events, drift)


def _or_none(value: float) -> float | None:
    """JSON has no NaN."""
    return float(value) if np.isfinite(value) else None
