"""A frame as it is shown in a film or a figure: a picture, and lines and marks drawn over it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from lamella.report.filmstrip import font_of

Colour = tuple[int, int, int]
Places = NDArray[np.float64]
"""(N, 2) row and column in pixels of the picture, whose centres are whole numbers."""

_FINER = 2
"""Lines are drawn on a grid so many times finer, so that they are smooth."""
_WHITE, _BLACK = (255, 255, 255), (0, 0, 0)


@dataclass(frozen=True)
class Line:
    """A line over the picture.

    Parameters
    ----------
    places : (N, 2) array
    colour : (int, int, int)
    closed : bool
        Whether it ends where it began.
    arrow : bool
        Whether its end has a head.
    width : float
        1 = as an outline.
    """

    places: Places
    colour: Colour
    closed: bool = False
    arrow: bool = False
    width: float = 1.0


@dataclass(frozen=True)
class Marks:
    """Dots over the picture, a colour each; `size` 1 is as wide as two outlines."""

    places: Places
    colours: Sequence[Colour]
    size: float = 1.0


@dataclass(frozen=True)
class Shot:
    """One frame, cut to what is shown.

    Parameters
    ----------
    picture : (H, W, 3) uint8 array
    lines, marks
        Drawn in this order, in pixels of the picture.
    stamp : str
        Its time; empty = none.
    """

    picture: NDArray[np.uint8]
    lines: tuple[Line, ...] = ()
    marks: tuple[Marks, ...] = ()
    stamp: str = ""


@dataclass(frozen=True)
class Legend:
    """What colours of a velocity mean: from −`most` to +`most`."""

    colours: Sequence[Colour]
    most: float
    unit: str


@dataclass(frozen=True)
class Bar:
    """A scale bar: its length in pixels of the picture, and what is written over it."""

    length_px: float
    words: str


def zoom_for(shape: tuple[int, ...], longest_px: int) -> float:
    """How far a picture is enlarged so that its longer side is about so long.

    Enlarged by a whole number, so that all pixels are of one size; made smaller by any.
    """
    share = longest_px / max(shape[:2])
    return float(int(share)) if share >= 1 else share


def painted(
    shot: Shot, *, zoom: float, bar: Bar | None = None, legend: Legend | None = None
) -> NDArray[np.uint8]:
    """The frame as one picture, with its lines, time stamp and scale bar.

    Returns
    -------
    (H · zoom, W · zoom, 3) uint8 array
        Both sides even, as films need them. The scale bar is a white rectangle, to the pixel as
        long as it says.
    """
    height, width = (max(2, round(side * zoom) // 2 * 2) for side in shot.picture.shape[:2])
    how = Image.Resampling.NEAREST if zoom >= 1 else Image.Resampling.BOX
    base = Image.fromarray(shot.picture).resize((width, height), how)
    if shot.lines or shot.marks:
        over = _drawn(shot, (width, height), zoom)
        base.paste(over, (0, 0), over)
    unit = max(height, width) / 360
    pen = ImageDraw.Draw(base)
    font = font_of(max(11, round(13 * unit)))
    edge = round(8 * unit)
    if shot.stamp:
        _write(pen, (edge, edge), shot.stamp, font, anchor="la")
    if bar is not None:
        length, thick = max(round(bar.length_px * zoom), 1), max(round(4 * unit), 2)
        right, foot = width - edge - 1, height - edge - 1
        box = (right - length + 1, foot - thick + 1, right, foot)
        middle = (box[0] + box[2]) // 2
        half = font.getlength(bar.words) / 2 + 2
        middle = int(min(middle, width - half))
        _write(pen, (middle, box[1] - round(5 * unit)), bar.words, font, anchor="ms")
        # After the words: what hangs below their line must not cut into the bar.
        pen.rectangle((box[0] - 1, box[1] - 1, box[2] + 1, box[3] + 1), fill=_BLACK)
        pen.rectangle(box, fill=_WHITE)
    if legend is not None:
        _put_legend(base, pen, legend, font, edge, unit)
    return np.asarray(base)


def _write(pen: ImageDraw.ImageDraw, at: tuple[int, int], words: str, font: Any,
           *, anchor: str) -> None:  # fmt: skip
    pen.text(at, words, fill=_WHITE, font=font, anchor=anchor, stroke_width=1, stroke_fill=_BLACK)


def _put_legend(
    base: Image.Image,
    pen: ImageDraw.ImageDraw,
    legend: Legend,
    font: Any,
    edge: int,
    unit: float,
) -> None:
    """A strip of the colours at the lower left, its ends named."""
    length, thick = round(90 * unit), max(round(6 * unit), 2)
    top = base.height - edge - thick
    low, middle, high = (np.array(colour, float) for colour in legend.colours)
    shares = np.linspace(-1, 1, length)[:, None]
    row = np.where(shares < 0, middle + (low - middle) * -shares, middle + (high - middle) * shares)
    strip = np.repeat(row[None].round().astype(np.uint8), thick, axis=0)
    base.paste(Image.fromarray(strip), (edge, top))
    words = f"−{legend.most:.2g} … +{legend.most:.2g} {legend.unit}"
    _write(pen, (edge, top - round(5 * unit)), words, font, anchor="ls")


def _drawn(shot: Shot, size: tuple[int, int], zoom: float) -> Image.Image:
    """The lines and marks alone, clear elsewhere."""
    width, height = size
    fine = Image.new("RGBA", (width * _FINER, height * _FINER), (0, 0, 0, 0))
    pen = ImageDraw.Draw(fine)
    stroke = max(1.5, max(size) / 300) * _FINER
    grow = zoom * _FINER

    def at(places: Places) -> list[tuple[float, float]]:
        return [((x + 0.5) * grow, (y + 0.5) * grow) for y, x in places.tolist()]

    for line in shot.lines:
        points = at(line.places)
        if len(points) < 2:
            continue
        if line.closed:
            points.append(points[0])
        thick = max(1, round(stroke * line.width))
        if line.arrow:
            points = _with_head(pen, points, line.colour, thick)
        pen.line(points, fill=(*line.colour, 255), width=thick, joint="curve")
    for marks in shot.marks:
        radius = stroke * marks.size
        for (x, y), colour in zip(at(marks.places), marks.colours, strict=True):
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(*colour, 255))
    return fine.reduce(_FINER)


def _with_head(
    pen: ImageDraw.ImageDraw, points: list[tuple[float, float]], colour: Colour, thick: int
) -> list[tuple[float, float]]:
    """Draw the head of an arrow; the line without what the head covers."""
    (x0, y0), (x1, y1) = points[-2:]
    length = float(np.hypot(x1 - x0, y1 - y0))
    if length < 1:
        return points
    along = np.array([x1 - x0, y1 - y0]) / length
    across, head = np.array([-along[1], along[0]]), min(4.0 * thick, length)
    tip = np.array([x1, y1])
    root = tip - along * head
    corners = [tip, root + across * head * 0.45, root - across * head * 0.45]
    pen.polygon([tuple(corner) for corner in corners], fill=(*colour, 255))
    return [*points[:-1], (float(root[0]), float(root[1]))]
