"""One cell per nucleus: every pixel of a clump goes to the nucleus nearest within the clump."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from lamella.core.errors import InputError
from lamella.core.frames import Frames, Image
from lamella.kernels.geodesic import nearest_seed_within
from lamella.segment.declump.agree import Cut
from lamella.segment.declump.pieces import Pieces, in_reading_order
from lamella.segment.declump.size import Size
from lamella.segment.declump.step import _Declump, by_object
from lamella.segment.nuclei import UsesNuclei


class ByNucleus(UsesNuclei, _Declump):
    """Give every pixel of a clump to its nearest nucleus, on ways that stay within the clump.

    A nucleus belongs to the object in which more than half of its pixels lie; others are left out.
    An object with one nucleus or none stays as it is. Parts of a clump that no nucleus reaches
    become objects of their own. Ways are those of `nearest_seed_within`.

    It splits what was found; `Guided` finds cells from their nuclei, looking at light between them.

    Parameters
    ----------
    nuclei, channel, find, split
        See `UsesNuclei`.
    """

    version: ClassVar[int] = 2
    method: Literal["nucleus"] = "nucleus"

    def _refuse_missing(self, image: Frames | None, nuclei: Frames | None) -> None:
        if nuclei is None:
            raise InputError(
                "declump by nucleus", "it got no nuclei", "give their labels, or their channel"
            )

    def _cut(self, labels: Pieces, image: Image | None, nuclei: Image | None, state: Size) -> Cut:
        assert nuclei is not None  # noqa: S101  refused before
        seeds = _seeds(labels, nuclei)
        nearest = nearest_seed_within(labels, seeds)[0]

        def split(inside: NDArray[np.bool_], window: tuple[slice, slice]) -> Pieces | None:
            owner = np.where(inside, nearest[window], 0)
            names = np.unique(owner[inside])
            if np.count_nonzero(names) < 2:
                return None
            names = names[names > 0]
            pieces = np.searchsorted(names, owner).astype(np.int32) + 1
            pieces[owner == 0] = len(names) + 1
            return np.where(inside, pieces, 0).astype(np.int32)

        return Cut(labels, by_object(labels, split, margin_px=0), _grown)

    def _smallest_px(self, state: Size) -> float:
        return 0.0  # what has a nucleus is a cell, however small


def _seeds(labels: Pieces, nuclei: Image) -> Pieces:
    """Numbers of the nuclei at those of their pixels that lie in the object they belong to."""
    nuclei = in_reading_order(nuclei)
    n = int(labels.max(initial=0)) + 1
    area = np.bincount(nuclei.ravel())
    shared = np.bincount((nuclei.astype(np.int64) * n + labels).ravel(), minlength=n * len(area))
    table = shared.reshape(len(area), n)
    table[:, 0] = 0
    home = np.where(2 * table.max(axis=1) > area, table.argmax(axis=1), -1)
    home[0] = -1
    return np.where(home[nuclei] == labels, nuclei, 0).astype(np.int32)


def _grown(inside: NDArray[np.bool_], markers: Pieces, window: tuple[slice, slice]) -> Pieces:
    return nearest_seed_within(inside.view(np.uint8), markers)[0]
