"""Folders of `lamella track`: masks in the layout of the Cell Tracking Challenge, and tracks.csv.

The Challenge's files know neither gaps nor merged cells nor which shapes were filled in; the table
beside them does. Its column `label` is the number that each object has in the mask files.
:func:`lamella.io.track_folder.read_track_folder` reads them.
"""

from __future__ import annotations

import os
import warnings
from dataclasses import replace
from pathlib import Path

import pandas as pd

from lamella.core.errors import InputError, LamellaWarning
from lamella.core.table import Col
from lamella.core.tracked import Tracked
from lamella.io.ctc import write_ctc
from lamella.io.track_ids import tracked_from_ids
from lamella.io.track_table import TABLE, write_track_table


def write_tracked_masks(folder: str | os.PathLike[str], tracked: Tracked) -> None:
    """Write masks, res_track.txt and tracks.csv; an earlier set is replaced.

    Warns and raises as :func:`lamella.io.ctc.write_ctc`.
    """
    table = Path(folder) / TABLE
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        written = write_ctc(folder, tracked)
    for each in caught:
        ours = issubclass(each.category, LamellaWarning)
        told = f"{each.message} ({TABLE} beside them does)" if ours else str(each.message)
        warnings.warn(told, each.category, stacklevel=2)
    numbers = written.links[Col.CELL].to_numpy()
    links = tracked.tracks.links.assign(**{Col.LABEL: numbers})
    write_track_table(table, replace(tracked, tracks=replace(tracked.tracks, links=links)))


def refuse_strangers(tracked: Tracked) -> None:
    """Raise the InputError of a table of tracks beside the labels of another tracking.

    Reads every frame of the labels. Without labels there is nothing to refuse.
    """
    if tracked.labels is None:
        return
    shapes = tracked_from_ids(tracked.labels).tracks.links
    keys = [Col.FRAME, Col.LABEL]
    theirs, ours = (pd.MultiIndex.from_frame(t[keys]) for t in (shapes, tracked.tracks.links))
    odd = ours.symmetric_difference(theirs)
    if len(odd):
        frame, label = odd[0]
        raise InputError(
            f"{tracked.source}/{TABLE}",
            f"it does not fit the labels beside it: {len(odd)} objects are in one of them only, "
            f"such as number {label} in frame {frame}",
            f"track again, or delete {TABLE} to take the labels as they are",
        )
