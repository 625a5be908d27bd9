"""The card of the shipped network: what it is, what it learnt from, how good it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from movies import movie
from recipe import Recipe

from lamella.core.frames import ArrayFrames
from lamella.evaluate import PixelCounts, seg
from lamella.segment import Recurrent
from lamella.train.recurrent import Fit, Learnt

TESTED = 2_000_000
"""Numbers of movies from here on are never learnt from."""


class Score(NamedTuple):
    """How well some movies were segmented."""

    movies: int
    f1: float
    """Of all pixels of all frames together."""
    seg: float
    """Mean over the movies that have cells."""


def scores(model: Path, recipe: Recipe, *, n: int) -> dict[tuple[str, str], Score]:
    """Scores by kind and look of movies that were not learnt from."""
    step = Recurrent(model=str(model), smallest_px=30)
    pixels: dict[tuple[str, str], PixelCounts] = defaultdict(PixelCounts)
    objects: dict[tuple[str, str], list[float]] = defaultdict(list)
    side = recipe.side_px
    for number in range(TESTED, TESTED + n):
        drawn = movie(number, seed=recipe.seed, n_frames=recipe.n_frames, field_px=(side, side))
        frames = ArrayFrames(drawn.frames)
        found = step(frames, state=step.prepare(frames)).asarray()
        for key in ((drawn.kind, drawn.look), ("all", "all")):
            pixels[key] = pixels[key].plus(PixelCounts.of(drawn.labels > 0, found > 0))
            objects[key].append(seg(drawn.labels, found))
    return {
        key: Score(len(objects[key]), pixels[key].dice, float(np.nanmean(objects[key])))
        for key in sorted(pixels)
    }


def card(
    recipe: Recipe,
    learnt: Mapping[str, Learnt],
    found: Mapping[tuple[str, str], Score],
    *,
    minutes: Mapping[str, float],
) -> str:
    """The page."""
    a = recipe.architecture
    lines = [
        _HEAD,
        "## The network",
        "",
        f"MobileNetV2 of width {a.width:g} to stride {a.multiple} ({a.poolings} poolings), a "
        f"decoder whose last level has {a.filters} filters, a ConvLSTM over {a.window} frames, and "
        "an output that tells how deep a pixel lies in its cell, by which neighbours are told "
        "apart. All weights began at random: nothing is of ImageNet.",
        "",
        "## What it learnt from",
        "",
        f"{recipe.movies} movies of {recipe.n_frames} frames, {recipe.side_px} × "
        f"{recipe.side_px} px, and {recipe.sparse_movies} sparse ones of {recipe.sparse_side_px} × "
        f"{recipe.sparse_side_px} px, all drawn (seed {recipe.seed}).",
        "",
        _MOVIES,
        "",
        "## How it learnt",
        "",
        "| step | patches | of | movies | frames in a window | rate | loss: first epoch | last |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, fit in recipe.steps.items():
        alone = fit.patches.single_frames
        window = f"{a.window}; in {alone:.0%} 1" if name == "windows" else "1"
        lines.append(_step(name, fit, window, learnt[name]))
    took = " and ".join(f"{value:.0f} min of {name}" for name, value in minutes.items())
    lines += [
        "",
        f"AdamW, cosine schedule, cross-entropy and the distance head's squared error. It took "
        f"{took}.",
        "",
        "## Scores on movies of the same kind",
        "",
        f"{found[('all', 'all')].movies} movies that were not learnt from, by "
        "`Recurrent(smallest_px=30)`. F1 of pixels of all frames together; SEG is the mean over "
        "movies. They are hard on purpose: some cells cannot be seen in the noise by anyone. Real "
        "movies and plain phantoms are in [accuracy](accuracy.md).",
        "",
        "| shapes | look | movies | pixel F1 | SEG |",
        "| --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {kind} | {look} | {each.movies} | {each.f1:.3f} | {each.seg:.3f} |"
        for (kind, look), each in found.items()
    ]
    return "\n".join([*lines, "", _FAILS])


def _step(name: str, fit: Fit, window: str, learnt: Learnt) -> str:
    losses = learnt.losses["train_loss"]
    movies = "all but sparse" if name == "stills" else "half sparse"
    return (
        f"| {name} | {fit.epochs * fit.patches_per_epoch} | {fit.patches.patch_px} px | {movies} "
        f"| {window} | {fit.learning_rate:g} | {losses.iloc[1]:.3f} | {losses.iloc[-1]:.3f} |"
    )


_HEAD = """\
# The model that comes with Lamella

Written by `make shipped-model`, which makes the weights again from nothing but the code. `lamella
run` and `lamella segment --method recurrent` use it where no other model is named, and `lamella
train recurrent` starts from it. The file, `lamella/nets/convlstm_unet/shipped.safetensors`, holds
numbers only: reading it runs nothing. It learnt from drawn movies alone, so its licence is that of
Lamella, and no one's data are in it.
"""

_MOVIES = """\
Shapes, looks, optics and cameras are drawn far wider than any one microscope has them:

- **Shapes**: sheets of cells that share borders, spindles, stars and fans that lie upon each other,
  balls, and the crawling cells of `lamella.phantom` with lamellipodia, ruffles and thin
  protrusions. Radius 7 to 85 px; one cell to 90 in a field; from still to about a radius between
  frames.
- **Looks**: phase contrast computed from the delayed wave (dark cells with a bright halo, bright
  cells with a dark one, shade-off, granules, nuclei, ruffles), bright field out of focus, and
  fluorescence; every tenth of them inverted.
- **What spoils them**: dirt, rings out of focus, scratches, uneven light, loss of focus, drift,
  flicker, photons from plenty to hopeless; cameras of 8 and 16 bits and real numbers.
"""

_FAILS = """\
## Where it fails

Seen on [real movies](accuracy.md), before it was taught any of them:

- Rings and haze of what lies out of focus, scratches and walls, and here and there a patch of empty
  glass are taken for cells.
- Large flat cells are cut in pieces: `separate = "components"` keeps what is connected whole.
- Thin processes of one or two pixels are cut off.
- Cells that lie upon each other are told apart by their middles only.
- Never drawn, and not tried: tissue, yeast and bacteria in chains, DIC, images with a scale bar or
  text in them.

A handful of annotated frames of your own mends most of this: see [training](training.md).
"""
