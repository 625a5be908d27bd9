"""Labels that several people drew of the same movies, brought to those of most of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from lamella.core.errors import InputError, SettingsError
from lamella.core.frames import ArrayFrames, Image
from lamella.core.table import Col, stacked
from lamella.kernels.regions import find_regions
from lamella.run.annotation_labels import ChosenFrames
from lamella.run.annotation_pieces import Piece
from lamella.run.saved import is_run
from lamella.train.annotations import Annotated, Drawn
from lamella.train.majority import agreement_of, fused

SOURCE = "majority"
"""Source of labels that were fused."""


class Vote(NamedTuple):
    """What becomes of several people's labels."""

    pieces: list[Piece]
    """A movie each, with the labels of most people."""
    left_out: Annotated
    """Frames that too few people annotated."""
    agreement: pd.DataFrame
    """See `lamella.train.majority.agreement_of`, with movie and frame."""


def named(people: Sequence[Path]) -> list[str]:
    """What to call the people whose labels lie there: as their folders or files, if these differ.

    Raises
    ------
    SettingsError
        One of several is a run, or is given twice.
    """
    runs = [each for each in people if is_run(each)]
    if runs and len(people) > 1:
        raise SettingsError(
            f"--from {runs[0]}",
            "the corrections of a run are not one person's outlines among others",
            "give a folder of labels for each person",
        )
    if len({each.resolve() for each in people}) < len(people):
        raise SettingsError("--from", "the same labels are given twice", "give each person once")
    short = [each.stem if each.is_file() else each.resolve().name for each in people]
    return short if len(set(short)) == len(short) else [each.as_posix() for each in people]


def vote(by_person: Mapping[str, Sequence[Piece]], *, binary: bool, notes: list[str]) -> Vote:
    """The labels of most people, frame by frame.

    A frame is taken where more than half of the people annotated it, and what counts is the
    majority of those who did: who did not look at a frame has no opinion on it.

    Parameters
    ----------
    by_person : mapping of str to sequence of Piece
        A piece for every movie of which that person annotated frames.
    binary : bool
        The labels are masks without objects.
    notes : list of str
        Added to: how many frames are left out, and how far people agree.

    Raises
    ------
    InputError
        Images of one movie of different sizes.
    """
    movies: dict[str, dict[str, Piece]] = {}
    for person, pieces in by_person.items():
        for piece in pieces:
            movies.setdefault(piece.origin.movie, {})[person] = piece
    made: list[Piece] = []
    few: list[pd.DataFrame] = []
    tables: list[pd.DataFrame] = []
    for movie, own in movies.items():
        _refuse_other_sizes(movie, own)
        frames = sorted({t for piece in own.values() for t in piece.drawn.annotated})
        given: dict[int, Callable[[], Image]] = {}
        for t in frames:
            drew = {who: piece for who, piece in own.items() if t in piece.drawn.annotated}
            if 2 * len(drew) <= len(by_person):
                few.append(_left_out(next(iter(drew.values())), t, len(drew), len(by_person)))
                continue
            images = [piece.drawn.labels.frame(t) for piece in drew.values()]
            found = fused(images, binary=binary)
            given[t] = partial(_fused, [piece.drawn.labels.frame for piece in drew.values()], t,
                               binary=binary)  # fmt: skip
            table = agreement_of(list(drew), images, found, binary=binary)
            table.insert(0, Col.MOVIE, movie)
            table.insert(1, Col.FRAME, t)
            tables.append(table)
        if given:
            made.append(_piece(own, given))
    agreement = stacked(tables)
    left = stacked(few)
    _tell(agreement, left, list(by_person), notes)
    return Vote(made, Annotated([], left), agreement)


def _fused(drawn: Sequence[Callable[[int], Image]], t: int, *, binary: bool) -> Image:
    return fused([frame(t) for frame in drawn], binary=binary).labels


def _piece(own: Mapping[str, Piece], given: dict[int, Callable[[], Image]]) -> Piece:
    """The first person's movie with the fused labels.

    Stills that are frames of one movie lie only where that person annotated them: each frame's
    image is that of somebody who did.
    """
    first = next(iter(own.values()))
    by_frame = {
        t: next(piece for piece in own.values() if t in piece.drawn.annotated) for t in given
    }
    nuclei = {t: partial(p.nuclei.frame, t) for t, p in by_frame.items() if p.nuclei is not None}
    like = ArrayFrames(np.zeros((1, *first.image.frame_shape), np.uint32))
    offsets = None
    if first.drawn.offsets is not None:
        offsets = np.zeros((max(given) + 1, 2), np.int64)
        for t, piece in by_frame.items():
            if piece.drawn.offsets is not None:
                offsets[t] = piece.drawn.offsets[t]
    return first._replace(
        origin=first.origin._replace(source=SOURCE),
        drawn=Drawn(ChosenFrames(given, like), list(given), offsets),
        image=ChosenFrames(
            {t: partial(p.image.frame, t) for t, p in by_frame.items()}, first.image
        ),
        nuclei=ChosenFrames(nuclei, first.nuclei) if nuclei and first.nuclei is not None else None,
    )


def _refuse_other_sizes(movie: str, own: Mapping[str, Piece]) -> None:
    (who, first), *others = own.items()
    for other, piece in others:
        if piece.image.frame_shape != first.image.frame_shape:
            raise InputError(
                movie,
                "its images are {} × {} px with {}, ".format(*first.image.frame_shape, who)
                + "{} × {} px with {}".format(*piece.image.frame_shape, other),
                "give labels of the same images, or one folder of images: --images",
            )


def _left_out(piece: Piece, t: int, n: int, people: int) -> pd.DataFrame:
    row = {
        Col.MOVIE: piece.origin.movie,
        Col.SESSION: piece.origin.session,
        Col.CONDITION: piece.origin.condition,
        Col.SOURCE: SOURCE,
        Col.FRAME: t,
        Col.N_LABELLED: len(find_regions(piece.drawn.labels.frame(t)).label),
        Col.N_AT_BORDER: 0,
        Col.N_CUT_BY_VIEW: 0,
        Col.CUT_BY_VIEW_PX: 0,
        Col.KEPT: False,
        Col.REASON: f"annotated by {n} of {people} people",
    }
    return pd.DataFrame([row])


def _tell(
    agreement: pd.DataFrame, left: pd.DataFrame, people: Sequence[str], notes: list[str]
) -> None:
    if not agreement.empty:
        alone = agreement.groupby(Col.ANNOTATOR, sort=False)[Col.IOU_FUSED].mean()
        n_frames = len(agreement.drop_duplicates([Col.MOVIE, Col.FRAME]))
        told = ", ".join(f"{who} {value:.2f}" for who, value in alone.items())
        notes.append(
            f"labels of {len(people)} people are fused by majority in {n_frames} frames; IoU with "
            f"the fused labels: {told}"
        )
    if len(left):
        notes.append(
            f"{len(left)} frames that no more than half of the people annotated are left out"
        )
