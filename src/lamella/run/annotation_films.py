"""The movies that annotated frames stand in: what a network that looks back in time is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from typing import NamedTuple

from lamella.core.frames import Frames, Image
from lamella.run.annotation_files import frame_in
from lamella.run.annotation_images import Place
from lamella.run.annotation_pieces import Piece


class Film(NamedTuple):
    """Frames that follow each other, whether annotated or not."""

    frames: Frames
    """Grey values of the channel that is segmented."""
    first: int
    """The number of the first of them in the movie."""

    @property
    def numbers(self) -> range:
        """The numbers of the frames in the movie."""
        return range(self.first, self.first + len(self.frames))


class StillFrames(Frames):
    """Single images as the frames of a movie, each opened when it is read.

    Parameters
    ----------
    images : sequence of function
        Each gives the frames of a still image.
    like : Frames
        For size and type.
    """

    def __init__(self, images: Sequence[Callable[[], Frames]], like: Frames) -> None:
        self._images = images
        self.span = range(len(images))
        self.frame_shape, self.dtype = like.frame_shape, like.dtype

    def frame(self, t: int) -> Image:
        self._refuse_outside(t)
        return self._images[t]().frame(0)


def films_of(pieces: Sequence[Piece], *, channel: str | None) -> dict[str, list[Film]]:
    """The films of every movie, by its name.

    A movie in one file is one film. Of single images the annotated ones count and those beside
    them that are of the same movie; where numbers are left out between them a new film begins,
    since frames that lie further apart in time than those of a movie would teach a wrong speed.

    Parameters
    ----------
    pieces : sequence of Piece
        As `annotation_movies.as_frames` gives them.
    channel : str, optional
        The channel that is segmented, of images beside the annotated ones.
    """
    films: dict[str, list[Film]] = {}
    stills: dict[str, list[Piece]] = {}
    for piece in pieces:
        whole = piece.image if piece.of_frame is None else piece.film
        if whole is None:
            stills.setdefault(piece.origin.movie, []).append(piece)
        else:
            films.setdefault(piece.origin.movie, [Film(whole, 0)])
    for movie, members in stills.items():
        if movie not in films:
            films[movie] = list(_runs(members, channel))
    return films


def _runs(members: Sequence[Piece], channel: str | None) -> Iterator[Film]:
    """Single images of one movie in runs of numbers that follow each other."""
    like = members[0].image
    there: dict[int, Callable[[], Frames]] = {}
    for each in members:
        if each.of_frame is not None:
            there.setdefault(each.of_frame, partial(_image, each))
    for number, place in _beside(members):
        if number not in there:
            found = place.opened()
            same = found.n_frames == 1 and found.frame_shape == like.frame_shape
            if same and found.channel(channel).dtype == like.dtype:
                there[number] = partial(_channel, place, channel)
    numbers = sorted(there)
    starts = [0, *(i for i, (a, b) in enumerate(pairwise(numbers), start=1) if b != a + 1)]
    for start, stop in pairwise([*starts, len(numbers)]):
        images = [there[number] for number in numbers[start:stop]]
        yield Film(StillFrames(images, like), numbers[start])


def _image(piece: Piece) -> Frames:
    return piece.image


def _channel(place: Place, channel: str | None) -> Frames:
    return place.opened().channel(channel)


def _beside(members: Sequence[Piece]) -> Iterator[tuple[int, Place]]:
    """Images beside the annotated ones whose names tell that they are frames of the same movie."""
    first = members[0]
    group = None
    if first.numbered is not None and first.numbered.number == first.of_frame:
        group = first.numbered._replace(number=0, file="")
    for place in first.beside:
        told = frame_in(place.movie)
        if told is not None and told[0] == first.origin.movie:
            yield told[1], place
        elif place.numbered is not None and place.numbered._replace(number=0, file="") == group:
            yield place.numbered.number, place
