"""Frames of what a layer shows, read one at a time: it may be larger than the memory."""

from __future__ import annotations

from typing import Any

import numpy as np

from lamella.core.errors import InputError
from lamella.core.frames import Frames, Image
from lamella.napari.lazy import LazyStack


class _OfArray(Frames):
    """Frames of anything that is indexed like an array, such as dask's."""

    def __init__(self, data: Any) -> None:
        self._data = data
        self.span = range(data.shape[0])
        self.frame_shape = (int(data.shape[1]), int(data.shape[2]))
        self.dtype = np.dtype(data.dtype)

    def frame(self, t: int) -> Image:
        self._refuse_outside(t)
        return np.asarray(self._data[t])


def frames_of(data: Any, name: str) -> Frames:
    """Frames of a layer's data: (T, Y, X), or one (Y, X).

    Parameters
    ----------
    name : str
        Of the layer, for the error.

    Raises
    ------
    InputError
        Of other dimensions.
    """
    if isinstance(data, LazyStack):
        return data.frames
    ndim = getattr(data, "ndim", 0)
    if ndim == 2:
        data, ndim = np.asarray(data)[None], 3
    if ndim != 3:
        raise InputError(
            name,
            f"it has {ndim} dimensions, and movies have T, Y, X",
            "save one time series of planes",
        )
    return _OfArray(data)
