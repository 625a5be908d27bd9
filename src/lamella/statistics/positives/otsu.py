"""Otsu's threshold over the objects of a plate."""

from __future__ import annotations

import math
from typing import ClassVar, Literal

from lamella.core.step import Step
from lamella.kernels.thresholds import multi_otsu
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
from lamella.statistics.positives.mixture import told_apart

_SEPARATION = 2.0
_RARE = 0.05


class ByOtsu(Step):
    """The value that leaves the least variance within two classes of objects.

    It always exists, and cuts one population in its middle: there it is refused by the same look
    that `ByMixture` takes. It leans towards the larger class, so that few positives are told
    better by controls or by the mixture.

    Parameters
    ----------
    scale : {"log", "linear"}
        As for `ByMixture`.

    References
    ----------
    Otsu 1979, https://doi.org/10.1109/TSMC.1979.4310076
    """

    version: ClassVar[int] = 1
    method: Literal["otsu"] = "otsu"
    scale: Scale = "log"

    def __call__(self, plate: Plate, *, draws: int = 0, seed: int = 0) -> Cut:
        """The threshold of one plate."""
        values, n_without = on_scale(plate.values, self.scale)
        dark = f"{n_without} objects are not above 0, and have no logarithm" if n_without else ""
        fit, reason = told_apart(values, least_separation=_SEPARATION)
        if fit is None:
            return Cut(verdict=joined(reason, dark))
        low, high, words = interval(plate, self._of, draws=draws, seed=seed)
        rare = float(fit.share.min())
        small = f"one class holds {rare:.1%} of the objects, which Otsu tells badly: "
        small = f"{small}see the mixture or controls" if rare < _RARE else ""
        return Cut(self._of(plate.values), low, high, verdict=joined(small, words, dark))

    def _of(self, values: FloatArray) -> float:
        shown, _ = on_scale(values, self.scale)
        cuts = multi_otsu(shown, classes=2) if len(shown) else None
        return math.nan if cuts is None else off_scale(float(cuts[0]), self.scale)
