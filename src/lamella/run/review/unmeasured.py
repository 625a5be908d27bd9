"""Frames of cells that a person left out: they are walked over as shapes that nobody saw."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from lamella.core.table import Col
from lamella.core.tracks import Tracks
from lamella.measure import Walked

_PAIR = [Col.CELL, Col.FRAME]


def hidden(tracks: Tracks, left_out: pd.DataFrame) -> Tracks:
    """Tracks to measure by: what was left out passes for filled in, which no group measures.

    Parameters
    ----------
    left_out : DataFrame
        Cell and frame.
    """
    if not len(left_out):
        return tracks
    pairs = pd.concat([left_out[_PAIR], tracks.interpolated[_PAIR]])
    filled = _among(tracks.links, pairs)
    return replace(tracks, links=tracks.links.assign(**{Col.INTERPOLATED: filled}))


def told_apart(walked: Walked, tracks: Tracks, left_out: pd.DataFrame) -> Walked:
    """What was measured so, its column `interpolated` true of filled-in shapes alone."""
    if not len(left_out):
        return walked
    filled = tracks.interpolated

    def mended(table: pd.DataFrame) -> pd.DataFrame:
        if Col.INTERPOLATED not in table:
            return table
        return table.assign(**{Col.INTERPOLATED: _among(table, filled)})

    groups = [each._replace(frames=mended(each.frames)) for each in walked.groups]
    return Walked(mended(walked.sightings), groups)


def _among(table: pd.DataFrame, pairs: pd.DataFrame) -> pd.Series:
    known = pd.MultiIndex.from_frame(pairs[_PAIR].astype("int64"))
    found = pd.MultiIndex.from_frame(table[_PAIR].astype("int64")).isin(known)
    return pd.Series(found, index=table.index)
