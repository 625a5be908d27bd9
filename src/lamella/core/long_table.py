"""Tables of so many rows that no memory should hold them whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pandas as pd

ROWS_AT_ONCE = 2**18
"""Of a part, at most, where whoever makes it can choose."""


class LongTable:
    """A table that is made a part at a time, every time it is asked for.

    Parameters
    ----------
    parts : function
        Gives the parts in the order of their rows, with the same columns of the same types; of a
        table without rows one that has none.
    """

    def __init__(self, parts: Callable[[], Iterator[pd.DataFrame]]) -> None:
        self.parts = parts

    def whole(self) -> pd.DataFrame:
        """All rows, numbered from 0."""
        return pd.concat(list(self.parts()), ignore_index=True)
