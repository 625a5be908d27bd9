"""Sample frames of a movie side by side, with the outlines of what was found.

Runs in the workers that have the frames at hand: numpy and Pillow only.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

CELL_COLOUR = (240, 228, 66)
OTHER_COLOUR = (86, 180, 233)
GROUND = (24, 24, 27)
WHITE = (255, 255, 255)
GAP_PX = 3
CAPTION_PX = 18
PERCENTILES = (1.0, 99.8)
MARGIN = 1.35
"""Side of the crop over the largest extent of the cell in the sample frames."""

Bool = NDArray[np.bool_]
Labels = NDArray[np.int64]
Window = tuple[int, int, int]


def filmstrip(
    images: Sequence[NDArray[np.generic]],
    masks: Sequence[NDArray[np.generic]],
    *,
    crop_px: int | None = None,
    height_px: int = 160,
    captions: Sequence[str] = (),
    pixel_size_um: float | None = None,
    cell: int | None = None,
) -> NDArray[np.uint8]:
    """Frames side by side, all at one scale and one contrast, each with its outlines.

    Every tile is a square window of the same size that follows the cell. The outline is one pixel
    of the strip wide and lies just outside of the object, so that its edge can be judged. A frame
    without the cell keeps the window of the frame before and says so.

    Parameters
    ----------
    images : sequence of (Y, X) arrays
        Frames, any type; NaN is shown black.
    masks : sequence of (Y, X) label arrays
        Of the same frames; 0 = background.
    crop_px : int, optional
        Side of the window in pixels of the image. By default 1.35 times the largest extent of the
        cell in these frames, at most the frame's longer side.
    height_px : int
        Side of a tile in the strip, captions not included.
    captions : sequence of str
        Frame number or time, one per frame, written above the tiles.
    pixel_size_um : float, optional
        Adds a scale bar to the first tile.
    cell : int, optional
        Label to follow, yellow; others are blue. By default all objects together, all yellow.

    Returns
    -------
    (H, W, 3) uint8 array
        RGB. Contrast is stretched from percentile 1 to 99.8 of all tiles together.

    Raises
    ------
    ValueError
        When there are no frames, or not as many masks as frames, or shapes differ.
    """
    if not len(images) or len(images) != len(masks):
        raise ValueError(f"Expected as many masks as frames, got {len(images)} and {len(masks)}")
    for image, mask in zip(images, masks, strict=True):
        if image.ndim != 2 or image.shape != mask.shape:
            raise ValueError(f"Expected 2-D frames like their masks: {image.shape}, {mask.shape}")
    windows, found = windows_of([box_of(mask, cell) for mask in masks], images[0].shape, crop_px)
    tiles = stretched(
        [view_of(image, window, height_px) for image, window in zip(images, windows, strict=True)]
    )
    top = CAPTION_PX if any(captions) else 0
    width = len(tiles) * (height_px + GAP_PX) - GAP_PX
    strip = np.full((height_px + top, width, 3), GROUND, np.uint8)
    lefts = [place * (height_px + GAP_PX) for place in range(len(tiles))]
    for left, tile, mask, window in zip(lefts, tiles, masks, windows, strict=True):
        area = strip[top:, left : left + height_px]
        area[:] = tile[:, :, None]
        labels = labels_in(mask, window, height_px)
        chosen = labels != 0 if cell is None else labels == cell
        area[_outline(labels, (labels != 0) & ~chosen)] = OTHER_COLOUR
        area[_outline(labels, chosen)] = CELL_COLOUR
    stamps = [*captions, *[""] * len(tiles)][: len(tiles)]
    missing = [left for left, there in zip(lefts, found, strict=True) if not there]
    return written(
        strip, top, lefts, stamps, missing, scale_bar(windows[0][2], height_px, pixel_size_um)
    )


def evenly(frames: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """At most `n` of the frames, the first and the last and as many between them as far apart."""
    places = np.unique(np.linspace(0, len(frames) - 1, min(n, len(frames))).round().astype(int))
    chosen: NDArray[np.int64] = frames[places]
    return chosen


def to_png(strip: NDArray[np.uint8]) -> bytes:
    """The strip as PNG bytes, the same for the same strip."""
    out = BytesIO()
    Image.fromarray(strip).save(out, format="PNG", optimize=False, compress_level=6)
    return out.getvalue()


def to_webp(strip: NDArray[np.uint8], *, quality: int) -> bytes:
    """The strip as a lossy WebP: a seventh of the PNG's bytes where frames are noisy.

    Parameters
    ----------
    quality : int
        0, the coarsest, to 100.
    """
    out = BytesIO()
    Image.fromarray(strip).save(out, format="WEBP", quality=quality, method=6)
    return out.getvalue()


def box_of(mask: NDArray[np.generic], cell: int | None) -> tuple[int, int, int, int] | None:
    """First and last row and column of the cell; None where it is not in the frame."""
    there: Bool = mask != 0 if cell is None else mask == cell
    rows, columns = np.flatnonzero(there.any(axis=1)), np.flatnonzero(there.any(axis=0))
    if not len(rows):
        return None
    return int(rows[0]), int(rows[-1]), int(columns[0]), int(columns[-1])


def windows_of(
    boxes: Sequence[tuple[int, int, int, int] | None], shape: tuple[int, ...], crop_px: int | None
) -> tuple[list[Window], list[bool]]:
    """Top, left and side of each frame's window, and whether the cell is in it."""
    known = [box for box in boxes if box is not None]
    longest = max(shape)
    if crop_px is None:
        extents = [max(y1 - y0, x1 - x0) + 1 for y0, y1, x0, x1 in known]
        crop_px = int(np.ceil(max(extents) * MARGIN)) if extents else longest
    side = max(min(crop_px, longest), 8)
    last = known[0] if known else (0, shape[0] - 1, 0, shape[1] - 1)
    windows = []
    for box in boxes:
        last = box or last
        corner = [
            _start((low + high + 1) / 2, side, length)
            for low, high, length in zip(last[::2], last[1::2], shape, strict=True)
        ]
        windows.append((corner[0], corner[1], side))
    return windows, [box is not None for box in boxes]


def _start(centre: float, side: int, length: int) -> int:
    """Where a window begins: inside of the frame if it fits, else the frame is in its middle."""
    if side >= length:
        return -((side - length) // 2)
    return int(np.clip(round(centre - side / 2), 0, length - side))


def view_of(image: NDArray[np.generic], window: Window, height: int) -> NDArray[np.float32]:
    """The window at the size of the tile, NaN outside of the frame."""
    top, left, side = window
    rows = slice(max(top, 0), min(top + side, image.shape[0]))
    columns = slice(max(left, 0), min(left + side, image.shape[1]))
    part = np.nan_to_num(np.asarray(image[rows, columns], dtype=np.float32))
    tile = np.full((height, height), np.nan, np.float32)
    scale = height / side
    y, x = round((rows.start - top) * scale), round((columns.start - left) * scale)
    size = (
        max(round(part.shape[1] * scale), 1),
        max(round(part.shape[0] * scale), 1),
    )
    small = Image.fromarray(part).resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    shown = np.asarray(small)[: height - y, : height - x]
    tile[y : y + shown.shape[0], x : x + shown.shape[1]] = shown
    return tile


def labels_in(mask: NDArray[np.generic], window: Window, height: int) -> Labels:
    """The labels in the window at the size of the tile, 0 outside of the frame."""
    top, left, side = window
    places = ((np.arange(height) + 0.5) * side / height).astype(int)
    rows, columns = places + top, places + left
    labels = np.zeros((height, height), np.int64)
    y = np.flatnonzero((rows >= 0) & (rows < mask.shape[0]))
    x = np.flatnonzero((columns >= 0) & (columns < mask.shape[1]))
    labels[np.ix_(y, x)] = mask[np.ix_(rows[y], columns[x])]
    return labels


def stretched(tiles: Sequence[NDArray[np.float32]]) -> list[NDArray[np.uint8]]:
    """All tiles in the same grey values, from the percentiles of all together; NaN is black."""
    values = np.concatenate([tile[np.isfinite(tile)] for tile in tiles])
    low, high = np.percentile(values, PERCENTILES) if len(values) else (0.0, 1.0)
    span = max(float(high - low), np.finfo(np.float32).tiny)
    return [
        (np.nan_to_num(np.clip((tile - low) / span, 0, 1)) * 255).astype(np.uint8) for tile in tiles
    ]


def outline_owners(labels: Labels, chosen: Bool) -> Labels:
    """The object whose outline runs through each pixel, 0 = none.

    An outline lies just outside of its object, on pixels that touch it by a side; one line where
    two objects touch.
    """
    own = np.where(chosen, labels, 0)
    owner = np.zeros(labels.shape, np.int64)
    for axis in (0, 1):
        near = tuple(slice(1, None) if a == axis else slice(None) for a in (0, 1))
        far = tuple(slice(None, -1) if a == axis else slice(None) for a in (0, 1))
        for here, there in ((near, far), (far, near)):
            beside = own[there]
            # Of two touching objects only the one with the higher label carries the line.
            line = (beside != 0) & (labels[here] != beside)
            line &= ~chosen[here] | (labels[here] > beside)
            owner[here] = np.where(line, beside, owner[here])
    return owner


def _outline(labels: Labels, chosen: Bool) -> Bool:
    line: Bool = outline_owners(labels, chosen) != 0
    return line


def scale_bar(side: int, height: int, pixel_size_um: float | None) -> tuple[int, str] | None:
    """Length in the strip and text of a scale bar: a round number, at most 40 % of the tile."""
    if not pixel_size_um:
        return None
    most = 0.4 * side * pixel_size_um
    power = 10.0 ** np.floor(np.log10(most))
    length = power * max(step for step in (1, 2, 5) if step * power <= most)
    return max(round(length / pixel_size_um / side * height), 1), f"{length:g} µm"


@cache
def font_of(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """DejaVu Sans from matplotlib's folder, which is not imported: Pillow's own font has no µ."""
    spec = find_spec("matplotlib")
    if spec is not None and spec.origin is not None:
        file = Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf"
        if file.exists():
            return ImageFont.truetype(str(file), size - 1)
    return ImageFont.load_default(size)


def written(
    strip: NDArray[np.uint8],
    top: int,
    lefts: Sequence[int],
    stamps: Sequence[str],
    missing: Sequence[int],
    bar: tuple[int, str] | None,
) -> NDArray[np.uint8]:
    """The strip with its captions, its scale bar and a word on frames without the cell."""
    picture = Image.fromarray(strip)
    pen, font = ImageDraw.Draw(picture), font_of(12)
    for left, stamp in zip(lefts, stamps, strict=True):
        pen.text((left + 4, 2), stamp, fill=WHITE, font=font)
    foot = strip.shape[0]
    for left in missing:
        pen.text((left + 5, top + 4), "not found", fill=WHITE, font=font, stroke_width=1,
                 stroke_fill=GROUND)  # fmt: skip
    if bar is not None:
        length, text = bar
        pen.rectangle((6, foot - 9, 6 + length, foot - 6), fill=WHITE, outline=GROUND)
        pen.text((6, foot - 25), text, fill=WHITE, font=font, stroke_width=1, stroke_fill=GROUND)
    return np.asarray(picture)
