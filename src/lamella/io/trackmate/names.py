"""What a spot's name tells of its cell: ``cell 12``, or ``cell 12 from 7``.

TrackMate knows no cells, only a graph of spots. The names carry the numbers of the cells, and tell
a cell whose parent has no other daughter from the parent's own continuation.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from lamella.io.link_rows import LARGEST_ID

_NAME = re.compile(r"cell (\d{1,10})(?: from (\d{1,10}))?", re.ASCII)


class Mark(NamedTuple):
    """What a name tells; 0 = nothing."""

    cell: int = 0
    parent: int = 0

    def __bool__(self) -> bool:
        return self.cell > 0


def spot_name(cell: int, parent: int = 0) -> str:
    """The name of a spot; with `parent` that of the first spot of a cell."""
    return f"cell {cell} from {parent}" if parent else f"cell {cell}"


def mark_of(name: str) -> Mark:
    """What a spot's name tells of its cell."""
    found = _NAME.fullmatch(name)
    mark = Mark(int(found[1]), int(found[2] or 0)) if found else Mark()
    return mark if max(mark) <= LARGEST_ID else Mark()
