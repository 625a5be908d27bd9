"""The recurrent network fine-tuned on real cells, without its parts, and its steadiness in time.

Sections of docs/accuracy.md; what takes trainings is in `recurrent_trials.py`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from accuracy_motion import FOREGROUNDS
from recurrent_movies import REAL, Material
from recurrent_scores import Scored, Segmenter, scored
from recurrent_trials import (
    ABLATED,
    ABLATIONS,
    CLUSTERS,
    FINE_TUNED,
    MATERIALS,
    RECIPE,
    SEEDS,
    WHOLE,
    WITHOUT_MEMORY,
    by_network,
    done,
    segmenter,
    work_through,
)

from lamella.core.frames import Frames
from lamella.segment import ByDistance, Motion, MultiOtsu


def fine_tuned_table(*, compute: bool = True) -> str:
    """Section on fine-tuning: a block of a movie learnt from, another judged.

    Parameters
    ----------
    compute : bool
        Work through what is not done; otherwise tell of what there is.
    """
    if compute:
        work_through()
    table = done()
    patches = (RECIPE.epochs_frozen + RECIPE.epochs) * RECIPE.patches_per_epoch
    lines = [
        "## The recurrent network, fine-tuned",
        "",
        "The network that comes with Lamella, which has seen phantoms only, taught on one block of "
        "real frames and judged on another with a gap between, by the defaults of `lamella train "
        f"recurrent` ({patches} patches of {RECIPE.patches.patch_px} px). Pixel F1 (mean over "
        f"frames) and SEG (mean over cells) as mean ± SD over the seeds "
        f"{', '.join(map(str, SEEDS))}. Settings were chosen within the block that is learnt from. "
        "Each block is a movie of its own for every method. `Motion` is split by `ByDistance` "
        "where single cells are known, and has nothing to say of U373, whose frames are too far "
        "apart; there the network sees every frame alone. The masks of PtK1 tell one cluster, "
        f"larger than a square: there {CLUSTERS.patches.patch_px} px, {CLUSTERS.epochs} epochs of "
        f"{CLUSTERS.patches_per_epoch} patches, `learning_rate` {CLUSTERS.learning_rate}, "
        "`distance_weight` 0. Of `MultiOtsu` the best of *bright*, *dark* and *either* is taken "
        "with the truth in hand. Sizes below which objects are "
        "dropped are the same for the network, tuned or not.",
        "",
        "| movie | frames learnt | judged | method | F1 | SEG |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    verdicts = []
    if gone := [folder for folder in REAL if folder not in MATERIALS]:
        lines[4:4] = [f"Not there, so not measured: {', '.join(gone)}.", ""]
    for folder in [folder for folder in REAL if folder in MATERIALS]:
        material = MATERIALS[folder]()
        n_taught, n_judged = (
            sum(len(block.labels) for block in blocks)
            for blocks in (material.taught, material.judged)
        )
        rows = table[(table["data"] == folder) & (table["way"] == FINE_TUNED)]
        others = dict(_others(material))
        start = f"| {material.title} | {n_taught} | {n_judged}"
        for name, found in others.items():
            lines.append(f"{start} | {name} | {found.f1:.3f} | {found.seg:.3f} |")
        if len(rows):
            lines.append(
                f"{start} | **fine-tuned** | {spread(rows['f1'])} | {spread(rows['seg'])} |"
            )
            verdicts.append(beaten(material.title, rows, others))
    return "\n".join([*lines, "", *verdicts])


def beaten(title: str, rows: pd.DataFrame, others: dict[str, Scored]) -> str:
    """Which of the other methods the fine-tuned networks surpass, good or bad."""
    told = []
    for score in ("f1", "seg"):
        by_all = [n for n, each in others.items() if rows[score].min() > getattr(each, score)]
        by_none = [n for n, each in others.items() if rows[score].max() < getattr(each, score)]
        part = f"{'F1' if score == 'f1' else 'SEG'} above {_listed(by_all)} with every seed"
        told.append(part + (f", below {_listed(by_none)} with every seed" if by_none else ""))
    return f"- {title}: {'; '.join(told)}. {_minutes(rows)} to teach."


def ablation_table() -> str:
    """Section on what the network's parts are worth."""
    if ABLATED not in MATERIALS:
        return (
            f"## The recurrent network without its parts\n\nNot measured: {ABLATED} is not there."
        )
    table = done()
    rows = table[table["data"] == ABLATED]
    lines = [
        "## The recurrent network without its parts",
        "",
        "The decoder and the ConvLSTM drawn at random, the encoder of the network that comes with "
        f"Lamella; taught and judged on {MATERIALS[ABLATED]().title} as above, with as many "
        "patches each. The data set was chosen because its cells are few (95 % is background), "
        "small, known one by one, and followed from frame to frame. Mean ± SD over seeds; "
        "*difference*: from all of it, paired by seed.",
        "",
        "| network | F1 | difference | SEG | difference | minutes to teach |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    whole = _by_seed(rows, WHOLE.name)
    verdicts = []
    for way in ABLATIONS:
        part = _by_seed(rows, way.name)
        if part.empty:
            continue
        away = (part - whole).dropna()
        cells = [
            f"{spread(part[score])} | {spread(away[score], signed=True) if way != WHOLE else '–'}"
            for score in ("f1", "seg")
        ]
        minutes = part["taught_s"].mean() / 60
        lines.append(f"| {way.name} | {' | '.join(cells)} | {minutes:.1f} |")
        if way != WHOLE and len(away):
            verdicts.append(f"- {way.name[0].upper()}{way.name[1:]}: {direction(away)}.")
    return "\n".join([*lines, "", *verdicts])


def direction(away: pd.DataFrame) -> str:
    """What every seed says of a difference, or that they disagree."""
    told = []
    for score, name in (("f1", "F1"), ("seg", "SEG")):
        low, high = away[score].min(), away[score].max()
        how = "worse" if high < 0 else "better" if low > 0 else "neither better nor worse"
        told.append(f"{name} {how} with every seed" if low * high > 0 else f"{name} {how}")
    return ", ".join(told)


def steadiness_table() -> str:
    """Section on flicker."""
    table = done()
    lines = [
        "## The recurrent network: steadiness in time",
        "",
        "IoU of the foreground of a frame with that of the next, found minus true (cells move, so "
        "the truth changes as well): below 0 the outlines flicker, above 0 they lag. *Off*: mean "
        "size of the difference, pair by pair. The same network taught in the same way with and "
        "without its ConvLSTM, on the frames judged above, and on phantoms with so little light "
        "that one frame alone does not show where a cell ends. Mean ± SD over seeds.",
        "",
        "| movie | network | true IoU | found − true | off | F1 |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    verdicts = []
    for data in [data for data in (ABLATED, "dim") if data in MATERIALS]:
        title = MATERIALS[data]().title
        rows = table[table["data"] == data]
        with_it, without = (_by_seed(rows, way.name) for way in (WHOLE, WITHOUT_MEMORY))
        for name, part in (("with ConvLSTM", with_it), ("without", without)):
            if part.empty:
                continue
            away = part["steadiness"] - part["true_steadiness"]
            lines.append(
                f"| {title} | {name} | {part['true_steadiness'].mean():.3f} "
                f"| {spread(away, signed=True)} | {spread(part['unsteady'])} "
                f"| {spread(part['f1'])} |"
            )
        gain = (without["unsteady"] - with_it["unsteady"]).dropna()
        steadier = (with_it["steadiness"] - without["steadiness"]).dropna()
        if len(gain):
            verdicts.append(
                f"- {title}: with the ConvLSTM the IoU is higher with {_wins(steadier)} seeds "
                f"({spread(steadier, signed=True)}), and nearer to the truth with {_wins(gain)} "
                f"({spread(gain, signed=True)})."
            )
    return "\n".join([*lines, "", *verdicts])


def spread(values: pd.Series, *, signed: bool = False) -> str:
    """Mean ± SD; the mean alone of a single value."""
    sign = "+" if signed else ""
    mean = f"{np.mean(values):{sign}.3f}"
    return f"{mean} ± {np.std(values, ddof=1):.3f}" if len(values) > 1 else mean


def _others(material: Material) -> Iterator[tuple[str, Scored]]:
    """What is not taught on the block, judged on the same frames."""

    def judged(segment: Segmenter) -> Scored:
        return scored(segment, material.judged, border_px=material.border_px)

    otsu = {kind: judged(by_otsu(kind)) for kind in FOREGROUNDS}
    best = max(otsu, key=lambda kind: otsu[kind].f1)
    yield f"multi-Otsu, {best}", otsu[best]
    if not material.one_by_one:
        yield "Motion", judged(by_motion(split=not material.clusters))
    yield "un-tuned", judged(by_network(segmenter(material)))


def by_otsu(foreground: str) -> Segmenter:
    """`MultiOtsu` on one kind of contrast, else nothing set."""
    step = MultiOtsu(foreground=foreground)
    return lambda frames: step(frames)


def by_motion(*, split: bool) -> Segmenter:
    """`Motion`, its clumps split by distance where asked."""

    def segment(frames: Frames) -> Frames:
        motion = Motion()
        labels = motion(frames, state=motion.prepare(frames))
        if not split:
            return labels
        cut = ByDistance()
        return cut(labels, frames, state=cut.prepare(labels, frames))

    return segment


def _by_seed(rows: pd.DataFrame, way: str) -> pd.DataFrame:
    return rows[rows["way"] == way].set_index("seed").drop(columns=["data", "way"])


def _minutes(rows: pd.DataFrame) -> str:
    return f"{rows['taught_s'].mean() / 60:.1f} min"


def _wins(gain: pd.Series) -> str:
    return f"{int((gain > 0).sum())} of {len(gain)}"


def _listed(names: list[str]) -> str:
    return " and ".join(names) if names else "none"
