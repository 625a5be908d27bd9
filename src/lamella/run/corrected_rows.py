"""Which rows of the tables rest on shapes that a person corrected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.table import Col
from lamella.io import open_labels
from lamella.run.corrections import corrected_file, is_corrected, original_file
from lamella.run.edit_log import Ranges, difference, from_ranges, in_ranges

VERSION = 1
"""Of what is marked here; part of the key of the tables."""


def corrected_shapes(folder: Path, name: str) -> Ranges:
    """The shapes of a set of objects that are not as they were before the first correction.

    New shapes, those with other pixels or another number, and those that are gone. Empty where
    nobody corrected, and where the labels of before are not kept.

    Parameters
    ----------
    folder : Path
        ``OUT/movies/<movie>``.
    """
    before = original_file(folder, name)
    if not is_corrected(folder, name) or not before.is_file():
        return {}
    old, new = (open_labels(file, name=name) for file in (before, corrected_file(folder, name)))
    if old.frames.shape != new.frames.shape:
        return {}
    return in_ranges(difference(old.frames, new.frames).shapes)


def frames_with_corrected(
    frames: pd.DataFrame, shapes: Mapping[str, Sequence[Sequence[int]]]
) -> pd.DataFrame:
    """A table of cells and frames with the column ``corrected``, beside ``interpolated``."""
    pairs = from_ranges(shapes)
    cells, times = frames[Col.CELL].tolist(), frames[Col.FRAME].tolist()
    marked = np.array([pair in pairs for pair in zip(cells, times, strict=True)], bool)
    return _inserted(frames, Col.CORRECTED, marked, after=Col.INTERPOLATED)


def cells_with_corrected(cells: pd.DataFrame, frames: pd.DataFrame) -> pd.DataFrame:
    """A table of cells with the count of its rows in `frames` that are marked as corrected."""
    marked = frames.loc[frames[Col.CORRECTED].to_numpy(bool), Col.CELL].value_counts()
    counts = [int(marked.get(cell, 0)) for cell in cells[Col.CELL]]
    return _inserted(cells, Col.N_CORRECTED, np.array(counts, np.int64), after=Col.N_INTERPOLATED)


def _inserted(table: pd.DataFrame, name: str, values: NDArray[Any], *, after: str) -> pd.DataFrame:
    """The table with another column behind one; at the end where it does not have that."""
    names = list(map(str, table.columns))
    out = table.copy()
    out.insert(names.index(after) + 1 if after in names else len(names), name, values)
    return out
