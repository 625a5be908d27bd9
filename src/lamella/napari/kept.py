"""Frames that are kept in memory, of all that is shown together no more than there is room for."""

from __future__ import annotations

import weakref
from collections import OrderedDict
from itertools import count
from threading import RLock
from typing import Any

from numpy.typing import NDArray

MOST_BYTES = 512 * 2**20
"""Of all together: a cell has many layers."""

_KEEPING = RLock()
_STAMPS = count()


class Kept:
    """Frames of one stack; those that were looked at longest ago are the first to go.

    May be used from several threads.

    Parameters
    ----------
    each_bytes : int
        Of a frame, above 0.
    most_bytes : int
        Of this stack; of all stacks together, `MOST_BYTES`. One frame of each is kept at least.
    """

    def __init__(self, each_bytes: int, most_bytes: int) -> None:
        self.each_bytes = each_bytes
        self.most = max(1, most_bytes // each_bytes)
        self._frames: OrderedDict[int, tuple[int, NDArray[Any]]] = OrderedDict()
        _ALL.add(self)

    def __len__(self) -> int:
        return len(self._frames)

    def __contains__(self, t: int) -> bool:
        return t in self._frames

    def get(self, t: int) -> NDArray[Any] | None:
        """A frame, which has been looked at now; None where it is not kept."""
        with _KEEPING:
            if t not in self._frames:
                return None
            _, image = self._frames[t]
            self._frames[t] = next(_STAMPS), image
            self._frames.move_to_end(t)
            return image

    def put(self, t: int, image: NDArray[Any]) -> None:
        """Keep a frame, and let others go where there is no room for them."""
        with _KEEPING:
            self._frames[t] = next(_STAMPS), image
            while len(self) > self.most:
                self.drop_oldest()
            while held_bytes() > MOST_BYTES:
                several = [each for each in list(_ALL) if len(each) > 1]
                if not several:
                    return
                min(several, key=lambda each: each.oldest).drop_oldest()

    @property
    def oldest(self) -> int:
        """When the frame was looked at that goes next; larger is later."""
        stamp, _ = next(iter(self._frames.values()))
        return stamp

    def drop_oldest(self) -> None:
        """Let the frame go that was looked at longest ago."""
        with _KEEPING:
            self._frames.popitem(last=False)


_ALL: weakref.WeakSet[Kept] = weakref.WeakSet()


def held_bytes() -> int:
    """Memory of all frames that are kept."""
    return sum(each.each_bytes * len(each) for each in list(_ALL))
