"""What a network learns from: an image with the labels of its objects."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lamella.core.errors import InputError
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


def refuse_shared(training: Iterable[Example], held_out: Iterable[Example]) -> None:
    """Refuse held-out images that are also learnt from, as those of a movie with two names are.

    Images of one grey value tell nothing and are not asked.

    Raises
    ------
    InputError
        With the first such pair.
    """
    there = {
        _digest(each.image): f"{each.movie}, frame {each.frame}"
        for each in held_out
        if np.ptp(each.image) > 0
    }
    for each in training:
        other = there.get(_digest(each.image))
        if other is not None:
            raise InputError(
                f"{each.movie}, frame {each.frame}",
                f"it is the same image as {other}, which is held out: "
                "scores of images that were learnt from say nothing",
                "leave one of the two movies out",
            )


def _digest(image: Image) -> bytes:
    whole = hashlib.blake2b(repr((image.shape, image.dtype.str)).encode(), digest_size=16)
    whole.update(np.ascontiguousarray(image).tobytes())
    return whole.digest()
