"""What a network learns from: an image with the labels of its objects."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lamella.core.frames import Image


class Example(NamedTuple):
    """One frame to learn from, in the coordinates of the raw movie.

    Parameters
    ----------
    image : (Y, X) or (2, Y, X) array
        Grey values as recorded, of any real type; with two channels the second is the nuclei.
    labels : (Y, X) integer array
        0 = background, else the number of an object.
    movie, session, condition : str
        Where it comes from: held-out movies are chosen by these.
    frame : int
        Its number in the movie, from 0.
    source : str
        Who made the labels: ``quimp``, ``imagej_roi``, ``labels`` …
    confidence : float
        How far the labels are to be trusted, 0 to 1; 1 for those of a person.
    """

    image: Image
    labels: NDArray[np.integer[Any]]
    movie: str
    session: str
    condition: str
    frame: int
    source: str
    confidence: float = 1.0
