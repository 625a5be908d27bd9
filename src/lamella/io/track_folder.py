"""Folders of `lamella track`: masks in the layout of the Cell Tracking Challenge, and tracks.csv.

The Challenge's files know neither gaps nor merged cells nor which shapes were filled in; the table
beside them does. Its column `label` is the number that each object has in the mask files.
"""

from __future__ import annotations

import os
import warnings
from dataclasses import replace
from pathlib import Path

import pandas as pd

from lamella.core.errors import InputError, LamellaWarning
from lamella.core.movie import Scale
from lamella.core.table import Col
from lamella.core.tracked import Tracked
from lamella.io.ctc import read_ctc, write_ctc
from lamella.io.track_table import read_track_table, write_track_table

TRACKS_FILE = "tracks.csv"


def write_track_folder(folder: str | os.PathLike[str], tracked: Tracked) -> None:
    """Write masks, res_track.txt and tracks.csv; an earlier set is replaced.

    Warns and raises as :func:`lamella.io.ctc.write_ctc`.
    """
    table = Path(folder) / TRACKS_FILE
    table.unlink(missing_ok=True)  # never an old table beside new masks
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        written = write_ctc(folder, tracked)
    for each in caught:
        ours = issubclass(each.category, LamellaWarning)
        told = f"{each.message} ({TRACKS_FILE} beside them does)" if ours else str(each.message)
        warnings.warn(told, each.category, stacklevel=2)
    numbers = written.links[Col.CELL].to_numpy()
    links = tracked.tracks.links.assign(**{Col.LABEL: numbers})
    write_track_table(table, replace(tracked, tracks=replace(tracked.tracks, links=links)))


def read_track_folder(folder: str | os.PathLike[str], *, scale: Scale | None = None) -> Tracked:
    """Tracked objects from such a folder, or from any result or truth of the Challenge.

    Returns
    -------
    Tracked
        With labels. Cells and lineage are those of tracks.csv where it is there, else those of the
        text file.

    Raises
    ------
    InputError, FaultsError
        As :func:`lamella.io.ctc.read_ctc`, and where the table and the masks are not of one
        tracking.
    """
    masks = read_ctc(folder, scale=scale)
    path = Path(folder) / TRACKS_FILE
    if not path.is_file():
        return masks
    table = read_track_table(
        path, n_frames=masks.n_frames, frame_shape=masks.frame_shape, scale=scale
    )
    keys = [Col.FRAME, Col.LABEL]
    theirs, ours = (pd.MultiIndex.from_frame(t.tracks.links[keys]) for t in (masks, table))
    odd = ours.symmetric_difference(theirs)
    if len(odd):
        frame, label = odd[0]
        raise InputError(
            str(path),
            f"it does not fit the masks beside it: {len(odd)} objects are in one of them only, "
            f"such as number {label} in frame {frame}",
            f"track again, or delete {TRACKS_FILE} to take the masks as they are",
        )
    return replace(table, labels=masks.labels, source=str(folder))
