"""A number with the ends of its interval, and the quotient of two such numbers."""

from __future__ import annotations

import math
from typing import NamedTuple


class Interval(NamedTuple):
    """A number and its 95 % interval; NaN = cannot be told."""

    value: float = math.nan
    low: float = math.nan
    high: float = math.nan

    def times(self, factor: float) -> Interval:
        """On another scale; `factor` is not negative."""
        return Interval(self.value * factor, self.low * factor, self.high * factor)


def over(number: Interval, scale: Interval) -> Interval:
    """A number over a scale that is itself an estimate, with the errors of both (MOVER-R).

    θ is in the interval as long as number − θ · scale, whose error the two intervals tell, may be
    0. So the interval leaves out 0 exactly where that of the number does.

    Parameters
    ----------
    number : Interval
    scale : Interval
        Above 0 with both ends, and independent of the number, as means and variances of normal
        values are.

    Returns
    -------
    Interval
        NaN where one of the two has no interval.

    References
    ----------
    Donner & Zou 2012, https://doi.org/10.1177/0962280210383082

    Examples
    --------
    >>> over(Interval(2.0, 1.0, 3.0), Interval(2.0, 2.0, 2.0))
    Interval(value=1.0, low=0.5, high=1.5)
    """
    value = number.value / scale.value if scale.value > 0 else math.nan
    if not (math.isfinite(number.high - number.low) and 0 < scale.low <= scale.high < math.inf):
        return Interval(value)
    mirrored = _lower(-number.value, -number.high, scale)
    return Interval(value, _lower(number.value, number.low, scale), -mirrored)


def _lower(value: float, low: float, scale: Interval) -> float:
    """θ below value / scale at which (value − θ · scale)² is the squared error of both."""
    # A positive θ is small because the scale may be large; a negative one because it may be small.
    gap = scale.high - scale.value if low > 0 else scale.value - scale.low
    square, middle = scale.value**2 - gap**2, value * scale.value
    product = low * (2 * value - low)
    root = math.sqrt(max(middle**2 - square * product, 0.0))
    return product / (middle + root) if low > 0 else (middle - root) / square
