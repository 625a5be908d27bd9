"""Stretch × rounds of self-training × light × seeds, judged on movies that nothing learnt from.

``python benchmarks/cellpose_factorial.py [SEED …]`` works through what is not done yet and can be
stopped and started again at will; ``accuracy_cellpose.py`` writes down what there is.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from cellpose_worlds import (
    BASE_KEY,
    CACHE,
    base_model,
    cell_movie,
    key,
    overlaps,
    seen,
    segmented,
    the_cell,
)

from lamella.core.frames import ArrayFrames, Frames
from lamella.core.labels import Labels
from lamella.core.table import Col
from lamella.evaluate import mean_iou, score_movie
from lamella.measure import Migration, walk
from lamella.nets.cellpose import load
from lamella.phantom import Phantom
from lamella.train.cellpose import FineTune, Tuned, save_weights
from lamella.train.examples import Example
from lamella.train.pseudo_labels import PseudoLabels
from lamella.train.rounds import Chosen, Judged, Rounds
from lamella.train.split import HoldOut

RULES = ("never", "adaptive")
LIGHT = {"bright": 200.0, "dim": 40.0, "very dim": 25.0}
"""Photo-electrons of a cell's body per pixel, over a ground of 20 and a read noise of 1.5."""
SEEDS = (1, 2, 3)
"""Models and movies that are reported on; the settings were chosen on seed 0."""
ROUNDS = 2
N_TRAINING, N_UNSEEN, N_FRAMES = 6, 4, 12

CHOOSE = PseudoLabels(stride=1)
TEACH = FineTune(epochs=24, batch_size=8, patch_px=64, learning_rate=0.01)
"""Chosen on seed 0. Every second frame and a rate of 0.05 for 8 or 20 epochs, some 30 steps of the
network, ended in masks that were worse than those learnt from; 40 epochs at 0.01 did not."""
HOLD_OUT = HoldOut(share=0.3)
ROUNDS_STEP = Rounds(rounds=ROUNDS)
_DECIDES = (BASE_KEY, CHOOSE, TEACH, HOLD_OUT, ROUNDS_STEP, LIGHT, N_TRAINING, N_UNSEEN, N_FRAMES)
PARTS = CACHE / f"factorial_{key(*_DECIDES)}"
"""Finished parts of the table."""


class PhantomWork:
    """Phantoms held in memory, segmented by every round's network."""

    def __init__(self, movies: dict[str, Phantom], folder: Path, *, seed: int, rule: str) -> None:
        names = pd.DataFrame(
            [(name, f"day{i % 2}", "cell") for i, name in enumerate(movies)],
            columns=[Col.MOVIE, Col.SESSION, Col.CONDITION],
        )
        self._session = dict(zip(names[Col.MOVIE], names[Col.SESSION], strict=True))
        self._held_out = HOLD_OUT.model_copy(update={"seed": seed})(names)
        self._images = {name: seen(phantom, rule) for name, phantom in movies.items()}
        self._folder, self._seed = folder, seed
        self._labels: dict[int, dict[str, Frames]] = {}
        self.weights = {0: base_model(seed)}

    def segment(self, number: int) -> None:
        self._labels[number] = {
            name: segmented(self.weights[number], images) for name, images in self._images.items()
        }

    def choose(self, number: int) -> Chosen:
        examples: list[Example] = []
        for name, images in self._images.items():
            told = {"movie": name, "session": self._session[name], "condition": "cell"}
            examples += CHOOSE(self._labels[number][name], images, **told).examples
        return Chosen(
            [e for e in examples if e.movie not in self._held_out],
            [e for e in examples if e.movie in self._held_out],
        )

    def tune(self, start: int, chosen: Chosen, number: int) -> Tuned:
        teach = TEACH.model_copy(update={"seed": 100 * self._seed + number})
        model = load(self.weights[start], device="cpu")
        tuned = teach(model, chosen.training, self.choose(0).held_out)
        self.weights[number] = self._folder / f"round_{number}.pth"
        save_weights(tuned.tensors, self.weights[number])
        return tuned

    def judge(self, number: int) -> Judged:
        """As `lamella train cellpose --self` does: steady cells, and the same as at first."""
        found = self._labels[number]
        scores = [score_movie(found[name], one_object=True) for name in sorted(self._held_out)]
        steady = [
            (1 - s[Col.EMPTY_RATE]) * np.nan_to_num(s[Col.TEMPORAL_IOU], nan=1.0) for s in scores
        ]
        sure = [
            mean_iou(e.labels[None] != 0, found[e.movie].frame(e.frame)[None] != 0)
            for e in self.choose(0).held_out
        ]
        return Judged(float(np.mean(steady)), float(np.mean(sure)) if sure else float("nan"))


def part_of_table(rule: str, light: str, seed: int) -> pd.DataFrame:
    """One part of the table: rows of (round, unseen movie); kept in `CACHE` once it is done."""
    file = _file(rule, light, seed)
    if file.exists():
        return pd.read_csv(file)
    folder = PARTS / f"models/{file.stem}"
    folder.mkdir(parents=True, exist_ok=True)
    # The same movies for every rule: the comparison is paired.
    first = 1000 * seed + 100 * list(LIGHT).index(light)
    training = {f"m{i}": _movie(first + i, light, i) for i in range(N_TRAINING)}
    unseen = [_movie(first + 50 + i, light, i) for i in range(N_UNSEEN)]
    work = PhantomWork(training, folder, seed=seed, rule=rule)
    trained = ROUNDS_STEP(work)
    n_learnt = {each.number: each.n_images for each in trained.rounds}
    for number in range(len(trained.rounds), ROUNDS + 1):  # what the rounds that were not done do
        chosen = work.choose(number - 1)
        n_learnt[number] = len(chosen.training)
        if chosen.training:
            work.tune(0, chosen, number)
        else:
            work.weights[number] = work.weights[number - 1]
        work.segment(number)
    rows = [
        {
            "rule": rule,
            "light": light,
            "seed": seed,
            "round": number,
            "movie": i,
            "n_learnt": n_learnt[number],
            "kept": number == trained.best,
            **judged(phantom, segmented(work.weights[number], seen(phantom, rule))),
        }
        for number in range(ROUNDS + 1)
        for i, phantom in enumerate(unseen)
    ]
    table = pd.DataFrame(rows)
    table.to_csv(file.with_suffix(".part"), index=False)
    file.with_suffix(".part").rename(file)
    return table


def _movie(seed: int, light: str, i: int) -> Phantom:
    """Cells of one day differ in brightness."""
    return cell_movie(
        seed, photoelectrons=LIGHT[light] * (0.75, 1.0, 1.25)[i % 3], n_frames=N_FRAMES
    )


def judged(phantom: Phantom, labels: Frames) -> dict[str, float]:
    """Empty frames, overlap with the truth, and the SD of the speed beside that of the truth."""
    found, truth = the_cell(labels), phantom.truth.frames.asarray()
    return {
        "empty": float(np.mean(~found.any(axis=(1, 2)))),
        "iou": float(overlaps(found, truth).mean()),
        "speed_sd": _speed_sd(phantom, found),
        "true_speed_sd": _speed_sd(phantom, truth),
    }


def _speed_sd(phantom: Phantom, masks: np.ndarray) -> float:
    """Over the pairs of frames that Lamella trusts; NaN with fewer than two."""
    labels = Labels("cell", ArrayFrames((masks > 0).astype(np.uint16)))
    _, (moved,) = walk(phantom.movie, labels, [Migration()], level=lambda *_: 0.0)
    return float(moved.frames[Col.SPEED].std(ddof=1)) if len(moved.frames) else float("nan")


def _file(rule: str, light: str, seed: int) -> Path:
    return PARTS / f"{rule}_{light.replace(' ', '-')}_{seed}.csv"


def done() -> pd.DataFrame:
    """What there is of the table; no rows where nothing is."""
    columns = ["rule", "light", "seed", "round", "movie", "n_learnt", "kept", "iou"]
    files = (_file(rule, light, seed) for seed, light, rule in product(SEEDS, LIGHT, RULES))
    parts = [pd.read_csv(file) for file in files if file.exists()]
    table = pd.concat([pd.DataFrame(columns=columns), *parts], ignore_index=True)
    return table.astype({"kept": bool})


def work_through(seeds: Sequence[int] = SEEDS) -> None:
    """The seeds outermost, so that what is done is balanced."""
    for seed, light, rule in product(seeds, LIGHT, RULES):
        part_of_table(rule, light, seed)


if __name__ == "__main__":
    work_through([int(seed) for seed in sys.argv[1:]] or SEEDS)
