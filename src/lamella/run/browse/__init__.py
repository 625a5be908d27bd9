"""A run as it is looked at: its movies, cells and what was found in them, read when asked for."""

from lamella.run.browse.contrast import contrast_of
from lamella.run.browse.drawn import Arrows, Drawn, Valued
from lamella.run.browse.opened import OpenedMovie, OpenedRun

__all__ = ["Arrows", "Drawn", "OpenedMovie", "OpenedRun", "Valued", "contrast_of"]
