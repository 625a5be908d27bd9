"""Which object is which cell over time: the trackers, told apart by their ``method``."""

from typing import Annotated

from pydantic import Field

from lamella.track.events import TrackChecks
from lamella.track.field_drift import FieldDrift, field_drift
from lamella.track.fill import FillGaps
from lamella.track.lap import Lap
from lamella.track.largest import Largest
from lamella.track.overlap import Overlap
from lamella.track.sizes import with_sizes
from lamella.track.tracking import track

Tracker = Annotated[Largest | Lap | Overlap, Field(discriminator="method")]
"""Every tracker."""

__all__ = [
    "FieldDrift",
    "FillGaps",
    "Lap",
    "Largest",
    "Overlap",
    "TrackChecks",
    "Tracker",
    "field_drift",
    "track",
    "with_sizes",
]
