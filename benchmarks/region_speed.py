"""Topic k: shape and light of all cells of a field, against scikit-image."""

from __future__ import annotations

import tracemalloc

import numpy as np
from numpy.typing import NDArray
from skimage.measure import regionprops_table
from timing import paired, ratio, told

from lamella.measure.region import region_table

_TARGET = 10
_REPEATS = 3
_SIDE, _CELLS = 2048, 2000
_SHAPE = (
    "label", "area", "area_bbox", "area_convex", "axis_major_length", "axis_minor_length", "bbox",
    "centroid", "eccentricity", "equivalent_diameter_area", "euler_number", "extent",
    "feret_diameter_max", "orientation", "perimeter", "perimeter_crofton", "solidity",
)  # fmt: skip
_LIGHT = ("intensity_mean", "intensity_min", "intensity_max", "intensity_std", "centroid_weighted")
_PLAIN = ("label", "area", "centroid", "perimeter", "eccentricity", "solidity", *_LIGHT[:3])


def table_of_regions() -> list[str]:
    """Topic k."""
    labels, images = field(seed=7)
    stack = np.stack(list(images.values()), axis=-1)
    ours = region_table(labels, images)
    theirs = regionprops_table(labels, stack, properties=("label", "area", "intensity_mean"))
    if not np.allclose(ours["intensity_mean__a"], theirs["intensity_mean-0"], rtol=1e-12):
        raise AssertionError("the means differ")
    lines = [
        f"A field of {_SIDE}×{_SIDE} with {len(ours)} cells and 3 channels. *All*: every column of "
        "`Region`, more than `skimage.measure.regionprops_table` has; beside it all of its columns "
        "that ours has too, and a short list of what is most wanted.",
        "",
        "| pixels | columns of skimage | skimage | `region_table` | ratio | target | our memory |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for kind in (np.uint16, np.float32):
        given = {name: _as(image, kind) for name, image in images.items()}
        stack = np.stack(list(given.values()), axis=-1)
        for wanted, named in ((_SHAPE + _LIGHT, "all alike"), (_PLAIN, "short list")):
            seconds = paired(
                {
                    "skimage": lambda s=stack, p=wanted: regionprops_table(labels, s, properties=p),
                    "ours": lambda g=given: region_table(labels, g),
                },
                repeats=_REPEATS,
            )
            target = f"≥ {_TARGET}" if named == "all alike" else "–"
            tracemalloc.start()
            region_table(labels, given)
            peak = tracemalloc.get_traced_memory()[1] / 1e6
            tracemalloc.stop()
            lines.append(
                f"| {np.dtype(kind)} | {named} | {told(seconds['skimage'])} "
                f"| {told(seconds['ours'])} | {ratio(seconds['skimage'], seconds['ours']):.0f} "
                f"| {target} | {peak:.0f} MB |"
            )
    return lines


def _as(image: NDArray[np.uint16], kind: type) -> NDArray[np.generic]:
    return image.astype(kind) / np.float32(7) if kind is np.float32 else image


def field(*, seed: int) -> tuple[NDArray[np.uint16], dict[str, NDArray[np.uint16]]]:
    """Ellipses of many sizes and directions on a jittered grid, each with a light of its own."""
    rng = np.random.default_rng(seed)
    labels = np.zeros((_SIDE, _SIDE), np.uint16)
    side = int(np.ceil(np.sqrt(_CELLS)))
    pitch = _SIDE / side
    for cell in range(_CELLS):
        middle = (np.array(divmod(cell, side)) + 0.5) * pitch + rng.uniform(-3, 3, 2)
        a, b, turn = rng.uniform(14, 21), rng.uniform(10, 16), rng.uniform(0, np.pi)
        top, left = np.maximum((middle - 23).astype(int), 0)
        y, x = np.mgrid[top : min(top + 46, _SIDE), left : min(left + 46, _SIDE)]
        dy, dx = y - middle[0], x - middle[1]
        u, v = dx * np.cos(turn) + dy * np.sin(turn), dy * np.cos(turn) - dx * np.sin(turn)
        patch = labels[top : top + 46, left : left + 46]
        patch[((u / a) ** 2 + (v / b) ** 2 <= 1) & (patch == 0)] = cell + 1
    bright = rng.gamma(3.0, 300.0, (3, _CELLS + 1))
    bright[:, 0] = 0
    images = {
        name: rng.poisson(120 + light[labels]).astype(np.uint16)
        for name, light in zip("abc", bright, strict=True)
    }
    return labels, images


if __name__ == "__main__":
    print("\n".join(table_of_regions()))
