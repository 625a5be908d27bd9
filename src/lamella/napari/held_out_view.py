"""A held-out frame three times side by side: before, after, and as it was corrected."""

from __future__ import annotations

from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image, Labels, Layer, Points
from napari.utils.colormaps import DirectLabelColormap
from numpy.typing import NDArray

from lamella.napari.looks import laid_on_movie
from lamella.run.learn import HeldOutFrame

COLOURS = {"before": "#e69f00", "after": "#56b4e9", "corrected": "#009e73"}
"""Of the outlines; told apart by colour-blind eyes."""
_SEEN_AXES = 2
_GAP = 0.06
_ABOVE = -0.12
_TAG = "held out"


class HeldOutView:
    """Layers that show one held-out frame; the others are hidden as long.

    Parameters
    ----------
    viewer : ViewerModel
    """

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = viewer
        self._hidden: list[Layer] = []
        self._parts: dict[str, Layer] = {}
        self._told_time = False

    @property
    def layers(self) -> list[Layer]:
        """Those of this view."""
        return [each for each in self._viewer.layers if each.metadata.get("lamella_view") == _TAG]

    def show(
        self, image: Any, frame: HeldOutFrame, words: dict[str, str], *, um: float | None = None
    ) -> None:
        """Show a frame.

        Layers that are there are filled anew: to add others takes napari a second each.

        Parameters
        ----------
        image : (Y, X) array
            The raw frame.
        frame : HeldOutFrame
        words : dict of str to str
            What is written above each side.
        um : float, optional
            Side of a pixel of this movie, µm; by default that of the movie in the viewer.
        """
        if not self.layers:
            self._hide_others()
        height, width = image.shape
        step = width + max(2, round(_GAP * width))
        mosaic = np.full((height, 2 * step + width), image.min(), image.dtype)
        for place in range(3):
            mosaic[:, place * step : place * step + width] = image
        low, high = (float(x) for x in np.percentile(image, (0.5, 99.8)))
        limits = (low, max(high, low + 1e-6))
        about = self._about(um)
        self._put_image(mosaic, limits, about)
        for place, side in enumerate(COLOURS):
            labels = getattr(frame, side).astype(np.int32)
            self._put_labels(labels, side, (0, place * step), about)
        self._parts["image"].name = f"held-out frame {frame.frame} of {frame.movie}"
        self._write(height, step, words, about)
        self._viewer.reset_view()

    def clear(self, *, look: bool = True) -> None:
        """Show what was shown before.

        Parameters
        ----------
        look : bool
            Move the camera over the whole of it.
        """
        if not self.layers:
            return
        for each in self.layers:
            self._viewer.layers.remove(each)
        self._parts = {}
        for each in self._hidden:
            if each in self._viewer.layers:
                each.visible = True
        self._hidden = []
        self._viewer.text_overlay.visible = self._told_time
        if look:
            self._viewer.reset_view()

    def _hide_others(self) -> None:
        """And the time, which is of the movie that the slider goes through."""
        self._parts = {}
        self._hidden = [each for each in self._viewer.layers if each.visible]
        for each in self._hidden:
            each.visible = False
        self._told_time = bool(self._viewer.text_overlay.visible)
        self._viewer.text_overlay.visible = False

    def _about(self, um: float | None) -> dict[str, Any]:
        """Scale and unit of the layers of this view, and whose they are: pixels without a movie."""
        laid: dict[str, Any] = {}
        if len(self._viewer.layers) > len(self.layers):
            laid = laid_on_movie(self._viewer, ndim=_SEEN_AXES)
            laid.pop("translate", None)
        if laid and um is not None:
            laid["scale"] = (um, um)
        return {"metadata": {"lamella_view": _TAG}, "scale": (1.0, 1.0), **laid}

    def _put_image(
        self, mosaic: NDArray[Any], limits: tuple[float, float], about: dict[str, Any]
    ) -> None:
        if (layer := self._part("image")) is None:
            self._add("image", Image(mosaic, contrast_limits=limits, **about))
        else:
            layer.data, layer.contrast_limits = mosaic, limits
            layer.scale = about["scale"]

    def _put_labels(
        self, labels: NDArray[np.int32], side: str, place: tuple[int, int], about: dict[str, Any]
    ) -> None:
        if (layer := self._part(side)) is None:
            colours = DirectLabelColormap(color_dict={None: COLOURS[side], 0: "transparent"})
            layer = Labels(labels, name=side, colormap=colours, opacity=1.0, **about)
            self._add(side, layer)
        else:
            layer.data = labels
            layer.scale = about["scale"]
        layer.translate = np.multiply(place, about["scale"])
        layer.contour = max(1, round(max(labels.shape) / 100))
        layer.editable = False  # other data have made it editable

    def _write(self, height: int, step: int, words: dict[str, str], about: dict[str, Any]) -> None:
        places = [(_ABOVE * height, place * step) for place in range(3)]
        told = {"words": [f"{side} {words.get(side, '')}".strip() for side in COLOURS]}
        if (layer := self._part("scores")) is not None:
            layer.data, layer.features = places, told
            layer.scale = about["scale"]
            layer.refresh_text()
            layer.editable = False
            return
        text = {
            "string": "{words}",
            "size": 9,
            "color": list(COLOURS.values()),
            "anchor": "lower_left",
        }
        layer = Points(
            places,
            features=told,
            text=text,
            size=1,
            face_color="transparent",
            border_color="transparent",
            name="scores",
            **about,
        )
        layer.editable = False
        self._add("scores", layer)

    def _part(self, name: str) -> Any:
        """A layer of this view; None where it is not there, or a person removed it."""
        layer = self._parts.get(name)
        return layer if layer in self._viewer.layers else None

    def _add(self, name: str, layer: Layer) -> None:
        self._parts[name] = layer
        self._viewer.add_layer(layer)
