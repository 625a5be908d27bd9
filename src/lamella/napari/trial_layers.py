"""What a trial of settings would find: as layers over the movie, and as numbers in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.utils.colormaps import DirectLabelColormap
from numpy.typing import NDArray

from lamella.core.frames import Frames, Image
from lamella.napari.lazy import LazyStack
from lamella.napari.looks import show_seen_labels
from lamella.report.words import number
from lamella.run.trial_frame import Change, FrameTrial

if TYPE_CHECKING:
    import napari.viewer

TRIAL, TRIAL_LAMELLIPODIUM, TRIAL_MOVIE = "trial", "trial lamellipodium", "trial, whole movie"
_CELLS = (0.9, 0.15, 0.75, 1.0)
_LAMELLIPODIUM = (1.0, 0.85, 0.1, 0.8)
_WHOLE_MOVIE = (0.1, 0.8, 0.4, 1.0)


class TrialLayers:
    """Layers of the trial on the frame that is shown, and of that on the movie.

    Parameters
    ----------
    viewer : napari.Viewer
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        self._viewer = viewer

    def show_frame(self, trial: FrameTrial) -> None:
        """Outlines of the cells, and the lamellipodium."""
        self._show(TRIAL, _in_16_bits(trial.labels), _CELLS, contour=2)
        lamellipodium = _in_16_bits(trial.lamellipodium)
        self._show(TRIAL_LAMELLIPODIUM, lamellipodium, _LAMELLIPODIUM, contour=0)

    def show_movie(self, labels: Frames) -> None:
        """Outlines of the cells in all frames."""
        self._show(TRIAL_MOVIE, LazyStack(labels), _WHOLE_MOVIE, contour=2)

    def hide_frame(self) -> None:
        """Another frame is shown than the one that was tried, or nothing is tried any more.

        Hidden, not removed: that takes napari more than half a second each.
        """
        for name in (TRIAL, TRIAL_LAMELLIPODIUM):
            if name in self._viewer.layers:
                self._viewer.layers[name].visible = False

    def remove_movie(self) -> None:
        """Nothing is tried on the movie."""
        self._remove(TRIAL_MOVIE)

    def _show(self, name: str, labels: Any, colour: tuple[float, ...], *, contour: int) -> None:
        new = name not in self._viewer.layers
        colours = DirectLabelColormap(color_dict={None: colour, 0: (0, 0, 0, 0)})
        layer = show_seen_labels(
            self._viewer, labels, name, colours, opacity=0.9 if contour else 0.35
        )
        layer.visible = True
        if new:  # else a person may have chosen otherwise
            layer.contour = contour

    def _remove(self, *names: str) -> None:
        for name in names:
            if name in self._viewer.layers:
                self._viewer.layers.remove(name)


def as_table(changes: Sequence[Change], head: str) -> str:
    """Numbers as they are and as they would be, as HTML."""
    rows = []
    for change in changes:
        before, after = (number(_whole(v)) for v in (change.before, change.after))
        told = before if before == after else f"{before} → <b>{after}</b>"
        rows.append(f"<tr><td>{change.what}&nbsp;&nbsp;</td><td>{told}</td></tr>")
    return f"<p><b>{head}</b>: present → trial</p><table>{''.join(rows)}</table>"


def _in_16_bits(labels: Image) -> NDArray[np.uint16]:
    """Labels of one type for all layers: napari compiles its colours anew for every other type."""
    most = np.iinfo(np.uint16).max
    wrapped = (labels.astype(np.int64) - 1) % most + 1  # neighbours stay apart, 0 stays 0
    return np.where(labels > 0, wrapped, 0).astype(np.uint16)


def _whole(value: float) -> float:
    return int(value) if np.isfinite(value) and float(value).is_integer() else value
