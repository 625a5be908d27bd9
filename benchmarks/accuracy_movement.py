"""Movement against walks that are known: length of the movie, jitter, planted turns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ive

from lamella.core.movie import Scale
from lamella.core.table import Col
from lamella.measure import Measured, Migration, Sightings
from lamella.measure.view import KEYS
from lamella.phantom.walk import persistent_walk

Places = NDArray[np.float64]
SEEDS = range(1000, 1300)
PERSISTENCE_FRAMES = 3.5


def movement_table() -> str:
    """Section on movement per step and per track."""
    return "\n".join(["## Movement", "", *_by_length(), "", *_by_noise(), "", *_by_turn()])


def _by_length() -> list[str]:
    lines = [
        f"{len(SEEDS)} persistent random walks ({PERSISTENCE_FRAMES} frames of persistence, no "
        "noise), of which movies of different lengths see the beginning: mean (SD over cells). "
        "Every ratio of a whole track falls, though the cells are the same; straightness over "
        f"{Migration().straightness_frames} steps does not, and longer movies only tell it better.",
        "",
        "| frames | `persistence` | `outreach_ratio` | `fmi_x`, SD | `asphericity` "
        "| `straightness_fixed` | `straightness_fixed_pooled` |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    walks = np.stack([_walk(360, seed) for seed in SEEDS])
    for n_frames in (60, 120, 240, 360):
        cells = _measured(walks[:, :n_frames])[1]
        told = [
            f"{cells[c].mean():.3f} ({cells[c].std():.3f})"
            for c in (Col.PERSISTENCE, Col.OUTREACH_RATIO)
        ]
        told.append(f"{cells[Col.FMI_X].std():.3f}")
        told += [
            f"{cells[c].mean():.3f} ({cells[c].std():.3f})"
            for c in (Col.ASPHERICITY, Col.STRAIGHTNESS_FIXED, Col.STRAIGHTNESS_FIXED_POOLED)
        ]
        lines.append(f"| {n_frames} | {' | '.join(told)} |")
    return lines


def _by_noise() -> list[str]:
    lines = [
        "Cells that glide straight on, their places jittered by normal noise in y and in x; 200 "
        "cells of 120 frames a row. *Expected*: the mean of the Rice distribution, which the "
        "length of a jittered step has. Without noise straightness is 1 and no step turns.",
        "",
        "| true step (px) | noise, SD (px) | mean speed | expected | `straightness_fixed` "
        "| `mean_turning_angle_deg` |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for step, noise in ((10, 0.8), (3.2, 0.2), (3.2, 0.8), (1, 0.2), (1, 0.8), (0.3, 0.8)):
        rng = np.random.default_rng(7)
        ways = np.zeros((200, 120, 2))
        ways[..., 1] = step * np.arange(120)
        cells = _measured(ways + rng.normal(0, noise, ways.shape))[1]
        lines.append(
            f"| {step} | {noise} | {cells[Col.MEAN_STEP_PX].mean() / step - 1:+.1%} "
            f"| {rice_mean(step, noise * np.sqrt(2)) / step - 1:+.1%} "
            f"| {cells[Col.STRAIGHTNESS_FIXED].mean():.3f} "
            f"| {cells[Col.MEAN_TURNING_ANGLE].mean():.0f} |"
        )
    return lines


def _by_turn() -> list[str]:
    every, n_turns = 15, 8
    group = Migration()
    lines = [
        f"Glides of 3 px a frame that turn once in {every} frames, to either side, 200 cells of "
        f"{n_turns} turns a row; turning events by default (`window` "
        f"{Sightings().window}, `turn_deg` {group.turn_deg:g}). *Found*: turns with an event at "
        "most one frame away. *False*: other "
        "events per 100 frames.",
        "",
        "| planted turn | no noise: found, false | noise of 0.3 px | noise of 0.8 px |",
        "| --- | --- | --- | --- |",
    ]
    for angle in (0, 20, 40, 60, 90, 150):
        told = []
        for noise in (0, 0.3, 0.8):
            rng = np.random.default_rng(11)
            ways = np.stack([_zigzag(angle, every, n_turns, rng) for _ in range(200)])
            frames = _measured(ways + rng.normal(0, noise, ways.shape), group)[0]
            events = frames[Col.TURNING_EVENT].to_numpy().reshape(200, -1)
            near = np.zeros(events.shape[1], bool)
            at = every * np.arange(1, n_turns + 1)
            for shift in (-1, 0, 1):
                near[at + shift] = True
            hit = np.any([events[:, at + shift] for shift in (-1, 0, 1)], axis=0)
            found = f"{hit.mean():.0%}" if angle else "–"
            told.append(f"{found}, {100 * events[:, ~near].mean():.1f}")
        lines.append(f"| {angle}° | {' | '.join(told)} |")
    return lines


def rice_mean(distance: float, sd: float) -> float:
    """Mean length of a vector of length `distance` with normal noise in both components."""
    half = (distance / sd) ** 2 / 4
    bessel = (1 + 2 * half) * ive(0, half) + 2 * half * ive(1, half)
    return float(sd * np.sqrt(np.pi / 2) * bessel)


def _walk(n_frames: int, seed: int) -> Places:
    rng = np.random.default_rng(seed)
    way = {"speed": 3.0, "persistence": PERSISTENCE_FRAMES, "interval": 1.0}
    return persistent_walk(n_frames, **way, rng=rng)[0]


def _zigzag(angle: float, every: int, n_turns: int, rng: np.random.Generator) -> Places:
    turns = np.zeros((n_turns + 1) * every)
    turns[every::every] = angle * rng.choice([-1, 1], n_turns)
    heading = np.radians(np.cumsum(turns))
    steps = 3 * np.stack([np.sin(heading), np.cos(heading)], axis=1)
    return np.vstack([np.zeros(2), np.cumsum(steps, axis=0)])


def _measured(
    ways: Sequence[Places] | Places, group: Migration | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Frames and cells of ways (n_cells, T, 2) in px all of whose frames are trusted."""
    places = np.asarray(ways)
    n_cells, n_frames, _ = places.shape
    frame = np.tile(np.arange(n_frames), n_cells)
    y, x = places.reshape(-1, 2).T
    sightings = pd.DataFrame(
        {
            Col.OBJECT: pd.Series(["cell"] * len(frame), dtype="str"),
            Col.CELL: np.repeat(np.arange(1, n_cells + 1), n_frames),
            Col.FRAME: frame,
            Col.TIME_MIN: frame.astype(np.float64),
            Col.INTERPOLATED: False,
            Col.EMPTY: False,
            Col.VALID: True,
            Col.PAIR_VALID: frame > 0,
            Col.WINDOW_FRAMES: Sightings().window,
            Col.Y_PX: y,
            Col.X_PX: x,
            Col.Y_UM: y,
            Col.X_UM: x,
        }
    )
    group = group or Migration()
    found = group.complete(Measured(sightings[list(KEYS)]), sightings, Scale(1.0))
    return found.frames, group.summarise(found, sightings)


if __name__ == "__main__":
    print(movement_table())
