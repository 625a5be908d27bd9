"""The threshold that controls without the signal set."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, field_validator, model_validator

from lamella.core.step import Step
from lamella.core.wells import well_name
from lamella.statistics.design import FloatArray
from lamella.statistics.positives.cut import Cut, Plate, interval, joined

_BEYOND = 5
"""So many controls should lie beyond a percentile for it to be known."""


class ByControls(Step):
    """A high percentile, or mean + k SD, of the objects of the negative controls.

    The only method that needs no positives on the plate: it says from where on a value is one that
    objects without the signal hardly ever have. A percentile of 99 calls 1 % of them positive.

    Parameters
    ----------
    condition : str or None
        Condition of the negative controls, such as that without EdU.
    wells : tuple of str
        Their wells, instead of a condition; A1 is A01.
    percentile : float
        Of the negative controls (its mirror, 100 − percentile, where positives lie below).
    sds : float or None
        Mean + so many SD instead of a percentile (minus, where positives lie below).
    positive_condition, positive_wells : str or None, tuple of str
        Positive controls. Where no larger share of them than of the negative ones lies beyond the
        threshold, the staining failed and there is no threshold.
    """

    version: ClassVar[int] = 1
    method: Literal["controls"] = "controls"
    condition: str | None = None
    wells: tuple[str, ...] = ()
    percentile: Annotated[float, Field(ge=50, lt=100)] = 99.0
    sds: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    positive_condition: str | None = None
    positive_wells: tuple[str, ...] = ()

    @field_validator("wells", "positive_wells")
    @classmethod
    def _as_told(cls, wells: tuple[str, ...]) -> tuple[str, ...]:
        """By the names that wells have in tables."""
        return tuple(map(well_name, wells))

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        if (self.condition is None) == (not self.wells):
            raise ValueError("give condition, or wells, of the negative controls")
        if self.positive_condition is not None and self.positive_wells:
            raise ValueError("give positive_condition or positive_wells, not both")
        if self.sds is not None and "percentile" in self.model_fields_set:
            raise ValueError("give percentile or sds, not both")
        return self

    def __call__(self, plate: Plate, *, draws: int = 0, seed: int = 0) -> Cut:
        """The threshold of one plate."""
        own = plate.only(_chosen(plate, self.condition, self.wells))
        n = len(own.values)
        if n < 2:
            named = self.condition or ", ".join(self.wells)
            return Cut(n_controls=n, verdict=f"{n or 'no'} objects of the controls ({named}) here")
        threshold = self._of(own.values, plate.side)
        low, high, words = interval(
            own, lambda values: self._of(values, plate.side), draws=draws, seed=seed
        )
        told = joined(self._doubt(own), words)
        controls = plate.only(_chosen(plate, self.positive_condition, self.positive_wells))
        if len(controls.values):
            ours, theirs = controls.beyond(threshold), own.beyond(threshold)
            if ours <= theirs:
                lost = (
                    f"positive controls are not above: {ours:.1%} of them lie beyond the threshold "
                    f"{threshold:.4g}, and {theirs:.1%} of the negative ones"
                )
                return Cut(n_controls=n, verdict=joined(lost, told))
        elif self.positive_condition is not None or self.positive_wells:
            told = joined("no positive controls here", told)
        return Cut(threshold, low, high, n, told)

    def _of(self, values: FloatArray, side: str) -> float:
        sign = 1 if side == "above" else -1
        if self.sds is not None:
            return float(values.mean() + sign * self.sds * values.std(ddof=1))
        at = self.percentile if side == "above" else 100 - self.percentile
        return float(np.percentile(values, at))

    def _doubt(self, own: Plate) -> str:
        n = len(own.values)
        if np.ptp(own.values) == 0:
            return f"all {n} controls have the same value"
        wanted = math.ceil(_BEYOND / (1 - self.percentile / 100) - 1e-9)
        if self.sds is None and n < wanted:
            return f"{n} controls do not tell percentile {self.percentile:g} well: {wanted} would"
        return ""


def _chosen(plate: Plate, condition: str | None, wells: tuple[str, ...]) -> NDArray[np.bool_]:
    if condition is not None:
        chosen: NDArray[np.bool_] = plate.conditions == condition
        return chosen
    return np.isin(plate.well_names, list(wells))
