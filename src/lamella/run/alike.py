"""What is to be known of many movies, said once where it is the same."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

_MANY = 4
"""Movies of which the same is told in one line."""
_NAMED = 3

# Amounts, which differ from movie to movie; what is numbered is a name.
_AMOUNT = re.compile(
    r"(?<![\w./-])(?<!channel )(?<!frame )(?<!frames )(?<!cell )(?<!cells )(?<!line )"
    r"\d+(?:\.\d+)?(?=%| |$)"
)


class Alike(NamedTuple):
    """What is told of one movie, or of many."""

    movies: tuple[str, ...]
    text: str
    """Of many without their paths, and with the range of amounts that differ."""

    @property
    def named(self) -> str:
        """The first of the movies."""
        return ", ".join(self.movies[:_NAMED]) + " …" * (len(self.movies) > _NAMED)


def alike(told: Iterable[tuple[str, str]]) -> list[Alike]:
    """What is told of movies, given by name; what is the same of many as one.

    Texts are compared without the movie's path, which they may begin with, and without amounts:
    fields of which 76 % and 78 % are bright have one fault, not two.

    >>> [each.text for each in alike((name, f"3{n}% is bright") for n, name in enumerate("abcd"))]
    ['30 to 33% is bright']
    """
    groups: dict[str, list[tuple[str, str]]] = {}
    for movie, text in dict.fromkeys(told):
        groups.setdefault(_AMOUNT.sub("#", _without_path(text)), []).append((movie, text))
    found = []
    for those in groups.values():
        movies = tuple(dict.fromkeys(movie for movie, _ in those))
        texts = list(dict.fromkeys(text for _, text in those))
        if len(movies) < _MANY:
            found += [Alike((movie,), text) for movie, text in those]
        elif len(texts) == 1:
            found.append(Alike(movies, texts[0]))
        else:
            found.append(Alike(movies, _ranged([*map(_without_path, texts)])))
    return found


def _without_path(text: str) -> str:
    where, _, what = text.partition(": ")
    return what if "/" in where or "\\" in where else text


def _ranged(texts: Sequence[str]) -> str:
    """Texts that differ in their amounts, as one."""
    amounts = zip(*map(_AMOUNT.findall, texts), strict=True)
    ranges = [(min(each, key=float), max(each, key=float)) for each in amounts]
    ends = iter(low if float(low) == float(high) else f"{low} to {high}" for low, high in ranges)
    return _AMOUNT.sub(lambda _: next(ends), texts[0])
