"""What of a file is the movie: which position, which slices, which channel."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from lamella.core.errors import InputError, SettingsError

Z = Literal["max", "mean"] | int
"""How a stack of slices becomes one plane: its maximum, its mean, or the slice of that number."""

PROJECTIONS: Final = ("max", "mean")
_NAMED = 12  # of the positions of a file, in messages


@dataclass(frozen=True)
class Take:
    """The part of a file that is one movie. What is None is chosen by nobody.

    Parameters
    ----------
    position : str or None
        Name of the position (scene, series, field), or its number, the first being 0. In a file
        that has one position it is a label, and chooses nothing.
    z : {"max", "mean"}, int, or None
        For files with several slices: their maximum, their mean, or the slice of this number, the
        first being 0. Files with one slice are as they are.
    channel : str or None
        Name of the only channel to take.
    """

    position: str | None = None
    z: Z | None = None
    channel: str | None = None

    @property
    def chosen(self) -> dict[str, str | int]:
        """What was chosen, by the names of columns of samples.csv."""
        return {name: value for name, value in vars(self).items() if value is not None}


WHOLE: Final = Take()
"""Of files that hold one movie."""


def z_from(text: str, *, where: str = "z") -> Z:
    """What a user wrote as the choice of slices.

    >>> z_from("max"), z_from("3"), z_from("3.0")
    ('max', 3, 3)

    Raises
    ------
    SettingsError
        For anything but ``max``, ``mean`` and whole numbers from 0 on.
    """
    if text.casefold() == "max":
        return "max"
    if text.casefold() == "mean":
        return "mean"
    # int() takes the digits of many scripts; so many slices has no file. Spreadsheets and pandas
    # make 3.0 of a number in a column with blanks.
    if number := re.fullmatch(r"([0-9]{1,6})(\.0)?", text):
        return int(number[1])
    raise SettingsError(
        f"{where} = {text!r}",
        "this names no slices",
        'use "max", "mean", or the number of one slice, the first being 0',
    )


def place_of(positions: Sequence[str], wanted: str | None, *, source: str) -> int:
    """The place of the wanted position among those of a file.

    A name wins over a number; of a file with one position it is always that one.

    Raises
    ------
    InputError
        Says which positions the file has.
    """
    if len(positions) == 1:
        return 0
    held = f"it has {len(positions)} positions ({in_words(positions)})"
    if wanted is None:
        raise InputError(
            source, held, "name one in samples.csv, column position, or with --position"
        )
    if wanted in positions:
        return list(positions).index(wanted)
    if re.fullmatch(r"[0-9]{1,6}", wanted) and int(wanted) < len(positions):
        return int(wanted)
    raise InputError(
        source, f"{held}, and none is called {wanted!r}", "use one of them, or its number from 0 on"
    )


def names_or_numbers(
    names: Iterable[str | None], numbers: Sequence[int] | None = None
) -> tuple[str, ...]:
    """Names that tell positions apart; where they do not, their numbers.

    >>> names_or_numbers(["A1", "A2"]), names_or_numbers(["", "A2"]), names_or_numbers(["A", "A"])
    (('A1', 'A2'), ('0', '1'), ('0', '1'))
    """
    told = tuple((name or "").strip() for name in names)
    if all(told) and len(set(told)) == len(told):
        return told
    return tuple(map(str, numbers if numbers is not None else range(len(told))))


def slices_of(n_slices: int, z: Z | None, *, source: str) -> range:
    """The slices of a file that are to be read.

    Raises
    ------
    InputError
        Several slices and no `z`; a slice that is not there.
    """
    if z is None and n_slices > 1:
        raise InputError(
            source,
            f"it has {n_slices} slices in z, and a movie one plane a frame",
            'choose z = "max", z = "mean" or the number of a slice, under [scale] of study.toml, '
            "in column z of samples.csv, or with --z",
        )
    if not isinstance(z, int):
        return range(n_slices)
    if not 0 <= z < n_slices:
        raise InputError(
            source,
            f"it has {n_slices} slice{'s' * (n_slices != 1)} in z, and z = {z} is none of them",
            f"slices are numbered from 0 to {n_slices - 1}",
        )
    return range(z, z + 1)


def in_words(names: Sequence[str]) -> str:
    """Names of positions for a message: not all of a plate."""
    more = f" … {names[-1]}" if len(names) > _NAMED else ""
    return ", ".join(names[: _NAMED if not more else _NAMED - 1]) + more
