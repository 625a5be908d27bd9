"""Follow the objects of one movie: the tracker, and what a person should look at afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from lamella.core.frames import Frames
from lamella.core.movie import Scale
from lamella.core.table import Col
from lamella.core.tracks import Tracks
from lamella.run.cautions import warn_of_several
from lamella.run.remarks import naming
from lamella.track import TrackChecks, Tracker, with_sizes

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
        What a person should look at, the worst first.
    """

    labels: Frames
    tracks: Tracks
    decided: dict[str, Any]
    words: str
    events: pd.DataFrame

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
        """Stretches of frames in which a cell was missed amid its life."""
        frames = self.tracks.links.sort_values([Col.CELL, Col.FRAME])
        later = frames.groupby(Col.CELL)[Col.FRAME].diff()
        return int((later > 1).sum())


def follow(
    tracker: Tracker,
    labels: Frames,
    image: Frames | None,
    *,
    scale: Scale,
    source: str,
    several: str,
    counted: Callable[[Frames], Frames] = lambda frames: frames,
) -> Followed:
    """Link the objects of `labels` over time, and check the tracks.

    Parameters
    ----------
    image : Frames, optional
        Raw frames, for trackers that compare intensities.
    source : str
        The movie, for messages.
    several : str
        What to do where one cell is followed and there are several.
    counted : callable
        Given the frames that the first reading takes, to tell how far it has come.
    """
    step: Any = tracker  # a state fits the step that prepared it
    with naming(source):
        state = step.prepare(counted(labels), image, scale=scale)
        tracks: Tracks = step(labels, state=state)
    warn_of_several(step, state, source=source, remedy=several)
    words = f"{tracker.method}: {step.in_words(state)}".removesuffix(": ")
    tracks = with_sizes(tracks, labels)
    events = CHECKS(tracks, frame_shape=labels.frame_shape, scale=scale, n_frames=len(labels))
    return Followed(labels, tracks, step.told(state), words, events)
