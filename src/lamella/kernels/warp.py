"""Frames moved by a matrix, and what of the field all of them show."""

from __future__ import annotations

from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

Interpolation = Literal["linear", "lanczos", "nearest"]

# No cubic: OpenCV's kernel does not keep a slope, so moves what it interpolates by up to 0.05 px.
_FLAGS = {"linear": cv2.INTER_LINEAR, "lanczos": cv2.INTER_LANCZOS4, "nearest": cv2.INTER_NEAREST}
_NATIVE = {np.dtype(t) for t in (np.uint8, np.uint16, np.int16, np.float32, np.float64)}
_WHOLE_PX = 1e-6


def warped(
    frame: NDArray[Any],
    matrix: NDArray[np.float64],
    *,
    interpolation: Interpolation = "linear",
    fill: float = 0.0,
) -> NDArray[Any]:
    """A frame with its points moved by a matrix, of the same shape and type.

    Parameters
    ----------
    frame : (Y, X) array
        Bool frames are True where all that a pixel is made from is True.
    matrix : (2, 3) array
        (y, x) in the frame to (y, x) in the result.
    interpolation : {"linear", "lanczos", "nearest"}
        Labels need "nearest". Shifts by whole pixels change no value in any of them.
    fill : float
        Value where the frame shows nothing; pixels partly outside count as outside.
    """
    height, width = frame.shape
    shift = np.round(matrix[:, 2])
    if (
        np.array_equal(matrix[:, :2], np.eye(2))
        and np.abs(matrix[:, 2] - shift).max(initial=0) < _WHOLE_PX
    ):
        return _shifted(frame, int(shift[0]), int(shift[1]), fill)
    for_cv = np.ascontiguousarray(matrix[::-1][:, [1, 0, 2]])  # from (y, x) to (x, y)
    native = frame if frame.dtype in _NATIVE else frame.astype(np.float64)
    out: NDArray[Any] = cv2.warpAffine(
        native,
        for_cv,
        (width, height),
        flags=_FLAGS[interpolation],
        borderMode=cv2.BORDER_REPLICATE,
    )
    seen = cv2.warpAffine(np.ones(frame.shape, np.float32), for_cv, (width, height))
    if frame.dtype == bool:
        out = out > 1 - 1e-3
    elif frame.dtype.kind in "iu" and native.dtype != frame.dtype:
        info = np.iinfo(frame.dtype)
        out = np.clip(np.rint(out), info.min, info.max)
    out = out.astype(frame.dtype, copy=False)
    out[seen < 1 - 1e-3] = fill
    return out


def _shifted(frame: NDArray[Any], dy: int, dx: int, fill: float) -> NDArray[Any]:
    height, width = frame.shape
    if dy == 0 and dx == 0:
        return frame
    out = np.full_like(frame, fill)
    if abs(dy) < height and abs(dx) < width:
        out[max(dy, 0) : height + min(dy, 0), max(dx, 0) : width + min(dx, 0)] = frame[
            max(-dy, 0) : height + min(-dy, 0), max(-dx, 0) : width + min(-dx, 0)
        ]
    return out


def shared_box(
    matrices: NDArray[np.float64], frame_shape: tuple[int, int]
) -> tuple[slice, slice] | None:
    """Rows and columns, within the first field, that every moved frame shows in full.

    Where frames are turned this is a rectangle inside what they share, not the largest one.
    None when there is none.

    Parameters
    ----------
    matrices : (T, 2, 3) array
        (y, x) in each frame to (y, x) in the reference.
    """
    height, width = frame_shape
    corners = np.array([(0, 0), (0, width - 1), (height - 1, 0), (height - 1, width - 1)], float)
    moved = corners @ np.swapaxes(matrices[:, :, :2], 1, 2) + matrices[:, None, :, 2]
    top = moved[:, [0, 1], 0].max(initial=0)
    bottom = moved[:, [2, 3], 0].min(initial=height - 1)
    left = moved[:, [0, 2], 1].max(initial=0)
    right = moved[:, [1, 3], 1].min(initial=width - 1)
    rows = slice(int(np.ceil(top - _WHOLE_PX)), int(np.floor(bottom + _WHOLE_PX)) + 1)
    columns = slice(int(np.ceil(left - _WHOLE_PX)), int(np.floor(right + _WHOLE_PX)) + 1)
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return None
    return rows, columns
