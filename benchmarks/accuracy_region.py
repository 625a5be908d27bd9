"""How far shape and light of regions are from what was planted."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.table import Col
from lamella.measure.region import region_table

_PLACES = 100
_SIDE = 161

Shape = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.bool_]]


def region_section() -> str:
    """Shapes of known perimeter and diameters, then light that was planted."""
    lines = [
        "## Shape and light of regions",
        "",
        f"Shapes drawn {_PLACES} times at random places between pixels (squares turned, ellipses "
        "in random directions), and measured by `region_table`: mean error, and SD over places. "
        "`perimeter_px` is ImageJ's, whose staircases are too long; `perimeter_crofton_px` is the "
        "one to compare shapes by.",
        "",
        "| shape | area | perimeter_px | perimeter_crofton_px | feret_px | min_feret_px "
        "| major_axis_px | circularity |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [_row(*each) for each in _shapes()]
    return "\n".join([*lines, "", *_light()])


def _shapes() -> list[tuple[str, Callable[[float], Shape], dict[str, float]]]:
    """Name, the shape in a direction, and its truth."""
    made = []
    for radius in (5, 10, 20, 50):
        truth = {Col.AREA_PX: np.pi * radius**2, Col.PERIMETER_PX: 2 * np.pi * radius}
        truth |= dict.fromkeys((Col.FERET_PX, Col.MIN_FERET_PX, Col.MAJOR_AXIS_PX), 2.0 * radius)
        made.append((f"disc, radius {radius} px", _ellipse(radius, radius), truth))
    for a, b in ((12, 6), (40, 20), (40, 10)):
        truth = {Col.AREA_PX: np.pi * a * b, Col.PERIMETER_PX: _perimeter_of_ellipse(a, b)}
        truth |= {Col.FERET_PX: 2.0 * a, Col.MIN_FERET_PX: 2.0 * b, Col.MAJOR_AXIS_PX: 2.0 * a}
        made.append((f"ellipse, {2 * a} × {2 * b} px", _ellipse(a, b), truth))
    for side in (10, 40):
        for degrees in (0.0, 22.5, 45.0):
            truth = {Col.AREA_PX: float(side**2), Col.PERIMETER_PX: 4.0 * side}
            truth |= {Col.FERET_PX: side * np.sqrt(2), Col.MIN_FERET_PX: float(side)}
            truth[Col.MAJOR_AXIS_PX] = 2 * side / np.sqrt(np.pi)
            name = f"square, {side} px, turned by {degrees:g}°"
            made.append((name, _square(side, np.deg2rad(degrees)), truth))
    return made


def _ellipse(a: float, b: float) -> Callable[[float], Shape]:
    def turned(turn: float) -> Shape:
        def inside(y: NDArray[np.float64], x: NDArray[np.float64]) -> NDArray[np.bool_]:
            u, v = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
            return (u / a) ** 2 + (v / b) ** 2 <= 1

        return inside

    return turned


def _square(side: float, turn: float) -> Callable[[float], Shape]:
    def turned(_: float) -> Shape:
        def inside(y: NDArray[np.float64], x: NDArray[np.float64]) -> NDArray[np.bool_]:
            u, v = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
            return np.maximum(abs(u), abs(v)) <= side / 2

        return inside

    return turned


def _perimeter_of_ellipse(a: float, b: float) -> float:
    t = np.linspace(0, 2 * np.pi, 20001)
    return float(np.hypot(np.diff(a * np.cos(t)), np.diff(b * np.sin(t))).sum())


def _drawn(shape: Callable[[float], Shape], seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    y, x = np.indices((_SIDE, _SIDE)) - _SIDE // 2
    rows = []
    for _ in range(_PLACES):
        dy, dx = rng.random(2)
        mask = shape(rng.uniform(0, np.pi))(y - dy, x - dx)
        rows.append(region_table(mask))
    return pd.concat(rows)


def _row(name: str, shape: Callable[[float], Shape], truth: dict[str, float]) -> str:
    table = _drawn(shape, seed=31)
    truth = {**truth, Col.PERIMETER_CROFTON_PX: truth[Col.PERIMETER_PX]}
    truth[Col.CIRCULARITY] = 4 * np.pi * truth[Col.AREA_PX] / truth[Col.PERIMETER_PX] ** 2
    cells = []
    for column in (
        Col.AREA_PX, Col.PERIMETER_PX, Col.PERIMETER_CROFTON_PX, Col.FERET_PX, Col.MIN_FERET_PX,
        Col.MAJOR_AXIS_PX, Col.CIRCULARITY,
    ):  # fmt: skip
        off = 100 * (table[column] / truth[column] - 1)
        cells.append(f"{off.mean():+.1f} ± {off.std():.1f} %")
    return f"| {name} | {' | '.join(cells)} |"


def _light() -> list[str]:
    """Cells of Gaussian light on a ground, with shot noise, all of them in one field."""
    rng = np.random.default_rng(32)
    y, x = np.indices((800, 800), dtype=np.float64)
    labels = np.zeros((800, 800), np.uint16)
    light, truth = np.full((800, 800), 100.0), []
    for cell in range(1, 145):
        row, column = divmod(cell - 1, 12)
        at = (np.array([row, column]) + 0.5) * 66 + rng.uniform(-4, 4, 2)
        bright, shift = rng.uniform(100, 2000), rng.uniform(-3, 3, 2)
        away = np.hypot(y - at[0], x - at[1])
        labels[away <= 20] = cell
        bump = np.exp(-((y - at[0] - shift[0]) ** 2 + (x - at[1] - shift[1]) ** 2) / 2 / 9**2)
        inside = away <= 20
        light += bright * np.where(inside, 0.5 + bump, 0.0)
        # What the pixels hold without noise and ground; the ring around is ground alone.
        values = bright * (0.5 + bump)[inside]
        mass = [(values * axis[inside]).sum() / values.sum() for axis in (y, x)]
        depth = np.minimum((4 * (20 - away[inside]) / 20).astype(int), 3)
        parts = np.bincount(depth, values, minlength=4) / values.sum()
        truth.append([values.mean(), np.median(values), values.sum(), *mass, parts[0], parts[3]])
    image = rng.poisson(light).astype(np.uint16)
    found = region_table(labels, {"light": image})
    known = np.array(truth).T
    ground = found[Col.SURROUND_MEAN].to_numpy()
    mean = found[Col.INTENSITY_MEAN].to_numpy() - ground
    median = found[Col.INTENSITY_MEDIAN].to_numpy() - ground
    total = found[Col.INTENSITY_SUM].to_numpy() - ground * found[Col.AREA_PX].to_numpy()
    corrected = region_table(labels, {"light": image - 100.0})

    def told(off: NDArray[np.float64], unit: str) -> str:
        return f"{off.mean():+.2f} ± {off.std(ddof=1):.2f} {unit}"

    outer, inner = (corrected[f"radial_fraction_{k}"].to_numpy() for k in (1, 4))
    mass = np.hypot(
        corrected[Col.MASS_Y_PX] - known[3], corrected[Col.MASS_X_PX] - known[4]
    ).to_numpy()
    return [
        "144 cells of radius 20 px, 100 to 2000 grey values above a ground of 100, brightest up to "
        "4 px off their middle, with shot noise. Mean, median and sum less `surround_mean`; places "
        "and shares of the image less its ground.",
        "",
        "| measure | error |",
        "| --- | --- |",
        f"| mean | {told(100 * (mean / known[0] - 1), '%')} |",
        f"| median | {told(100 * (median / known[1] - 1), '%')} |",
        f"| sum | {told(100 * (total / known[2] - 1), '%')} |",
        f"| surround_mean | {told(ground - 100, 'grey')} |",
        f"| centre of mass, distance | {told(mass, 'px')} |",
        f"| radial_fraction_1 | {told(100 * (outer - known[5]), 'points of 100')} |",
        f"| radial_fraction_4 | {told(100 * (inner - known[6]), 'points of 100')} |",
    ]


if __name__ == "__main__":
    print(region_section())
