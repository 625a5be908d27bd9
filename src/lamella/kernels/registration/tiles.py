"""What a comparison of two frames tells, tile by tile."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from lamella.kernels.registration.matrices import pulled
from lamella.kernels.registration.prepare import PIXELS_PER_VALUE, Prepared, gradients_of

FloatArray = NDArray[np.float64]
Plane = NDArray[Any]  # float32


class Tiles(NamedTuple):
    """A grid of tiles: their number down and across, and their side in pixels."""

    down: int
    across: int
    height: int
    width: int

    @property
    def n(self) -> int:
        return self.down * self.across

    def means(self, image: Plane) -> FloatArray:
        """Mean of every tile, (n,)."""
        cut = image[: self.down * self.height, : self.across * self.width]
        small = cv2.resize(cut, (self.across, self.down), interpolation=cv2.INTER_AREA)
        means: FloatArray = small.ravel().astype(np.float64)
        return means

    @property
    def centres(self) -> FloatArray:
        """(y, x) of the middle of every tile, (n, 2)."""
        y = np.arange(self.down) * self.height + (self.height - 1) / 2
        x = np.arange(self.across) * self.width + (self.width - 1) / 2
        out: FloatArray = np.stack(np.meshgrid(y, x, indexing="ij"), axis=-1).reshape(-1, 2)
        return out


@lru_cache(maxsize=32)
def tiles_of(height: int, width: int) -> Tiles:
    """About 200 tiles of 20 to 64 px, whole ones only."""
    side = float(np.clip(np.sqrt(height * width / 200), 20, 64))
    down, across = (max(1, round(length / side)) for length in (height, width))
    return Tiles(down, across, height // down, width // across)


class Sums(NamedTuple):
    """What a comparison of `a` with the moved `b` tells of every tile (means over its pixels)."""

    shared: FloatArray  # (n,) share of the tile that both frames show
    cross: FloatArray  # (n, 2, 2) ∇a·∇bᵀ: what both frames know of a movement
    own: FloatArray  # (n, 2, 2) mean of ∇a·∇aᵀ and ∇b·∇bᵀ: that, and noise
    pull: FloatArray  # (n, 2) ∇·(a − b)
    z: FloatArray  # (n,) correlation in SDs of that of unrelated tiles


def compared(a: Prepared, b: Prepared, matrix: FloatArray, tiles: Tiles) -> Sums:
    """Frame `a` over frame `b` as a movement has it."""
    assert a.image is not None  # noqa: S101
    assert b.image is not None  # noqa: S101
    here = a.image
    there, seen = pulled(b.image, matrix), a.still * pulled(b.still, matrix, whole=True)
    ay, ax = a.gradients
    by, bx = gradients_of(there)
    here, there, ay, ax, by, bx = (plane * seen for plane in (here, there, ay, ax, by, bx))
    shared = tiles.means(seen)
    energy_a, energy_b = tiles.means(here * here), tiles.means(there * there)
    usable = (shared > 0.3) & (energy_a > 0) & (energy_b > 0)
    # Equal contrast on both sides, so that flicker is not taken for movement.
    gain = np.float32(
        np.sqrt(np.median(energy_a[usable] / energy_b[usable])) if usable.any() else 1.0
    )
    there, by, bx = there * gain, by * gain, bx * gain
    energy_b = energy_b * float(gain) ** 2
    rest = here - there
    mean_y, mean_x = 0.5 * (ay + by), 0.5 * (ax + bx)
    cross = np.empty((tiles.n, 2, 2))
    own = np.empty((tiles.n, 2, 2))
    cross[:, 0, 0], cross[:, 1, 1] = tiles.means(ay * by), tiles.means(ax * bx)
    cross[:, 0, 1] = cross[:, 1, 0] = 0.5 * tiles.means(ay * bx + ax * by)
    own[:, 0, 0], own[:, 1, 1] = (
        0.5 * tiles.means(ay * ay + by * by),
        0.5 * tiles.means(ax * ax + bx * bx),
    )
    own[:, 0, 1] = own[:, 1, 0] = 0.5 * tiles.means(ay * ax + by * bx)
    pull = np.stack([tiles.means(mean_y * rest), tiles.means(mean_x * rest)], axis=1)
    both = tiles.means(here * there)
    values = shared * tiles.height * tiles.width / PIXELS_PER_VALUE
    rho = np.divide(both, np.sqrt(energy_a * energy_b), out=np.zeros(tiles.n), where=usable)
    # Fisher's transform: its SD does not depend on the correlation.
    z = np.arctanh(np.clip(rho, -0.999, 0.999)) * np.sqrt(np.maximum(values - 3, 0))
    return Sums(np.where(usable, shared, 0.0), cross, own, pull, z)
