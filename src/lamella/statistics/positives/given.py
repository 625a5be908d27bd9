"""A threshold that is known beforehand."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from lamella.core.step import Step
from lamella.statistics.positives.cut import Cut, Plate


class ByValue(Step):
    """The same number on every plate, such as that of an earlier study with the same staining.

    Parameters
    ----------
    value : float
        In the unit of the measure.
    """

    version: ClassVar[int] = 1
    method: Literal["value"] = "value"
    value: Annotated[float, Field(allow_inf_nan=False)]

    def __call__(self, plate: Plate, *, draws: int = 0, seed: int = 0) -> Cut:
        """The threshold; it has no interval, since no object has a say."""
        return Cut(self.value)
