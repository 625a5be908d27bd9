"""Splitting clumps against movies whose single cells are known: SEG before and after."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from flicker import flicker
from numpy.typing import NDArray

from lamella.core.frames import ArrayFrames, Frames
from lamella.evaluate import seg
from lamella.io import open_labels, open_movie
from lamella.kernels.morphology import filled
from lamella.phantom import ColonyPhantom
from lamella.segment import ByDistance, ByIntensity, ByNucleus

Segmenter = Callable[[Frames], Frames]
"""From the frames of a movie to labels in which cells that touch are one object."""

ROOT = Path(__file__).resolve().parents[2] / "shared" / "data"
REPORT_FRAMES = range(13, 25)
"""Frames of the stem cells on which nothing was tuned."""

_WIDE_PX, _STANDS_OUT, _SMALLEST_PX = 61, 20, 60


def brighter_than_around(frame: NDArray) -> NDArray[np.int32]:
    """Labels of what stands out from the median of its neighbourhood: a plain mask to split.

    8-bit frames of bright cells that cover less than half of every neighbourhood.
    """
    stands_out = frame.astype(np.float32) - cv2.medianBlur(frame, _WIDE_PX) > _STANDS_OUT
    whole = filled(stands_out).view(np.uint8)
    n, labels, stats, _ = cv2.connectedComponentsWithStats(whole, connectivity=4)
    keep = stats[:, cv2.CC_STAT_AREA] >= _SMALLEST_PX
    keep[0] = False
    return np.where(keep, np.arange(n), 0).astype(np.int32)[labels]


def psc(frames: Sequence[int], root: Path | None = None) -> tuple[Frames, Frames]:
    """Images and true labels of some frames of ctc_PhC-C2DL-PSC."""
    folder = (root or _root()) / "ctc_PhC-C2DL-PSC"
    image = open_movie(folder / "02").channel()
    truth = open_labels(folder / "02_ST" / "SEG").frames
    return tuple(
        ArrayFrames(np.stack([source.frame(t) for t in frames])) for source in (image, truth)
    )


def declump_table(
    segmenters: dict[str, Segmenter] | None = None,
    *,
    frames: Sequence[int] = REPORT_FRAMES,
    root: Path | None = None,
) -> str:
    """A table in Markdown.

    Parameters
    ----------
    segmenters : dict
        By name; each is called with the frames of the stem cells. The plain mask is always there.
    frames : sequence of int
        Frames of the stem cells.
    """
    lines = [
        "## Touching cells",
        "",
        "SEG of the Cell Tracking Challenge (mean Jaccard index over true cells; 0 for a cell less "
        "than half covered by one object) before and after splitting. *Changes*: how often the "
        "number of pieces of one and the same clump changes from one frame to the next, without "
        "and with the agreement between frames.",
        "",
        "| movie | mask | method | SEG before | SEG after | changes without | with | steps |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {movie} | {mask} | {method} | {before:.3f} | {after:.3f} | {alone} | {both} | {steps} |"
        for movie, mask, method, before, after, alone, both, steps in _rows(
            segmenters or {}, frames, root
        )
    ]
    return "\n".join(lines)


def _rows(
    segmenters: dict[str, Segmenter], frames: Sequence[int], root: Path | None
) -> Iterator[tuple]:
    for look in ("fluorescence", "phase"):
        image, truth, nuclei = colony(look)
        mask = ArrayFrames(np.stack([_components(frame > 0) for frame in truth]))
        for step in (ByDistance(), ByIntensity(), ByNucleus()):
            yield (
                f"phantom colony, {look}",
                "true union",
                *_scores(step, mask, image, truth, nuclei),
            )
    image, truth = psc(frames, root)

    def union(image: Frames) -> Frames:
        return ArrayFrames(np.stack([_components(frame > 0) for frame in truth]))

    def plain(image: Frames) -> Frames:
        return ArrayFrames(np.stack([brighter_than_around(frame) for frame in image]))

    masks = {"true union": union, "brighter than around": plain, **segmenters}
    for name, segmenter in masks.items():
        mask = ArrayFrames(segmenter(image).asarray())
        for step in (ByDistance(), ByIntensity()):
            yield "PhC-C2DL-PSC", name, *_scores(step, mask, image, truth, None)


def _scores(
    step: ByDistance | ByIntensity | ByNucleus,
    mask: Frames,
    image: Frames,
    truth: Frames,
    nuclei: Frames | None,
) -> tuple[str, float, float, int, int, int]:
    state = step.prepare(mask, image, nuclei)
    alone = step.model_copy(update={"around": 0})
    found, single = (each(mask, image, nuclei, state=state).asarray() for each in (step, alone))
    agreed, steps = flicker(mask.asarray(), found)
    return step.method, seg(truth, mask), seg(truth, found), flicker(
        mask.asarray(), single
    )[0], agreed, steps  # fmt: skip


def colony(look: str, *, n_frames: int = 20, seed: int = 7) -> tuple[Frames, Frames, Frames]:
    """Image, true cells and true nuclei (a disc about each centroid) of a crowded phantom."""
    phantom = ColonyPhantom(
        field_px=(384, 384), n_frames=n_frames, n_cells=10, n_divisions=1, look=look,
        photoelectrons=500, cohesion_per_min=0.0, seed=seed,
    ).make()  # fmt: skip
    truth = phantom.truth.frames.asarray()
    nuclei = np.zeros_like(truth)
    for frame, drawn in zip(truth, nuclei, strict=True):
        for cell in np.unique(frame[frame > 0]):
            rows, columns = np.nonzero(frame == cell)
            cv2.circle(drawn, (round(columns.mean()), round(rows.mean())), 7, int(cell), -1)
    return ArrayFrames(phantom.movie.channel().asarray()), ArrayFrames(truth), ArrayFrames(nuclei)


def _components(mask: NDArray[np.bool_]) -> NDArray[np.int32]:
    return cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)[1]


def _root() -> Path:
    import os

    return Path(os.environ.get("LAMELLA_TEST_DATA", ROOT))


if __name__ == "__main__":
    print(declump_table())
