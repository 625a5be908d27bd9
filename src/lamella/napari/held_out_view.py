"""A held-out frame three times side by side: before, after, and as it was corrected."""

from __future__ import annotations

from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image, Labels, Layer, Points
from napari.utils.colormaps import DirectLabelColormap

from lamella.napari.looks import laid_on_movie
from lamella.run.learn import HeldOutFrame

COLOURS = {"before": "#e69f00", "after": "#56b4e9", "corrected": "#009e73"}
"""Of the outlines; told apart by colour-blind eyes."""
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

    @property
    def layers(self) -> list[Layer]:
        """Those of this view."""
        return [each for each in self._viewer.layers if each.metadata.get("lamella_view") == _TAG]

    def show(self, image: Any, frame: HeldOutFrame, words: dict[str, str]) -> None:
        """Show a frame.

        Parameters
        ----------
        image : (Y, X) array
            The raw frame.
        frame : HeldOutFrame
        words : dict of str to str
            What is written above each side.
        """
        first = not self.layers
        if first:
            self._hidden = [each for each in self._viewer.layers if each.visible]
            for each in self._hidden:
                each.visible = False
        else:
            self._remove()
        height, width = image.shape
        step = width + max(2, round(_GAP * width))
        mosaic = np.full((height, 2 * step + width), image.min(), image.dtype)
        for place in range(3):
            mosaic[:, place * step : place * step + width] = image
        low, high = (float(x) for x in np.percentile(image, (0.5, 99.8)))
        laid = laid_on_movie(self._viewer, ndim=2)  # all movies of a study are shown in one unit
        laid.pop("translate", None)
        about = {"metadata": {"lamella_view": _TAG}, **laid}
        side_px = np.asarray(laid.get("scale", (1.0, 1.0)))
        name = f"held-out frame {frame.frame} of {frame.movie}"
        limits = (low, max(high, low + 1e-6))
        self._viewer.add_layer(Image(mosaic, name=name, contrast_limits=limits, **about))
        for place, (side, colour) in enumerate(COLOURS.items()):
            labels = Labels(
                getattr(frame, side).astype(np.int32),
                name=side,
                translate=(0, place * step * side_px[1]),
                colormap=DirectLabelColormap(color_dict={None: colour, 0: "transparent"}),
                opacity=1.0,
                **about,
            )
            labels.contour = max(1, round(max(height, width) / 100))
            labels.editable = False
            self._viewer.add_layer(labels)
        self._write(height, step, words, about)
        self._viewer.reset_view()

    def clear(self) -> None:
        """Show what was shown before."""
        if self.layers:
            self._remove()
            for each in self._hidden:
                if each in self._viewer.layers:
                    each.visible = True
            self._hidden = []
            self._viewer.reset_view()

    def _remove(self) -> None:
        for each in self.layers:
            self._viewer.layers.remove(each)

    def _write(self, height: int, step: int, words: dict[str, str], about: dict[str, Any]) -> None:
        places = [(_ABOVE * height, place * step) for place in range(3)]
        text = {
            "string": "{words}",
            "size": 12,
            "color": list(COLOURS.values()),
            "anchor": "lower_left",
        }
        points = Points(
            places,
            features={"words": [f"{side} {words.get(side, '')}".strip() for side in COLOURS]},
            text=text,
            size=1,
            face_color="transparent",
            border_color="transparent",
            name="scores",
            **about,
        )
        points.editable = False
        self._viewer.add_layer(points)
