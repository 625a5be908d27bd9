"""Which nucleus belongs to which cell, by the pixels that they share."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lamella.kernels.contingency import contingency


class NucleiOfCells(NamedTuple):
    """The n cells and m nuclei of a frame, and who belongs to whom."""

    cell: NDArray[np.int64]
    """(n,) labels, rising."""
    nucleus: NDArray[np.int64]
    """(n,) the nucleus that shares most pixels with the cell; 0 = it shares none with any."""
    inside: NDArray[np.float64]
    """(n,) share of that nucleus that lies in the cell; NaN without a nucleus."""
    n_nuclei: NDArray[np.int64]
    """(n,) nuclei of which no other cell holds more: each nucleus counts for one cell at most."""
    n_claims: NDArray[np.int64]
    """(n,) cells that have the same nucleus as this one, itself among them; 0 without a nucleus."""
    label: NDArray[np.int64]
    """(m,) labels of the nuclei, rising."""
    owner: NDArray[np.int64]
    """(m,) the cell that holds most of the nucleus; 0 = it lies in none."""


def nuclei_of_cells(
    cells: NDArray[Any], nuclei: NDArray[Any], *, least_inside: float = 0.0
) -> NucleiOfCells:
    """Give every cell its nucleus, and every nucleus its cell, by largest overlap.

    The two need not agree: a cell whose own nucleus was not found may overlap a neighbour's. It
    then claims a nucleus that belongs to the neighbour, which `n_claims` and `inside` tell. Of
    nuclei that share as many pixels with a cell the one of which more lies in the cell is taken,
    then the one of the lowest label; of cells that hold as much of a nucleus, the lowest label.

    Parameters
    ----------
    cells, nuclei : (Y, X) integer arrays, 0 = background
    least_inside : float
        Nuclei of which a smaller share lies in a cell are not the cell's.

    Raises
    ------
    ValueError
        Images of different shapes.

    Examples
    --------
    >>> found = nuclei_of_cells(np.array([[1, 1, 1, 2, 2, 3]]), np.array([[0, 5, 5, 5, 0, 0]]))
    >>> found.nucleus.tolist(), found.n_claims.tolist(), found.n_nuclei.tolist()
    ([5, 5, 0], [2, 2, 0], [1, 0, 0])
    """
    both = contingency(cells, nuclei)
    share = both.shared / both.area_b[both.b]
    near = np.flatnonzero(share >= least_inside)
    a, b, shared, share = both.a[near], both.b[near], both.shared[near], share[near]
    n, m = len(both.label_a), len(both.label_b)

    first_of_cell = _first(a, np.lexsort((both.label_b[b], -share, -shared, a)))
    nucleus, inside = np.zeros(n, np.int64), np.full(n, np.nan)
    nucleus[a[first_of_cell]] = both.label_b[b[first_of_cell]]
    inside[a[first_of_cell]] = share[first_of_cell]

    first_of_nucleus = _first(b, np.lexsort((both.label_a[a], -shared, b)))
    owner = np.zeros(m, np.int64)
    owner[b[first_of_nucleus]] = both.label_a[a[first_of_nucleus]]
    n_nuclei = np.bincount(a[first_of_nucleus], minlength=n)

    claims = np.bincount(b[first_of_cell], minlength=m)
    n_claims = np.zeros(n, np.int64)
    n_claims[a[first_of_cell]] = claims[b[first_of_cell]]
    return NucleiOfCells(both.label_a, nucleus, inside, n_nuclei, n_claims, both.label_b, owner)


def _first(of: NDArray[np.intp], order: NDArray[np.intp]) -> NDArray[np.intp]:
    """The first pair of each object, of pairs that `order` puts object by object."""
    return order[np.flatnonzero(np.diff(of[order], prepend=-1))]
