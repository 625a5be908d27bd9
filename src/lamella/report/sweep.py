"""A picture to choose a definition by: what each calls lamellipodium, on a few frames.

Rows are definitions, columns are frames. Runs where the frames are at hand: numpy and Pillow only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from lamella.report.filmstrip import (
    CAPTION_PX,
    GAP_PX,
    GROUND,
    OTHER_COLOUR,
    WHITE,
    box_of,
    font_of,
    labels_in,
    outline_owners,
    scale_bar,
    stretched,
    view_of,
    windows_of,
)

LAM_COLOUR = (230, 97, 0)
"""Over what is called lamellipodium."""
FAINT_COLOUR = (110, 110, 115)
"""Outlines of cells that are not asked for."""
_TINT = 0.6
_GAMMA = 0.7
_LINE_PX, _MARGIN_PX, _TEXT_PX = 14, 6, 12
"""Height of a line of text, space around it, and size of its letters."""
_QUIET = (170, 170, 170)


@dataclass(frozen=True)
class SweepRow:
    """One definition.

    Parameters
    ----------
    title : str
        In a few words.
    recipe : sequence of str
        The lines of study.toml that choose it.
    shares : sequence of (Y, X) float32 arrays
        Of every frame, how far each pixel belongs to the lamellipodium; NaN = not defined.
    ratios : sequence of float
        What to print in every tile; NaN is printed as a dash.
    """

    title: str
    recipe: Sequence[str]
    shares: Sequence[NDArray[np.float32]]
    ratios: Sequence[float]


def sweep_picture(
    images: Sequence[NDArray[np.generic]],
    masks: Sequence[NDArray[np.generic]],
    rows: Sequence[SweepRow],
    *,
    captions: Sequence[str] = (),
    heading: str = "",
    cell: int | None = None,
    height_px: int = 150,
    pixel_size_um: float | None = None,
) -> NDArray[np.uint8]:
    """Overlays of what each definition calls lamellipodium, one row per definition.

    The first row is the frames alone. What is lamellipodium is tinted orange, by half where a pixel
    belongs by half; the ratio stands in the corner of each tile.

    Parameters
    ----------
    images, masks : sequences of (Y, X) arrays
        Frames and their labels.
    rows : sequence of SweepRow
    captions : sequence of str
        Frame number or time, above each column.
    heading : str
        A line on top: the movie, the channel, what was subtracted.
    cell : int, optional
        Label to follow; by default all objects together.
    height_px : int
        Side of a tile.
    pixel_size_um : float, optional
        Adds a scale bar to the first tile.

    Returns
    -------
    (H, W, 3) uint8 array
        RGB. Grey values of all tiles are stretched alike, as in `filmstrip`, and dark ones lifted
        (gamma 0.7).

    Raises
    ------
    ValueError
        When there are no frames, not as many masks, or a row of another length.
    """
    n = len(images)
    if not n or n != len(masks) or any(len(r.shares) != n or len(r.ratios) != n for r in rows):
        lengths = [len(masks), *(len(row.shares) for row in rows)]
        raise ValueError(f"Expected masks and shares of {n} frames, got {lengths}")
    windows, _ = windows_of([box_of(mask, cell) for mask in masks], images[0].shape, None)
    tiles = stretched(
        [view_of(image, window, height_px) for image, window in zip(images, windows, strict=True)]
    )
    text = [_text(row) for row in rows]
    font = font_of(_TEXT_PX)
    widths = [font.getlength(line) for lines in text for line in lines]
    side = round(max(widths, default=0)) + 3 * _MARGIN_PX
    heights = [height_px, *(max(height_px, _needs(lines)) for lines in text)]
    top = CAPTION_PX * (bool(heading) + any(map(bool, captions)))
    picture = np.full(
        (top + sum(heights) + GAP_PX * len(rows), side + n * (height_px + GAP_PX), 3),
        GROUND,
        np.uint8,
    )
    tops = top + np.cumsum([0, *(height + GAP_PX for height in heights[:-1])])
    lefts = [side + k * (height_px + GAP_PX) for k in range(n)]
    for k, (even, mask, window) in enumerate(zip(tiles, masks, windows, strict=True)):
        grey = np.rint(255 * (even / 255) ** _GAMMA).astype(np.uint8)
        labels = labels_in(mask, window, height_px)
        chosen = labels != 0 if cell is None else labels == cell
        owner = outline_owners(labels, labels != 0)
        for place, row in enumerate([None, *rows]):
            tile = np.repeat(grey[:, :, None], 3, axis=2)
            if row is not None:
                share = _share_in(row.shares[k], window, height_px) * chosen
                # The structure under the tint stays visible: dark pixels get a darker orange.
                tint = np.array(LAM_COLOUR) * (0.6 + 0.4 * grey[:, :, None] / 255)
                tile = (tile + _TINT * share[:, :, None] * (tint - tile)).astype(np.uint8)
            others = (owner != 0) & (owner != cell) if cell is not None else owner < 0
            tile[others] = FAINT_COLOUR
            tile[(owner != 0) & ~others] = OTHER_COLOUR
            y, x = int(tops[place]), lefts[k]
            picture[y : y + height_px, x : x + height_px] = tile
    drawn = Image.fromarray(picture)
    pen = ImageDraw.Draw(drawn)
    _write(pen, text, tops, lefts, rows, height_px)
    if heading:
        pen.text((_MARGIN_PX, 2), heading, fill=WHITE, font=font_of(_TEXT_PX))
    for left, caption in zip(lefts, captions, strict=False):
        pen.text((left + 4, top - CAPTION_PX + 2), caption, fill=WHITE, font=font_of(_TEXT_PX))
    bar = scale_bar(windows[0][2], height_px, pixel_size_um)
    if bar is not None:
        x, y = lefts[0] + 6, int(tops[0]) + height_px
        pen.rectangle((x, y - 9, x + bar[0], y - 6), fill=WHITE, outline=GROUND)
        pen.text((x, y - 25), bar[1], fill=WHITE, font=font_of(_TEXT_PX), stroke_width=1,
                 stroke_fill=GROUND)  # fmt: skip
    return np.asarray(drawn)


def _text(row: SweepRow) -> list[str]:
    return [row.title, *row.recipe]


def _needs(lines: Sequence[str]) -> int:
    return len(lines) * _LINE_PX + 2 * _MARGIN_PX


def _share_in(
    share: NDArray[np.float32], window: tuple[int, int, int], height: int
) -> NDArray[np.float64]:
    """Shares in a tile, in hundredths, which the eye cannot tell from the rest."""
    hundredths = np.rint(100 * np.nan_to_num(share)).astype(np.int64)
    return labels_in(hundredths, window, height) / 100


def _write(
    pen: ImageDraw.ImageDraw,
    text: Sequence[Sequence[str]],
    tops: NDArray[np.int64],
    lefts: Sequence[int],
    rows: Sequence[SweepRow],
    height_px: int,
) -> None:
    for lines, y, row in zip(text, tops[1:].tolist(), rows, strict=True):
        for k, line in enumerate(lines):
            pen.text((_MARGIN_PX, y + _MARGIN_PX + k * _LINE_PX), line,
                     fill=_QUIET if k else WHITE, font=font_of(_TEXT_PX))  # fmt: skip
        for left, ratio in zip(lefts, row.ratios, strict=True):
            words = f"{ratio:.2f}" if np.isfinite(ratio) else "–"
            pen.text((left + 5, y + height_px - 19), words, fill=WHITE, font=font_of(13),
                     stroke_width=2, stroke_fill=GROUND)  # fmt: skip
