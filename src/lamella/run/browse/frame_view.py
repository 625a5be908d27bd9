"""One frame as the measures see it, without a walk over the movie."""

from __future__ import annotations

import numpy as np

from lamella.core.frames import Image
from lamella.core.level import nothing, taken_off
from lamella.core.movie import Movie
from lamella.kernels.regions import find_regions
from lamella.measure.view import FrameView
from lamella.preprocess import Background


def view_of(
    movie: Movie,
    labels: Image,
    t: int,
    *,
    background: Background | None = None,
    anything: Image | None = None,
) -> FrameView:
    """Frame `t` with these labels; nothing of the frames before is known.

    Bleaching is not undone: it changes a whole frame by one factor, and no ratio of its parts.

    Parameters
    ----------
    movie : Movie
        Under even light.
    labels : (Y, X) array
    background : Background, optional
        What is subtracted from intensities; nothing by default.
    anything : (Y, X) array, optional
        Above 0 wherever an object is that is no background; by default the labels.
    """
    light, level = (movie, nothing) if background is None else taken_off(movie, background)
    labels = np.ascontiguousarray(labels)
    around = labels if anything is None else anything
    return FrameView(t, labels, find_regions(labels), None, None, light, level, around)
