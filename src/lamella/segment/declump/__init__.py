"""Which cell a pixel of a clump belongs to: the ways of splitting, told apart by ``method``."""

from typing import Annotated

from pydantic import Field

from lamella.segment.declump.distance import ByDistance
from lamella.segment.declump.intensity import ByIntensity
from lamella.segment.declump.nucleus import ByNucleus

Declump = Annotated[ByDistance | ByIntensity | ByNucleus, Field(discriminator="method")]
"""Every way to split clumps. Settings, command line and tests read this union."""

__all__ = ["ByDistance", "ByIntensity", "ByNucleus", "Declump"]
