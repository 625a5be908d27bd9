"""The section on protrusions of docs/accuracy.md; run this file to print it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from planted_protrusions import found_in, lives_in, matching, planted

from lamella.core.table import Col
from lamella.kernels.ways import distances_within, tight_length
from lamella.measure import Protrusion

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from worlds.stars import roughened, star

SEED = 4021
_N_STARS = 150
_SIDE = 128
STARS: dict[str, dict[str, Any]] = {
    "arms 5 px wide": {},
    "arms 3 px wide": {"width_px": 3.0},
    "arms 9 px wide": {"width_px": 9.0},
    "tapering, 9 to 2 px": {"width_px": 9.0, "taper": 0.2},
    "curved, 1.2 rad": {"bend": 1.2},
    "large body": {"radius_px": 18.0, "width_px": 6.0},
}
NOISE = (0.0, 0.1, 0.25)
BENDS = ((20, 3), (40, 4), (40, 10), (30, 30), (80, 2))
_SEEDS = range(101, 113)


def protrusion_table() -> str:
    """Stars, bends, and tips that grow and retract."""
    return "\n".join([*_stars(), "", *_bends(), "", *_lives()])


def _stars() -> list[str]:
    lines = [
        "## Protrusions",
        "",
        f"Stars of 1 to 6 arms at any rotation, arms 10 to 33 px longer than the body's radius "
        f"(12 px unless said), {_N_STARS} a cell of the table; default settings of `Protrusion` at "
        "1 µm/px. *Noise*: share of the pixels on either side of the outline that change sides. "
        "*Right*: as many tips as arms, and each arm has one. *Length*: error of straight arms' "
        "lengths from the middle of the star, mean, and the range of 99 %; the tolerance is "
        "1.5 px or 2 %, and noise takes away real pixels.",
        "",
        "| star | " + " | ".join(f"right, noise {n:g} | length (px)" for n in NOISE) + " |",
        "| --- |" + " --- | --- |" * len(NOISE),
    ]
    for k, (name, shape) in enumerate(STARS.items()):
        parts = []
        for noise in NOISE:
            right, errors = stars(SEED + k, noise=noise, **shape)
            told = "" if shape.get("bend") else _told(errors)
            parts.append(f"{100 * right:.1f} % | {told}")
        lines.append(f"| {name} | " + " | ".join(parts) + " |")
    return lines


def _told(errors: NDArray[np.float64]) -> str:
    low, high = np.percentile(errors, [0.5, 99.5])
    return f"{errors.mean():+.2f} ({low:+.2f} to {high:+.2f})"


def stars(
    seed: int, *, noise: float, n: int = _N_STARS, **shape: Any
) -> tuple[float, NDArray[np.float64]]:
    """Share of stars with the right tips, and errors of the lengths of those, px."""
    rng = np.random.default_rng(seed)
    step = Protrusion()
    right, errors = 0, [np.empty(0)]
    for k in range(n):
        n_arms = int(rng.integers(1, 7))
        angles = rng.uniform(0, 2 * np.pi) + 2 * np.pi * np.arange(n_arms) / n_arms
        angles += rng.uniform(-0.2, 0.2, n_arms)
        lengths = shape.get("radius_px", 12.0) + rng.uniform(10, 33, n_arms)
        at = ((_SIDE - 1) / 2 + rng.uniform(-0.5, 0.5), (_SIDE - 1) / 2 + rng.uniform(-0.5, 0.5))
        mask, tips = star(angles, lengths, at=at, field=(_SIDE, _SIDE), **shape)
        if noise:
            mask = roughened(mask, noise, seed=seed + k)
        _, found, _ = step.tips_of(mask, pixel_size_um=1.0)
        apart = np.hypot(found.y[:, None] - tips[:, 0], found.x[:, None] - tips[:, 1])
        if len(found.y) != n_arms or len(set(apart.argmin(axis=0))) != n_arms:
            continue
        right += 1
        errors.append(found.length[apart.argmin(axis=0)] - lengths)
    return right / n, np.concatenate(errors)


def _bends() -> list[str]:
    lines = [
        "Geodesic lengths along bends: arcs of a ring, from the middle line to the middle line, "
        "against the string that is pulled tight round the inner edge (in closed form); largest "
        "error over 16 positions of the pixels' grid.",
        "",
        "| inner radius, width (px) | bend (rad) | true length (px) | pulled tight | in steps, as "
        "published |",
        "| --- | --- | --- | --- | --- |",
    ]
    for inner, width in BENDS:
        for bend in (1.5, 3.0, 5.5):
            found = pd.DataFrame(arcs(inner, width, bend), columns=["true", "tight", "steps"])
            tight, steps = (found[name] - found["true"] for name in ("tight", "steps"))
            true = found["true"].mean()
            lines.append(
                f"| {inner}, {width} | {bend:g} | {true:.1f} "
                f"| {_largest(tight):+.2f} px ({100 * _largest(tight) / true:+.2f} %) "
                f"| {_largest(steps):+.1f} px ({100 * _largest(steps) / true:+.1f} %) |"
            )
    return lines


def _largest(values: pd.Series) -> float:
    return float(values.loc[values.abs().idxmax()])


def arcs(
    inner: float, width: float, bend: float, n: int = 16
) -> Iterator[tuple[float, float, float]]:
    """True length, that of the tight string and that in steps, of `n` arcs."""
    rng = np.random.default_rng(SEED)
    side = int(2 * (inner + width) + 8)
    for _ in range(n):
        centre = (side - 1) / 2 + rng.uniform(-0.5, 0.5, 2)
        y, x = np.mgrid[:side, :side]
        radius = np.hypot(y - centre[0], x - centre[1])
        angle = _from_start(np.arctan2(y - centre[0], x - centre[1]))
        inside = (radius >= inner) & (radius <= inner + width) & (angle <= bend + 0.1)
        middle = inner + width / 2
        ends = [np.rint(centre + middle * np.array([np.sin(a), np.cos(a)])) for a in (0, bend)]
        start, end = ((int(p[0]), int(p[1])) for p in ends)
        if not (inside[start] and inside[end]):
            continue
        spans = [np.arccos(inner / radius[p]) for p in (start, end)]
        turned = angle[end] - angle[start]
        straight = float(np.hypot(start[0] - end[0], start[1] - end[1]))
        tangents = sum(np.sqrt(radius[p] ** 2 - inner**2) for p in (start, end))
        rest = turned - sum(spans)
        true = straight if rest <= 0 else float(tangents + inner * rest)
        steps = distances_within(inside, start)[0][end]
        yield true, tight_length(inside, start, end), float(steps)


def _from_start(angle: NDArray[np.float64]) -> NDArray[np.float64]:
    """Angles from −0.1 on, where the arcs begin."""
    out: NDArray[np.float64] = np.mod(angle + 0.1, 2 * np.pi) - 0.1
    return out


def _lives() -> list[str]:
    found = pd.DataFrame(
        [row for seed in _SEEDS for row in lives(seed)],
        columns=["n", "life", "life_found", "top", "top_found", "up", "up_found", "down",
                 "down_found"],
    )  # fmt: skip
    single = found[found["n"] == 1]
    lines = [
        f"Tips that grow and retract: {len(_SEEDS)} movies of 100 frames, one every 0.5 min, of a "
        "cell with three protrusions at a time (`CellPhantom`, true masks). Planted: the edge of "
        "the cell at the place of the protrusion; a life is as long as that stands out of the body "
        "as measured by 5 µm, for 3 min or more, begins and ends in the movie, and comes no nearer "
        f"than 0.35 rad to another's. Of {len(found)} lives, {len(single)} were found as one tip, "
        f"{int((found['n'] > 1).sum())} as several, {int((found['n'] == 0).sum())} not at all. "
        "*Growth* is from the first length to the largest over the time between, *retraction* from "
        "there to the last.",
        "",
        "| of lives found as one | planted, mean | found, mean | SD of the difference |",
        "| --- | --- | --- | --- |",
    ]
    for title, name, unit in (
        ("life", "life", "min"),
        ("largest length", "top", "µm"),
        ("growth", "up", "µm/min"),
        ("retraction", "down", "µm/min"),
    ):
        both = single[[name, f"{name}_found"]].dropna()
        off = both[f"{name}_found"] - both[name]
        lines.append(
            f"| {title} ({unit}) | {both[name].mean():.2f} | {both[f'{name}_found'].mean():.2f} "
            f"| {off.std():.2f} |"
        )
    return lines


def lives(seed: int) -> Iterator[tuple[float, ...]]:
    """What was planted and what was found of every life of one movie."""
    phantom = planted(seed)
    frames, tips, table = found_in(phantom)
    body = frames[Col.BODY_RADIUS_UM].to_numpy(np.float64)
    for life in lives_in(phantom, body, Protrusion().min_beyond_um):
        hits = matching(phantom, life, tips, table)
        up, down = life.speeds
        top = life.length_um[life.first : life.last + 1].max()
        measured = [
            hits[name].max()
            for name in (Col.TIP_LIFE, Col.TIP_MAX_LENGTH, Col.TIP_GROWTH, Col.TIP_RETRACTION)
        ]
        true = [life.minutes, top, up, down]
        pairs = [value for pair in zip(true, measured, strict=True) for value in pair]
        yield (len(hits), *pairs)


if __name__ == "__main__":
    print(protrusion_table())
