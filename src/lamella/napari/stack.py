"""What napari asks of an array that is read frame by frame."""

from __future__ import annotations

from typing import Any

import numpy as np


class Stack:
    """A (T, Y, X) array by its looks; `shape` and `dtype` are set by those that are one."""

    ndim = 3
    shape: tuple[int, int, int]
    dtype: np.dtype[Any]

    @property
    def size(self) -> int:
        """Pixels of all frames."""
        return int(np.prod(self.shape))

    @property
    def nbytes(self) -> int:
        """Of all frames, were they read."""
        return self.size * int(self.dtype.itemsize)

    def __len__(self) -> int:
        return self.shape[0]
