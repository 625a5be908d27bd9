"""Undo bleaching by a fitted decay."""

from __future__ import annotations

from typing import Literal

import numpy as np

from lamella.kernels.decay import Decay, fit_decay
from lamella.preprocess.bleaching.fading import Curve, Fading, no_start
from lamella.preprocess.bleaching.undo import _UndoBleaching


class ExponentialFit(_UndoBleaching):
    """Scale by a fitted decay a·exp(−b·t), so that no frame's own noise or shape enters.

    Valid where the brightness of what is measured would be constant but for bleaching. A cell that
    spreads or makes more of its protein changes the fit.

    Parameters
    ----------
    plateau : bool
        Fit a·exp(−b·t) + c, as ImageJ does, for a part of the signal that does not bleach. In a
        movie that loses little of its light a, b and c cannot be told apart; with the level taken
        off there is usually no c.

    References
    ----------
    Miura, F1000Research 9:1494 (2020), https://doi.org/10.12688/f1000research.27171.1
    """

    method: Literal["exponential"] = "exponential"
    plateau: bool = False

    def fit(self, state: Fading) -> Decay | None:
        """The decay over frames; None where it cannot be fitted."""
        return fit_decay(state.frame.astype(np.float64), state.mean, plateau=self.plateau)

    def curve(self, state: Fading) -> Curve:
        none = np.ones(len(state.frame))
        if (doubt := no_start(state)) is not None:
            return Curve(none, {}, [doubt])
        fit = self.fit(state)
        if fit is None:
            return Curve(none, {}, ["too few frames to fit a decay: nothing was changed"])
        told = {
            "amplitude": fit.amplitude,
            "rate_per_frame": fit.rate,
            "plateau": fit.plateau,
            "r_squared": fit.r_squared if np.isfinite(fit.r_squared) else None,
            "half_life_frames": float(np.log(2) / fit.rate) if fit.rate > 0 else None,
        }
        expected = fit.at(state.frame.astype(np.float64))
        if fit.rate <= 0 or fit.amplitude <= 0 or expected.min() <= 0:
            return Curve(none, told, ["the fitted curve does not decay: nothing was changed"])
        doubts = []
        if fit.r_squared < 0.5:
            doubts.append(f"the decay explains little of the brightness (R² {fit.r_squared:.2f})")
        return Curve(fit.at(np.array([state.frame[0]], np.float64)) / expected, told, doubts)
