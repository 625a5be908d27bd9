"""Fit of an exponential decay."""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


class Decay(NamedTuple):
    """a·exp(−b·(x − start)) + c."""

    amplitude: float
    """At the start."""
    rate: float
    """Per unit of x; negative for a curve that grows."""
    plateau: float
    start: float
    """The first x that has a value."""
    r_squared: float
    """Share of the variance that the curve explains; NaN for values that do not vary."""

    def at(self, x: FloatArray) -> FloatArray:
        """The curve at these places."""
        out: FloatArray = self.amplitude * np.exp(-self.rate * (x - self.start)) + self.plateau
        return out


def fit_decay(x: FloatArray, y: FloatArray, *, plateau: bool = False) -> Decay | None:
    """Least-squares fit of a·exp(−b·x), or of a·exp(−b·x) + c.

    Parameters
    ----------
    x, y : (n,) float64 arrays
        NaN in y are left out.
    plateau : bool
        Whether there is a c; otherwise it is 0.

    Returns
    -------
    Decay or None
        None with fewer values than one more than the parameters, or where the search does not end.
    """
    from scipy.optimize import OptimizeWarning, curve_fit

    known = np.isfinite(x) & np.isfinite(y)
    x, y = x[known], y[known]
    if len(y) < (4 if plateau else 3) or not np.ptp(x) > 0:
        return None
    start, unit = float(x.min()), float(np.ptp(x))
    size = float(np.abs(y).max()) or 1.0
    u, v = (x - start) / unit, y / size  # of order one, whatever frames and grey values are
    first = float(np.median(v[u <= np.quantile(u, 0.1)]))
    last = float(np.median(v[u >= np.quantile(u, 0.9)]))
    floor = 0.0
    if plateau:
        floor = last - 0.2 * (first - last)
    rate = np.log(max(first - floor, 1e-3) / max(last - floor, 1e-3))

    def curve(u: FloatArray, a: float, b: float, c: float = 0.0) -> FloatArray:
        out: FloatArray = a * np.exp(-np.clip(b * u, -50, 50)) + c
        return out

    guess = [first - floor, rate, *([floor] if plateau else [])]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", OptimizeWarning)  # of a covariance that nobody asks for
            found, _ = curve_fit(curve, u, v, p0=guess, maxfev=5000)
    except RuntimeError:
        return None
    left = v - curve(u, *found)
    spread = float(np.sum((v - v.mean()) ** 2))
    r_squared = 1 - float(np.sum(left**2)) / spread if spread > 0 else float("nan")
    floor = float(found[2]) * size if plateau else 0.0
    return Decay(float(found[0]) * size, float(found[1]) / unit, floor, start, r_squared)
