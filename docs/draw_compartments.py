"""Write docs/figures/compartments.png: the compartments of cells, as the kernels find them."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from lamella.kernels.compartments import CYTOPLASM, MEMBRANE, RING, paint_compartments
from lamella.kernels.nuclei_of_cells import nuclei_of_cells
from lamella.kernels.regions import find_regions

_SIDE = 150
_COLOURS = {
    "cytoplasm": "#9ecae1",
    "ring round the nucleus": "#fdae6b",
    "membrane": "#3182bd",
    "nucleus": "#54278f",
}


def drawn() -> tuple[np.ndarray, np.ndarray]:
    """Two cells that touch, one with its nucleus near the edge, one cut by the field's edge."""
    y, x = np.mgrid[:_SIDE, : 2 * _SIDE]
    cells, nuclei = np.zeros((2, *y.shape), np.uint16)
    for label, (row, column, high, wide) in enumerate(
        [(70, 75, 58, 66), (75, 178, 52, 55), (25, 268, 50, 45)], start=1
    ):
        inside = ((y - row) / high) ** 2 + ((x - column) / wide) ** 2 <= 1
        cells[inside & (cells == 0)] = label
    for label, (row, column, radius) in enumerate(
        [(75, 66, 20), (90, 205, 18), (30, 270, 19)], start=1
    ):
        nuclei[np.hypot(y - row, x - column) <= radius] = label
    return cells, nuclei


def main() -> None:
    """Draw it."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt
    from matplotlib.colors import to_rgb
    from matplotlib.patches import Patch

    cells, nuclei = drawn()
    regions, found = find_regions(cells), nuclei_of_cells(cells, nuclei)
    bits = paint_compartments(
        cells,
        nuclei,
        label=regions.label,
        box=regions.box,
        nucleus=found.nucleus,
        nucleus_box=find_regions(nuclei).box[found.nucleus - 1],
        ring_px=10,
        gap_px=3,
        membrane_px=5,
    )
    shown = np.ones((*cells.shape, 3))
    for name, where in (
        ("cytoplasm", bits & CYTOPLASM > 0),
        ("membrane", bits & MEMBRANE > 0),
        ("ring round the nucleus", bits & RING > 0),
        ("nucleus", nuclei > 0),
    ):
        shown[where] = to_rgb(_COLOURS[name])
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    axes.imshow(shown, interpolation="nearest")
    axes.set_xticks([])
    axes.set_yticks([])
    figure.legend(
        handles=[Patch(color=colour, label=name) for name, colour in _COLOURS.items()],
        loc="outside lower center", ncols=4, frameon=False,
    )  # fmt: skip
    to = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "figures"
    figure.savefig(to / "compartments.png", dpi=110)


if __name__ == "__main__":
    main()
