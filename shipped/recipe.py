"""How the shipped network is trained: on which movies, and in which steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from movies import Drawn, movie
from pydantic import BaseModel, ConfigDict, Field

from lamella.core.frames import ArrayFrames
from lamella.kernels.grey_levels import count_greys, levels_of
from lamella.nets.convlstm_unet import SHIPPED, Architecture, adapted, from_scratch
from lamella.nets.convlstm_unet.network import ConvLSTMUNet
from lamella.nets.device import Device
from lamella.run.checkpoints import read_checkpoint, write_checkpoint
from lamella.train.recurrent import Fit, Learnt, Patches, TaughtMovie

SPARSE = 500_000
"""Numbers of sparse movies begin here."""

_PATCHES = Patches(
    patch_px=128,
    # Four patches of five lie around a cell where a tenth of the field is cells.
    foreground_weight=36,
    rotation_deg=180,
    shear_deg=8,
    zoom=0.5,
    brightness=0.1,
    contrast=0.3,
    noise=0.03,
    blur=0.8,
    halo=0.3,
    focus_loss=0.05,
    jitter_px=1,
    single_frames=0.0,
)
_FIT = Fit(
    epochs_frozen=0,
    epochs=24,
    patches_per_epoch=1000,
    batch_size=4,
    learning_rate=3e-3,
    optimiser="adamw",
    schedule="cosine",
    warm_up=0.0,
    keep_norms=False,
    norm_patches=256,
    patience=False,
    patches=_PATCHES,
)


class Recipe(BaseModel):
    """What decides the weights.

    Parameters
    ----------
    seed : int
    movies, n_frames, side_px : int
        Movies to learn from, and their size; every frame of them is annotated.
    sparse_movies, sparse_side_px : int
        Wide fields with few cells.
    architecture : Architecture
    stills, fields, windows : Fit
        First every frame is shown alone, in patches around cells, and the outlines are learnt.
        Then come larger patches from anywhere, half of them from sparse movies: what is empty glass
        and what the inside of a cell is told only by what lies far around. Last, frames are shown
        in their windows.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = Field(0, ge=0)
    movies: int = Field(1000, ge=1)
    n_frames: int = Field(6, ge=1)
    side_px: int = Field(256, ge=64)
    sparse_movies: int = Field(400, ge=1)
    sparse_side_px: int = Field(384, ge=64)
    architecture: Architecture = SHIPPED
    stills: Fit = _FIT
    fields: Fit = _FIT.model_copy(
        update={
            "epochs": 8,
            "patches_per_epoch": 250,
            "learning_rate": 1.5e-3,
            "patches": _PATCHES.model_copy(update={"patch_px": 192, "foreground_weight": 1.0}),
        }
    )
    windows: Fit = _FIT.model_copy(
        update={
            "epochs": 5,
            "patches_per_epoch": 400,
            "learning_rate": 1e-3,
            "patches": _PATCHES.model_copy(update={"foreground_weight": 2.0, "single_frames": 0.4}),
        }
    )

    @property
    def steps(self) -> Mapping[str, Fit]:
        """In their order."""
        return {"stills": self.stills, "fields": self.fields, "windows": self.windows}


def taught(number: int, drawn: Drawn) -> TaughtMovie:
    """A movie to learn from, all of its frames annotated."""
    levels = levels_of(count_greys(drawn.frames), drawn.frames.dtype)
    labels = dict(enumerate(drawn.labels))
    return TaughtMovie(ArrayFrames(drawn.frames), levels, labels, movie=f"movie {number}")


def drawn_movies(recipe: Recipe, *, workers: int) -> Iterator[tuple[int, Drawn]]:
    """Number and movie, the sparse ones last."""
    numbers = [*range(recipe.movies), *range(SPARSE, SPARSE + recipe.sparse_movies)]
    draw = partial(_drawn, recipe)
    if workers == 1:
        yield from zip(numbers, map(draw, numbers), strict=True)
        return
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        yield from zip(numbers, pool.map(draw, numbers, chunksize=8), strict=True)


def _drawn(recipe: Recipe, number: int) -> Drawn:
    sparse = number >= SPARSE
    side = recipe.sparse_side_px if sparse else recipe.side_px
    return movie(
        number, seed=recipe.seed, n_frames=recipe.n_frames, field_px=(side, side), sparse=sparse
    )


def trained(
    recipe: Recipe,
    drawn: Iterable[tuple[int, Drawn]],
    *,
    folder: Path,
    device: Device = "auto",
    advance: Callable[[int, int], object] = lambda done, total: None,
) -> tuple[ConvLSTMUNet, dict[str, Learnt]]:
    """The network of a recipe and how it learnt, from the state in `folder` where there is one."""
    movies = [taught(number, each) for number, each in drawn]
    dense, sparse = movies[: recipe.movies], movies[recipe.movies :]
    single = recipe.architecture.model_copy(update={"window": 1})
    network = from_scratch(single, seed=recipe.seed)
    total, before = sum(fit.epochs for fit in recipe.steps.values()), 0
    learnt: dict[str, Learnt] = {}
    for name, fit in recipe.steps.items():
        if name == "windows":
            tensors = network.state_dict()
            network = adapted(tensors, single, recipe.architecture, recipe.seed)
        file = folder / f"{name}.safetensors"
        learnt[name] = fit(
            network,
            dense if name == "stills" else [*dense[: len(sparse)], *sparse],
            device=device,
            resume=read_checkpoint(file),
            keep=partial(write_checkpoint, file),
            advance=lambda done, _, before=before: advance(before + done, total),
        )
        network.load_state_dict(learnt[name].tensors)
        before += fit.epochs
    return network.eval(), learnt
