"""The pixels of every region one after the other, so that a channel is looked up only once."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray


class Pixels(NamedTuple):
    """Pixels of n groups, those of a group side by side, in order of row and column."""

    row: NDArray[np.int32]
    column: NDArray[np.int32]
    start: NDArray[np.int64]
    """(n + 1,): those of group i are ``start[i]:start[i + 1]``."""

    def values(self, image: NDArray[Any]) -> NDArray[np.float64]:
        """The image at these pixels, float64."""
        at = self.row.astype(np.intp) * image.shape[1] + self.column
        values: NDArray[np.float64] = image.reshape(-1).take(at).astype(np.float64)
        return values


def pixels_of(
    labels: NDArray[Any],
    label: NDArray[np.int64],
    box: NDArray[np.int64],
    area: NDArray[np.int64],
) -> Pixels:
    """The pixels of every region.

    Parameters
    ----------
    labels : (Y, X) integer array
    label, box, area : (n,), (n, 4), (n,) int64 arrays
        The regions, as in `Regions`.
    """
    start = np.concatenate([np.zeros(1, np.int64), np.cumsum(area)])
    row, column = _pixels(labels, label, box, start)
    return Pixels(row, column, start)


@njit(cache=True, nogil=True)
def _pixels(labels, label, box, start):  # type: ignore[no-untyped-def]
    rows, columns = np.empty(start[-1], np.int32), np.empty(start[-1], np.int32)
    for i in range(len(label)):
        top, left, bottom, right = box[i]
        name = labels.dtype.type(label[i])
        n = start[i]
        for y in range(top, bottom):
            for x in range(left, right):
                if labels[y, x] == name:
                    rows[n], columns[n] = y, x
                    n += 1
    return rows, columns
