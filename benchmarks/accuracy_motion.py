"""How well `Motion` finds cells, beside its alternatives; sections of docs/accuracy.md.

Alone, it prints its sections: ``python benchmarks/accuracy_motion.py --split tuning``. The report
split is for the page only: what is tuned on it is no longer a report.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import motion_movies as films
import numpy as np
import pandas as pd
from motion_movies import SPLITS, Filmed, Mask, Split
from numpy.typing import NDArray
from published_motion import COMPARATORS, Comparator

from lamella.core.frames import ArrayFrames, Frames, Window, chunked
from lamella.segment import Motion, MultiOtsu

FIGURE = Path(__file__).parents[1] / "docs" / "figures" / "closing_radius.png"
RADII_PX, USUAL_PX = range(3, 10), 5
FOREGROUNDS = ("bright", "dark", "either")
MOTION, OTSU = "Motion", "multi-Otsu"
Image = NDArray[Any]
Masks = Mapping[int, Mask]


def motion_table(split: Split | None = None) -> str:
    """Pixel F1 of every method on every set of movies, a table for each split."""
    lines = [
        "## Segmentation by motion",
        "",
        "Pixel F1 (Dice) against the true masks, mean over frames, then over movies. No labels are "
        "used and every method has one setting for all: the defaults of `Motion`, which gets the "
        "movie whole, and of `MultiOtsu`, of which the best of *bright*, *dark* and *either* is "
        "taken row by row with the truth in hand. The three others are the published method "
        "(Robitaille et al., Commun. Biol. 5:1162, 2022) written out in OpenCV, scikit-image and "
        "scikit-learn (`benchmarks/published_motion.py`): a *literal port* with labels at "
        "quantiles 0.3 and 0.97 of the flow; the *paper's text*, whose thresholds step by summed "
        "entropy; and what the *release* computes, the flow between a black frame and the frame "
        "that is to be segmented. They see the frame and the one before (the first: the one "
        "after).",
        "",
        "*Everything*: what calling every pixel cell would give. The Cell Tracking Challenge does "
        f"not label cells whose pixels all lie within {films.PSC_BORDER_PX} px of the border; by "
        "its rule, such objects of a result are left out before it is compared.",
    ]
    if gone := films.absent():
        lines += ["", f"Not there, so not measured: {', '.join(gone)}."]
    for which in SPLITS if split is None else (split,):
        lines += ["", *_scores(which)]
    return "\n".join(lines)


def stability_table() -> str:
    """Share of pixels that change where nothing about the cells has."""
    lines = [
        "## Segmentation by motion: what must not matter",
        "",
        "Share of the field's pixels that change between cell and background, mean over the "
        "compared frames of the tuning movies (of the phantoms the brightest of each kind). "
        "*Chunks*: the movie cut in the middle, as workers would.",
        "",
    ]
    rows: dict[str, dict[str, float]] = {}
    for filmed in _one_of_each("tuning"):
        plain = _by_motion(filmed.frames, filmed.truth)
        images = filmed.frames.asarray()
        rows[filmed.row] = {
            name: _share_changed(
                plain, {t: back(m) for t, m in _by_motion(changed, filmed.truth).items()}
            )
            for name, changed, back in _altered(images)
        }
        rows[filmed.row]["chunks"] = _share_changed(plain, _in_chunks(filmed))
    return "\n".join([*lines, *_markdown(rows, lambda share: f"{share:.3%}")])


def closing_table() -> str:
    """The figure of the closing radius, with its numbers."""
    figure = closing_figure()
    rows = {
        row: {f"{radius} px": areas[radius] for radius in RADII_PX}
        for row, areas in _relative_areas().items()
    }
    return "\n".join(
        [
            "## Segmentation by motion: the closing radius",
            "",
            f"Area of cells over that at `closing_px={USUAL_PX}`, on the tuning movies (of the "
            "phantoms the brightest of each kind). The published method holds the area to be the "
            "same over a range of radii; left alone, `closing_px` is 2, or 5 where motion is seen "
            "only when pooled.",
            "",
            f"![Area of cells over the closing radius](figures/{figure.name})",
            "",
            *_markdown(rows, lambda share: f"{share:.3f}"),
        ]
    )


def closing_figure() -> Path:
    """Draw the area of cells over the closing radius."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(5.2, 3.2), layout="constrained")
    for row, areas in _relative_areas().items():
        axes.plot(list(RADII_PX), [areas[r] for r in RADII_PX], marker="o", ms=3, lw=1.2, label=row)
    axes.axhline(1, color="0.7", lw=0.8, zorder=0)
    axes.set_xlabel("closing radius (px)")
    axes.set_ylabel(f"area of cells, {USUAL_PX} px = 1")
    axes.legend(frameon=False, fontsize=7)
    axes.spines[["top", "right"]].set_visible(False)
    FIGURE.parent.mkdir(parents=True, exist_ok=True)
    # No date and no version in the file: the same figures give the same bytes.
    figure.savefig(FIGURE, dpi=110, metadata={"Software": None})
    plt.close(figure)
    return FIGURE


def f1(found: Image, truth: Image) -> float:
    """Pixel F1 of two masks; NaN where both are empty."""
    found, truth = found > 0, truth > 0
    total = np.count_nonzero(found) + np.count_nonzero(truth)
    return 2 * np.count_nonzero(found & truth) / total if total else float("nan")


def without_border_objects(mask: Mask, *, border_px: int) -> Mask:
    """A mask without the objects (8-connected) that lie wholly within the border of the field."""
    _, regions = cv2.connectedComponents(mask.view(np.uint8), connectivity=8)
    reaches_in = np.zeros(int(regions.max()) + 1, bool)
    reaches_in[np.unique(regions[border_px:-border_px, border_px:-border_px])] = True
    reaches_in[0] = False
    kept: Mask = reaches_in[regions]
    return kept


def scores(filmed: Filmed) -> dict[str, dict[str, float]]:
    """Mean F1 of every method on one movie, by row of the table."""
    found = dict(_found(filmed))
    rows = {filmed.row: found}
    if filmed.row.startswith("PSC"):
        rows[f"{filmed.row}, by the Challenge's rule"] = {
            name: {
                t: without_border_objects(mask, border_px=films.PSC_BORDER_PX)
                for t, mask in masks.items()
            }
            for name, masks in found.items()
        }
    return {
        row: {
            name: float(np.mean([f1(mask, filmed.truth[t]) for t, mask in masks.items()]))
            for name, masks in by_method.items()
        }
        for row, by_method in rows.items()
    }


def _scores(split: Split) -> Iterator[str]:
    """The table of one split, line by line."""
    measured: dict[str, list[dict[str, float]]] = {}
    frames: dict[str, int] = {}
    for filmed in films.movies(split):
        for row, by_method in scores(filmed).items():
            measured.setdefault(row, []).append(by_method)
            frames[row] = frames.get(row, 0) + len(filmed.truth)
    yield f"### The {split} split"
    yield ""
    if split == "tuning":
        yield "Movies that were looked at while settings were chosen."
    else:
        yield "Movies, or parts of them, that were not looked at before every setting stood."
    yield ""
    names = [MOTION, OTSU, *COMPARATORS, "everything"]
    yield "| movies | frames | " + " | ".join(names) + " |"
    yield "| --- " * (len(names) + 2) + "|"
    for row, of_movies in measured.items():
        mean = pd.DataFrame(of_movies).mean()
        best = max(FOREGROUNDS, key=lambda kind: mean[f"{OTSU}, {kind}"])
        cells = [
            f"**{mean[MOTION]:.3f}**",
            f"{mean[f'{OTSU}, {best}']:.3f} ({best})",
            *(f"{mean[name]:.3f}" for name in (*COMPARATORS, "everything")),
        ]
        several = f" ({len(of_movies)} movies)" if len(of_movies) > 1 else ""
        yield f"| {row}{several} | {frames[row]} | " + " | ".join(cells) + " |"


def _found(filmed: Filmed) -> Iterator[tuple[str, Masks]]:
    """Masks of the compared frames, method by method."""
    frames, wanted = filmed.frames, filmed.truth
    yield MOTION, _by_motion(frames, wanted)
    for kind in FOREGROUNDS:
        step = MultiOtsu(foreground=kind)
        yield f"{OTSU}, {kind}", {t: step.segment(frames.frame(t)) > 0 for t in wanted}
    for name, segment in COMPARATORS.items():
        yield name, _by_pairs(segment, frames, wanted)
    yield "everything", {t: np.ones(frames.frame_shape, bool) for t in wanted}


def _by_motion(frames: Frames, wanted: Masks, *, step: Motion | None = None) -> Masks:
    step = step or Motion()
    labels = step(frames, state=step.prepare(frames))
    return {t: labels.frame(t) > 0 for t in wanted}


def _by_pairs(segment: Comparator, frames: Frames, wanted: Masks) -> Masks:
    return {t: segment(frames.frame(t - 1 if t else 1), frames.frame(t)) for t in wanted}


def _in_chunks(filmed: Filmed) -> Masks:
    """What workers would make of the two halves of a movie."""
    step, frames = Motion(), filmed.frames
    parts = chunked(frames, [len(frames) // 2])
    state = step.merge([step.prepare(part) for part in parts])
    found = {}
    for part in parts:
        reach = step.reach
        seen = Window(frames, part.span.start - reach.before, part.span.stop + reach.after)
        labels = step(seen, state=state)
        found.update({t: labels.frame(t) > 0 for t in filmed.truth if t in part.span})
    return found


def _altered(images: Image) -> Iterator[tuple[str, Frames, Callable[[Mask], Mask]]]:
    """The movie altered, and how its masks are brought back."""
    grey = images.astype(np.float32)
    yield "× 10", ArrayFrames(grey * 10), _same
    yield "+ 500", ArrayFrames(grey + 500), _same
    yield "flipped up-down", ArrayFrames(images[:, ::-1]), lambda mask: mask[::-1]
    yield "flipped left-right", ArrayFrames(images[:, :, ::-1]), lambda mask: mask[:, ::-1]
    yield "rotated by 90°", ArrayFrames(np.rot90(images, axes=(1, 2))), lambda m: np.rot90(m, -1)
    yield "float32", ArrayFrames(grey), _same
    yield "uint16", ArrayFrames(images.astype(np.uint16)), _same


def _same(mask: Mask) -> Mask:
    return mask


def _share_changed(before: Masks, after: Masks) -> float:
    return float(np.mean([np.mean(before[t] != after[t]) for t in before]))


@cache
def _relative_areas() -> dict[str, dict[int, float]]:
    """Area of cells at every radius over that at the usual one, by row."""
    out = {}
    for filmed in _one_of_each("tuning"):
        area = {
            radius: sum(
                np.count_nonzero(mask)
                for mask in _by_motion(
                    filmed.frames, filmed.truth, step=Motion(closing_px=radius)
                ).values()
            )
            for radius in RADII_PX
        }
        out[filmed.row] = {radius: area[radius] / max(area[USUAL_PX], 1) for radius in RADII_PX}
    return out


def _one_of_each(split: Split) -> Sequence[Filmed]:
    """One movie for each row; of several the last, which has most light."""
    return list({filmed.row: filmed for filmed in films.movies(split)}.values())


def _markdown(rows: Mapping[str, Mapping[str, float]], shown: Callable[[float], str]) -> list[str]:
    columns = list(next(iter(rows.values())))
    return [
        "| movies | " + " | ".join(columns) + " |",
        "| --- " * (len(columns) + 1) + "|",
        *(
            f"| {row} | " + " | ".join(shown(values[name]) for name in columns) + " |"
            for row, values in rows.items()
        ),
    ]


def main() -> None:
    """Print the sections."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--split", choices=[*SPLITS, "both"], default="tuning")
    split = parser.parse_args().split
    for section in (motion_table(None if split == "both" else split), stability_table()):
        print(section, end="\n\n", flush=True)
    print(closing_table())


if __name__ == "__main__":
    main()
