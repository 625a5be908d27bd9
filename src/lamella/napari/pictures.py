"""A movie as layers: an image a channel, read lazily, in µm; and the time that is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from lamella.core.movie import Movie, Scale
from lamella.napari.lazy import LazyStack
from lamella.run.browse.contrast import contrast_of
from lamella.run.browse.stamps import stamp

if TYPE_CHECKING:
    from napari.components import ViewerModel

LayerData = tuple[Any, dict[str, Any], str]
"""What napari makes a layer of: its data, its keywords, its kind."""

OURS = "lamella"
"""Where our notes stand in a layer's ``metadata``: ``movie``, ``object`` and ``role``."""

IMAGE = "image"
_OF_CHANNELS = ("green", "magenta", "cyan", "yellow", "red", "blue")


def space(scale: Scale) -> dict[str, Any]:
    """Keywords that place a layer in µm; in pixels where the pixel size is not known.

    The first axis stays the number of the frame, so that the slider counts frames.
    """
    um = scale.pixel_size_um
    side, unit = (1.0, "pixel") if um is None else (um, "um")
    return {
        "scale": (1.0, side, side),
        "units": ("pixel", unit, unit),
        "axis_labels": ("frame", "y", "x"),
    }


def timed(scale: Scale) -> dict[str, Any]:
    """The times of the frames in minutes, for a layer's notes: writers find them there."""
    return {} if scale.time_min is None else {"time_min": scale.time_min.tolist()}


def image_layers(
    movie: Movie, *, name: str, notes: dict[str, Any] | None = None
) -> list[LayerData]:
    """A layer for every channel; of each, a few frames are read for its contrast.

    Parameters
    ----------
    name : str
        Of the layer, where there is one channel; else they are called as the channels.
    notes : dict, optional
        For the ``metadata`` of the layers.
    """
    several = len(movie.channels) > 1
    layers: list[LayerData] = []
    for place, (channel, frames) in enumerate(movie.channels.items()):
        low, high = contrast_of(frames)
        told = {**(notes or {}), **timed(movie.scale), "role": IMAGE, "channel": channel}
        keywords = {
            "name": channel if several else name,
            "contrast_limits": (low, high),
            "colormap": _OF_CHANNELS[place % len(_OF_CHANNELS)] if several else "gray",
            "blending": "additive",
            "multiscale": False,  # else napari asks the array
            "rgb": False,
            "metadata": {OURS: told},
            **space(movie.scale),
        }
        layers.append((LazyStack(frames), keywords, "image"))
    return layers


class Clock:
    """Scale bar and time on a viewer's canvas, for the movie that is shown."""

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = viewer
        self._scale = Scale()
        viewer.dims.events.current_step.connect(self._tell)

    def show(self, scale: Scale) -> None:
        """From now on tell the times of this movie, in its unit of length."""
        self._scale = scale
        bar = self._viewer.scale_bar
        if not hasattr(type(bar), "unit") and scale.pixel_size_um is not None:
            bar.unit = "um"  # a field of napari before 0.7; later ones ask the layers
        bar.visible = True
        self._viewer.text_overlay.visible = True
        self._tell()

    def _tell(self) -> None:
        step = self._viewer.dims.current_step
        t = int(step[0]) if len(step) > 2 else 0
        minutes = self._scale.time_min
        known = minutes is not None and t < len(minutes)
        words = stamp(minutes, t) if known and minutes is not None else f"frame {t}"
        self._viewer.text_overlay.text = words


_CLOCKS: WeakKeyDictionary[ViewerModel, Clock] = WeakKeyDictionary()


def clock_of(viewer: ViewerModel) -> Clock:
    """The clock of a viewer: one and the same for all who use it."""
    if viewer not in _CLOCKS:
        _CLOCKS[viewer] = Clock(viewer)
    return _CLOCKS[viewer]


def window_world(low: Any, high: Any, scale: Scale) -> tuple[NDArray[np.float64], float]:
    """Centre (y, x) and longest side of a window of pixels, in the units of `space`."""
    side = 1.0 if scale.pixel_size_um is None else scale.pixel_size_um
    low, high = np.asarray(low, float) * side, np.asarray(high, float) * side
    return (low + high) / 2, float(max(high - low))
