"""Frames and what was found in them, in layers: a grey picture below, drawn lines above.

The lines are drawings, not pixels, so that they stay thin and sharp however far one zooms in; and
the picture goes into a page once, however many methods are drawn on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lamella.report.filmstrip import stretched, to_png

MOST_PX = 1024
"""Longer frames are shown with every second, third … pixel."""
DISPUTED = (230, 97, 0)
_JPEG_QUALITY = 90

Pixels = NDArray[np.generic]


def stride_of(shape: tuple[int, ...]) -> int:
    """Every how many-th pixel of a frame is shown."""
    return max(1, -(-max(shape) // MOST_PX))


def shrink(frame: Pixels) -> NDArray[np.float32]:
    """The frame as it is shown: means of squares of pixels where it is large."""
    step = stride_of(frame.shape)
    rows, columns = (-(-length // step) for length in frame.shape)
    padded = np.pad(
        np.asarray(frame, np.float32),
        [(0, rows * step - frame.shape[0]), (0, columns * step - frame.shape[1])],
        mode="edge",
    )
    means: NDArray[np.float32] = padded.reshape(rows, step, columns, step).mean(axis=(1, 3))
    return means


def jpegs(pictures: Sequence[NDArray[np.float32]]) -> list[bytes]:
    """The pictures as JPEG, all in the same grey values, so that they can be compared."""
    out = []
    for grey in stretched(pictures):
        file = BytesIO()
        Image.fromarray(grey).save(file, format="JPEG", quality=_JPEG_QUALITY)
        out.append(file.getvalue())
    return out


def outline_path(labels: Pixels) -> str:
    """The lines between objects, and between objects and background, as an SVG path.

    They run along the edges of pixels: x from the left, y from the top, in pixels as they are
    shown. Where two objects touch there is one line; along the edge of the field there is none.
    """
    shown = _thinned(np.asarray(labels))
    across = _runs(shown[1:] != shown[:-1])
    down = _runs((shown[:, 1:] != shown[:, :-1]).T)
    return _moves(across, "h", flip=False) + _moves(down, "v", flip=True)


def disputed_png(votes: NDArray[np.uint16], n: int) -> bytes:
    """Where `n` methods differ, as a picture to lay over the frame.

    Clear where all of them say cell or none does, darkest where half of them do.
    """
    shown = _thinned(votes)
    split = 1 - np.abs(2 * shown / n - 1)
    layer = np.empty((*shown.shape, 4), np.uint8)
    layer[..., :3] = DISPUTED
    layer[..., 3] = np.where(split > 0, 60 + 110 * split, 0)
    return to_png(layer)


def _thinned(values: NDArray[Any]) -> NDArray[Any]:
    """The middle pixel of every square of pixels that is shown as one."""
    step = stride_of(values.shape)
    rows, columns = (
        np.minimum(np.arange(0, length, step) + step // 2, length - 1) for length in values.shape
    )
    return values[np.ix_(rows, columns)] if step > 1 else values


def _runs(edges: NDArray[np.bool_]) -> NDArray[np.int64]:
    """(N, 3) line after row, first column and length of every run of edges along the rows."""
    padded = np.pad(edges, [(0, 0), (1, 1)]).astype(np.int8)
    change = np.diff(padded, axis=1)
    row, start = np.nonzero(change == 1)
    _, stop = np.nonzero(change == -1)
    return np.stack([row + 1, start, stop - start], axis=1)


def _moves(runs: NDArray[np.int64], letter: str, *, flip: bool) -> str:
    """The runs as SVG, each begun from where the one before ended: short numbers, small pages."""
    if not len(runs):
        return ""
    line, start, length = runs.T
    ends = start + length
    along = start - np.concatenate([[0], ends[:-1]])
    aside = np.diff(line, prepend=0)
    first = f"M{line[0]} {start[0]}" if flip else f"M{start[0]} {line[0]}"
    parts = [f"{first}{letter}{length[0]}"]
    x, y = (aside, along) if flip else (along, aside)
    parts += [
        f"m{dx} {dy}{letter}{n}"
        for dx, dy, n in zip(x[1:].tolist(), y[1:].tolist(), length[1:].tolist(), strict=True)
    ]
    return "".join(parts)
