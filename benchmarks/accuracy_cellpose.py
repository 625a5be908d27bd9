"""Cellpose on phantoms: taught from scratch, stretched or not, taught by its own masks."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
import pandas as pd
from cellpose_diameter import diameter_table
from cellpose_factorial import (
    LIGHT,
    N_FRAMES,
    N_TRAINING,
    N_UNSEEN,
    ROUNDS,
    RULES,
    SEEDS,
    TEACH,
    done,
    work_through,
)
from cellpose_stretch import stretch_table
from cellpose_worlds import (
    BASE_LIGHT,
    FROM_SCRATCH,
    base_model,
    cell_movie,
    overlaps,
    segmented,
    the_cell,
)
from scipy.stats import t as students_t

HELD_OUT = range(400, 410)
LONGER = FROM_SCRATCH.model_copy(update={"epochs": 90})
"""The base models of the other sections are stopped early, to have something to learn."""
_PART = ["light", "rule", "seed"]

__all__ = ["diameter_table", "from_scratch_table", "self_training_table", "stretch_table"]


def from_scratch_table() -> str:
    """Section on models taught from scratch on 40 frames."""
    lines = [
        "## Cellpose taught from scratch",
        "",
        f"Cellpose 3's network with random weights, taught on 40 frames of 96 × 96 px (8 movies of "
        f"5 frames; one cell of 30 px, {BASE_LIGHT[0]:.0f} to {BASE_LIGHT[-1]:.0f} photo-electrons)"
        f" in epochs of {FROM_SCRATCH.images_per_epoch} patches of {FROM_SCRATCH.patch_px} px, and "
        f"held against the true masks of {len(HELD_OUT)} other movies of 3 frames, equally bright. "
        "The settings were chosen on other seeds. Worst: the worst frame. Those of fewer epochs "
        "are the models of the other sections, which shall have something left to learn.",
        "",
        "| epochs | model seed | frames | empty | IoU to the truth | worst |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for teach, seed in product((FROM_SCRATCH, LONGER), SEEDS):
        found = []
        for i, movie in enumerate(HELD_OUT):
            light = BASE_LIGHT[i % len(BASE_LIGHT)]
            phantom = cell_movie(movie, photoelectrons=light, n_frames=3)
            labels = segmented(base_model(seed, teach), phantom.movie.channel())
            found.append(overlaps(the_cell(labels), phantom.truth.frames))
        iou = np.concatenate(found)
        lines.append(
            f"| {teach.epochs} | {seed} | {len(iou)} | {np.mean(iou == 0):.0%} | {iou.mean():.3f} "
            f"| {iou.min():.3f} |"
        )
    return "\n".join(lines)


def self_training_table(*, compute: bool = True) -> str:
    """Section on stretch × rounds × light.

    Parameters
    ----------
    compute : bool
        Work through what is not done; otherwise tell of what there is.
    """
    if compute:
        work_through()
    table = done()
    n_parts, n_done = len(SEEDS) * len(LIGHT) * len(RULES), len(table[_PART].drop_duplicates())
    head = [
        "## Cellpose taught by its own masks",
        "",
        f"The models of {FROM_SCRATCH.epochs} epochs of the section above, which have never seen a "
        "dim cell, and what rounds of self-training make of them (`PseudoLabels`, every frame that "
        "passes; `FineTune`, "
        f"{TEACH.epochs} epochs of {TEACH.patch_px} px patches at a rate of "
        f"{TEACH.learning_rate:g} from the base in every round; "
        f"`Rounds`). Each part of the table has {N_TRAINING} movies of {N_FRAMES} frames to teach "
        f"and to hold out from, and {N_UNSEEN} **unseen** ones on which it is judged; the same "
        "movies for every way. Settings were chosen on seed 0 (a rate of 0.05 for 8 and for 20 "
        "epochs on every second frame made masks worse); seeds told here: "
        f"{', '.join(map(str, SEEDS))}. *Gain*: difference of the IoU from round 0 of the same "
        "movies, mean over seeds with the 95 % interval of Student's t over them (each the mean of "
        f"{N_UNSEEN} movies). *Speed SD*: that of steps between trusted frames over that of the "
        "true masks, median over the movies that have one. *Kept*: seeds of which `Rounds` keeps "
        "this round, going by held-out movies without the truth. A round after the kept one is "
        "made all the same, to show what it would have been.",
        *([] if n_done == n_parts else ["", f"Done so far: {n_done} of {n_parts} parts."]),
        "",
        "| photo-electrons | stretch | round | seeds | frames learnt | empty | IoU to the truth "
        "| gain | worse in | speed SD ÷ true | kept |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    return "\n".join([*head, *_rows(table), "", *(verdict(table) if n_done else [])])


def _rows(table: pd.DataFrame) -> list[str]:
    lines = []
    for light, electrons in LIGHT.items():
        for rule in RULES:
            part = table[(table["light"] == light) & (table["rule"] == rule)]
            if part.empty:
                continue
            gain = gains(part)
            for number, rows in part.groupby("round"):
                ratio = (rows["speed_sd"] / rows["true_speed_sd"]).dropna()
                by_seed = rows.groupby("seed").first()
                told = interval(gain[number]) if number else "–"
                worse = f"{int((gain[number] < 0).sum())} of {len(gain)}" if number else "–"
                lines.append(
                    f"| {electrons:.0f} | {rule} | {number} | {len(by_seed)} "
                    f"| {by_seed['n_learnt'].mean():.0f} | {rows['empty'].mean():.1%} "
                    f"| {rows['iou'].mean():.3f} | {told} | {worse} "
                    f"| {f'{ratio.median():.2f}' if len(ratio) else '–'} "
                    f"| {int(by_seed['kept'].sum())} |"
                )
    return lines


def gains(part: pd.DataFrame) -> pd.DataFrame:
    """Seeds × rounds: mean IoU over the unseen movies, less that of round 0."""
    mean = part.pivot_table(index="seed", columns="round", values="iou", aggfunc="mean")
    return mean.sub(mean[0], axis=0)


def interval(values: Sequence[float]) -> str:
    """Mean and 95 % interval; the mean alone of a single value."""
    known = np.asarray(values, float)
    if len(known) < 2:
        return f"{known.mean():+.3f}"
    half = students_t.ppf(0.975, len(known) - 1) * known.std(ddof=1) / np.sqrt(len(known))
    return f"{known.mean():+.3f} ({known.mean() - half:+.3f} to {known.mean() + half:+.3f})"


def verdict(table: pd.DataFrame) -> list[str]:
    """What the table says, good or bad, in words."""
    helped, not_helped, harmed = [], [], []
    for light in LIGHT:
        for rule in RULES:
            part = table[(table["light"] == light) & (table["rule"] == rule)]
            if part.empty:
                continue
            gain = gains(part)
            for number in range(1, ROUNDS + 1):
                name = f"{LIGHT[light]:.0f} e⁻, {rule}, round {number} ({gain[number].mean():+.3f})"
                low, high = gain[number].min(), gain[number].max()
                (helped if low > 0 else harmed if high < 0 else not_helped).append(name)
    lines = [
        f"{what}: {'; '.join(names) if names else 'none'}."
        for what, names in (
            ("Self-training raised the IoU with every seed", helped),
            ("It lowered it with every seed", harmed),
            ("It did neither", not_helped),
        )
    ]
    kept = table[table["kept"]].groupby(_PART)["iou"].mean()
    base = table[table["round"] == 0].groupby(_PART)["iou"].mean()
    away = kept - base
    lines.append(
        f"Of the round that `Rounds` keeps, the IoU is at worst {away.min():+.3f} from that of the "
        f"base ({int((away < 0).sum())} of {len(away)} below it, {int((away == 0).sum())} are the "
        "base itself)."
    )
    plain, other = (
        table[(table["rule"] == rule) & (table["round"] == 0)]
        .set_index(["light", "seed", "movie"])["iou"]
        for rule in RULES
    )  # fmt: skip
    change = (other - plain).dropna()
    if len(change):
        lines.append(
            f"The stretch alone (round 0) changes the IoU of {int((change != 0).sum())} of "
            f"{len(change)} movies, by {change.mean():+.4f} in the mean and "
            f"{change.abs().max():.3f} at most."
        )
    return [f"- {line}" for line in lines]
