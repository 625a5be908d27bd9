"""Examples of what is learnt from and of what is not: a frame between its neighbours."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lamella.core.frames import Frames, Image
from lamella.core.table import Col
from lamella.kernels.morphology import box_around
from lamella.report.filmstrip import filmstrip, to_png
from lamella.report.pseudo_labels import Strip
from lamella.train.reasons import DISAGREED, SPACING

_HEIGHT_PX = 150
_MARGIN = 0.25
"""Round the cell, over its extent."""


def strips_of(
    frames: pd.DataFrame,
    labels: Frames,
    images: Frames,
    *,
    second: Frames | None,
    whole: bool,
) -> list[Strip]:
    """One strip of a movie for what is kept, and one for every reason that frames are dropped for.

    The frame is the one that says most about the limits: of the kept ones the least trusted, of
    the dropped ones the most trusted. It stands between the frames before and after it, all three
    in the same window; where the second method disagrees its labels stand beside instead.

    Parameters
    ----------
    frames : DataFrame
        As `PseudoLabels` judged them.
    whole : bool
        Show the whole field, not only the surroundings of the cell.
    """
    strips = []
    for reason, rows in frames[frames[Col.REASON] != SPACING].groupby(Col.REASON):
        trust = rows[Col.CONFIDENCE].fillna(0.0)
        row = rows.iloc[int(np.argmax(trust) if reason else np.argmin(trust))]
        t = int(row[Col.FRAME])
        if reason == DISAGREED and second is not None:
            shown, masks = [images.frame(t)] * 2, [labels.frame(t), second.frame(t)]
            captions = [f"frame {t}", "second method"]
        else:
            around = [k for k in (t - 1, t, t + 1) if k in labels.span]
            shown, masks = [images.frame(k) for k in around], [labels.frame(k) for k in around]
            captions = [f"frame {k}" if k == t else str(k) for k in around]
        part = np.s_[:, :] if whole else _window(masks)
        shown, masks = [each[part] for each in shown], [each[part] for each in masks]
        strip = filmstrip(
            shown, masks, crop_px=max(shown[0].shape), height_px=_HEIGHT_PX, captions=captions
        )
        strips.append(
            Strip(str(reason), str(row[Col.MOVIE]), t, float(row[Col.CONFIDENCE]), to_png(strip))
        )
    return strips


def _window(masks: list[Image]) -> tuple[slice, slice]:
    """Rows and columns round all that was found in any of the frames; all where nothing was."""
    found = np.any([mask != 0 for mask in masks], axis=0)
    if not found.any():
        return slice(None), slice(None)
    tight = box_around(found, margin_px=0)
    extent = max(side.stop - side.start for side in tight)
    return box_around(found, margin_px=round(_MARGIN * extent) + 4)
