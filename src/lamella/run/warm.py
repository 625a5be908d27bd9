"""Have numerical kernels compiled before the first movie, each by one worker only.

numba compiles a kernel where it is first called and keeps it on disk, which after an installation
takes half a minute of processor time. Workers that begin on their first movies at once would all
compile the same. Here each begins with other groups of measures than the others; what one has
compiled by the time another needs it is read from disk.
"""

from __future__ import annotations

import warnings
from contextlib import suppress

import numpy as np

from lamella.core.labels import Labels
from lamella.core.movie import Movie
from lamella.measure import Relating, looked_at, measure
from lamella.run.settings import MeasureSettings

GET_READY = "get ready"
"""What a worker tells that it does meanwhile."""

_SIDE_PX, _RADIUS_PX, _FRAMES = 64, 20, 6


def warm_up(measures: MeasureSettings, *, turn: int) -> None:
    """Measure a small disc that glides; the second worker begins with the last group.

    Never raises: what cannot be measured is told of the movies that it concerns.

    Parameters
    ----------
    measures : MeasureSettings
        What the movies will be measured with.
    turn : int
        Number of the worker, from 0.
    """
    groups = list(measures.groups.values())
    ordered = groups if turn % 2 == 0 else groups[::-1]
    start = turn // 2 % max(1, len(ordered))
    y, x = np.indices((_SIDE_PX, _SIDE_PX)) - (_SIDE_PX - 1) / 2
    disc = np.stack([np.hypot(y, x - t) < _RADIUS_PX for t in range(_FRAMES)])
    light = np.where(disc, 200, 100) + np.arange(_SIDE_PX)
    channels = list(dict.fromkeys(measures.named_channels)) or ["any"]
    movie = Movie.from_array(
        np.stack([light.astype(np.uint16)] * len(channels), axis=1),
        axes="TCYX",
        channel_names=channels,
        pixel_size_um=0.3,
        interval_min=1.0,
    )
    shapes = disc.astype(np.uint16)
    with warnings.catch_warnings(), suppress(Exception):
        warnings.simplefilter("ignore")  # what this movie lacks is nobody's concern
        for group in (*ordered[start:], *ordered[:start]):
            name = group.measured_set if isinstance(group, Relating) else "cell"
            others = {each: Labels.from_array(shapes, name=each) for each in looked_at([group])}
            measure(movie, Labels.from_array(shapes, name=name), [group], others=others)
