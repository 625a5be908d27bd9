"""Correlations and lines over cells that share wells: do their intervals hold the truth?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lamella.statistics.clustered import together

SEEDS = range(5000, 5500)
WORLDS = (
    (3, 60, 0.0, 0.3, 0.1),
    (3, 60, 0.0, 0.3, 0.3),
    (4, 60, 0.5, 0.3, 0.2),
    (6, 60, 0.0, 0.5, 0.2),
    (9, 60, 0.5, 0.0, 0.2),
    (18, 60, 0.0, 0.3, 0.3),
    (18, 300, 0.0, 0.3, 0.3),
)
"""Wells, cells of each, r between wells, r within them, share of the variance between wells."""


def questions_table() -> str:
    """Section on correlations of cells."""
    lines = [
        "## Questions: what goes together in cells",
        "",
        f"{len(SEEDS)} plates a row; two measures of variance 1, partly shared by the cells of a "
        "well. *Held*: how often a 95 % interval holds the true value (± 1.9 % is chance). "
        "*Taken for independent*: the interval that forgets the wells (Fisher's z).",
        "",
        "| wells | cells of each | variance between wells | r between wells | r within "
        "| r held | r within units held | slope held | r, cells taken for independent |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for wells, cells, between, within, share in WORLDS:
        truth = share * between + (1 - share) * within
        held = np.zeros(4)
        for seed in SEEDS:
            x, y, unit = _plate(wells, cells, between, within, share, seed)
            found, alone = together(x, y, unit), together(x, y, np.zeros_like(unit))
            told = ((found.r, truth), (found.r_within, within), (found.slope, truth),
                    (alone.r, truth))  # fmt: skip
            held += [ends.low <= value <= ends.high for ends, value in told]
        shares = " | ".join(f"{100 * each:.1f} %" for each in held / len(SEEDS))
        lines.append(
            f"| {wells} | {cells} | {100 * share:.0f} % | {between:g} | {within:g} | {shares} |"
        )
    return "\n".join(lines)


def _plate(
    wells: int, cells: int, between: float, within: float, share: float, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Two measures of cells; numbers of cells vary from well to well as counts do."""
    chance = np.random.default_rng([seed, wells, cells])
    unit = np.repeat(np.arange(wells), np.maximum(chance.poisson(cells, wells), 2))
    shared = _normal(chance, between, wells)[:, unit] * np.sqrt(share)
    x, y = shared + _normal(chance, within, len(unit)) * np.sqrt(1 - share)
    return x, y, unit


def _normal(chance: np.random.Generator, r: float, n: int) -> NDArray[np.float64]:
    a, b = chance.normal(size=(2, n))
    return np.stack([a, r * a + np.sqrt(1 - r**2) * b])


if __name__ == "__main__":
    print(questions_table())
