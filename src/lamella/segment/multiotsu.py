"""Segmentation by Otsu's thresholds: bright, dark or textured objects on a plain background."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from lamella.core.frames import Frames, Image, MappedFrames
from lamella.core.step import Step
from lamella.kernels.filters import blurred
from lamella.kernels.morphology import components, filled
from lamella.kernels.thresholds import multi_otsu
from lamella.segment.edge import refined_edge


class MultiOtsu(Step):
    """Threshold every frame for itself, and keep connected regions that stand out.

    The frame is smoothed, its brightest 0.1 % clipped (a few hot spots must not draw the
    thresholds), and cut into `classes` by the thresholds that maximise the variance between them.
    Regions above the lowest threshold are objects; with 3 classes that keeps a dim body together
    with its bright rim.

    Thresholds always exist, in noise too. A frame counts as empty when its objects stand out from
    the rest by less than `min_contrast` SDs of the rest.

    Parameters
    ----------
    classes : int
        2 (plain Otsu) to 5.
    foreground : {"bright", "dark", "either"}
        Objects brighter than the background, darker, or both at once (interference contrast: the
        distance from the frame's median).
    smoothing_px : float
        SD of the Gaussian; 0 = none.
    smallest_px : int
        Smaller regions are dropped.
    edge_px : int
        The edge is moved to the local half height among pixels at most this far from it (see
        `refined_edge`); 0 = left where the threshold put it, as it always is with "either", whose
        fringes have no height to halve.
    fill_holes : bool
        Fill holes that do not touch the edge of the frame.
    min_contrast : float
        Mean of objects minus mean of the rest, in SDs of the rest. Pure noise gives less than 2.

    References
    ----------
    Otsu, IEEE Trans. Syst. Man Cybern. 9:62 (1979), doi:10.1109/TSMC.1979.4310076.
    """

    version: ClassVar[int] = 1
    scale_free: ClassVar[bool] = True
    method: Literal["multiotsu"] = "multiotsu"
    classes: int = Field(3, ge=2, le=5)
    foreground: Literal["bright", "dark", "either"] = "bright"
    smoothing_px: float = Field(1.0, ge=0)
    smallest_px: int = Field(100, ge=1)
    edge_px: int = Field(3, ge=0)
    fill_holes: bool = True
    min_contrast: float = Field(3.0, ge=0)

    @classmethod
    def suggestions(cls) -> dict[str, Self]:
        """One for each kind of contrast; with 2 classes, dim parts are left out."""
        return {
            "bright": cls(foreground="bright"),
            "bright 2 classes": cls(foreground="bright", classes=2),
            "dark": cls(foreground="dark"),
            "dark 2 classes": cls(foreground="dark", classes=2),
            "either": cls(foreground="either"),
        }

    def __call__(self, frames: Frames, *, state: None = None) -> Frames:
        """Labels of every frame, (T, Y, X), numbered within their frame.

        uint16 where a frame has no room for more objects than that holds, else uint32.
        """
        height, width = frames.frame_shape
        few = height * width // self.smallest_px <= np.iinfo(np.uint16).max
        dtype = np.dtype(np.uint16 if few else np.uint32)
        return MappedFrames(
            frames, lambda t: self.segment(frames.frame(t)).astype(dtype), dtype=dtype
        )

    def segment(self, frame: Image) -> Image:
        """Labels of one frame, (Y, X) int32."""
        signal = self._signal(frame)
        shown = np.minimum(signal, np.percentile(signal, 99.9))
        thresholds = multi_otsu(shown, classes=self.classes)
        if thresholds is None:
            return np.zeros(frame.shape, np.int32)
        labels = self._objects(signal > thresholds[0])
        if self.edge_px and self.foreground != "either":
            labels = self._objects(refined_edge(labels > 0, signal, within_px=self.edge_px))
        found = labels > 0
        if not found.any() or self._contrast(shown, found) < self.min_contrast:
            return np.zeros(frame.shape, np.int32)
        return labels

    def _objects(self, mask: NDArray[np.bool_]) -> NDArray[Any]:
        return _large_components(filled(mask) if self.fill_holes else mask, self.smallest_px)

    def _signal(self, frame: Image) -> NDArray[np.float32]:
        signal = frame.astype(np.float32)
        if self.foreground == "dark":
            signal = -signal
        elif self.foreground == "either":
            signal = np.abs(signal - np.median(signal))
        if self.smoothing_px:
            signal = blurred(signal, self.smoothing_px)
        return signal

    @staticmethod
    def _contrast(shown: NDArray[np.float32], found: NDArray[np.bool_]) -> float:
        rest = shown[~found]
        if not len(rest):  # one object fills the frame: nothing to compare it with
            return 0.0
        spread = float(rest.std(dtype=np.float64))
        difference = float(shown[found].mean(dtype=np.float64) - rest.mean(dtype=np.float64))
        return difference / spread if spread > 0 else np.inf


def _large_components(mask: NDArray[np.bool_], smallest_px: int) -> NDArray[Any]:
    """8-connected components of at least `smallest_px` pixels, numbered from 1 in reading order."""
    found, area = components(mask)
    keep = area >= smallest_px
    keep[0] = False
    numbers = np.zeros(len(area), np.int32)
    numbers[keep] = np.arange(1, np.count_nonzero(keep) + 1)
    labels: NDArray[Any] = numbers[found]
    return labels
