"""Tracks that know how large their objects are, and which of them the field cuts off."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.frames import Frames
from lamella.core.table import Col
from lamella.core.tracks import Tracks
from lamella.kernels.regions import find_regions, inside_of


def with_sizes(tracks: Tracks, labels: Frames) -> Tracks:
    """The tracks with area, touching of the border and loose pieces in every link.

    Reads every frame that has a link once.

    Parameters
    ----------
    tracks : Tracks
    labels : Frames
        The objects that `label` in the links names.

    Returns
    -------
    Tracks
        Links with `area_px` (float64), `touches_border` (bool) and `loose_fraction` (float64,
        pieces 8-connected), which replace columns of these names. A link whose label is not in its
        frame has NaN, False and NaN.
    """
    parts = [_sizes(t, labels.frame(t)) for t in np.unique(tracks.links[Col.FRAME]).tolist()]
    columns = [Col.FRAME, Col.LABEL, Col.AREA_PX, Col.TOUCHES_BORDER, Col.LOOSE_FRACTION]
    sizes = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    index = pd.MultiIndex.from_frame(sizes[[Col.FRAME, Col.LABEL]])
    row = index.get_indexer(pd.MultiIndex.from_frame(tracks.links[[Col.FRAME, Col.LABEL]]))
    found = row >= 0
    new = {}
    for name in (Col.AREA_PX, Col.LOOSE_FRACTION):
        new[name] = np.full(len(row), np.nan)
        new[name][found] = sizes[name].to_numpy()[row[found]]
    touches = np.zeros(len(row), bool)
    touches[found] = sizes[Col.TOUCHES_BORDER].to_numpy()[row[found]]
    return replace(tracks, links=tracks.links.assign(**new, **{Col.TOUCHES_BORDER: touches}))


def _sizes(t: int, frame: NDArray[Any]) -> pd.DataFrame:
    regions = find_regions(frame)
    largest = [
        _largest_piece(inside_of(frame, label, place))
        for label, place in zip(regions.label, regions.box, strict=True)
    ]
    area = regions.area.astype(np.float64)
    return pd.DataFrame(
        {
            Col.FRAME: np.full(len(area), t),
            Col.LABEL: regions.label,
            Col.AREA_PX: area,
            Col.TOUCHES_BORDER: regions.at_border((frame.shape[0], frame.shape[1])),
            Col.LOOSE_FRACTION: 1 - np.asarray(largest, np.float64) / area,
        }
    )


def _largest_piece(inside: NDArray[np.bool_]) -> int:
    """Pixels of the largest 8-connected piece."""
    stats = cv2.connectedComponentsWithStats(inside.view(np.uint8), connectivity=8)[2]
    return int(stats[1:, cv2.CC_STAT_AREA].max())
