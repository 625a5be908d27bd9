"""Recurrent networks taught on one block of a movie and judged on another, in several ways.

``python benchmarks/recurrent_trials.py`` works through what is not done yet and can be stopped and
started again at will; `accuracy_recurrent.py` writes down what there is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

import pandas as pd
from cellpose_worlds import CACHE, key
from motion_movies import DATA
from recurrent_movies import REAL, Block, Material, dim_colonies
from recurrent_scores import scored

from lamella.core.frames import Frames
from lamella.nets.convlstm_unet import Architecture
from lamella.nets.convlstm_unet.model_file import (
    adapted,
    find_model,
    from_scratch,
    read_model,
    save_model,
)
from lamella.nets.weights import digest
from lamella.segment import Recurrent
from lamella.train.recurrent import Fit, TaughtMovie

if TYPE_CHECKING:
    from lamella.nets.convlstm_unet.network import ConvLSTMUNet

MATERIALS: Mapping[str, Callable[[], Material]] = {
    **{folder: cache(make) for folder, make in REAL.items() if (DATA / folder).is_dir()},
    "dim": cache(dim_colonies),
}
"""The data sets that are there, by name."""
SEEDS = (1, 2, 3)
"""Reported on; settings were chosen on seed 0."""


class Way(NamedTuple):
    """A way to teach a network."""

    name: str
    fit: Fit
    start: Literal["whole", "encoder"] = "whole"
    """What is taken of the network that comes with Lamella; what is not is drawn at random."""
    recurrent: bool = True


class Trial(NamedTuple):
    """One training, and what it is judged on."""

    data: str
    way: Way
    seed: int

    @property
    def file(self) -> Path:
        """What is kept of it; another file as soon as anything differs that decides the result."""
        material, way = MATERIALS[self.data](), self.way
        blocks = [block.name for block in (*material.taught, *material.judged)]
        decides = (
            way.fit, way.start, way.recurrent, digest(find_model()), blocks,
            segmenter(material), material.one_by_one, material.border_px,
        )  # fmt: skip
        return CACHE / f"recurrent_{self.data}_{key(*decides)}_{self.seed}.csv"

    def row(self) -> pd.DataFrame:
        """Scores on the judged blocks, kept in `CACHE` once they are known."""
        if self.file.exists():
            return pd.read_csv(self.file)
        material = MATERIALS[self.data]()
        began = time.perf_counter()
        weights = self._weights(material)
        taught_s = time.perf_counter() - began
        segment = by_network(segmenter(material, weights))
        found = scored(segment, material.judged, border_px=material.border_px)
        told = {"data": self.data, "way": self.way.name, "seed": self.seed, "taught_s": taught_s}
        row = pd.DataFrame([told | found._asdict()])
        row.to_csv(self.file.with_suffix(".part"), index=False)
        self.file.with_suffix(".part").rename(self.file)
        return row

    def _weights(self, material: Material) -> Path:
        file = self.file.with_suffix(".safetensors")
        if not file.exists():
            network = started(self.way, one_by_one=material.one_by_one, seed=self.seed)
            fit = self.way.fit.model_copy(update={"seed": self.seed})
            learnt = fit(network, movies_of(material.taught), device="cpu")
            file.parent.mkdir(parents=True, exist_ok=True)
            save_model(file.with_suffix(".part"), learnt.tensors, network.architecture)
            file.with_suffix(".part").rename(file)
        return file


def started(way: Way, *, one_by_one: bool, seed: int) -> ConvLSTMUNet:
    """The network that a way begins with."""
    tensors, shipped, _ = read_model(find_model())
    wanted = architecture_of(shipped, recurrent=way.recurrent, one_by_one=one_by_one)
    if way.start == "whole":
        return adapted(tensors, shipped, wanted, seed)
    network = from_scratch(wanted, seed=seed)
    kept = {name: each for name, each in tensors.items() if name.startswith("encoder.")}
    network.load_state_dict(network.state_dict() | kept)
    return network


def architecture_of(
    shipped: Architecture, *, recurrent: bool = True, one_by_one: bool = False
) -> Architecture:
    """That of the network that comes with Lamella, or what is left of it."""
    update = {"recurrent": recurrent} | ({"window": 1} if one_by_one or not recurrent else {})
    return shipped.model_copy(update=update)


def movies_of(blocks: Sequence[Block]) -> list[TaughtMovie]:
    """Blocks as movies to learn from, each in the grey levels of its own frames."""
    return [
        TaughtMovie(
            block.frames, Recurrent().prepare(block.frames).levels, block.labels, block.name
        )
        for block in blocks
    ]


def segmenter(material: Material, weights: Path | None = None) -> Recurrent:
    """The step that segments a data set; without weights, the network that comes with Lamella."""
    return Recurrent(
        model=None if weights is None else str(weights),
        window=1 if material.one_by_one and weights is None else None,
        smallest_px=material.smallest_px,
        smallest_after_px=material.smallest_px,
        close_px=material.close_px,
        separate="components" if material.clusters else "distance",
        device="cpu",
    )


def by_network(step: Recurrent) -> Callable[[Frames], Frames]:
    """The step as a function of frames."""
    return lambda frames: step(frames, state=step.prepare(frames))


RECIPE = Fit()
"""What `lamella train recurrent` does, nothing set."""
CLUSTERS = RECIPE.model_copy(
    update={
        "distance_weight": 0.0,
        "epochs": 12,
        "learning_rate": 1e-3,
        "patches_per_epoch": 24,
        "patches": RECIPE.patches.model_copy(update={"patch_px": 256}),
    }
)
"""For outlines of regions that are larger than the squares; chosen as the recipe was."""
FINE_TUNED = "fine-tuned"
_ALL_EPOCHS = RECIPE.epochs_frozen + RECIPE.epochs
_UNWEIGHTED = RECIPE.patches.model_copy(update={"foreground_weight": 1.0})
ABLATED = "ctc_PhC-C2DL-PSC"
"""It has single cells on every frame, moves from frame to frame, and is 95 % background."""
WHOLE = Way("all of it", RECIPE, "encoder")
WITHOUT_MEMORY = Way("without ConvLSTM", RECIPE, "encoder", recurrent=False)
ABLATIONS = (
    WHOLE,
    Way(
        "without weighted sampling",
        RECIPE.model_copy(update={"patches": _UNWEIGHTED}),
        "encoder",
    ),
    WITHOUT_MEMORY,
    Way(
        "transfer: the encoder stands still",
        RECIPE.model_copy(update={"epochs_frozen": _ALL_EPOCHS, "epochs": 0}),
        "encoder",
    ),
)


def _fine_tuned(folder: str) -> Way:
    """The recipe; of clusters, which have no cells, larger squares and no distances."""
    return Way(FINE_TUNED, CLUSTERS if MATERIALS[folder]().clusters else RECIPE)


def trials() -> list[Trial]:
    """All that the page tells of, the seeds outermost, so that what is done is balanced."""
    return [
        trial
        for seed in SEEDS
        for trial in (
            *(Trial(folder, _fine_tuned(folder), seed) for folder in REAL if folder in MATERIALS),
            *(Trial(ABLATED, way, seed) for way in ABLATIONS),
            *(Trial("dim", way, seed) for way in (WHOLE, WITHOUT_MEMORY)),
        )
        if trial.data in MATERIALS
    ]


def done() -> pd.DataFrame:
    """Rows of the trials that are done."""
    parts = [pd.read_csv(trial.file) for trial in trials() if trial.file.exists()]
    columns = ["data", "way", "seed", "taught_s", "f1", "seg"]
    return pd.concat([pd.DataFrame(columns=columns), *parts], ignore_index=True)


def work_through() -> None:
    """What is not done yet."""
    for trial in trials():
        trial.row()


if __name__ == "__main__":
    work_through()
