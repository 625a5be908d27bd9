"""Fields of stained cells whose nuclei and outlines are known: touching, dim and uneven."""

from __future__ import annotations

from typing import Literal, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

Stain = Literal["cytoplasm", "membrane", "even"]


class StainedField(NamedTuple):
    """One field; arrays are (Y, X)."""

    dna: NDArray[np.uint16]
    stain: NDArray[np.uint16]
    """The channel in which whole cells show."""
    nuclei: NDArray[np.int32]
    cells: NDArray[np.int32]
    """True outlines, with the numbers of their nuclei."""
    dim: NDArray[np.int64]
    """Numbers of the cells that are planted dim."""
    nucleus_px: float
    """Median equivalent diameter of the nuclei that do not touch the border."""


def stained_field(
    seed: int,
    *,
    stain: Stain = "cytoplasm",
    side: int = 384,
    n_cells: int = 55,
    radius_px: float = 11.0,
    dim_share: float = 0.15,
    dim_light: float = 0.12,
    photoelectrons: float = 150.0,
    shading: float = 0.2,
    clumped: float = 0.0,
    n_debris: int = 0,
) -> StainedField:
    """Draw a field.

    Cells are the parts of the plane nearest to their middles (each with a weight of its own), bent
    by a smooth distortion and no wider than their own reach, so that some touch all round and
    others lie alone. Nuclei lie off the middle.

    Parameters
    ----------
    stain : {"cytoplasm", "membrane", "even"}
        Light that falls off from the nucleus outwards and leaves the nucleus dark; light along the
        outline over a dim inside; the same light everywhere in a cell.
    radius_px : float
        Typical radius of a nucleus; that of a cell is about 2.2 times as large.
    dim_share, dim_light : float
        So many cells have so much of the others' light.
    photoelectrons : float
        Light of an ordinary cell per pixel, over a background of 20.
    shading : float
        The light falls by this share across the field.
    clumped : float
        Share of the cells that lie so close to another that their nuclei touch.
    n_debris : int
        Bright specks in the DNA channel.
    """
    rng = np.random.default_rng(seed)
    middles = _middles(rng, side, n_cells, apart=2.6 * radius_px)
    close = rng.random(len(middles)) < clumped
    partner = rng.permutation(len(middles))
    for i in np.flatnonzero(close):
        angle = rng.uniform(0, 2 * np.pi)
        offset = 1.75 * radius_px * np.array([np.sin(angle), np.cos(angle)])
        middles[i] = middles[partner[i]] + offset
    n = len(middles)
    y, x = np.indices((side, side)).astype(np.float32)
    bend = [_smooth(rng, side, 9.0) * 0.35 * radius_px for _ in range(2)]
    reach = radius_px * 2.4 * np.exp(0.15 * rng.standard_normal(n))
    least = np.full((side, side), np.inf, np.float32)
    cells = np.zeros((side, side), np.int32)
    for i, (cy, cx) in enumerate(middles):
        away = np.hypot(y + bend[0] - cy, x + bend[1] - cx)
        relative = np.where(away < reach[i], away / reach[i], np.inf)
        nearer = relative < least
        least[nearer], cells[nearer] = relative[nearer], i + 1
    nuclei = np.zeros((side, side), np.int32)
    light_of_dna = np.zeros((side, side), np.float32)
    for i, (cy, cx) in enumerate(middles):
        angle, size = rng.uniform(0, np.pi), radius_px * np.exp(0.1 * rng.standard_normal())
        shift = rng.normal(0, 0.12 * radius_px, 2)
        along = np.cos(angle) * (x - cx - shift[0]) + np.sin(angle) * (y - cy - shift[1])
        across = -np.sin(angle) * (x - cx - shift[0]) + np.cos(angle) * (y - cy - shift[1])
        mask = (along / 1.15) ** 2 + (across * 1.15) ** 2 <= size**2
        mask &= (nuclei == 0) & (cells == i + 1)
        nuclei[mask] = i + 1
        light_of_dna[mask] = np.exp(0.25 * rng.standard_normal())
    brightness = np.exp(0.3 * rng.standard_normal(n + 1)).astype(np.float32)
    dim = np.flatnonzero(rng.random(n) < dim_share) + 1
    brightness[dim] *= np.float32(dim_light)
    mottle = 1 + 0.15 * _smooth(rng, side, 3.0)
    light = _profile(stain, cells, nuclei, radius_px) * brightness[cells] * (cells > 0) * mottle
    for _ in range(n_debris):
        at = tuple(int(v) for v in rng.integers(4, side - 4, 2))
        cv2.circle(light_of_dna, at, int(rng.integers(1, 3)), 1.2, -1)
    slope = 1 - shading * x / side
    camera = (_taken(rng, each, photoelectrons, slope) for each in (light_of_dna, light))
    dna, picture = camera
    present, area = np.unique(nuclei[nuclei > 0], return_counts=True)
    edge = np.concatenate([nuclei[0], nuclei[-1], nuclei[:, 0], nuclei[:, -1]])
    whole = area[~np.isin(present, edge)]
    diameter = float(np.median(np.sqrt(4 * whole / np.pi)))
    # A cell whose nucleus was covered by another's does not count.
    cells[~np.isin(cells, present)] = 0
    return StainedField(dna, picture, nuclei, cells, dim[np.isin(dim, present)], diameter)


def _middles(rng: np.random.Generator, side: int, n: int, *, apart: float) -> NDArray[np.float64]:
    found: list[NDArray[np.float64]] = []
    for _ in range(60 * n):
        at = rng.uniform(0, side, 2)
        if all(np.hypot(*(at - other)) > apart for other in found):
            found.append(at)
        if len(found) == n:
            break
    return np.array(found)


def _smooth(rng: np.random.Generator, side: int, sigma_px: float) -> NDArray[np.float32]:
    """A smooth random plane of SD 1."""
    plane = cv2.GaussianBlur(rng.standard_normal((side, side)).astype(np.float32), (0, 0), sigma_px)
    return (plane / plane.std()).astype(np.float32)


def _profile(
    stain: Stain, cells: NDArray[np.int32], nuclei: NDArray[np.int32], radius_px: float
) -> NDArray[np.float32]:
    """Light of a pixel over that of its cell."""
    if stain == "even":
        return np.ones(cells.shape, np.float32)
    depth = np.zeros(cells.shape, np.float32)
    for cell in range(1, int(cells.max()) + 1):
        inside = np.pad(cells == cell, 1).astype(np.uint8)
        distance = cv2.distanceTransform(inside, cv2.DIST_L2, 5)[1:-1, 1:-1]
        depth = np.maximum(depth, distance)
    if stain == "membrane":
        return 0.3 + 0.7 * np.exp(-(((depth - 1.5) / 1.5) ** 2))
    from_nucleus = cv2.distanceTransform((nuclei == 0).astype(np.uint8), cv2.DIST_L2, 5)
    falling = 0.35 + 0.65 * np.exp(-from_nucleus / (1.2 * radius_px))
    return np.where(nuclei > 0, np.float32(0.6), falling).astype(np.float32)


def _taken(
    rng: np.random.Generator,
    light: NDArray[np.float32],
    photoelectrons: float,
    slope: NDArray[np.float32],
) -> NDArray[np.uint16]:
    """What a camera makes of it: blur, photons, read noise, an offset of 100."""
    blurred = cv2.GaussianBlur(light.astype(np.float32), (0, 0), 1.2)
    expected = slope * (20 + photoelectrons * np.maximum(blurred, 0))
    grey = rng.poisson(expected) + rng.normal(0, 2, light.shape) + 100
    return np.clip(np.rint(grey), 0, 65535).astype(np.uint16)
