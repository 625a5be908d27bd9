"""The main job against phantoms whose truth is known; used by accuracy.py and by the tests."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lamella.centre import shifted
from lamella.core.frames import ArrayFrames
from lamella.core.labels import Labels
from lamella.core.movie import Movie
from lamella.core.table import Col
from lamella.measure import Lamellipodium, Migration, walk
from lamella.phantom import CellPhantom, Phantom
from lamella.preprocess import CameraOffset
from lamella.run.settings import ObjectSettings
from lamella.segment import MultiOtsu
from lamella.track import Largest

UM = 0.318


def cell(seed: int, *, n_frames: int = 30, **changes: object) -> CellPhantom:
    """A cell like those of the published study, in a field of 256 px."""
    settings = {
        "field_px": (256, 256),
        "n_frames": n_frames,
        "pixel_size_um": UM,
        "interval_min": 1.0,
        "speed_um_per_min": 1.15,
        "photoelectrons": 750.0,
        "seed": seed,
        **changes,
    }
    return CellPhantom.model_validate(settings)


def segmented(phantom: Phantom) -> Labels:
    """The cell as Lamella finds it."""
    frames = phantom.movie.channel()
    segmenter, tracker = MultiOtsu(), Largest()
    normalise = ObjectSettings(segment=segmenter).normaliser
    found = segmenter(normalise(frames, state=normalise.prepare(frames)))
    held = ArrayFrames(found.asarray())
    tracks = tracker(held, state=tracker.prepare(held))
    return Labels("cell", ArrayFrames(tracks.relabel(held).asarray()))


def true_labels(phantom: Phantom) -> Labels:
    """The true mask, held in memory."""
    return Labels("cell", ArrayFrames(phantom.truth.frames.asarray()))


def against_truth(phantom: Phantom) -> dict[str, float]:
    """Measures of one phantom by Lamella over those of the truth, in per cent of the truth.

    Speed and path: over the same pairs of frames, from the centroids of the true masks. Ratio: the
    same functional on the noise-free, offset-free image with the true mask. The published ratio,
    which lays the un-shifted mask over the centred image, stands beside it.
    """
    labels = segmented(phantom)
    truth = true_labels(phantom)
    offset = CameraOffset(offset=phantom.settings.camera.offset)
    groups = [Migration(), Lamellipodium()]
    seen, (migration, lamellipodium) = walk(phantom.movie, labels, groups, level=offset)
    true_seen, (_, true_lamellipodium) = walk(
        phantom.clean, truth, groups, level=lambda frame, labels, channel: 0.0
    )
    pairs = seen[Col.PAIR_VALID].to_numpy(bool)
    y, x = (true_seen[c].to_numpy() for c in (Col.Y_PX, Col.X_PX))
    true_step = np.hypot(np.diff(y, prepend=np.nan), np.diff(x, prepend=np.nan))[pairs]
    step = migration.frames[Col.STEP_PX].to_numpy()[pairs]
    ratio = lamellipodium.frames[Col.LAM_CYTO_RATIO]
    true_ratio = true_lamellipodium.frames[Col.LAM_CYTO_RATIO]
    published = published_ratio(phantom, labels)
    n_seen = np.isfinite(y).sum()
    return {
        "true_step_px": float(np.nanmean(true_step)),
        "speed": percent(step.mean(), true_step.mean()),
        "path": percent(step.sum(), true_step.sum()),
        "ratio": percent(ratio.mean(), true_ratio.mean()),
        "published_ratio": percent(published, true_ratio.mean()),
        "true_ratio": float(true_ratio.mean()),
        "noise_ratio": float(lamellipodium.frames[Col.LAM_CYTO_RATIO_NOISE].mean()),
        "iou": mean_iou(labels, truth),
        "found": float(np.isfinite(seen[Col.Y_PX]).sum() / n_seen),
    }


def percent(value: float, truth: float) -> float:
    """How far off, in per cent of the truth."""
    return float(100 * (value / truth - 1))


def mean_iou(labels: Labels, truth: Labels) -> float:
    """Mean overlap with the true mask over the frames that have a cell."""
    overlaps = []
    for found, true in zip(labels.frames, truth.frames, strict=True):
        if true.any():
            both = np.count_nonzero((found > 0) & (true > 0))
            overlaps.append(both / np.count_nonzero((found > 0) | (true > 0)))
    return float(np.mean(overlaps))


def published_ratio(phantom: Phantom, labels: Labels) -> float:
    """The published procedure, its mistakes included.

    The image is centred on the cell, the mask is not, and the dim half may be empty (0).
    """
    ratios = []
    middle = np.array(phantom.movie.frame_shape) / 2
    for image, mask in zip(phantom.movie.channel(), labels.frames, strict=True):
        inside = mask > 0
        if not inside.any():
            continue
        centroid = np.array(np.nonzero(inside)).mean(axis=1)
        centred = shifted(image, np.round(middle - centroid).astype(np.int64))
        values = centred[inside].astype(float)
        threshold = np.median(values)
        dim = values[values < threshold]
        ratios.append(values[values >= threshold].mean() / dim.mean() if len(dim) else 0.0)
    return float(np.mean(ratios))


def main_phantoms(*, n_frames: int = 30) -> pd.DataFrame:
    """24 movies: 4 cells at each of 6 distances of 0 to 40 % of the field from its centre."""
    rows = []
    for i, stray in enumerate((0.0, 0.08, 0.16, 0.24, 0.32, 0.40)):
        for k in range(4):
            # A cell at 40 % of the field from the centre needs room to the edge.
            field = 256 if stray <= 0.25 else 448
            phantom = cell(
                100 + 10 * i + k, n_frames=n_frames, stray=stray, field_px=(field, field)
            ).make()
            rows.append({"stray": stray, "cell": k, **against_truth(phantom)})
    return pd.DataFrame(rows)


def as_movie(array: np.ndarray) -> Movie:
    """A movie of this array with the study's scale."""
    return Movie.from_array(array, pixel_size_um=UM, interval_min=1.0)
