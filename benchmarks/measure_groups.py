"""Topic i: what every group of measures costs, on many cells of a large field."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from skimage.measure import regionprops_table
from timing import told

from lamella import Labels, Movie
from lamella.core.frames import ArrayFrames
from lamella.measure import measure
from lamella.phantom import ColonyPhantom
from lamella.run.settings import MeasureSettings

N_FRAMES, N_CELLS, SIDE_PX = 200, 50, 1024
BASIC = ("label", "area", "bbox", "centroid", "perimeter", "eccentricity", "orientation",
         "solidity", "intensity_mean")  # fmt: skip
REPEATS = 3
TARGET_MS = 5.0


def groups() -> list[str]:
    """Every group alone, all together, and scikit-image's basic properties, on the same labels."""
    movie, labels = _colony()
    found = measure(movie, labels, [])
    n = int((~found.frames["empty"]).sum())
    wanted = MeasureSettings().groups
    jobs: dict[str, Any] = {"sightings alone": ()}
    jobs |= {name: (group,) for name, group in wanted.items()}
    jobs["all groups"] = tuple(wanted.values())
    for each in jobs.values():  # compiles
        _measured(movie, labels, each, n_frames=3)
    _basic(movie, labels, n_frames=3)
    seconds = {name: np.empty(REPEATS) for name in [*jobs, "scikit-image"]}
    for i in range(REPEATS):
        for name, each in jobs.items():
            seconds[name][i] = _measured(movie, labels, each)
        seconds["scikit-image"][i] = _basic(movie, labels)
    lines = [
        f"{N_FRAMES} frames of {SIDE_PX}×{SIDE_PX}, {N_CELLS} cells of about "
        f"{_diameter_px(found.frames['area_px']):.0f} px across, one channel, in memory; "
        f"{n} outlines. Sightings (places, areas, what is trusted) are part of every row. Beside "
        "it `skimage.measure.regionprops_table` with area, box, centroid, perimeter, eccentricity, "
        "orientation, solidity and mean intensity of the same labels.",
        "",
        "| group | whole movie | per cell and frame | target |",
        "| --- | --- | --- | --- |",
    ]
    for name, each in seconds.items():
        target = f"< {TARGET_MS:g} ms" if name == "all groups" else ""
        lines.append(f"| {name} | {told(each)} | {told(each / n)} | {target} |")
    return lines


def _colony() -> tuple[Movie, Labels]:
    phantom = ColonyPhantom(
        field_px=(SIDE_PX, SIDE_PX),
        n_frames=N_FRAMES,
        n_cells=N_CELLS,
        n_divisions=0,
        area_um2=np.pi * (40 * 0.318) ** 2,
        seed=11,
    ).make()
    movie = Movie.from_array(
        phantom.movie.channel().asarray(), pixel_size_um=0.318, interval_min=1.0
    )
    return movie, Labels("cell", ArrayFrames(phantom.truth.frames.asarray()))


def _diameter_px(area: Any) -> float:
    return float(2 * np.sqrt(np.nanmedian(area) / np.pi))


def _measured(
    movie: Movie, labels: Labels, groups: Sequence[Any], *, n_frames: int = N_FRAMES
) -> float:
    some = Movie.from_array(
        movie.channel().asarray()[:n_frames], pixel_size_um=0.318, interval_min=1.0
    )
    masks = Labels("cell", ArrayFrames(labels.frames.asarray()[:n_frames]))
    started = time.perf_counter()
    measure(some, masks, groups)
    return time.perf_counter() - started


def _basic(movie: Movie, labels: Labels, *, n_frames: int = N_FRAMES) -> float:
    started = time.perf_counter()
    for t in range(n_frames):
        regionprops_table(labels.frames.frame(t), movie.frame(t), properties=BASIC)
    return time.perf_counter() - started
