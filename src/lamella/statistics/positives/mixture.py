"""The threshold between two populations, where a value belongs to either with probability ½."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from lamella.core.step import Step
from lamella.statistics.design import FloatArray
from lamella.statistics.positives.cut import (
    Cut,
    Plate,
    Scale,
    interval,
    joined,
    off_scale,
    on_scale,
)
from lamella.statistics.positives.two_normals import TwoNormals, gain_in_bic, two_normals

FEWEST = 20
"""Objects; below, two populations cannot be told from one."""
_STRONG = 10.0
_LEAST_IN_ONE = 5


class ByMixture(Step):
    """Two normal distributions fitted to all objects of a plate, on their logarithms by default.

    Refused where the objects do not show two populations: one normal explains them as well
    (Schwarz's criterion), or two overlap so much that no value between them parts them.

    Parameters
    ----------
    scale : {"log", "linear"}
        Intensities scatter in proportion to their level, so that their logarithms are nearer to
        normal. Values not above 0 have no logarithm and no say; they count as dark.
    least_separation : float
        Smallest distance of the means over the mean of the two SDs.
    """

    version: ClassVar[int] = 1
    method: Literal["mixture"] = "mixture"
    scale: Scale = "log"
    least_separation: Annotated[float, Field(ge=0)] = 2.0

    def __call__(self, plate: Plate, *, draws: int = 0, seed: int = 0) -> Cut:
        """The threshold of one plate."""
        values, n_without = on_scale(plate.values, self.scale)
        dark = f"{n_without} objects are not above 0, and have no logarithm" if n_without else ""
        fit, reason = told_apart(values, least_separation=self.least_separation)
        if fit is None:
            return Cut(verdict=joined(reason, dark))
        begun = fit

        def again(drawn: FloatArray) -> float:
            shown, _ = on_scale(drawn, self.scale)
            found = two_normals(shown, begun)
            return math.nan if found is None else off_scale(found.crossing, self.scale)

        low, high, words = interval(plate, again, draws=draws, seed=seed)
        return Cut(off_scale(fit.crossing, self.scale), low, high, verdict=joined(words, dark))


def told_apart(values: FloatArray, *, least_separation: float) -> tuple[TwoNormals | None, str]:
    """Two populations among the values, or None and why they are not told apart."""
    n = len(values)
    if n < FEWEST:
        return None, f"{n} objects are too few to show two populations ({FEWEST} at least)"
    fit = two_normals(values)
    if fit is None:
        return None, f"all {n} objects have the same value"
    if gain_in_bic(values, fit) < _STRONG:
        return None, "one population explains the objects as well as two (BIC)"
    if fit.share.min() * n < _LEAST_IN_ONE:
        return None, f"the smaller of two populations has fewer than {_LEAST_IN_ONE} objects"
    if fit.separation < least_separation or not math.isfinite(fit.crossing):
        return None, (
            f"two populations overlap too much: their means are {fit.separation:.1f} SD apart, "
            f"and {least_separation:g} are needed"
        )
    return fit, ""
