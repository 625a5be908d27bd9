"""The section on the edge of the cell in docs/accuracy.md."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from lamella.kernels.edge_swept import edge_step
from lamella.kernels.outline_smooth import arc_lengths, at_arc, enclosed_area, smooth_outline
from lamella.kernels.tracing import trace_rings
from lamella.measure.edge import Edge
from worlds.edges import MovingEllipse, moving_edges

N = 100
SETTINGS = Edge()


class Held(NamedTuple):
    """Measured movement of an edge held against the truth, px a frame."""

    error: np.ndarray
    fastest: float
    flux: float
    """Swept area against the true change of area, relative to the larger of it and 1 % of area."""


def held_against_truth(world: MovingEllipse, t: float, *, masks: bool) -> Held:
    before, after = (_outline(world, s, masks) for s in (t, t + 1))
    step = edge_step(before, after, positions=N, stiffness=SETTINGS.stiffness)
    middle = (_at(before, step.came_from / N) + _at(after, np.arange(N) / N)) / 2
    truth = world.normal_velocity(t + 0.5, middle)
    change = enclosed_area(after) - enclosed_area(before)
    return Held(
        step.moved_px - truth,
        np.abs(world.normal_velocity(t + 0.5, world.points(t + 0.5))).max(),
        abs(step.swept_px2.sum() - change) / max(abs(change), 0.01 * world.area(t)),
    )


def _outline(world: MovingEllipse, t: float, masks: bool) -> np.ndarray:
    if not masks:
        return world.points(t)
    reach = int(np.ceil(np.abs(world.points(t)).max())) + 4
    mask = world.mask(t, (reach, reach))
    ring = trace_rings(mask)[0][0]
    return smooth_outline(ring, mask.astype(np.uint16), smoothing_px=SETTINGS.smoothing_px).points


def _at(points: np.ndarray, share: np.ndarray) -> np.ndarray:
    arc = arc_lengths(points)
    return at_arc(points, arc, share * arc[-1])


def edge_rows(seeds: range, *, masks: bool) -> pd.DataFrame:
    """One row per world, size, speed and step; sizes and speeds in px."""
    rows = []
    for radius in (10.0, 20.0, 40.0, 80.0):
        for speed in (0.25, 1.0, 4.0):
            if speed > radius / 5:
                continue
            for seed in seeds:
                rng = np.random.default_rng([seed, int(radius), int(100 * speed)])
                centre = 1.6 * radius + 6 + 4 * speed + rng.random(2)
                for world in moving_edges(
                    radius, speed, rng.uniform(0, 2 * np.pi), (centre[0], centre[1])
                ):
                    for t in range(2):
                        held = held_against_truth(world, t, masks=masks)
                        rows.append(
                            {
                                "world": world.name,
                                "radius": radius,
                                "speed": speed,
                                "square": float((held.error**2).mean()),
                                "fastest": held.fastest,
                                "bias": float(held.error.mean()),
                                "flux": held.flux,
                            }
                        )
    return pd.DataFrame(rows)
