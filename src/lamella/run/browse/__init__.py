"""A run as it is looked at: its movies, cells and what was found in them, read when asked for."""

from lamella.run.browse.opened import OpenedMovie, OpenedRun

__all__ = ["OpenedMovie", "OpenedRun"]
