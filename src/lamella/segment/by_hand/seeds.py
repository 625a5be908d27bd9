"""Cells of one frame from points: one in every cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from lamella.core.errors import InputError
from lamella.kernels.geodesic import nearest_seed_within
from lamella.kernels.holes import without_holes
from lamella.segment.by_hand.evidence import Look, above_ground, look_of, rough_parts
from lamella.segment.guided import Guided


def labels_from_seeds(
    image: NDArray[Any],
    seeds: ArrayLike,
    *,
    look: Look | None = None,
    radius_px: int = 3,
    reach_px: float | None = None,
    numbers: Sequence[int] | None = None,
) -> NDArray[np.uint32]:
    """Grow a cell from every point, over what stands out from the ground, until cells meet.

    Where cells are bright or dark, each is as bright as its own seed asks for: a pixel belongs to
    it down to half of the light around the seed, see `Guided`, which does the growing. Where they
    are rough, a pixel of a rough part belongs to the seed that is nearest within it.

    Parameters
    ----------
    image : (Y, X) array
    seeds : (n, 2) array_like
        Row and column of a point within each cell, in pixels.
    look : {"bright", "dark", "rough"}, optional
        How cells stand out; by default as the frame shows. ``rough`` is for phase
        contrast and DIC, where a cell is both brighter and darker than the ground.
    radius_px : int
        Of the disc around a point that belongs to its cell for certain. Discs of points that are
        nearer to each other are smaller.
    reach_px : float, optional
        How far a cell reaches from its disc at most; without, until nothing stands out.
    numbers : sequence of int, optional
        Of the cells, above 0; by default 1, 2 … in the order of the points.

    Returns
    -------
    (Y, X) uint32 array
        0 = background. Every point lies in its cell, which has a pixel at least.

    Raises
    ------
    InputError
        No point, one outside of the image, or two at the same pixel; numbers that are not as many.
    """
    image = np.asarray(image)
    points = np.asarray(seeds, np.float64).reshape(-1, 2)
    places = np.round(points).astype(np.int64)
    _refuse(places, image.shape, None if numbers is None else list(numbers))
    marks = _discs(places, (image.shape[0], image.shape[1]), radius_px)
    chosen = look or look_of(image)
    if chosen == "rough":
        within = (rough_parts(image) | (marks > 0)).view(np.uint8)
        reach = np.inf if reach_px is None else reach_px
        grown = without_holes(nearest_seed_within(within, marks, reach_px=reach)[0])
    else:
        grown = Guided(reach_px=reach_px).segment(above_ground(image, chosen), marks)
    names = np.arange(len(places) + 1) if numbers is None else np.array([0, *numbers])
    labels: NDArray[np.uint32] = names[grown].astype(np.uint32)
    return labels


def _discs(places: NDArray[np.int64], shape: tuple[int, int], radius_px: int) -> NDArray[np.int32]:
    """Discs numbered as their points, none over another's."""
    radius = radius_px
    if len(places) > 1:
        apart = np.linalg.norm(places[:, None] - places[None], axis=2)
        np.fill_diagonal(apart, np.inf)
        radius = min(radius_px, int(np.floor((apart.min() - 1) / 2)))
    marks = np.zeros(shape, np.int32)
    for number, (y, x) in enumerate(places, start=1):
        cv2.circle(marks, (int(x), int(y)), max(radius, 0), number, thickness=-1)
    for number, (y, x) in enumerate(places, start=1):
        marks[y, x] = number
    return marks


def _refuse(places: NDArray[np.int64], shape: tuple[int, ...], numbers: list[int] | None) -> None:
    if not len(places):
        raise InputError("seeds", "there is none", "click once into every cell")
    outside = ((places < 0) | (places >= np.array(shape))).any(axis=1)
    if outside.any():
        y, x = places[outside.argmax()]
        raise InputError(
            "seeds", f"the one at row {y}, column {x} lies outside of the image",
            "click within the image",
        )  # fmt: skip
    if len(np.unique(places, axis=0)) < len(places):
        raise InputError("seeds", "two lie on the same pixel", "give every cell one seed")
    if numbers is not None and (len(numbers) != len(places) or min(numbers) < 1):
        raise InputError(
            "numbers", f"{len(numbers)} are given for {len(places)} seeds", "give each cell its own"
        )
