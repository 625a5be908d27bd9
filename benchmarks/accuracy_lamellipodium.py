"""The section on the lamellipodium of docs/accuracy.md; run this file to print it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from truth import UM, cell, true_labels

from lamella.core.labels import Labels
from lamella.core.movie import Movie
from lamella.core.table import Col
from lamella.measure import Lamellipodium, measure
from lamella.phantom import Phantom
from lamella.phantom.camera import Camera
from lamella.preprocess import (
    CameraOffset,
    ExponentialFit,
    HistogramMatching,
    SimpleRatio,
    unbleached,
)

FloatArray = NDArray[np.float64]
FIELD = (160, 160)
CONTRAST = 2.0
DEFINITIONS = {
    "halves": Col.LAM_CYTO_RATIO,
    "band": Col.BAND_RATIO,
    "layers": Col.LAYER_RATIO,
}


def lamellipodium_table() -> str:
    """Ratio against offset, polarity and tips against truth, bleaching undone."""
    return "\n".join(
        [
            *_offsets(),
            "",
            *_polarity(),
            "",
            *_shifts(),
            "",
            *_tips(),
            "",
            *_bleaching(),
        ]
    )


def crescent(
    angle: float,
    *,
    share: float = 0.25,
    radius: float = 40.0,
    at: tuple[float, float] = (79.5, 79.5),
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Light of a disc, 1 in its body and `CONTRAST` in a crescent of this share; and its mask."""
    y, x = np.indices(FIELD)
    dy, dx = y - at[0], x - at[1]
    mask = np.hypot(dy, dx) <= radius
    # What lies furthest along the angle, of the pixels near the edge.
    order = np.where(
        mask & (np.hypot(dy, dx) > radius - 12), dy * np.sin(angle) + dx * np.cos(angle), -np.inf
    )
    cut = np.sort(order[mask])[-round(share * mask.sum())]
    return np.where(mask & (order >= cut), CONTRAST, np.where(mask, 1.0, 0.0)), mask


def _measured(
    image: NDArray[np.generic], mask: NDArray[np.bool_], offset: float, **settings: object
) -> pd.Series:
    stack = np.stack([image] * 2)
    movie = Movie.from_array(stack, pixel_size_um=UM, interval_min=1)
    labels = Labels.from_array(np.stack([mask] * 2).astype(np.uint8))
    step = Lamellipodium.model_validate(settings)
    return measure(movie, labels, [step], level=lambda *_: offset).frames.iloc[0]


def _offsets() -> Iterator[str]:
    yield from [
        "## Lamellipodium: what the background does to a ratio",
        "",
        "A disc of 40 px, a quarter of it a crescent of twice the light of the rest; photon noise; "
        "camera offset added, then subtracted or not. The noise-free median split of it reads 1.5. "
        "*Uniform*: the same disc without a crescent, no offset; *told*: what "
        "`lam_cyto_ratio_noise` says of it.",
        "",
        "| photo-electrons of the body | definition | no offset | offset 100, left in "
        "| offset 100, subtracted | offset 500, left in | offset 500, subtracted | uniform "
        "| told |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    light, mask = crescent(0.6)
    for electrons in (20, 100, 500, 5000):
        image = np.random.default_rng(electrons).poisson(electrons * light)
        rows = [
            _measured((image + offset).astype(np.uint16), mask, taken)
            for offset, taken in ((0, 0), (100, 0), (100, 100), (500, 0), (500, 500))
        ]
        uniform = np.random.default_rng(electrons + 1).poisson(electrons * mask)
        rows.append(_measured(uniform.astype(np.uint16), mask, 0))
        for name, column in DEFINITIONS.items():
            values = " | ".join(f"{row[column]:.2f}" for row in rows)
            noise = f"{rows[-1][Col.LAM_CYTO_RATIO_NOISE]:.2f}" if name == "halves" else ""
            yield f"| {electrons} | {name} | {values} | {noise} |"


def _true_angles(phantom: Phantom) -> FloatArray:
    """From the centroid of the true body to that of the true lamellipodium, every frame."""
    angles = []
    for frame in phantom.compartments.frames:
        lam, body = (np.array(np.nonzero(frame == k)).mean(axis=1) for k in (2, 1))
        angles.append(np.rad2deg(np.arctan2(*(lam - body))))
    return np.array(angles)


def _apart(a: FloatArray, b: FloatArray) -> FloatArray:
    return np.abs((a - b + 180) % 360 - 180)


def _polarity() -> Iterator[str]:
    yield from [
        "## Lamellipodium: which way polarity points",
        "",
        "Angle between the measured and the true polarity (from the centroid of the phantom's true "
        "body to that of its true lamellipodium) over 4 movies of 30 frames a row, true masks, "
        "median and 95th percentile in degrees; and for the median split the largest error of its "
        "cosine with the movement. *Cortex*: the direction in which the band under the edge is "
        "brightest.",
        "",
        "| photo-electrons of the body | halves | band | layers | cortex | cosine (halves) |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for electrons in (30, 100, 750, 5000):
        errors: dict[str, list[FloatArray]] = {}
        cosines = []
        for k in range(4):
            phantom = cell(700 + k, photoelectrons=electrons).make()
            labels, true = true_labels(phantom), _true_angles(phantom)
            for by in DEFINITIONS:
                frames = measure(
                    phantom.movie, labels, [Lamellipodium(polarity_by=by)],
                    level=CameraOffset(offset=100),
                ).frames  # fmt: skip
                found = frames[Col.POLARITY_ANGLE].to_numpy()
                errors.setdefault(by, []).append(_apart(found, true))
                if by == "halves":
                    errors.setdefault("cortex", []).append(
                        _apart(frames[Col.CORTEX_PEAK_ANGLE].to_numpy(), true)
                    )
                    way = frames[Col.WINDOW_MOVEMENT_ANGLE].to_numpy()
                    off = np.abs(np.cos(np.deg2rad(true - way)) - frames[Col.POLARITY_COS_MOVEMENT])
                    cosines.append(off.dropna().max())
        told = [
            f"{np.median(e):.1f} ({np.percentile(e, 95):.1f})"
            for e in (np.concatenate(errors[by]) for by in (*DEFINITIONS, "cortex"))
        ]
        yield f"| {electrons} | {' | '.join(told)} | {max(cosines):.3f} |"


def _shifts() -> Iterator[str]:
    yield from [
        "Delay of the phantom's front behind its movement, and the shift at which the mean cosine "
        "is highest; a frame a minute, 200 frames, 3 movies a row. The delay is a time constant: "
        "the front starts to turn at once and lags by less than it in fast turns. A delay by whole "
        "frames is found exactly (see the tests).",
        "",
        "| time constant (min) | shifts found (min) | mean cosine there |",
        "| --- | --- | --- |",
    ]
    for lag in (0.0, 2.0, 4.0):
        shifts, cosines = [], []
        for k in range(3):
            phantom = cell(
                720 + k,
                n_frames=200,
                polarity_lag_min=lag,
                persistence_min=4.0,
                field_px=(200, 200),
            ).make()
            step = Lamellipodium(band_um=None, layers=False, cortex_um=None, ring_um=None)
            cells = measure(
                phantom.movie, true_labels(phantom), [step], level=CameraOffset(offset=100)
            ).cells
            shifts.append(cells[Col.POLARITY_SHIFT_MIN].iloc[0])
            cosines.append(cells[Col.POLARITY_SHIFT_COS].iloc[0])
        yield f"| {lag:g} | {', '.join(f'{s:g}' for s in shifts)} | {np.mean(cosines):.2f} |"


def _tips() -> Iterator[str]:
    yield from [
        "A disc of 25 px that glides, drawn on whole pixels: speed of its tip along the movement "
        "over that of the disc, mean of the movie and SD of a single frame (the mask's own "
        "staircase).",
        "",
        "| step (px) | direction | mean velocity, error | SD of a frame (px) |",
        "| --- | --- | --- | --- |",
    ]
    for step in (0.5, 1.0, 3.0):
        for degrees in (0.0, 30.0, 45.0):
            way = np.array([np.sin(np.deg2rad(degrees)), np.cos(np.deg2rad(degrees))])
            n = min(40, int(90 / step))
            y, x = np.indices(FIELD)
            masks = np.stack(
                [np.hypot(y - 30.3 - t * step * way[0], x - 30.2 - t * step * way[1]) <= 25
                 for t in range(n)]
            )  # fmt: skip
            movie = Movie.from_array(masks * np.uint16(100), pixel_size_um=1, interval_min=1)
            frames = measure(
                movie, Labels.from_array(masks.astype(np.uint8)), [Lamellipodium(layers=False)]
            ).frames
            speed = frames[Col.MOVEMENT_TIP_VELOCITY].dropna()
            yield (
                f"| {step:g} | {degrees:g}° | {100 * (speed.mean() / step - 1):+z.1f} % "
                f"| {speed.std():.2f} |"
            )


def _bleaching() -> Iterator[str]:
    yield from [
        "## Bleaching",
        "",
        "Phantoms of 40 frames, 800 photo-electrons, camera offset 100; 3 movies a row. *Rate*: "
        "fitted by `ExponentialFit` inside the cells. *Trend*: change of the cell's mean "
        "over the movie in per cent of its mean, worst movie; without a correction, and with each. "
        "Last: how far the published ratio moves from that of the raw frames, worst frame.",
        "",
        "| light lost per frame | offset | rate ÷ true rate | trend without | exponential | ratio "
        "| histogram | ratio moved: exponential | ratio | histogram |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for rate in (0.005, 0.02, 0.06):
        for known in (True, False):
            yield _bleached(rate, known=known)


def _bleached(rate: float, *, known: bool) -> str:
    steps = (ExponentialFit(), SimpleRatio(), HistogramMatching())
    rates, raw_trends = [], []
    trends: list[list[float]] = [[] for _ in steps]
    moved: list[list[float]] = [[] for _ in steps]
    offset = CameraOffset(offset=100)
    for k in range(3):
        phantom = cell(
            740 + k, n_frames=40, bleaching_per_frame=rate, photoelectrons=800.0,
            background_photoelectrons=0.0, camera=Camera(offset=100), field_px=(160, 160),
        ).make()  # fmt: skip
        labels = true_labels(phantom)
        published = [Lamellipodium.published()]
        raw = measure(phantom.movie, labels, published, level=offset).frames
        raw_trends.append(_trend(raw))
        for i, step in enumerate(steps):
            done = unbleached(phantom.movie, labels, step, level=offset if known else None)
            after = measure(done.movie, labels, published, level=offset).frames
            trends[i].append(_trend(after))
            moved[i].append((after[Col.LAM_CYTO_RATIO] / raw[Col.LAM_CYTO_RATIO] - 1).abs().max())
            if isinstance(step, ExponentialFit):
                fitted = done.told["fluorescence"]["rate_per_frame"]
                rates.append(fitted / -np.log(1 - rate))
    told = [f"{100 * max(t, key=abs):+z.1f} %" for t in (raw_trends, *trends)]
    told += [f"{100 * max(m):.1f} %" for m in moved]
    told = [f"{min(rates):.3f} to {max(rates):.3f}", *told]
    return f"| {rate:.1%} | {'known' if known else 'forgotten'} | {' | '.join(told)} |"


def _trend(frames: pd.DataFrame) -> float:
    """Change of the cell's mean over the movie by a straight line, over its mean."""
    mean = frames[[Col.LAM_MEAN, Col.CYTO_MEAN]].mean(axis=1).to_numpy()
    return float(np.polyfit(np.linspace(0, 1, len(mean)), mean, 1)[0] / mean.mean())


if __name__ == "__main__":
    print(lamellipodium_table())
