"""Frames that a model has learnt from, by itself or as the models that it began with.

A model that was accepted is what the next lesson begins with. Frames that it has learnt from are no
longer new to whatever comes of it, wherever the next lesson draws its line.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lamella.core.table import Col
from lamella.io import read_table
from lamella.io.documents import read_json
from lamella.io.model_folder import CARD, read_card
from lamella.run.learn.proposal import PROPOSAL
from lamella.run.recordings import NEAR_FRAMES, movie_of
from lamella.run.train_annotated import FRAMES_FILE

Frame = tuple[str, int]
"""A movie, and the number of a frame in it."""


def learnt_from(model: Path | None) -> set[Frame]:
    """Frames that a model and all before it have learnt from; none where nothing is told of it.

    Parameters
    ----------
    model : Path, optional
        The folder of a model, or a file of weights.
    """
    folder = model.parent if model is not None and model.is_file() else model
    if folder is None or not (folder / CARD).is_file():
        return set()
    if (folder / PROPOSAL).is_file():
        told = read_json(folder / PROPOSAL).get("learnt", [])
        return own_frames(folder) | {(str(movie), int(t)) for movie, t in told}
    return own_frames(folder)


def own_frames(folder: Path) -> set[Frame]:
    """Frames that the training of a model itself learnt from."""
    if not (folder / FRAMES_FILE).is_file():  # it learnt from its own masks
        return set()
    held_out = set(read_card(folder, weigh=False)["held_out"])
    frames = read_table(folder / FRAMES_FILE)
    rows = frames[~frames[Col.MOVIE].isin(held_out) & frames[Col.KEPT].astype(bool)]
    return {
        (movie_of(str(m)), int(t)) for m, t in zip(rows[Col.MOVIE], rows[Col.FRAME], strict=True)
    }


def unknown_to(known: set[Frame], frames: Sequence[Frame], *, of_one_movie: bool) -> list[Frame]:
    """Those frames that are new to what has learnt from the known ones.

    Frames of one movie are alike: any movie with a known frame is known. Where one movie is all
    there is, so are frames next to a known one.
    """
    if not of_one_movie:
        movies = {movie for movie, _ in known}
        return [frame for frame in frames if frame[0] not in movies]
    return [
        (movie, t)
        for movie, t in frames
        if all(other != movie or abs(t - s) > NEAR_FRAMES for other, s in known)
    ]
