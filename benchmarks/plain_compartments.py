"""Nucleus, cytoplasm, ring and membrane of every cell, one cell after the other in plain numpy.

Written from the definitions alone, with whole images and scipy's distances, to check the kernels
and to be timed against them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

EDGE_PX = 0.3


def plain_compartments(
    cells: NDArray[np.integer],
    nuclei: NDArray[np.integer],
    label: int,
    *,
    ring_px: float,
    gap_px: float,
    membrane_px: float,
    window: tuple[slice, slice] = (slice(None), slice(None)),
) -> tuple[int, dict[str, NDArray[np.bool_]]]:
    """Nucleus of one cell (0 = none) and the masks of its compartments, (Y, X) each.

    Parameters
    ----------
    window : (slice, slice)
        Look at this part of the field alone; masks are then of it.
    """
    cells, nuclei = cells[window], nuclei[window]
    cell = cells == label
    names, counts = np.unique(nuclei[cell & (nuclei > 0)], return_counts=True)
    nucleus = 0
    if len(names):
        whole = np.array([np.sum(nuclei == name) for name in names])
        best = max(
            range(len(names)), key=lambda i: (counts[i], counts[i] / whole[i], -int(names[i]))
        )
        nucleus = int(names[best])
    cytoplasm = cell & (nuclei == 0)
    nothing = np.zeros(cells.shape, bool)
    ring = membrane = nothing
    if nucleus:
        away = distance_transform_edt(nuclei != nucleus)
        near = gap_px + EDGE_PX if gap_px else 0
        ring = cytoplasm & (away > near) & (away <= gap_px + ring_px + EDGE_PX)
    if not cell.all():
        depth = distance_transform_edt(cell)
        membrane = cytoplasm & (depth <= membrane_px + EDGE_PX)
    masks = {
        "nucleus": nuclei == nucleus if nucleus else nothing,
        "cytoplasm": cytoplasm if nucleus else nothing,
        "perinuclear": ring,
        "membrane": membrane,
    }
    return nucleus, masks
