"""Which object is which cell over time: the trackers, told apart by their ``method``."""

from typing import Annotated

from pydantic import Field

from lamella.track.lap import Lap
from lamella.track.largest import Largest
from lamella.track.overlap import Overlap

Tracker = Annotated[Largest | Lap | Overlap, Field(discriminator="method")]
"""Every tracker."""

__all__ = ["Lap", "Largest", "Overlap", "Tracker"]
