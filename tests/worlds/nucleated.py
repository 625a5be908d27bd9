"""A still field of cells with nuclei, of known areas, places and light in every compartment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

KINDS = ("one", "none", "two", "shared")
"""What a place holds: a cell with one, no or two nuclei; two cells over one nucleus."""


@dataclass(frozen=True)
class NucleatedField:
    """Labels and light of a field, and what is true of every cell."""

    cells: NDArray[np.uint16]
    """(Y, X)"""
    nuclei: NDArray[np.uint16]
    """(Y, X), numbered in another order than the cells."""
    light: NDArray[np.float64]
    """(Y, X), without blur, noise or offset."""
    truth: pd.DataFrame
    """cell, kind, nucleus (0 = none), nucleus_light and cytoplasm_light."""

    def image(
        self, *, blur_px: float = 0.0, offset: float = 0.0, noise: bool = False, seed: int = 0
    ) -> NDArray[np.uint16]:
        """The field through optics of this blur (SD), on a camera, with photon noise or without."""
        seen = (gaussian_filter(self.light, blur_px) if blur_px else self.light) + offset
        counts = np.random.default_rng(seed).poisson(seen) if noise else np.rint(seen)
        return counts.astype(np.uint16)


def nucleated_field(
    n: int = 6,
    *,
    seed: int = 0,
    pitch_px: int = 64,
    nucleus_px: tuple[float, float] = (9.0, 11.0),
    cell_px: tuple[float, float] = (22.0, 27.0),
    kinds: tuple[str, ...] = ("one",),
    nucleus_light: tuple[float, float] = (400.0, 800.0),
    cytoplasm_light: tuple[float, float] = (200.0, 500.0),
) -> NucleatedField:
    """A field of n × n places, each a round cell with its nuclei somewhere inside.

    Parameters
    ----------
    nucleus_px, cell_px, nucleus_light, cytoplasm_light : (float, float)
        Radii and light are drawn between these two.
    kinds : tuple of str
        Of `KINDS`, drawn for every place.
    """
    rng = np.random.default_rng(seed)
    side = n * pitch_px
    y, x = np.mgrid[:side, :side].astype(np.float64)
    cells, nuclei = np.zeros((side, side), np.uint16), np.zeros((side, side), np.uint16)
    light = np.zeros((side, side))
    numbers = iter(rng.permutation(2 * n * n) + 1)
    rows: list[dict[str, object]] = []
    for place in range(n * n):
        kind = kinds[rng.integers(len(kinds))]
        middle = (np.array(divmod(place, n)) + 0.5) * pitch_px + rng.uniform(-2, 2, 2)
        radius = rng.uniform(*cell_px)
        body = np.hypot(y - middle[0], x - middle[1]) <= radius
        halves = [body & (x < middle[1]), body & (x >= middle[1])] if kind == "shared" else [body]
        own = rng.uniform(*cytoplasm_light, len(halves))
        first = len(rows) + 1
        for half, inside in zip(halves, own, strict=True):
            cells[half] = len(rows) + 1
            light[half] = inside
            rows.append({"cell": len(rows) + 1, "kind": kind, "cytoplasm_light": inside})
        spread = {"one": [(0, 0)], "none": [], "two": [(0, -12), (0, 12)], "shared": [(0, 0)]}[kind]
        largest, most = 0, 0
        for aside in spread:
            size = rng.uniform(*nucleus_px)
            if kind == "one":
                turn, away = rng.uniform(0, 2 * np.pi), rng.uniform(0, radius - size - 4)
                aside = away * np.sin(turn), away * np.cos(turn)
            at = middle + aside
            nucleus = np.hypot(y - at[0], x - at[1]) <= size
            number, inside = int(next(numbers)), rng.uniform(*nucleus_light)
            nuclei[nucleus] = number
            light[nucleus] = inside
            if (nucleus.sum(), -number) > (most, -largest):
                largest, most, brightness = number, nucleus.sum(), inside
        for row in rows[first - 1 :]:
            row["nucleus"] = largest
            row["nucleus_light"] = brightness if largest else np.nan
    return NucleatedField(cells, nuclei, light, pd.DataFrame(rows))
