"""Labels of one movie, whichever file they come from, in the coordinates of the raw movie."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lamella.centre import Centre
from lamella.core.errors import InputError
from lamella.core.frames import ArrayFrames, Frames, Image, MappedFrames
from lamella.core.movie import Movie
from lamella.core.table import Col
from lamella.core.tracked import Tracked
from lamella.io import open_labels
from lamella.io.ctc import has_segmentation, read_ctc_segmentation
from lamella.io.imagej_roi import read_imagej_roi
from lamella.io.quimp import read_quimp
from lamella.io.seg_npy import read_seg_npy
from lamella.io.trackmate import read_trackmate
from lamella.run.annotation_files import LabelFile
from lamella.run.cautions import refuse_image
from lamella.run.corrections import corrected_file, original_file
from lamella.train.annotations import Drawn

Offsets = NDArray[np.int64]


class ChosenFrames(Frames):
    """Frames of which only some are there, each given by a function.

    Parameters
    ----------
    given : mapping of int to callable
    like : Frames
        For size and type.
    """

    def __init__(self, given: Mapping[int, Callable[[], Image]], like: Frames) -> None:
        self._given = given
        self.span = range(max(given) + 1)
        self.frame_shape, self.dtype = like.frame_shape, like.dtype

    def frame(self, t: int) -> Image:
        self._refuse_outside(t)
        return self._given[t]()


def read_drawn(
    file: LabelFile, movie: Movie, *, offsets: Offsets | None, notes: list[str]
) -> Drawn:
    """The labels of a movie.

    Parameters
    ----------
    offsets : (T, 2) int64 array, optional
        Rows and columns that were added to raw coordinates in the view that was drawn on.
    notes : list of str
        Added to: what the readers noticed.

    Raises
    ------
    InputError
        Files that cannot be read, are of another size or number of frames than the movie, or hold
        markers instead of outlines.
    """
    if offsets is not None and offsets.shape != (movie.n_frames, 2):
        raise InputError(
            str(file.paths[0]),
            f"{movie.source} has {movie.n_frames} frames, and its centred view {len(offsets)}",
            "give the run of the same movie",
        )
    if file.kind in ("quimp", "imagej", "trackmate"):
        drawn = _outlines(file, movie, offsets, notes)
    elif file.kind == "ctc":
        drawn = _moved_back(_challenge(file.paths[0]), offsets)
    else:
        drawn = _moved_back(_images(file), offsets)
    _refuse_mismatch(file, drawn, movie)
    return drawn


def corrected(folder: Path, name: str, *, every_frame: bool) -> Drawn:
    """Labels of a movie that were corrected by hand.

    Parameters
    ----------
    folder : Path
        ``OUT/movies/<movie>``.
    every_frame : bool
        All frames, not only those that differ from what there was before the corrections.
    """
    labels = open_labels(corrected_file(folder, name), name=name).frames
    before = original_file(folder, name)
    if every_frame or not before.is_file():
        return Drawn(labels, labels.span)
    old = open_labels(before, name=name).frames
    return Drawn(
        labels, [t for t in labels.span if not np.array_equal(labels.frame(t), old.frame(t))]
    )


def _images(file: LabelFile) -> Drawn:
    if file.kind == "seg_npy":
        masks = ArrayFrames(read_seg_npy(file.paths[0]).masks)
        return Drawn(masks, masks.span)
    labels = open_labels(file.paths[0])
    refuse_image(labels, str(file.paths[0]))
    return Drawn(labels.frames, labels.frames.span)


def _challenge(folder: Path) -> Drawn:
    if not has_segmentation(folder):
        raise InputError(
            str(folder),
            "it has no man_seg masks: those of TRA are markers, not outlines",
            "give a folder with SEG, or outlines in label images",
        )
    masks = read_ctc_segmentation(folder)
    like = ArrayFrames(np.zeros((1, *masks.frame_shape), masks.dtype))
    given = {t: (lambda t=t: masks[t]) for t in masks}
    return Drawn(ChosenFrames(given, like), list(masks))


def _moved_back(drawn: Drawn, offsets: Offsets | None) -> Drawn:
    if offsets is None:
        return drawn
    if drawn.labels.span.stop > len(offsets):
        return drawn  # refused below, with the numbers
    return Drawn(Centre().inverse(drawn.labels, offsets=offsets), drawn.annotated, offsets)


def _outlines(file: LabelFile, movie: Movie, offsets: Offsets | None, notes: list[str]) -> Drawn:
    """Outlines of all files over each other, an earlier one on top."""
    read: list[Frames] = []
    annotated: set[int] = set()
    for path in file.paths:
        tracked = _tracked(path, file.kind, movie, offsets)
        assert tracked.labels is not None  # noqa: S101  outlines are shapes
        labels = tracked.labels.frames
        if offsets is not None and file.kind != "quimp":
            labels = Centre().inverse(labels, offsets=offsets)
        read.append(labels)
        annotated |= {int(t) for t in tracked.tracks.links[Col.FRAME]}
        notes += [f"{path}: {note}" for note in tracked.notes]

    def painted(t: int) -> Image:
        out = np.zeros(movie.frame_shape, np.uint32)
        top = 0
        for labels in read:
            image = labels.frame(t)
            free = (image > 0) & (out == 0)
            out[free] = image[free] + np.uint32(top)
            top = int(out.max())
        return out

    if len(read) == 1:
        return Drawn(read[0], sorted(annotated), offsets)
    return Drawn(MappedFrames(read[0], painted, dtype=np.uint32), sorted(annotated), offsets)


def _tracked(path: Path, kind: str, movie: Movie, offsets: Offsets | None) -> Tracked:
    n_frames, shape = movie.n_frames, movie.frame_shape
    if kind == "quimp":
        return read_quimp(path, n_frames=n_frames, frame_shape=shape, offsets=offsets)
    if kind == "imagej":
        return read_imagej_roi(
            path, n_frames=n_frames, frame_shape=shape, n_channels=len(movie.channels)
        )
    tracked = read_trackmate(path, n_frames=n_frames, frame_shape=shape, scale=movie.scale)
    if tracked.labels is None:
        raise InputError(
            str(path), "it tells places, not outlines", "detect with outlines in TrackMate"
        )
    return tracked


def _refuse_mismatch(file: LabelFile, drawn: Drawn, movie: Movie) -> None:
    where = str(file.paths[0])
    if drawn.labels.frame_shape != movie.frame_shape:
        raise InputError(
            where,
            "its labels are {} × {} px, {} is {} × {} px".format(
                *drawn.labels.frame_shape, movie.source, *movie.frame_shape
            ),
            "give labels of the same image, neither cropped nor scaled",
        )
    n_frames = drawn.labels.span.stop
    sparse = file.kind == "ctc"  # of the frames that it has
    if n_frames > movie.n_frames or (n_frames < movie.n_frames and not sparse):
        raise InputError(
            where,
            f"it has {n_frames} frames, {movie.source} has {movie.n_frames}",
            "give as many frames as the movie has, empty where nobody drew",
        )
