"""The diameter that Cellpose's step estimates by itself, against cells of known size."""

from __future__ import annotations

import numpy as np
from cellpose_worlds import CACHE

from lamella.core.frames import ArrayFrames
from lamella.kernels.regions import find_regions
from lamella.phantom import Phantom
from lamella.segment import Cellpose
from worlds.small_cellpose import small_cell, small_model

SIZES_PX = (15, 20, 25, 30, 40, 50, 60, 70, 80)
SEEDS = (310, 311, 312)
_LOOKED_AT = (0, 2, 6)
"""Frames of a movie of 7 that the estimate rests on."""
_AREA_UM2 = 72.0
"""Of a cell of 30 px."""


def diameter_table() -> str:
    """Section on the estimate, a row per size."""
    CACHE.mkdir(parents=True, exist_ok=True)
    step = Cellpose(model=str(small_model(CACHE)), diameter_px="estimate", device="cpu")
    lines = [
        "## Cellpose's diameter, estimated",
        "",
        f"Phantoms of one cell, {len(SEEDS)} movies of 7 frames for each size, and a small model "
        "that learnt from cells of 30 px and no others. *True*: median over the frames that the "
        "estimate looks at. *Off*: the movie whose estimate is farthest from the truth.",
        "",
        "| true, px | estimated, px | off by at most | frames that did not settle |",
        "| --- | --- | --- | --- |",
    ]
    for size in SIZES_PX:
        truths, found, unsettled = [], [], 0
        for seed in SEEDS:
            phantom = cell_of(size, seed)
            told = step.told(step.prepare(ArrayFrames(phantom.movie.channel().asarray())))
            truths.append(true_diameter(phantom))
            found.append(told["diameter_px"])
            unsettled += len(told["frames_that_did_not_settle"])
        off = max((f / t - 1 for f, t in zip(found, truths, strict=True)), key=abs)
        lines.append(
            f"| {np.median(truths):.1f} | {min(found):.1f} to {max(found):.1f} "
            f"| {off:+.1%} | {unsettled} |"
        )
    return "\n".join(lines)


def cell_of(diameter_px: float, seed: int) -> Phantom:
    """A movie of one cell of this size, in a field of some three times its width."""
    side = int(max(96, 3.2 * diameter_px))
    area = _AREA_UM2 * (diameter_px / 30) ** 2
    return small_cell(seed, area_um2=area, field_px=(side, side), n_frames=7)


def true_diameter(phantom: Phantom) -> float:
    """Median equivalent diameter of the true masks, px."""
    areas = [find_regions(phantom.truth.frames.frame(t)).area[0] for t in _LOOKED_AT]
    return float(np.median(np.sqrt(4 * np.asarray(areas) / np.pi)))
