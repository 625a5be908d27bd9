"""What Lamella's stretch changes for Cellpose, which stretches every image itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from cellpose_worlds import base_model, overlaps, segmented, the_cell
from numpy.typing import NDArray

from lamella.core.frames import ArrayFrames, Frames
from lamella.nets.cellpose.evaluating import stretched
from lamella.phantom import Camera, Phantom
from lamella.preprocess import Normalise
from worlds.small_cellpose import small_cell

SEEDS = (300, 301)
_FRAMES = 3


class Case(NamedTuple):
    """A kind of movie."""

    name: str
    make: Callable[[int], Phantom]
    spoil: Callable[[NDArray], NDArray] = lambda frame: frame


class Compared(NamedTuple):
    """What the stretch did to the movies of a case."""

    adaptive: bool
    """Whether the adaptive rule stretches them."""
    same_inside: float
    """Largest difference of what the network sees where neither was clipped."""
    clipped: float
    """Share of the true cell's pixels that the stretch made flat."""
    agreement: float
    """Mean IoU of the masks with and without."""
    iou: tuple[float, float]
    """With the truth, without and with."""


def cell(**changes: object) -> Callable[[int], Phantom]:
    return lambda seed: small_cell(seed, n_frames=_FRAMES, interval_min=2.0, **changes)


def hot(frame: NDArray) -> NDArray:
    """40 pixels, the same in every frame, at the camera's limit."""
    spoilt = frame.copy()
    places = np.random.default_rng(5).choice(frame.size, 40, replace=False)
    spoilt.ravel()[places] = np.iinfo(frame.dtype).max
    return spoilt


CASES = (
    Case("16 bits, 400 e⁻", cell(photoelectrons=400.0)),
    Case("16 bits, 50 e⁻", cell(photoelectrons=50.0)),
    Case("16 bits, 50 e⁻, 10 e⁻ a grey level", cell(photoelectrons=50.0, camera=Camera(gain=0.1))),
    Case(
        "8 bits, 50 e⁻, offset 10",
        cell(photoelectrons=50.0, camera=Camera(bit_depth=8, offset=10.0)),
    ),
    Case("16 bits, 400 e⁻, 40 hot pixels", cell(photoelectrons=400.0), hot),
    *(
        Case(f"16 bits, 400 e⁻, field of {px} px", cell(photoelectrons=400.0, field_px=(px, px)))
        for px in (192, 256, 320)
    ),
)


def compared(case: Case, weights: Path) -> Compared:
    """Both ways on the movies of `SEEDS`."""
    rows = []
    for seed in SEEDS:
        phantom = case.make(seed)
        raw = ArrayFrames(np.stack([case.spoil(f) for f in phantom.movie.channel()]))
        with_it = always(raw)
        truth = phantom.truth.frames.asarray()
        plain, other = (the_cell(segmented(weights, frames)) for frames in (raw, with_it))
        rule = Normalise()
        rows.append(
            (
                rule.decide(raw.dtype, rule.prepare(raw)).stretch,
                *_inputs(raw, with_it, truth),
                np.mean([_agreement(a, b) for a, b in zip(plain, other, strict=True)]),
                overlaps(plain, truth).mean(),
                overlaps(other, truth).mean(),
            )
        )
    told, inside, clipped, agreement, before, after = zip(*rows, strict=True)
    return Compared(
        any(told), max(inside), float(np.mean(clipped)), float(np.mean(agreement)),
        (float(np.mean(before)), float(np.mean(after))),
    )  # fmt: skip


def always(frames: Frames) -> Frames:
    """Every frame stretched, whatever the rule says."""
    return ArrayFrames(Normalise(rule="always")(frames).asarray())


def _inputs(raw: Frames, other: Frames, truth: NDArray) -> tuple[float, float]:
    """Largest difference of the network's input beside clipped pixels; share clipped of the cell.

    Clipped: at the end of the stretched frame's range.
    """
    worst, clipped = 0.0, []
    for plain, frame, mask in zip(raw, other, truth, strict=True):
        flat = (frame == 0) | (frame == np.iinfo(np.uint16).max)
        away = np.abs(stretched(plain) - stretched(frame))[~flat]
        worst = max(worst, float(away.max(initial=0.0)))
        clipped.append(flat[mask > 0].mean())
    return worst, float(np.mean(clipped))


def _agreement(a: NDArray, b: NDArray) -> float:
    """IoU; 1 where both found nothing."""
    either = np.sum(a | b)
    return float(np.sum(a & b) / either) if either else 1.0


def stretch_table() -> str:
    """Section on the stretch and Cellpose."""
    weights = base_model(1)
    lines = [
        "## Cellpose and the stretch",
        "",
        "Cellpose maps the 1st and 99th percentile of every image to 0 and 1 itself and clips "
        "nothing. The stretch of `Normalise` maps the same two percentiles to 0 and 65 535, rounds "
        "down and clips. So after it Cellpose finds its percentiles at the ends of the range and "
        "sees the same image, but for the clipping: 1 % of the field's pixels at either end are "
        "flat, most of them in the cell. That 1 % decides. A cell that covers less of the field "
        "than that is brighter than 1 for the network without the stretch, however much, and flat "
        "with it. Fewer hot pixels than that hardly move the percentile, "
        "but stay far above 1 without the stretch. What a network makes of values that it has not "
        "seen is its own affair: this one learnt from fields of which a cell covers 8 %, and "
        "loses what it has not been shown; generalists such as cyto3 have learnt from more and "
        "were not at hand to be measured. Lamella's Cellpose step sees the frames as recorded. Two "
        f"movies of {_FRAMES} frames a row, one cell of 30 px in a field of 96 px unless said "
        "otherwise, "
        "a model taught from scratch (below), the stretch forced on. *Rule*: whether the adaptive "
        "rule would stretch such a movie. *Input*: largest difference in what the network sees, in "
        "units of Cellpose's range, beside clipped pixels. *Flat*: share of the cell's own pixels "
        "that were clipped.",
        "",
        "| movies | rule | input | flat | IoU of the masks without and with | IoU to the truth "
        "without | with |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for case in CASES:
        told = compared(case, weights)
        lines.append(
            f"| {case.name} | {'yes' if told.adaptive else 'no'} | {told.same_inside:.1e} "
            f"| {told.clipped:.0%} | {told.agreement:.3f} | {told.iou[0]:.3f} "
            f"| {told.iou[1]:.3f} |"
        )
    return "\n".join(lines)
