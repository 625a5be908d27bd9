"""Do the filters of pseudo-labels find masks that are wrong, and does confidence tell how wrong?"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, shift
from scipy.stats import spearmanr

from lamella.core.frames import ArrayFrames
from lamella.core.table import Col
from lamella.kernels.overlap import intersection_over_union
from lamella.phantom import CellPhantom
from lamella.segment import Motion, MultiOtsu
from lamella.train.pseudo_labels import PseudoLabels
from lamella.train.reasons import SPACING

SEEDS = range(930, 939)
"""Others than those on which the defaults were chosen (130 to 138)."""
N_FRAMES = 60
BROKEN_SHARE = 0.25
WRONG = 0.7
"""A mask whose IoU with the truth is below this must not be learnt from."""

Masks = NDArray[np.bool_]
Break = Callable[[Masks, int, np.random.Generator], NDArray[np.integer]]

PUBLISHED = PseudoLabels(
    overlap_with="previous", max_area_z=None, max_jump_radii=None, min_stability=0, stride=1
)
"""Empty frames, area and overlap alone, and several cells, which the published tracker hides."""


def _half(masks: Masks, t: int, chance: np.random.Generator) -> NDArray[np.integer]:
    """One side of the cell, cut through its centroid."""
    y, x = np.nonzero(masks[t])
    angle = chance.uniform(0, 2 * np.pi)
    side = (y - y.mean()) * np.sin(angle) + (x - x.mean()) * np.cos(angle) > 0
    out = np.zeros(masks[t].shape, np.uint8)
    out[y[side], x[side]] = 1
    return out


def _nucleus(masks: Masks, t: int, chance: np.random.Generator) -> NDArray[np.integer]:
    """The middle 20 % of the cell."""
    y, x = np.nonzero(masks[t])
    away = np.hypot(y - y.mean(), x - x.mean())
    inside = away <= np.quantile(away, 0.2)
    out = np.zeros(masks[t].shape, np.uint8)
    out[y[inside], x[inside]] = 1
    return out


def _moved(masks: Masks, t: int, chance: np.random.Generator) -> NDArray[np.integer]:
    """The right shape at another place, two radii away."""
    radius = np.sqrt(masks[t].sum() / np.pi)
    angle = chance.uniform(0, 2 * np.pi)
    by = 2 * radius * np.array([np.sin(angle), np.cos(angle)])
    return shift(masks[t].astype(np.uint8), by, order=0)


def _swapped(masks: Masks, t: int, chance: np.random.Generator) -> NDArray[np.integer]:
    """The mask of a frame 15 to 30 frames away."""
    far = int(chance.integers(15, 31)) * chance.choice([-1, 1])
    return masks[(t + far) % len(masks)].astype(np.uint8)


def _spilt(masks: Masks, t: int, chance: np.random.Generator) -> NDArray[np.integer]:
    """The cell with a wide rim of background."""
    radius = np.sqrt(masks[t].sum() / np.pi)
    return binary_dilation(masks[t], iterations=max(round(0.3 * radius), 1)).astype(np.uint8)


def _merged(masks: Masks, t: int, chance: np.random.Generator) -> NDArray[np.integer]:
    """One object out of the cell and a neighbour of its size that is not there."""
    radius = np.sqrt(masks[t].sum() / np.pi)
    angle = chance.uniform(0, 2 * np.pi)
    by = 1.8 * radius * np.array([np.sin(angle), np.cos(angle)])
    return (masks[t] | shift(masks[t].astype(np.uint8), by, order=0).astype(bool)).astype(np.uint8)


def _two(masks: Masks, t: int, chance: np.random.Generator) -> NDArray[np.integer]:
    """The cell in two halves."""
    half = _half(masks, t, chance)
    return np.where(masks[t], 1 + half, 0).astype(np.uint8)


def _none(masks: Masks, t: int, chance: np.random.Generator) -> NDArray[np.integer]:
    """Nothing."""
    return np.zeros(masks[t].shape, np.uint8)


SINGLE: dict[str, Break] = {
    "nothing found": _none,
    "half of the cell": _half,
    "the middle of the cell": _nucleus,
    "another place": _moved,
    "mask of another frame": _swapped,
    "background taken in": _spilt,
    "merged with a neighbour": _merged,
    "in two halves": _two,
}
"""Faults that come and go."""
LASTING: dict[str, Break] = {"half of the cell": _half, "background taken in": _spilt}
"""The same fault for 15 frames."""


def pseudo_table() -> str:
    """Section on pseudo-labels."""
    movies = broken_movies(SEEDS)
    lines = [
        "## Pseudo-labels: which labels a model may learn from",
        "",
        f"{len(SEEDS)} movies of {N_FRAMES} frames, bright and dim, slow and fast, segmented by "
        f"`MultiOtsu`; {BROKEN_SHARE:.0%} of the frames are then broken in one way (or, *lasting*, "
        "15 frames in a row). *Wrong*: the IoU of the largest object with the truth is below "
        f"{WRONG}, or nothing was found. *Dropped*: share of the wrong frames that the filters "
        "drop; *lost*: share of the right frames that they drop with them. *Published*: empty "
        "frames, area below 30 % of "
        "the median, IoU below 0.5 with the frame before. *Alone*: the defaults of `PseudoLabels` "
        "without a second method; *with a second*: `Motion` as the witness. ρ: Spearman's "
        "correlation of the confidence with the IoU to the truth, over the frames in which "
        "something was found.",
        "",
        "| fault | wrong frames | published: dropped | lost | alone: dropped | lost "
        "| with a second: dropped | lost | ρ of stability | ρ of confidence |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for fault, rows in movies.groupby("fault", sort=False):
        wrong, found = rows["iou"] < WRONG, rows["iou_found"].notna()
        shares = []
        for way in ("published", "alone", "second"):
            shares += [rows.loc[wrong, way].mean(), rows.loc[~wrong, way].mean()]
        rho = [
            spearmanr(rows.loc[found, name], rows.loc[found, "iou"], nan_policy="omit").statistic
            for name in ("stability", "confidence")
        ]
        told = " | ".join(f"{100 * share:.0f} %" for share in shares)
        lines.append(f"| {fault} | {wrong.sum()} | {told} | {rho[0]:.2f} | {rho[1]:.2f} |")
    found = movies[movies["iou_found"].notna()]
    edges = (0, 0.4, 0.6, 0.8, 0.9, 1.0)
    lines += [
        "",
        "All faults together: IoU to the truth by confidence.",
        "",
        "| confidence | frames | mean IoU to the truth | wrong |",
        "| --- | --- | --- | --- |",
    ]
    for low, high in pairwise(edges):
        rows = found[(found["confidence"] > low) & (found["confidence"] <= high)]
        lines.append(
            f"| {low:g} to {high:g} | {len(rows)} | {rows['iou'].mean():.3f} "
            f"| {100 * (rows['iou'] < WRONG).mean():.1f} % |"
        )
    return "\n".join(lines)


def broken_movies(seeds: range) -> pd.DataFrame:
    """A row per fault, movie and frame: IoU to the truth, who drops it, how sure it looks."""
    parts = []
    for k, seed in enumerate(seeds):
        phantom = CellPhantom(
            field_px=(160, 160),
            area_um2=120,
            n_frames=N_FRAMES,
            wander=0.3,
            speed_um_per_min=(0.5, 1.5, 2.5)[k % 3],
            photoelectrons=(15, 60, 600)[k // 3 % 3],
            seed=seed,
        ).make()
        frames = ArrayFrames(phantom.movie.channel().asarray())
        truth = phantom.truth.frames.asarray() > 0
        step = MultiOtsu()
        base = step(frames).asarray()
        motion = Motion()
        second = ArrayFrames(motion(frames, state=motion.prepare(frames)).asarray())
        for name, labels in _breaks(base, seed):
            parts.append(_judged(labels, truth, second).assign(fault=name, movie=seed))
    return pd.concat(parts, ignore_index=True)


def _breaks(base: NDArray[np.integer], seed: int) -> list[tuple[str, NDArray[np.integer]]]:
    """The movie as it was found, and broken in every way."""
    made = [("none", base.astype(np.uint8))]
    masks = base > 0
    found = np.flatnonzero(masks.any(axis=(1, 2)))
    for name, damage in SINGLE.items():
        chance = np.random.default_rng([seed, len(made)])
        labels = base.astype(np.uint8)
        for t in chance.choice(found, round(BROKEN_SHARE * len(found)), replace=False):
            labels[t] = damage(masks, t, chance)
        made.append((name, labels))
    for name, damage in LASTING.items():
        chance = np.random.default_rng([seed, len(made)])
        labels, start = base.astype(np.uint8), int(chance.integers(5, N_FRAMES - 20))
        state = int(chance.integers(2**31))
        for t in range(start, start + 15):
            if masks[t].any():  # the same side in all of them
                labels[t] = damage(masks, t, np.random.default_rng(state))
        made.append((f"{name}, lasting", labels))
    return made


def _judged(labels: NDArray[np.integer], truth: Masks, second: ArrayFrames) -> pd.DataFrame:
    frames = ArrayFrames(labels)
    alone = PseudoLabels(stride=1)
    told = alone.judged(frames, second=second)
    largest = [_largest(frame) for frame in labels]
    iou = np.array([intersection_over_union(a, b) for a, b in zip(largest, truth, strict=True)])
    return pd.DataFrame(
        {
            "iou": np.nan_to_num(iou),
            "iou_found": np.where([mask.any() for mask in largest], iou, np.nan),
            "published": _dropped(PUBLISHED.judged(frames)),
            "alone": _dropped(alone.judged(frames)),
            "second": _dropped(told),
            "reason": told[Col.REASON],
            "stability": told[Col.STABILITY],
            "agreement": told[Col.AGREEMENT],
            "confidence": told[Col.CONFIDENCE],
        }
    )


def _largest(frame: NDArray[np.integer]) -> NDArray[np.bool_]:
    sizes = np.bincount(frame.ravel())
    sizes[0] = 0
    return (frame == np.argmax(sizes)) & (frame > 0)


def _dropped(told: pd.DataFrame) -> NDArray[np.bool_]:
    return ~told[Col.REASON].isin(["", SPACING]).to_numpy()


if __name__ == "__main__":
    print(pseudo_table())
