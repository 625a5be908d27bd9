"""Follow the objects of one movie: the tracker, short gaps, and what should be looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lamella.core.frames import Frames
from lamella.core.movie import Scale
from lamella.core.tracks import Tracks
from lamella.run.cautions import warn_of_several
from lamella.run.remarks import naming
from lamella.track import Tracker


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
    """

    labels: Frames
    tracks: Tracks
    decided: dict[str, Any]
    words: str


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
    """Link the objects of `labels` over time.

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
    with naming(source):
        state = tracker.prepare(counted(labels), image, scale=scale)
        tracks = tracker(labels, state=state)
    warn_of_several(tracker, state, source=source, remedy=several)
    words = f"{tracker.method}: {tracker.in_words(state)}".removesuffix(": ")
    return Followed(labels, tracks, tracker.told(state), words)
