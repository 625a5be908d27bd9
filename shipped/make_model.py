"""Make the recurrent network that comes with Lamella: `make shipped-model`.

This folder draws the movies that it learns from (`movies`, `crowds`, `light`, `noise`), says how it
learns (`recipe`) and writes the file of weights and its card, docs/shipped_model.md. Real movies
are not learnt from, so that the weights are as free as the code. Stopped, it goes on from the last
epoch; equal settings give equal weights on one kind of machine.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from card import card, scores
from kept_times import Times
from recipe import Recipe, drawn_movies, trained
from rich.progress import Progress, track

from lamella.io import whole_file
from lamella.nets.convlstm_unet import save_model

ROOT = Path(__file__).parents[1]
MODEL = ROOT / "src" / "lamella" / "nets" / "convlstm_unet" / "shipped.safetensors"
CARD = ROOT / "docs" / "shipped_model.md"


def make(
    recipe: Recipe,
    *,
    folder: Path,
    model: Path,
    page: Path,
    workers: int = 2,
    device: str = "auto",
    tested: int = 60,
) -> None:
    """Train the network of a recipe, and write its weights and its card.

    Parameters
    ----------
    folder : Path
        Where the state of the training is kept.
    workers : int
        Processes that draw movies, and threads that learn.
    tested : int
        Movies that the card tells scores of.
    """
    torch.set_num_threads(workers)
    times = Times(folder / "times.json")
    n = recipe.movies + recipe.sparse_movies
    with times.of("drawing"):
        movies = list(
            track(drawn_movies(recipe, workers=workers), total=n, description="drawing movies")
        )
    with Progress() as bar, times.of("learning"):
        task = bar.add_task("learning", total=None)
        network, learnt = trained(
            recipe,
            movies,
            folder=folder,
            device=device,
            advance=lambda done, total: bar.update(task, completed=done, total=total),
        )
    about = {
        "made by": "make shipped-model",
        "encoder": "learnt from phantoms, from random weights",
        "seed": str(recipe.seed),
    }
    with whole_file(model) as part:
        save_model(part, network.state_dict(), recipe.architecture, about=about)
    text = card(recipe, learnt, scores(model, recipe, n=tested), minutes=times.minutes)
    with whole_file(page) as part:
        part.write_text(text, encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=ROOT / ".shipped", help="kept state")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda", "mps"])
    given = parser.parse_args(arguments)
    start = time.monotonic()
    make(
        Recipe(),
        folder=given.folder,
        model=MODEL,
        page=CARD,
        workers=given.workers,
        device=given.device,
    )
    print(f"{MODEL} and {CARD}, after {(time.monotonic() - start) / 60:.0f} min")


if __name__ == "__main__":
    main()
