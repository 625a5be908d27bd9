"""Which object is which cell over time: the trackers, told apart by their ``method``."""

from lamella.track.largest import Largest

Tracker = Largest
"""Every tracker."""

__all__ = ["Largest", "Tracker"]
