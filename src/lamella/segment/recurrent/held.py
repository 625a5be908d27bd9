"""The newest of what was computed, up to a number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

_T = TypeVar("_T")


class Held(Generic[_T]):
    """What a function gives of frame numbers; those asked for last are held.

    Parameters
    ----------
    function : callable
        ``function(t)``.
    most : int
        How many are held.
    """

    def __init__(self, function: Callable[[int], _T], *, most: int) -> None:
        self._function, self._most = function, most
        self._held: dict[int, _T] = {}

    def __call__(self, t: int) -> _T:
        if t in self._held:
            self._held[t] = self._held.pop(t)  # now the newest
            return self._held[t]
        while len(self._held) >= self._most:  # let go of before the next is computed
            del self._held[next(iter(self._held))]
        made = self._held[t] = self._function(t)
        return made
