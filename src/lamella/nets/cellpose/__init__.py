"""Cellpose 3 and 4, whichever is installed: which one, its models, and its masks."""

from lamella.nets.cellpose.building import from_scratch, load, named_diameter
from lamella.nets.cellpose.evaluating import evaluate, stretched
from lamella.nets.cellpose.finding import BUILT_IN, cache_folder, default_model, find
from lamella.nets.cellpose.half import half_precision
from lamella.nets.cellpose.installation import installed, version

__all__ = [
    "BUILT_IN",
    "cache_folder",
    "default_model",
    "evaluate",
    "find",
    "from_scratch",
    "half_precision",
    "installed",
    "load",
    "named_diameter",
    "stretched",
    "version",
]
