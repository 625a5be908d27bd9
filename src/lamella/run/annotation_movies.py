"""Single images with labels that are frames of one movie, brought together.

Movies are held out whole. Were the frames of one taken for movies of their own, some would be
learnt from, and the network would be judged by their neighbours, which are nearly the same image.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

import numpy as np

from lamella.core.errors import InputError
from lamella.core.table import Col
from lamella.evaluate import score_movie
from lamella.run.annotation_files import Numbered
from lamella.run.annotation_labels import ChosenFrames
from lamella.run.annotation_pieces import Piece
from lamella.train.annotations import Drawn, Origin

_ALIKE = 0.5
"""Overlap (IoU) of half of the cells with those of the image before. Cells of unrelated fields of
view overlap by chance, those of confluent layers by some 0.2; those of one movie by far more."""


def by_movie(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """Labels of single frames brought together by movie; frames that were told of are left away.

    Parameters
    ----------
    pieces : sequence of Piece
        As `as_frames` gives them. Those that are believed come first.

    Raises
    ------
    InputError
        Frames of one movie of different sizes.
    """
    singles: dict[Origin, dict[int, Piece]] = {}
    wholes: list[Piece] = []
    for piece in pieces:
        if piece.of_frame is None:
            wholes.append(piece)
        else:
            singles.setdefault(piece.origin, {}).setdefault(piece.of_frame, piece)
    taken: dict[str, set[int]] = {}
    for piece in [*wholes, *(_joined(origin, each) for origin, each in singles.items())]:
        told = taken.setdefault(piece.origin.movie, set())
        left = [t for t in piece.drawn.annotated if t not in told]
        told.update(left)
        if left:
            yield piece._replace(drawn=piece.drawn._replace(annotated=left))


def _joined(origin: Origin, members: dict[int, Piece]) -> Piece:
    """Labels of single frames as those of one movie."""
    frames = {t: piece for t, piece in sorted(members.items()) if piece.drawn.annotated}
    if not frames:
        return next(iter(members.values()))
    first = next(iter(frames.values()))
    for t, piece in frames.items():
        if piece.image.frame_shape != first.image.frame_shape:
            raise InputError(
                f"{origin.movie}, frame {t}",
                "it has {} × {} px, another frame of this movie {} × {}".format(
                    *piece.image.frame_shape, *first.image.frame_shape
                ),
                "call images of different movies by different names",
            )
    offsets = None
    if first.drawn.offsets is not None:
        offsets = np.zeros((max(frames) + 1, 2), np.int64)
        for t, piece in frames.items():
            if piece.drawn.offsets is not None:
                offsets[t] = piece.drawn.offsets[0]
    nuclei = {t: partial(p.nuclei.frame, 0) for t, p in frames.items() if p.nuclei is not None}
    return Piece(
        origin,
        Drawn(
            ChosenFrames(
                {t: partial(p.drawn.labels.frame, 0) for t, p in frames.items()}, first.drawn.labels
            ),
            list(frames),
            offsets,
        ),
        ChosenFrames({t: partial(p.image.frame, 0) for t, p in frames.items()}, first.image),
        ChosenFrames(nuclei, first.nuclei) if nuclei and first.nuclei is not None else None,
    )


def as_frames(pieces: Sequence[Piece], notes: list[str]) -> list[Piece]:
    """The pieces, those of numbered images that belong to one movie as its frames.

    Parameters
    ----------
    notes : list of str
        Added to: which images were taken for frames of one movie.
    """
    groups: dict[Numbered, list[Piece]] = {}
    for piece in pieces:
        if piece.numbered is not None and piece.of_frame is None:
            groups.setdefault(piece.numbered._replace(number=0, file=""), []).append(piece)
    named: dict[int, tuple[str, int]] = {}
    for group, members in groups.items():
        files = {each.numbered.file: each for each in members if each.numbered is not None}
        if len(files) < 2 or not (group.folder_of_frames or _alike(files.values())):
            continue
        numbers = {file: each.numbered.number for file, each in files.items() if each.numbered}
        if len(set(numbers.values())) < len(numbers):  # 1.tif and 01.tif
            numbers = {file: place for place, file in enumerate(sorted(numbers))}
        for each in members:
            if each.numbered is not None:
                named[id(each)] = group.movie, numbers[each.numbered.file]
        notes.append(
            f"{len(files)} images ({min(files)} … {max(files)}) are taken for frames of one movie, "
            f"{group.movie}; if they are not, list them in the samples.csv of a study (--study)"
        )
    return [
        piece._replace(
            origin=piece.origin._replace(movie=named[id(piece)][0]), of_frame=named[id(piece)][1]
        )
        if id(piece) in named
        else piece
        for piece in pieces
    ]


def _alike(members: Iterable[Piece]) -> bool:
    """Whether cells lie where they lie in the image before, as they do in a movie."""
    ordered = sorted(members, key=lambda each: each.numbered or ())
    like = ordered[0].drawn.labels
    if any(each.drawn.labels.frame_shape != like.frame_shape for each in ordered):
        return False
    stack = {i: partial(each.drawn.labels.frame, 0) for i, each in enumerate(ordered)}
    return score_movie(ChosenFrames(stack, like))[Col.TEMPORAL_IOU] >= _ALIKE
