"""A movement improved until tiles all over the field agree on it, and whether they do."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lamella.kernels.registration.matrices import composed
from lamella.kernels.registration.prepare import Prepared
from lamella.kernels.registration.tiles import Sums, Tiles, compared

FloatArray = NDArray[np.float64]
Model = Literal["translation", "rigid", "affine"]

_SIGNIFICANT = 3.0  # SDs of the correlation of unrelated tiles; five tiles are never so by chance
_SURE_PX = 0.5  # a tile speaks for a movement when it knows its own to this
_FITS = 16.0  # χ² (2 degrees of freedom) above which a tile moves on its own
_TILE_FLOOR_PX = 0.04  # what a tile may differ by for reasons of optics and interpolation
_MOST_OVER_MEDIAN = 3.0  # information of one tile over that of the median tile
MOST_SHIFT = 0.45  # of the side: beyond, too little of the field is shared
_ROUNDS = 8
_CONVERGED_PX = 0.003

# A movement is the stage's when it holds over much of the field, or in places (of 4 × 4 blocks)
# that are spread over it (over the spread of all tiles); one object, or a few, are not enough.
MUCH_OF_FIELD, MOST_OF_FIELD = 0.4, 0.6
_FEWEST_TILES, _FEWEST_PLACES, _LEAST_SPREAD = 5, 5, 0.6


class Fit(NamedTuple):
    """A movement, and what speaks for it."""

    matrix: FloatArray
    support: float
    supported: bool
    score: float
    sigma: float


def fitted(a: Prepared, b: Prepared, begin: FloatArray, tiles: Tiles, model: Model) -> Fit | None:
    """Improve a movement until it no longer changes; None where it leads nowhere."""
    matrix = begin.copy()
    centre = np.array([(tiles.down * tiles.height - 1) / 2, (tiles.across * tiles.width - 1) / 2])
    reach = float(np.hypot(*centre))
    design = _design(tiles.centres - centre, reach, model)
    sums = compared(a, b, matrix, tiles)
    for k in range(_ROUNDS):
        # What begins a pixel off must not be taken for a cell.
        floor_px = max(0.5 / 3**k, _TILE_FLOOR_PX)
        change = _step(sums, design, floor_px=floor_px)
        if change is None:
            return None
        matrix = _moved(matrix, change, centre, reach, model)
        drift = matrix[:, 2] + matrix[:, :2] @ centre - centre
        if np.any(np.abs(drift) > MOST_SHIFT * np.array([2 * c + 1 for c in centre])):
            return None
        sums = compared(a, b, matrix, tiles)
        if k and float(np.abs(change).max()) < _CONVERGED_PX:
            break
    return _judged(matrix, sums, design, tiles)


def _design(offsets: FloatArray, reach: float, model: Model) -> FloatArray:
    """Movement of every tile by each parameter, (n, 2, p); parameters are in px at the rim."""
    n = len(offsets)
    y, x = offsets[:, 0] / reach, offsets[:, 1] / reach
    one, none = np.ones(n), np.zeros(n)
    rows: list[list[FloatArray]] = [[one, none], [none, one]]
    if model == "rigid":
        rows.append([x, -y])
    if model == "affine":
        rows += [[y, none], [x, none], [none, y], [none, x]]
    return np.stack([np.stack(row, axis=1) for row in rows], axis=2)


def _step(sums: Sums, design: FloatArray, *, floor_px: float) -> FloatArray | None:
    """The next change of the parameters; tiles may differ by `floor_px` and still count."""
    usable = sums.shared > 0
    if np.count_nonzero(usable) < 2:
        return None
    even = _evened(sums)
    believable = usable * np.clip(sums.z / 2, 0, 1)
    change = np.zeros(design.shape[2])
    for _ in range(3):
        chi2 = _misfit(sums, design, change, floor_px=floor_px)
        weight = believable / (1 + (chi2 / _FITS) ** 2)
        solved = _solved(sums, design, even * weight)
        if solved is None:
            return None
        change = solved
    return np.clip(change, -1.5, 1.5)  # further off, the tiles know nothing


def _evened(sums: Sums) -> FloatArray:
    """Weights that keep a tile of much contrast from deciding alone."""
    information = np.maximum(np.trace(sums.cross, axis1=1, axis2=2), 0)
    known = information[sums.z > _SIGNIFICANT]
    if not len(known):
        known = information[information > 0]
    most = _MOST_OVER_MEDIAN * float(np.median(known)) if len(known) else 0.0
    share = np.divide(most, information, out=np.ones_like(information), where=information > 0)
    out: FloatArray = np.minimum(share, 1.0)
    return out


def _solved(sums: Sums, design: FloatArray, weight: FloatArray) -> FloatArray | None:
    normal = np.einsum("nip,nij,njq,n->pq", design, sums.cross, design, weight)
    right = np.einsum("nip,ni,n->p", design, sums.pull, weight)
    values, vectors = np.linalg.eigh(normal)
    kept = values > 1e-3 * max(float(values[-1]), 0.0)
    if not kept.any():
        return None
    out: FloatArray = vectors[:, kept] @ ((vectors[:, kept].T @ right) / values[kept])
    return out


def _misfit(
    sums: Sums, design: FloatArray, change: FloatArray, *, floor_px: float = _TILE_FLOOR_PX
) -> FloatArray:
    """χ² of every tile after a change: how surely it moves on its own."""
    moved = design @ change
    rest = sums.pull - np.einsum("nij,nj->ni", sums.cross, moved)
    size = np.trace(sums.own, axis1=1, axis2=2)[:, None, None]
    tiny = 1e-9 * (1e-12 + size) * np.eye(2)
    usable = sums.shared > 0
    plain = _quadratic(rest, sums.own + tiny)
    # What good tiles differ by is seen in the median tile, whatever the noise.
    scale = float(np.median(plain[usable])) / 1.386
    floor = floor_px**2 * sums.cross @ sums.cross
    return _quadratic(rest, max(scale, 1e-12) * sums.own + floor + tiny)


def _quadratic(vectors: FloatArray, matrices: FloatArray) -> FloatArray:
    """vᵀ M⁻¹ v of every pair, for 2 × 2 matrices."""
    (p, q), (r, s) = np.moveaxis(matrices, 0, -1)
    y, x = vectors.T
    determinant = np.maximum(p * s - q * r, 1e-30)
    out: FloatArray = np.maximum((s * y * y - (q + r) * x * y + p * x * x) / determinant, 0)
    return out


def _moved(
    matrix: FloatArray, change: FloatArray, centre: FloatArray, reach: float, model: Model
) -> FloatArray:
    """The matrix after a change, which is a movement seen in the first frame."""
    linear = np.eye(2)
    if model == "rigid":
        angle = float(change[2]) / reach
        linear = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    if model == "affine":
        linear = linear + change[2:].reshape(2, 2) / reach
    shift = change[:2] + centre - linear @ centre
    return composed(matrix, np.column_stack([linear, shift]))


def _judged(matrix: FloatArray, sums: Sums, design: FloatArray, tiles: Tiles) -> Fit:
    """Whether what moved is the stage."""
    none = np.zeros(design.shape[2])
    chi2 = _misfit(sums, design, none)
    usable = sums.shared > 0
    fits = usable & (chi2 < _FITS)
    agree = fits & (sums.z > _SIGNIFICANT) & (_tile_sigma(sums) < _SURE_PX)
    n_usable, n = max(int(usable.sum()), 1), int(agree.sum())
    centres = tiles.centres
    spread = _spread(centres[agree]) / max(_spread(centres), 1e-9) if n > 1 else 0.0
    blocks = np.floor(4 * centres / (centres.max(axis=0) + centres.min(axis=0))).astype(int)
    places = len(np.unique(blocks[agree], axis=0))
    supported = n / n_usable >= MUCH_OF_FIELD or (
        n >= _FEWEST_TILES and places >= _FEWEST_PLACES and spread >= _LEAST_SPREAD
    )
    weight = np.where(usable, _evened(sums) / (1 + (chi2 / _FITS) ** 2), 0.0)
    score = float(np.clip(sums.z * fits, 0, 6).sum())
    return Fit(matrix, n / n_usable, bool(supported), score, _sigma(sums, design, weight))


def _tile_sigma(sums: Sums) -> FloatArray:
    """Standard error of every tile's own movement in its least certain direction, in px."""
    usable = sums.shared > 0
    plain = _quadratic(sums.pull, sums.own + 1e-12 * np.eye(2))
    scale = float(np.median(plain[usable])) / 1.386 if usable.any() else 1.0
    noise = np.trace(sums.own, axis1=1, axis2=2) / 2
    known = np.maximum(np.linalg.eigvalsh(sums.cross)[:, 0], 1e-12)
    out: FloatArray = np.sqrt(scale * noise) / known
    return out


def _sigma(sums: Sums, design: FloatArray, weight: FloatArray) -> float:
    """Standard error of the movement of the middle, in px."""
    usable = sums.shared > 0
    plain = _quadratic(sums.pull, sums.own + 1e-12 * np.eye(2))
    scale = float(np.median(plain[usable])) / 1.386
    normal = np.einsum("nip,nij,njq,n->pq", design, sums.cross, design, weight)
    noise = scale * np.einsum("nip,nij,njq,n->pq", design, sums.own, design, weight**2)
    inverse = np.linalg.pinv(normal)
    covariance = inverse @ noise @ inverse
    return float(np.sqrt(max(np.trace(covariance[:2, :2]) / 2, 0)))


def _spread(points: FloatArray) -> float:
    return float(np.sqrt(((points - points.mean(axis=0)) ** 2).sum(axis=1).mean()))
