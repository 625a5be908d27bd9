"""Undo bleaching by giving every frame the grey values of the first."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from lamella.preprocess.bleaching.fading import Curve, Fading, FloatArray, no_start
from lamella.preprocess.bleaching.undo import Restore, _UndoBleaching


class HistogramMatching(_UndoBleaching):
    """Give every frame the distribution of grey values of the first.

    Quantile for quantile, above the level: the darkest pixel stays the darkest. It also undoes what
    is no bleaching (a lamellipodium that grows changes the distribution), and is the last choice
    where intensities are compared within a cell. Grey values below those that were measured are
    scaled towards the level, those above by the factor of the highest quantile.

    References
    ----------
    Miura 2020, https://doi.org/10.12688/f1000research.27171.1
    """

    method: Literal["histogram"] = "histogram"
    _wants_quantiles: ClassVar[bool] = True

    def curve(self, state: Fading) -> Curve:
        if (doubt := no_start(state)) is not None:
            return Curve(np.ones(len(state.frame)), {}, [doubt])
        good = np.isfinite(state.mean) & (state.mean > 0)
        first = int(np.flatnonzero(good)[0])
        near = _nearest(good)
        factor = state.mean[first] / state.mean[near]
        doubts = []
        if n := int((~good).sum()):
            doubts.append(f"{n} frames without a positive mean are matched as the one before")
        return Curve(factor, {}, doubts)

    def _restorer(self, state: Fading) -> Restore:
        if no_start(state) is not None:
            return lambda above, i: above
        good = np.isfinite(state.mean) & (state.mean > 0)
        near, target = _nearest(good), state.quantiles[int(np.flatnonzero(good)[0])]
        return lambda above, i: _matched(above, state.quantiles[near[i]], target)


def _matched(
    above: NDArray[np.float32], source: FloatArray, target: FloatArray
) -> NDArray[np.float32]:
    """Values of a frame, each at the quantile of the first frame that it has in its own."""
    # Equal values have several quantiles; they all become the mean of their targets.
    known, back, n = np.unique(source, return_inverse=True, return_counts=True)
    wanted = np.bincount(back, target) / n
    values = above.astype(np.float64)
    out = np.interp(values, known, wanted)
    # Beyond the quantiles each value is scaled as the last one, so that the level itself stays, and
    # noise around it stays around it.
    for beyond, end in ((values > known[-1], -1), (values < known[0], 0)):
        scaled = known[end] > 0 and wanted[end] > 0
        if scaled:
            out[beyond] = values[beyond] * (wanted[end] / known[end])
        else:
            out[beyond] = wanted[end] + values[beyond] - known[end]
    return out.astype(np.float32)


def _nearest(good: NDArray[np.bool_]) -> NDArray[np.intp]:
    """For every frame itself, or the last good one before it; before the first, the first."""
    at = np.where(good, np.arange(len(good)), -1)
    return np.maximum(np.maximum.accumulate(at), int(np.flatnonzero(good)[0]))
