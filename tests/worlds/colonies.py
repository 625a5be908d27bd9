"""Colonies whose tracks are known, as movies and labels on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from lamella.core.frames import ArrayFrames
from lamella.io import tiff
from lamella.phantom import ColonyPhantom
from lamella.phantom.movie import Phantom


def colony_phantom(seed: int = 1, **changes: Any) -> Phantom:
    """●→ ←● ●   cells apart from each other, one of which divides; 12 frames."""
    settings: dict[str, Any] = {
        "n_cells": 4,
        "n_divisions": 1,
        "n_frames": 12,
        "field_px": (160, 160),
        "area_um2": 70,
        "pixel_size_um": 0.6,
        "interval_min": 2.0,
        "speed_um_per_min": 0.3,
        "cohesion_per_min": 0.0,
    }
    return ColonyPhantom(**{**settings, "seed": seed, **changes}).make()


def shuffled(labels: np.ndarray, seed: int = 0) -> np.ndarray:
    """The same objects, numbered anew and at random in every frame."""
    rng = np.random.default_rng(seed)
    out = np.zeros(labels.shape, np.uint16)
    for t, frame in enumerate(labels):
        present = np.unique(frame[frame > 0])
        for old, new in zip(present, rng.permutation(len(present)) + 1, strict=True):
            out[t][frame == old] = new
    return out


def write_colony(folder: Path, name: str, phantom: Phantom, labels: np.ndarray) -> None:
    """``folder/raw/NAME.tif`` and ``folder/masks/NAME.tif``."""
    scale = phantom.movie.scale
    tiff.write_movie(folder / "raw" / f"{name}.tif", phantom.movie.channels, scale=scale)
    masks = folder / "masks" / f"{name}.tif"
    tiff.write_labels(masks, ArrayFrames(labels), scale=scale, name="cell")
