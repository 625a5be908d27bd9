"""What groups keep of all objects of a movie until it is completed; it may lie in files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Part = Mapping[str, NDArray[Any]]
"""Arrays by name of the objects of one frame, or of some in their order; objects are the first
axis. Arrays that lie in files are mapped when they are asked for, and let go of afterwards."""


class Rows:
    """One array of all objects, of which those that are asked for are put together from parts.

    Parameters
    ----------
    name : str
    parts : sequence of Part
        At least one.
    starts : (parts,) int64 array
        Number of the first object of each.
    objects : (k,) array
        Number of the object of every row.
    """

    def __init__(
        self,
        name: str,
        parts: Sequence[Part],
        starts: NDArray[np.int64],
        objects: NDArray[np.intp],
    ) -> None:
        self._name, self._parts, self._starts, self._objects = name, parts, starts, objects

    def __getitem__(self, rows: NDArray[np.intp]) -> NDArray[Any]:
        """The values of these rows, (len(rows), …)."""
        objects = self._objects[rows]
        of_part = np.searchsorted(self._starts, objects, side="right") - 1
        order = np.argsort(of_part, kind="stable")
        numbers, firsts = np.unique(of_part[order], return_index=True)
        like = self._parts[0][self._name]
        values = np.empty((len(objects), *like.shape[1:]), like.dtype)
        for number, these in zip(numbers.tolist(), np.split(order, firsts[1:]), strict=False):
            part = self._parts[number][self._name]
            values[these] = part[objects[these] - self._starts[number]]
        return values


class Kept(NamedTuple):
    """What a group kept of all objects that it may measure, in order of cell and frame."""

    row: NDArray[np.intp]
    """(k,): row of the table of frames, increasing."""
    arrays: Mapping[str, Rows]
    """(k, …) each."""

    @classmethod
    def of(cls, parts: Sequence[Part], places: NDArray[np.intp]) -> Kept:
        """What was kept of objects in order of time.

        Parameters
        ----------
        parts : sequence of Part
            All with the same arrays.
        places : (objects,) array
            Row of the table of frames for every object; below 0 for those that have none.
        """
        objects = np.argsort(places, kind="stable")
        objects = objects[places[objects] >= 0]
        names = [*parts[0]] if parts else []
        sizes = [len(part[names[0]]) if names else 0 for part in parts]
        starts = np.cumsum([0, *sizes[:-1]], dtype=np.int64)
        return cls(places[objects], {name: Rows(name, parts, starts, objects) for name in names})
