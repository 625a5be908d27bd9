"""Movies of single cells that small Cellpose models learn from, and models taught from scratch."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lamella.core.frames import ArrayFrames, Frames
from lamella.core.step import Step
from lamella.nets.cellpose import from_scratch
from lamella.phantom import Phantom
from lamella.preprocess import Normalise
from lamella.segment import Cellpose
from lamella.train.cellpose import FineTune, save_weights
from lamella.train.examples import Example
from lamella.train.looks import taught
from worlds.small_cellpose import small_cell

CACHE = Path(
    os.environ.get("LAMELLA_ACCURACY_CACHE", Path.home() / ".cache/lamella/accuracy_cellpose")
)
"""Models and finished parts of tables: weights never go into the repository."""

BASE_LIGHT = (150.0, 200.0, 300.0, 400.0, 500.0, 600.0, 800.0, 1000.0)
"""Photo-electrons of the cells that base models learn from: none of them is dim."""

FROM_SCRATCH = FineTune(
    epochs=30, batch_size=4, images_per_epoch=8, patch_px=64, learning_rate=0.05
)
"""Tuned on model seed 0 and cells of seeds 200 to 204."""


def cell_movie(seed: int, *, photoelectrons: float, n_frames: int = 12) -> Phantom:
    """One cell of 30 px in a field of 96 × 96 px that moves some 3 px from frame to frame."""
    return small_cell(seed, n_frames=n_frames, photoelectrons=photoelectrons, interval_min=2.0)


def base_examples(seed: int) -> list[Example]:
    """40 frames of 8 bright movies with their true masks."""
    return [
        Example(frame, truth, f"movie{i}", "bright", "cell", t, "truth")
        for i, light in enumerate(BASE_LIGHT)
        for phantom in [cell_movie(10_000 * seed + i, photoelectrons=light, n_frames=5)]
        for t, (frame, truth) in enumerate(
            zip(phantom.movie.channel(), phantom.truth.frames, strict=True)
        )
    ]


def key(*settings: object) -> str:
    """Eight letters that change with what decides a result, so that nothing old is taken for it."""
    told = [s.provenance() if isinstance(s, Step) else s for s in settings]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:8]


BASE_KEY = key(FROM_SCRATCH, BASE_LIGHT)


def base_model(seed: int, teach: FineTune = FROM_SCRATCH) -> Path:
    """Weights taught from scratch on the 40 frames of this seed; kept in `CACHE`."""
    weights = CACHE / f"base_{key(teach, BASE_LIGHT)}_{seed}.pth"
    if not weights.exists():
        weights.parent.mkdir(parents=True, exist_ok=True)
        seeded = teach.model_copy(update={"seed": seed})
        tuned = seeded(from_scratch(seed=seed, device="cpu"), base_examples(seed))
        part = weights.with_suffix(".part")
        save_weights(tuned.tensors, part)
        part.rename(weights)
    return weights


def seen(phantom: Phantom, rule: str) -> Frames:
    """What a segmenter is shown: the frames as they are, or by a rule of `Normalise`."""
    frames = ArrayFrames(phantom.movie.channel().asarray())
    normalise = Normalise(rule=rule)
    return ArrayFrames(normalise(frames, state=normalise.prepare(frames)).asarray())


def segmented(weights: Path, frames: Frames) -> Frames:
    """All objects that Lamella's Cellpose step finds, nothing else set."""
    return ArrayFrames(Cellpose(model=str(weights), device="cpu")(frames).asarray())


def the_cell(labels: Frames) -> NDArray[np.bool_]:
    """(T, Y, X), the largest object of every frame."""
    return np.stack([taught(frame, "one") > 0 for frame in labels])


def overlaps(found: Iterable[NDArray], truth: Iterable[NDArray]) -> NDArray[np.float64]:
    """IoU of every frame; 0 where nothing was found."""
    pairs = [(f > 0, t > 0) for f, t in zip(found, truth, strict=True)]
    return np.array([np.sum(f & t) / np.sum(f | t) for f, t in pairs])
