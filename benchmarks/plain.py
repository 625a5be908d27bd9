"""What Lamella's speed is compared with: the published procedure, straight in numpy."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Plain(NamedTuple):
    """Mean speed in µm/min and mean ratio of one cell."""

    mean_speed: float
    ratio: float


def moving_cell(
    n_frames: int = 360, side: int = 512, radius: float = 60.0, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Images and masks, (T, Y, X) uint16, of a polarised cell that drifts; Poisson noise."""
    draws = np.random.default_rng(seed)
    room = side / 2 - 1.3 * radius
    centre = np.cumsum(draws.normal(0, 2.2, (n_frames, 2)), axis=0)
    centre = side / 2 + np.clip(centre, -room, room)
    y, x = np.mgrid[:side, :side].astype(np.float32)
    images = np.empty((n_frames, side, side), np.uint16)
    masks = np.empty((n_frames, side, side), np.uint16)
    for t, (cy, cx) in enumerate(centre):
        distance, angle = np.hypot(y - cy, x - cx), np.arctan2(y - cy, x - cx)
        depth = radius * (1 + 0.12 * np.cos(3 * angle + t / 20)) - distance
        front = 400 * np.exp(-np.maximum(depth, 0) / 8) * (1 + np.cos(angle - t / 30)) / 2
        images[t] = draws.poisson(100 + np.where(depth > 0, 400 + front, 0))
        masks[t] = depth > 0
    return images, masks


def migration(masks: np.ndarray, *, um: float, interval_min: float) -> float:
    """Stage 5: valid frames, overlaps on whole frames, mean speed of valid pairs."""
    area = np.zeros(len(masks))
    centroid = np.full((len(masks), 2), np.nan)
    for t, mask in enumerate(masks):
        ys, xs = np.nonzero(mask)
        area[t] = len(ys)
        if len(ys):
            centroid[t] = ys.mean(), xs.mean()
    valid = area >= 0.3 * np.median(area[area > 0])
    speeds = []
    for t in range(1, len(masks)):
        if not (valid[t - 1] and valid[t]):
            continue
        before, now = masks[t - 1] > 0, masks[t] > 0
        iou = np.logical_and(before, now).sum() / np.logical_or(before, now).sum()
        if iou >= 0.3:
            speeds.append(np.hypot(*(centroid[t] - centroid[t - 1])) * um / interval_min)
    return float(np.mean(speeds))


def lamellipodium(images: np.ndarray, masks: np.ndarray) -> float:
    """Stage 6: median split, mean of the ratios of means; tied pixels all count as bright."""
    ratios = []
    for image, mask in zip(images, masks, strict=True):
        values = image[mask > 0]
        if len(values):
            bright = values >= np.median(values)
            if not bright.all():
                ratios.append(values[bright].mean() / values[~bright].mean())
    return float(np.mean(ratios))


def procedure(images: np.ndarray, masks: np.ndarray, *, um: float, interval_min: float) -> Plain:
    """Stages 5 and 6."""
    return Plain(migration(masks, um=um, interval_min=interval_min), lamellipodium(images, masks))
