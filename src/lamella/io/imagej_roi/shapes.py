"""Areas of ImageJ as shapes, and objects as areas of ImageJ.

ImageJ counts from the corner of the top-left pixel, Lamella from its centre: half a pixel less.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lamella.io.outlines import Ellipse, Polygons, Shape
from lamella.kernels.polygons import Ring

# ImageJ keeps coordinates in 16 bits, of which it reads −5000 to 60535.
LARGEST_COORDINATE = 60535
# Segments of a curved part of a composite's path.
_STEPS = 16
# ImageJ draws a rotated ellipse as a polygon of 72 corners, and measures that.
_ELLIPSE_CORNERS = 72


# Numbers that follow each command of a path: to, line, quadratic curve, cubic curve, close.
_VALUES = {0.0: 2, 1.0: 2, 2.0: 4, 3.0: 6, 4.0: 0}


def shape_of(roi: Any) -> Shape | str:
    """The area of a ROI (an `ImagejRoi`), or the name of its kind where it has none.

    Raises
    ------
    ValueError
        A path that cannot be followed.

    Notes
    -----
    Rectangles and upright ovals are those of whole pixels that ImageJ measures; a rounded rectangle
    is read without its rounding. ImageJ 1.53t itself drew 33 ROIs of all kinds: 31 have the very
    same pixels, a rotated rectangle and a fitted spline differ by a few on their edge.
    """
    from roifile import ROI_OPTIONS, ROI_SUBTYPE, ROI_TYPE

    kind, sub = roi.roitype, roi.subtype
    if sub in (ROI_SUBTYPE.TEXT, ROI_SUBTYPE.IMAGE):
        return str(sub.name).lower()
    if kind == ROI_TYPE.RECT and roi.composite:
        return _polygons(_path(roi.multi_coordinates.tolist()))
    if kind == ROI_TYPE.RECT:
        return _polygons([_box(roi)])
    if kind == ROI_TYPE.OVAL:
        height, width = roi.bottom - roi.top, roi.right - roi.left
        if height < 1 or width < 1:
            return _polygons([_box(roi)])
        middle = ((roi.top + roi.bottom - 1) / 2, (roi.left + roi.right - 1) / 2)
        return Ellipse(middle, (height / 2, width / 2))
    if kind == ROI_TYPE.FREEHAND and sub == ROI_SUBTYPE.ELLIPSE:
        return _polygons([_rotated_ellipse(roi)])
    if kind == ROI_TYPE.FREEHAND and sub == ROI_SUBTYPE.ROTATED_RECT:
        return _polygons([_rotated_rectangle(roi)])
    if kind in (ROI_TYPE.POLYGON, ROI_TYPE.FREEHAND, ROI_TYPE.TRACED):
        if roi.n_coordinates < 1:
            raise ValueError("it has no corners")
        corners = np.asarray(roi.coordinates(), np.float64)
        if kind == ROI_TYPE.POLYGON and roi.options & ROI_OPTIONS.SPLINE_FIT and len(corners) > 2:
            corners = _spline(corners)
        return _polygons([corners])
    return str(kind.name).lower()


def _polygons(rings: Sequence[Any]) -> Polygons:
    corners = tuple(np.asarray(ring, np.float64)[:, ::-1] - 0.5 for ring in rings)
    if not corners or not all(np.isfinite(ring).all() for ring in corners):
        raise ValueError("its corners are not all finite numbers")
    return Polygons(corners)


def _box(roi: Any) -> list[tuple[float, float]]:
    left, top, right, bottom = roi.left, roi.top, roi.right, roi.bottom
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def _parameter(roi: Any) -> float:
    """Aspect ratio of an ellipse, width of a rotated rectangle: a float where flags stand else."""
    packed = struct.pack(
        ">BBh", roi.arrow_style_or_aspect_ratio, roi.arrow_head_size, roi.rounded_rect_arc_size
    )
    return float(struct.unpack(">f", packed)[0])


def _rotated_ellipse(roi: Any) -> NDArray[np.float64]:
    along = np.array([roi.x2 - roi.x1, roi.y2 - roi.y1], np.float64) / 2
    across = np.array([-along[1], along[0]]) * _parameter(roi)
    angle = np.arange(_ELLIPSE_CORNERS)[:, None] * (2 * np.pi / _ELLIPSE_CORNERS)
    middle = np.array([roi.x1 + roi.x2, roi.y1 + roi.y2], np.float64) / 2
    corners: NDArray[np.float64] = middle + np.cos(angle) * along + np.sin(angle) * across
    return corners


def _rotated_rectangle(roi: Any) -> NDArray[np.float64]:
    start, end = np.array([roi.x1, roi.y1], np.float64), np.array([roi.x2, roi.y2], np.float64)
    along = end - start
    length = float(np.hypot(*along))
    if length == 0:
        raise ValueError("its rectangle has no length")
    half = np.array([-along[1], along[0]]) / length * _parameter(roi) / 2
    return np.array([start + half, end + half, end - half, start - half])


def _spline(nodes: NDArray[np.float64]) -> NDArray[np.float64]:
    """The closed cubic spline through the corners as ImageJ fits it.

    Its parameter grows with the root of the distance between corners (centripetal; Lee 1989,
    https://doi.org/10.1016/0010-4485(89)90003-1).
    """
    from scipy.interpolate import CubicSpline

    nodes = nodes[(nodes != np.roll(nodes, -1, axis=0)).any(axis=1)]
    if len(nodes) < 3:
        return nodes
    closed = np.vstack([nodes, nodes[:1]])
    sides = np.hypot(*np.diff(closed, axis=0).T)
    at = np.concatenate([[0], np.cumsum(np.sqrt(sides))])
    n = int(np.clip(sides.sum() / 2, 100, 1000))
    corners: NDArray[np.float64] = CubicSpline(at, closed, bc_type="periodic")(
        np.linspace(0, at[-1], n)
    )
    return corners


def _path(numbers: list[float]) -> list[NDArray[np.float64]]:
    """Rings of a path of Java: to (0), line (1), quadratic (2) and cubic (3) curve, close (4)."""
    rings: list[list[tuple[float, float]]] = []
    at = 0
    while at < len(numbers):
        step = numbers[at]
        n = _VALUES.get(step, -1)
        values = numbers[at + 1 : at + 1 + n]
        if n < 0 or len(values) < n or (not rings and step != 0):
            raise ValueError("its path cannot be followed")
        at += 1 + n
        points = list(zip(values[::2], values[1::2], strict=True))
        if step == 0:
            rings.append(points)
        elif step == 1:
            rings[-1] += points
        elif step in (2, 3):
            rings[-1] += _curve([rings[-1][-1], *points])
    return [np.array(ring, np.float64) for ring in rings if len(ring) > 2]


def _curve(controls: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Points of a Bézier curve behind its first, by de Casteljau's halving of all sides."""
    out = []
    for t in np.arange(1, _STEPS + 1) / _STEPS:
        points = np.array(controls)
        while len(points) > 1:
            points = points[:-1] + (points[1:] - points[:-1]) * t
        out.append((float(points[0, 0]), float(points[0, 1])))
    return out


def roi_of(rings: Sequence[Ring]) -> Any:
    """An object as a ROI: a traced outline, or a composite where it has holes or several pieces.

    Parameters
    ----------
    rings : sequence of (N, 2) arrays
        Outer outlines and holes as `trace_rings` gives them, at least one.

    Returns
    -------
    roifile.ImagejRoi
        Whole coordinates, so that ImageJ measures the very same pixels.

    Raises
    ------
    ValueError
        A corner beyond what ImageJ's 16 bits hold.
    """
    from roifile import ROI_TYPE, ImagejRoi

    corners = [np.rint(ring[:, ::-1] + 0.5).astype(np.int64) for ring in rings]
    low = np.min([ring.min(axis=0) for ring in corners], axis=0)
    high = np.max([ring.max(axis=0) for ring in corners], axis=0)
    if high.max() > LARGEST_COORDINATE:
        raise ValueError(f"it reaches to {high.max()}; ImageJ's ROIs end at {LARGEST_COORDINATE}")
    roi = ImagejRoi()
    roi.left, roi.top, roi.right, roi.bottom = (int(v) for v in (*low, *high))
    if len(corners) == 1:
        roi.roitype = ROI_TYPE.TRACED
        roi.n_coordinates = len(corners[0])
        roi.integer_coordinates = (corners[0] - low).astype(np.int32)
    else:
        roi.roitype = ROI_TYPE.RECT
        steps = [
            np.append(np.column_stack([[0, *[1] * (len(ring) - 1)], ring]).ravel(), 4)
            for ring in corners
        ]
        roi.multi_coordinates = np.concatenate(steps).astype(np.float32)
        roi.shape_roi_size = len(roi.multi_coordinates)
    return roi
