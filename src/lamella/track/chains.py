"""Chains of objects while they are joined to cells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from lamella.track.objects import Indices, Objects


@dataclass(frozen=True)
class Limits:
    """What may be joined.

    Parameters
    ----------
    max_gap : int
        Frames in which a cell may be missing.
    max_step_px : float
        Of one frame; over a gap of g frames a cell may go √(g + 1) times as far.
    max_division_px : float
        From the middle of a mother to that of her daughter.
    divisions, merges : bool
        Whether these are looked for.
    """

    max_gap: int
    max_step_px: float
    max_division_px: float
    divisions: bool
    merges: bool


@dataclass
class Joined:
    """Who follows whom, gaps bridged, and who came from whom.

    Parameters
    ----------
    after, before : (n,) int64 arrays
        The object that follows, and the one that it follows; −1 = none.
    mothers : dict
        First object of a daughter to the last object of its mother.
    merged : dict
        First object of a merged cell to the last objects of those that it came from.
    """

    after: Indices
    before: Indices
    mothers: dict[int, int] = field(default_factory=dict)
    merged: dict[int, tuple[int, ...]] = field(default_factory=dict)

    def ends(self, objects: Objects) -> Indices:
        """Objects that nothing follows, though the movie goes on."""
        mother = np.zeros(len(self.after), bool)
        mother[list(self.mothers.values())] = True
        last = objects.frame == objects.span.stop - 1
        return np.flatnonzero((self.after < 0) & ~last & ~mother)

    def starts(self, objects: Objects) -> Indices:
        """Objects that follow nothing, though the movie began before."""
        daughter = np.zeros(len(self.after), bool)
        daughter[list(self.mothers)] = True
        first = objects.frame == objects.span.start
        return np.flatnonzero((self.before < 0) & ~first & ~daughter)

    def heads(self) -> Indices:
        """The first object of the chain of every object."""
        head = np.arange(len(self.before))
        for k, previous in enumerate(self.before.tolist()):  # objects are in order of time
            if previous >= 0:
                head[k] = head[previous]
        return head

    def back_from(self, k: int) -> Iterator[int]:
        """An object and all before it in its chain."""
        while k >= 0:
            yield k
            k = int(self.before[k])

    def cut(self, i: int) -> None:
        """Part an object from the one that follows it."""
        self.before[self.after[i]] = -1
        self.after[i] = -1

    def tie(self, i: int, j: int) -> None:
        """Let object `j` follow object `i`."""
        self.after[i], self.before[j] = j, i
