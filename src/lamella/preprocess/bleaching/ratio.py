"""Undo bleaching by the ratio to the first frame."""

from __future__ import annotations

from typing import Literal

import numpy as np

from lamella.preprocess.bleaching.fading import Curve, Fading, no_start
from lamella.preprocess.bleaching.undo import _UndoBleaching


class SimpleRatio(_UndoBleaching):
    """Scale every frame to the mean of the first: flat by force, whatever made it fade.

    Frames without anything to measure get what lies between their neighbours.

    References
    ----------
    Phair, in Goldman & Spector (eds), Live Cell Imaging, CSHL Press (2004); Miura 2020,
    https://doi.org/10.12688/f1000research.27171.1
    """

    method: Literal["ratio"] = "ratio"

    def curve(self, state: Fading) -> Curve:
        none = np.ones(len(state.frame))
        if (doubt := no_start(state)) is not None:
            return Curve(none, {}, [doubt])
        good = np.isfinite(state.mean) & (state.mean > 0)
        first = state.mean[good][0]
        factor = np.interp(state.frame, state.frame[good], first / state.mean[good])
        doubts = []
        if n := int((~good).sum()):
            doubts.append(f"{n} frames without a positive mean are scaled as those around them")
        return Curve(factor, {}, doubts)
