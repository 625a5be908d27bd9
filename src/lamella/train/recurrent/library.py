"""Movies to learn from, with what is asked of them again and again held in memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from threading import RLock
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from lamella.core.errors import InputError
from lamella.core.frames import ArrayFrames, Image
from lamella.kernels.time_window import window_before
from lamella.train.recurrent.targets import depths
from lamella.train.recurrent.taught import TaughtMovie

_HELD_MB = 1024
"""Frames read from files, and maps of depth, that are held; those used last go last."""


class Library(Sequence[TaughtMovie]):
    """A sequence of movies that reads a frame once, as long as memory is granted.

    Raises
    ------
    InputError
        Labels of another size than the frames, or of a frame that the movie has not; a movie
        without labels.
    """

    def __init__(self, movies: Sequence[TaughtMovie]) -> None:
        self._movies = list(movies)
        for each in self._movies:
            _refuse_misfit(each)
        self._annotated = [sorted(each.labels) for each in self._movies]
        self._held: OrderedDict[Hashable, NDArray[Any]] = OrderedDict()
        self._held_bytes = 0
        self._lock = RLock()

    @classmethod
    def of(cls, movies: Sequence[TaughtMovie]) -> Library:
        """The movies themselves where they are a library already."""
        return movies if isinstance(movies, Library) else cls(movies)

    def __len__(self) -> int:
        return len(self._movies)

    @overload
    def __getitem__(self, index: int) -> TaughtMovie: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[TaughtMovie]: ...
    def __getitem__(self, index: int | slice) -> TaughtMovie | Sequence[TaughtMovie]:
        return self._movies[index]

    def annotated(self, movie: int) -> list[int]:
        """Numbers of the annotated frames of a movie, rising."""
        return self._annotated[movie]

    def window(self, movie: int, t: int, length: int) -> list[Image]:
        """The raw frames of the window that ends at `t`, as prediction shows them."""
        frames = self._movies[movie].frames
        first = frames.span.start
        numbers = window_before(t - first, length=length, n_frames=len(frames))
        return [self._frame(movie, first + number) for number in numbers]

    def depths(self, movie: int, t: int) -> NDArray[np.float32]:
        """How deep the pixels of an annotated frame lie in their cells."""
        labels = self._movies[movie].labels
        return self._once(("depth", movie, t), lambda: depths(labels[t]))

    def foreground(self, movie: int, t: int) -> NDArray[np.int64]:
        """Pixels of cells in the rows of an annotated frame, and in those of background: (2, Y)."""
        labels = self._movies[movie].labels

        def counted() -> NDArray[np.int64]:
            here = np.asarray(labels[t])
            return np.stack([np.count_nonzero(each, axis=1) for each in (here > 0, here == 0)])

        return self._once(("rows", movie, t), counted)

    def _frame(self, movie: int, t: int) -> Image:
        frames = self._movies[movie].frames
        if isinstance(frames, ArrayFrames):
            return frames.frame(t)
        return self._once(("frame", movie, t), lambda: np.array(frames.frame(t)))

    def _once(self, key: Hashable, made: Callable[[], NDArray[Any]]) -> NDArray[Any]:
        """Something made, or what was made of it before. Patches are drawn by several threads."""
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key]
            new = made()
            self._held[key] = new
            self._held_bytes += new.nbytes
            while self._held_bytes > _HELD_MB * 2**20 and len(self._held) > 1:
                self._held_bytes -= self._held.popitem(last=False)[1].nbytes
            return new


def _refuse_misfit(movie: TaughtMovie) -> None:
    if not movie.labels:
        raise InputError(
            movie.movie, "none of its frames is annotated", "annotate some, or leave it out"
        )
    for t, labels in movie.labels.items():
        where = f"{movie.movie}, frame {t}"
        if t not in movie.frames.span:
            span = movie.frames.span
            raise InputError(
                where,
                f"it has labels, and the movie has the frames {span.start} to {span.stop - 1}",
                "give labels of the same movie",
            )
        if labels.shape != movie.frames.frame_shape:
            raise InputError(
                where,
                f"its image has {' × '.join(map(str, movie.frames.frame_shape))} px, its labels "
                f"{' × '.join(map(str, labels.shape))}",
                "give labels of the same frame",
            )
