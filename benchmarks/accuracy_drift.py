"""The section on drift of docs/accuracy.md; run this file to print it."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from planted_drift import Planted, planted, ramp, shifts

from lamella.core.registration import Registration
from lamella.preprocess import Drift

FloatArray = NDArray[np.float64]
Look = Literal["phase", "fluorescence", "bare"]

SIDE, N_FRAMES = 384, 25


class Residual(NamedTuple):
    """What is left of the drift over points all over the field, in px (length of the vector)."""

    rms: float
    largest: float


def estimated(world: Planted, **settings: object) -> Registration:
    """The drift that Lamella finds in a world."""
    step = Drift.model_validate(settings)
    return step.estimate(step.prepare(world.frames))


def residual(world: Planted, found: Registration) -> Residual:
    """How far points of the glass still move once the drift is taken off."""
    side = world.frames.frame_shape[0]
    axis = np.linspace(0, side - 1, 7)
    grid = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
    off = [
        found.to_reference(grid @ moved[:, :2].T + moved[:, 2], t) - grid
        for t, moved in enumerate(world.moved)
    ]
    square = np.sum(np.square(off), axis=-1)
    return Residual(float(np.sqrt(square.mean())), float(np.sqrt(square.max())))


def kept(world: Planted, found: Registration) -> float:
    """Share of the cells' net displacement along its true direction that is left, 1 = all."""
    ends = [found.to_reference(world.cells_px[:, t], t).mean(axis=0) for t in (0, len(found) - 1)]
    true = (world.still_px[:, -1] - world.still_px[:, 0]).mean(axis=0)
    return float((ends[1] - ends[0]) @ true / (true @ true))


def turned(n: int, degrees: float, *, stretch: float = 0.0, side: int = SIDE) -> FloatArray:
    """The field turns about its middle, drifts by (8, −6) px and stretches, steadily."""
    middle = np.full(2, (side - 1) / 2)
    out = []
    for u in np.linspace(0, 1, n):
        angle = np.deg2rad(degrees * u)
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        linear = turn @ np.array([[1 + stretch * u, 0.5 * stretch * u], [0, 1 - stretch * u]])
        out.append(np.column_stack([linear, middle - linear @ middle + np.array([8, -6]) * u]))
    return np.stack(out)


def planted_paths(n: int = N_FRAMES) -> dict[str, FloatArray]:
    """Drift of 30 px at most, by what it does."""
    jump = np.where(np.arange(n)[:, None] < n // 2, 0.0, 1.0)
    return {
        "none": ramp(n, (0, 0)),
        "3 px, steady": ramp(n, (2.4, 1.8)),
        "30 px, steady, down and left": ramp(n, (21.0, -21.4)),
        "30 px, steady, up and right": ramp(n, (-18.3, 23.7)),
        "30 px, in one jump": jump * np.array([20.3, -22.1]),
        "30 px, there and back": 30 * np.sin(np.linspace(0, np.pi, n))[:, None] * [0.6, 0.8],
    }


def drift_table() -> str:
    """Planted drift and what is left of it; directed migration and what is kept of it."""
    lines = [
        "## Drift of the stage",
        "",
        f"Movies of {N_FRAMES} frames of {SIDE} px, 5 % of the pixels cells that crawl "
        "(0.6 µm/min), faint grains on the glass (one every 600 px), uneven light, 2000 "
        "photo-electrons. Residual: what points all over the field still move by once the drift is "
        "taken off, in px (root mean square of the vectors over frames and field, and the "
        "largest). Without grains (*bare*) nothing shows the drift: it is taken to be none and "
        "said not to be estimable.",
        "",
        "| planted | model | phase contrast | fluorescence, grains | fluorescence, bare |",
        "| --- | --- | --- | --- | --- |",
    ]
    plans = [(name, "translation", shifts(path)) for name, path in planted_paths().items()]
    plans += [
        ("2° and 10 px", "rigid", turned(N_FRAMES, 2)),
        ("1°, 1 % and 10 px", "affine", turned(N_FRAMES, 1, stretch=0.01)),
    ]
    for k, (name, model, moved) in enumerate(plans):
        cells = []
        for look in ("phase", "fluorescence", "bare"):
            world = planted(moved, look=look, side=SIDE, seed=k)
            found = estimated(world, model=model)
            left = residual(world, found)
            n_unknown = int((~found.estimable).sum())
            told = f"{left.rms:.3f} (largest {left.largest:.2f})" if not n_unknown else ""
            if n_unknown:
                told = f"not estimable in {n_unknown} of {len(found)}"
                told += "" if found.moves else ", 0"
            cells.append(told)
        lines.append(f"| {name} | {model} | " + " | ".join(cells) + " |")
    lines += [
        "",
        "Cells that all glide the same way, while the stage drifts by 15 px: what is kept of their "
        "net displacement. It may be off by the residual, which weighs on slow cells.",
        "",
        "| glide (px/frame) | net (px) | phase contrast | fluorescence, grains | bare, no drift |",
        "| --- | --- | --- | --- | --- |",
    ]
    for k, speed in enumerate((0.2, 1.0, 3.0)):
        cells = []
        for look in ("phase", "fluorescence", "bare"):
            cells.append(f"{100 * directed(look, speed, seed=20 + k):.2f} %")
        lines.append(f"| {speed:g} | {speed * (N_FRAMES - 1):.1f} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def directed(look: Look, speed: float, *, seed: int, n: int = N_FRAMES, side: int = SIDE) -> float:
    """What is kept of directed migration by `speed` px a frame."""
    total = (0.0, 0.0) if look == "bare" else (12.0, -9.0)
    way = (0.6 * speed, -0.8 * speed)
    world = planted(shifts(ramp(n, total)), look=look, side=side, seed=seed, directed_px=way)
    return kept(world, estimated(world))


if __name__ == "__main__":
    print(drift_table())
