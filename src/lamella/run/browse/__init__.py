"""A run as it is looked at: its movies, cells and what was found in them, read when asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lamella.run.browse.contrast import contrast_of
    from lamella.run.browse.drawn import Arrows, Drawn, Valued
    from lamella.run.browse.opened import OpenedMovie, OpenedRun

__all__ = ["Arrows", "Drawn", "OpenedMovie", "OpenedRun", "Valued", "contrast_of"]

# Loaded when they are asked for: a movie alone opens without what a study needs.
_IN = {
    "Arrows": "drawn",
    "Drawn": "drawn",
    "OpenedMovie": "opened",
    "OpenedRun": "opened",
    "Valued": "drawn",
    "contrast_of": "contrast",
}


def __getattr__(name: str) -> Any:
    if name not in _IN:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_IN[name]}"), name)
