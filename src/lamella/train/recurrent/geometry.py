"""Where the pixels of a patch lie in the frame that it shows, turned, mirrored and scaled."""

from __future__ import annotations

from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from lamella.kernels.grey_levels import Levels, levelled

_PARTS = 32
"""Of a pixel: OpenCV reads between pixels in such steps."""
_REFLECTED = cv2.BORDER_REFLECT_101


class Turned(NamedTuple):
    """A frame turned about its middle, on a canvas without end.

    Parameters
    ----------
    matrix : (2, 2) array
        Steps (y, x) on the canvas to steps in the frame.
    middle : (y, x)
        The point that stays where it is.
    """

    matrix: NDArray[np.float64]
    middle: tuple[float, float]

    @classmethod
    def drawn(
        cls,
        rng: np.random.Generator,
        frame_shape: tuple[int, int],
        *,
        rotation_deg: float,
        shear_deg: float,
        zoom: float,
        flip: bool,
    ) -> Turned:
        """Any turn within these limits, each as likely; as many numbers are drawn for all."""
        turn, slant, larger = rng.uniform(-1, 1, 3)
        mirrored = rng.random(2) < 0.5
        angle, shear = np.deg2rad(turn * rotation_deg), np.deg2rad(slant * shear_deg)
        rotated = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        sheared = np.array([[1.0, 0.0], [np.tan(shear), 1.0]])
        matrix = rotated @ sheared / (1 + zoom) ** larger
        if flip:
            matrix = matrix @ np.diag(np.where(mirrored, -1.0, 1.0))
        height, width = frame_shape
        return cls(matrix, ((height - 1) / 2, (width - 1) / 2))

    def on_canvas(self, point: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where a point (y, x) of the frame lies on the canvas."""
        middle = np.array(self.middle)
        out: NDArray[np.float64] = middle + np.linalg.solve(self.matrix, point - middle)
        return out

    def in_frame(self, corner: tuple[int, int], side_px: int) -> NDArray[np.float64]:
        """Where the pixels of a square of the canvas lie in the frame, (2, side, side) as y and x.

        They are rounded to the steps in which grey values are read, so that a square reads the
        same pixels whatever else of the canvas is read along with it.
        """
        rows = np.arange(corner[0], corner[0] + side_px) - self.middle[0]
        columns = np.arange(corner[1], corner[1] + side_px) - self.middle[1]
        places = np.stack(
            [
                self.middle[i] + np.add.outer(self.matrix[i, 0] * rows, self.matrix[i, 1] * columns)
                for i in range(2)
            ]
        )
        out: NDArray[np.float64] = np.rint(places * _PARTS) / _PARTS
        return out


def greys_at(
    frame: NDArray[Any], places: NDArray[np.float64], levels: Levels
) -> NDArray[np.float32]:
    """Levelled grey values at places of a frame, interpolated linearly; reflected beyond it.

    Only the part of the frame that is seen is levelled.
    """
    cut = tuple(_seen(each, size) for each, size in zip(places, frame.shape, strict=True))
    part = np.ascontiguousarray(levelled(frame[cut[0], cut[1]], levels))
    down, across = (
        (each - some.start).astype(np.float32) for each, some in zip(places, cut, strict=True)
    )
    out = cv2.remap(part, across, down, cv2.INTER_LINEAR, borderMode=_REFLECTED)
    return np.asarray(out, np.float32)


def pixels_at(
    places: NDArray[np.float64], shape: tuple[int, int]
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """The nearest pixel of a frame as its place in the flat frame, and whether there is one.

    Where there is none the place is 0.
    """
    rows, columns = np.rint(places).astype(np.intp)
    height, width = shape
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    return np.where(inside, rows * width + columns, 0), inside


def _seen(places: NDArray[np.float64], size: int) -> slice:
    """Rows, or columns, that some places show, those included that stand in for such beyond."""
    low, high = int(np.floor(places.min())), int(np.ceil(places.max()))
    last = size - 1
    if low < -last or high > 2 * last:  # reflected more than once
        return slice(0, size)
    # A row more on either side: read between two pixels, both are there.
    first = min(low if low >= 0 else 0, 2 * last - high if high > last else last)
    end = max(high if high <= last else last, -low if low < 0 else 0)
    return slice(max(first - 1, 0), min(end + 1, last) + 1)
