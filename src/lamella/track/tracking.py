"""Labels in, tracked objects out: any tracker in one call."""

from __future__ import annotations

from typing import Any

from lamella.core.frames import Frames
from lamella.core.labels import Labels
from lamella.core.movie import Scale
from lamella.core.tracked import Tracked
from lamella.track.lap import Lap


def track(
    labels: Labels, tracker: Any = None, *, image: Frames | None = None, scale: Scale | None = None
) -> Tracked:
    """Follow the objects of a movie.

    Parameters
    ----------
    labels : Labels
        (T, Y, X); a number means an object of its frame.
    tracker : Lap, Overlap or Largest, optional
        With its settings; `Lap` by default.
    image : Frames, optional
        Raw frames of the same movie, for trackers that compare intensities.
    scale : Scale, optional
        Where settings are in µm.

    Returns
    -------
    Tracked
        Its ``tracks.lineage()`` tells who came from whom, ``painted()`` gives the labels with track
        ids, and `lamella.measure.measure` takes it as it is.

    Examples
    --------
    Two cells that have changed numbers:

    >>> import numpy as np
    >>> from lamella import Labels
    >>> from lamella.track import Lap, track
    >>> frames = np.zeros((3, 20, 40), np.uint8)
    >>> for t in range(3):
    ...     frames[t, 5:13, 2 + t : 10 + t] = 1 + t % 2
    ...     frames[t, 5:13, 28 - t : 36 - t] = 2 - t % 2
    >>> tracked = track(Labels.from_array(frames), Lap())
    >>> tracked.painted().asarray()[:, 8, [6, 30]].tolist()
    [[1, 2], [1, 2], [1, 2]]
    """
    tracker = tracker or Lap()
    state = tracker.prepare(labels.frames, image, scale=scale)
    return Tracked(
        tracker(labels.frames, state=state),
        n_frames=labels.n_frames,
        labels=labels,
        frame_shape=labels.frames.frame_shape,
        scale=scale or Scale(),
        source=labels.name,
    )
