"""Topic j: lengths of protrusions, against the published geodesic transform."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from published_protrusion import geodesic_transform
from timing import paired, ratio, told

from lamella.kernels.distance import distance_inside
from lamella.kernels.tips import find_tips
from lamella.kernels.ways import distances_within

_TARGET = 200
_REPEATS = 3
SIZES = (80, 150, 300)


def lengths() -> list[str]:
    """Topic j."""
    lines = [
        "A cell with five arms that fills a square field. *Published*: the geodesic distance "
        "transform from the body's centre as described (`benchmarks/published_protrusion.py`). "
        "*Distances*: `distances_within`, the same numbers. *All*: `find_tips`, which is centre, "
        "skeleton, tips, widths, and lengths in steps and pulled tight.",
        "",
        "| field | pixels of the cell | largest difference | published | distances | published ÷ "
        "distances | all | published ÷ all | target |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for side in SIZES:
        inside = cell(side)
        distance = distance_inside(inside)
        tips = find_tips(inside, distance, stand_out=5)
        if len(tips.y) != 5:
            raise AssertionError(f"{len(tips.y)} tips instead of 5 at {side} px")
        centre = tips.centre
        published = geodesic_transform(inside, centre)
        ours = distances_within(inside, centre)[0]
        off = float(np.abs(published[inside] - ours[inside]).max())
        seconds = paired(
            {
                "published": lambda i=inside, c=centre: geodesic_transform(i, c),
                "distances": lambda i=inside, c=centre: distances_within(i, c),
                "all": lambda i=inside, d=distance: find_tips(i, d, stand_out=5),
            },
            repeats=_REPEATS,
        )
        lines.append(
            f"| {side}×{side} | {np.count_nonzero(inside)} | {off:.1e} px "
            f"| {told(seconds['published'])} | {told(seconds['distances'])} "
            f"| {ratio(seconds['published'], seconds['distances']):.0f} | {told(seconds['all'])} "
            f"| {ratio(seconds['published'], seconds['all']):.0f} | ≥ {_TARGET} |"
        )
    return lines


def cell(side: int) -> NDArray[np.bool_]:
    """A disc with five tapering arms that reach to the edge of the field."""
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    radius, angle = np.hypot(y, x), np.arctan2(y, x)
    to_arm = np.abs((angle + 0.3 + np.pi / 5) % (2 * np.pi / 5) - np.pi / 5)
    reach = side * (0.24 + 0.25 * np.exp(-((to_arm / 0.16) ** 2)))
    inside: NDArray[np.bool_] = radius <= reach
    return inside


if __name__ == "__main__":
    print("\n".join(lengths()))
