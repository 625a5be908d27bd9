"""Annotated frames in the movies that they stand in: windows to learn from, and masks of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from lamella.core.frames import Image
from lamella.core.table import Col
from lamella.kernels.time_window import window_after, window_before
from lamella.report.words import count
from lamella.run.annotation_films import Film
from lamella.run.annotations import Taught
from lamella.segment import Recurrent
from lamella.segment.recurrent.smooth import reach_of
from lamella.segment.recurrent.step import Greys
from lamella.train.block import Block, hold_out_block
from lamella.train.examples import Example
from lamella.train.recurrent import TaughtMovie
from lamella.train.split import HoldOut

TOO_NEAR = "too near to a held-out frame"


class Recordings:
    """The frames of movies, annotated or not.

    Parameters
    ----------
    films : mapping of str to list of Film
        By movie.
    """

    def __init__(self, films: Mapping[str, Sequence[Film]]) -> None:
        self._films = films
        self._greys: dict[str, Greys] = {}

    def taught(self, examples: Sequence[Example]) -> list[TaughtMovie]:
        """A movie for every film with annotated frames; grey levels are those of all its films."""
        made = []
        for movie, films in self._films.items():
            own = [each for each in examples if each.movie == movie]
            levels = self.greys(movie).levels if own else None
            for film in films:
                labels = {e.frame - film.first: e.labels for e in own if e.frame in film.numbers}
                if labels and levels is not None:
                    made.append(
                        TaughtMovie(
                            film.frames, levels, labels, movie, own[0].session, own[0].condition
                        )
                    )
        return made

    def masks(self, step: Recurrent, movie: str, frames: Sequence[int]) -> Image:
        """Labels of some frames, (n, Y, X), segmented as those of the whole movie would be."""
        found: dict[int, Image] = {}
        for film in self._films[movie]:
            own = sorted(t for t in frames if t in film.numbers)
            if own:
                labels = step(film.frames, state=self.greys(movie))
                found |= {t: labels.frame(t - film.first) for t in own}
        return np.stack([found[t] for t in frames])

    def greys(self, movie: str) -> Greys:
        """How often each grey value occurs in a movie; counted once."""
        if movie not in self._greys:
            step = Recurrent()
            self._greys[movie] = step.merge([step.prepare(f.frames) for f in self._films[movie]])
        return self._greys[movie]

    def around(self, movie: str, t: int, *, length: int, ahead: bool, more: int) -> set[int]:
        """Frames in the windows of frame `t`, and of so many more frames on both sides."""
        film = next(film for film in self._films[movie] if t in film.numbers)
        n = len(film.frames)
        windows = [window_before, window_after] if ahead else [window_before]
        near = range(max(t - film.first - more, 0), min(t - film.first + more + 1, n))
        return {
            film.first + each
            for place in near
            for window in windows
            for each in window(place, length=length, n_frames=n)
        }


class Parted(NamedTuple):
    """Annotated frames, and the names of those movies that are not learnt from."""

    taught: Taught
    held_out: set[str]
    of_one_movie: bool
    """Whether these are frames of the very movie that is learnt from, under a name of their own."""


def parted(taught: Taught, hold_out: HoldOut, *, window: int, segmenter: Recurrent) -> Parted:
    """Movies held out; of a single one, the frames at its beginning or its end.

    Parameters
    ----------
    window : int
        Frames that the network is shown while it learns.
    segmenter : Recurrent
        What will find the masks that are scored.

    Raises
    ------
    SettingsError
        One movie whose annotated frames lie too near to each other; see also `HoldOut`.
    """
    movies = sorted({each.movie for each in taught.examples})
    if len(movies) > 1 or hold_out.by == "session":
        return Parted(taught, hold_out(taught.movies), of_one_movie=False)
    (movie,) = movies
    recordings = Recordings(taught.films)
    length = segmenter.window or window
    smoothing = reach_of(segmenter.smooth_sigma)
    block = hold_out_block(
        [each.frame for each in taught.examples],
        share=hold_out.share,
        shown=lambda t: recordings.around(movie, t, length=window, ahead=False, more=0),
        decide=lambda t: recordings.around(
            movie, t, length=length, ahead=segmenter.backwards, more=smoothing
        ),
    )
    return _apart(taught, movie, block)


NEAR_FRAMES = 5
"""Frames around a held-out one that a network that sees single frames does not learn from: those of
a cell that hardly moves are nearly the same image."""


def parted_stills(taught: Taught, hold_out: HoldOut) -> Parted:
    """The same for a network that is shown every frame alone.

    Raises
    ------
    SettingsError
        See `parted`.
    """
    movies = sorted({each.movie for each in taught.examples})
    if len(movies) > 1 or hold_out.by == "session":
        return Parted(taught, hold_out(taught.movies), of_one_movie=False)

    def near(t: int) -> range:
        return range(t - NEAR_FRAMES, t + 1)

    block = hold_out_block(
        [each.frame for each in taught.examples], share=hold_out.share, shown=near, decide=near
    )
    return _apart(taught, movies[0], block)


def movie_of(name: str) -> str:
    """The movie of which frames are held out under a name of their own, as `parted` calls them."""
    return re.sub(r"__frames?_\d+(-\d+)?$", "", name)


def _apart(taught: Taught, movie: str, block: Block) -> Parted:
    """Frames of the one movie that are held out, under a name of their own."""
    first, last = block.held_out[0], block.held_out[-1]
    name = f"{movie}__frame{'s' * (first != last)}_{first}{f'-{last}' * (first != last)}"
    examples = [
        each._replace(movie=name) if each.frame in block.held_out else each
        for each in taught.examples
        if each.frame not in block.between
    ]
    frames = taught.frames.copy()
    near = frames[Col.KEPT].astype(bool) & frames[Col.FRAME].isin(block.between)
    frames.loc[near, Col.REASON], frames.loc[near, Col.KEPT] = TOO_NEAR, False
    held = (frames[Col.MOVIE] == movie) & frames[Col.FRAME].isin(block.held_out)
    frames.loc[held, Col.MOVIE] = name
    told = f"frame {first} of it is" if first == last else f"frames {first} to {last} of it are"
    note = (
        f"only {movie} is annotated: {told} held out"
        + (f", and {count(len(block.between), 'frame')} between left out" if block.between else "")
        + "; frames of one movie are alike, so that the scores tell nothing of other movies"
    )
    films = {**taught.films, name: taught.films[movie]}
    return Parted(
        taught._replace(examples=examples, frames=frames, notes=(*taught.notes, note), films=films),
        {name},
        of_one_movie=True,
    )
