"""Lamella: from a folder of raw live-cell movies to per-cell biology that can be trusted.

The public names below are loaded on first use, so that ``import lamella`` costs next to nothing.

>>> import lamella
>>> movie = lamella.Movie.from_array([[[0, 1], [2, 3]]], pixel_size_um=0.3)
>>> movie.n_frames
1
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOMES = {
    "Movie": "lamella.core.movie",
    "Labels": "lamella.core.labels",
    "Tracks": "lamella.core.tracks",
    "Frames": "lamella.core.frames",
    "Col": "lamella.core.table",
    "LamellaError": "lamella.core.errors",
    "LamellaWarning": "lamella.core.errors",
    "open_movie": "lamella.io",
    "open_labels": "lamella.io",
}

__all__ = ["__version__", *_HOMES]

if TYPE_CHECKING:
    from lamella.core.errors import LamellaError as LamellaError
    from lamella.core.errors import LamellaWarning as LamellaWarning
    from lamella.core.frames import Frames as Frames
    from lamella.core.labels import Labels as Labels
    from lamella.core.movie import Movie as Movie
    from lamella.core.table import Col as Col
    from lamella.core.tracks import Tracks as Tracks
    from lamella.io import open_labels as open_labels
    from lamella.io import open_movie as open_movie


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'lamella' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
