"""A small strip of frames of every cell of a movie, for a report to show beside the cell's numbers.

Runs in the workers that have the frames at hand: numpy and Pillow only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lamella.core.frames import Frames
from lamella.core.table import Col
from lamella.core.tracks import Tracks
from lamella.kernels.regions import find_regions
from lamella.report.filmstrip import (
    CELL_COLOUR,
    GROUND,
    OTHER_COLOUR,
    Window,
    evenly,
    labels_in,
    outline_owners,
    stretched,
    to_webp,
    view_of,
    windows_of,
)

TILES = 6
TILE_PX = 56
SHOWN_PX = TILE_PX - 2
"""Side of what a tile shows; the rest is a gap."""
MOST_CELLS = 200
"""A WebP picture is at most 16383 px high."""
MOST_BYTES = 200_000
QUALITIES: Sequence[int] = (50, 30, 15, 5, 0)
FAINT = 0.45
"""How far the outlines of neighbours stand out from the picture, 1 = as that of the cell."""

Cell = tuple[int, int]
"""Place of its set, and its track id."""
Look = tuple[Cell, int]
"""A cell in a frame."""
Tile = tuple[NDArray[np.float32], NDArray[np.uint8]]
"""Grey values, and lines: 1 on the outline of a neighbour, 2 on that of the cell."""
Picture = NDArray[np.uint8]
Box = tuple[int, int, int, int]


class CellSet(NamedTuple):
    """One set of objects of a movie: what to cut its cells from."""

    name: str
    images: Frames
    labels: Frames
    """Painted with track ids, 0 = background."""
    tracks: Tracks


class CellStrips(NamedTuple):
    """The strips of a movie's cells below each other in one picture."""

    webp: bytes
    cells: tuple[tuple[str, int], ...]
    """Set of objects and cell of every row, from the top."""
    row_px: int
    """Height of a row."""
    width_px: int


def cell_strips(
    sets: Sequence[CellSet],
    *,
    most_cells: int = MOST_CELLS,
    most_bytes: int = MOST_BYTES,
    told: Callable[[int, int], object] = lambda done, total: None,
) -> CellStrips | None:
    """Cut every cell from up to six of the frames in which it was seen, evenly over its life.

    All tiles of a cell have one scale, in which its largest extent fits with a margin, and one
    contrast; the window follows the cell and ends at the border of the field. The cell is outlined
    in yellow, its neighbours faintly in blue. A cell seen in fewer frames has fewer tiles.

    The picture is a lossy WebP, made coarser until it is small enough: of frames with camera noise
    it takes some 3 kB a cell, and down to 1 kB the outlines stay easy to see; a JPEG of
    like quality takes 5 kB, a PNG of 16 colours as much.

    Parameters
    ----------
    most_cells : int
        Of more, those seen in most frames have a row (of equally many, the first).
    most_bytes : int
        Size of the picture. Where even the coarsest is larger, cells seen in the fewest frames go.
    told : function
        Called with frames read and frames to read.

    Returns
    -------
    CellStrips or None
        Rows in the order of sets and cells; None where no cell was seen.
    """
    picks = _picked(sets, most_cells)
    if not picks:
        return None
    rows = _rows(sets, picks, told)
    kept, qualities = list(picks), QUALITIES
    while True:
        shown = sorted(kept)
        webp = _webp(np.concatenate([rows[cell] for cell in shown]), most_bytes, qualities)
        if len(webp) <= most_bytes or len(kept) == 1:
            cells = tuple((sets[place].name, cell) for place, cell in shown)
            return CellStrips(webp, cells, TILE_PX, TILES * TILE_PX)
        # Bytes go with cells: so many fit at the coarsest, and no finer picture of them would.
        fitting = int(len(kept) * most_bytes / len(webp))
        kept, qualities = kept[: max(min(fitting, len(kept) - 1), 1)], QUALITIES[-1:]


def _picked(sets: Sequence[CellSet], most_cells: int) -> dict[Cell, list[int]]:
    """The frames to show of every cell that has a row; cells seen in most frames first."""
    seen: dict[Cell, NDArray[np.int64]] = {}
    for place, each in enumerate(sets):
        links = each.tracks.links
        if Col.INTERPOLATED in links:  # a shape that was filled in is none that was seen
            links = links[~links[Col.INTERPOLATED].to_numpy(bool)]
        for cell, frames in links.groupby(Col.CELL)[Col.FRAME]:
            seen[place, int(str(cell))] = np.unique(frames.to_numpy(np.int64))
    fullest = sorted(seen, key=lambda cell: -len(seen[cell]))[:most_cells]
    return {cell: evenly(seen[cell], TILES).tolist() for cell in fullest}


def _rows(
    sets: Sequence[CellSet], picks: Mapping[Cell, list[int]], told: Callable[[int, int], object]
) -> dict[Cell, Picture]:
    """(TILE_PX, TILES · TILE_PX, 3) picture of every cell.

    Labels are read twice, because a cell's largest extent sets the window of all its tiles; images
    once. Of both only tiles are kept.
    """
    wanted: dict[tuple[int, int], list[Cell]] = defaultdict(list)
    for cell, frames in picks.items():
        for t in frames:
            wanted[cell[0], t].append(cell)
    done = count(1)
    boxes: dict[Look, Box] = {}
    for (place, t), cells in sorted(wanted.items()):
        boxes |= {(cell, t): box for cell, box in _boxes(sets[place].labels.frame(t), cells)}
        told(next(done), 2 * len(wanted))
    windows: dict[Look, Window] = {}
    for cell, frames in picks.items():
        shape = sets[cell[0]].labels.frame_shape
        of_cell, _ = windows_of([boxes.get((cell, t)) for t in frames], shape, None)
        windows |= {(cell, t): window for t, window in zip(frames, of_cell, strict=True)}
    tiles: dict[Look, Tile] = {}
    for (place, t), cells in sorted(wanted.items()):
        image, labels = sets[place].images.frame(t), sets[place].labels.frame(t)
        tiles |= {(cell, t): _tile(image, labels, cell[1], windows[cell, t]) for cell in cells}
        told(next(done), 2 * len(wanted))
    return {cell: _strip([tiles[cell, t] for t in frames]) for cell, frames in picks.items()}


def _boxes(labels: NDArray[Any], cells: Sequence[Cell]) -> Iterator[tuple[Cell, Box]]:
    """First and last row and column of those cells that are in the frame.

    One is not where another cell was painted over it.
    """
    found = find_regions(labels)
    at = {int(number): box for number, box in zip(found.label, found.box, strict=True)}
    for cell in cells:
        if cell[1] in at:
            top, left, below, right = at[cell[1]].tolist()
            yield cell, (top, below - 1, left, right - 1)


def _tile(image: NDArray[Any], labels: NDArray[Any], cell: int, window: Window) -> Tile:
    return (
        view_of(image, window, SHOWN_PX),
        _lines(labels_in(labels, window, SHOWN_PX), cell),
    )


def _lines(labels: NDArray[np.int64], cell: int) -> NDArray[np.uint8]:
    """1 on the outline of a neighbour, 2 on that of the cell."""
    own, other = labels == cell, (labels != 0) & (labels != cell)
    lines: NDArray[np.uint8] = (outline_owners(labels, other) != 0).astype(np.uint8)
    lines[outline_owners(labels, own) != 0] = 2
    return lines


def _strip(tiles: Sequence[Tile]) -> Picture:
    strip = np.full((TILE_PX, TILES * TILE_PX, 3), GROUND, np.uint8)
    greys = stretched([view for view, _ in tiles])
    for place, (grey, (_, line)) in enumerate(zip(greys, tiles, strict=True)):
        left = place * TILE_PX
        area = strip[:SHOWN_PX, left : left + SHOWN_PX]
        area[:] = grey[:, :, None]
        near = line == 1
        area[near] = (1 - FAINT) * area[near] + FAINT * np.array(OTHER_COLOUR)
        area[line == 2] = CELL_COLOUR
    return strip


def _webp(sheet: Picture, most_bytes: int, qualities: Sequence[int]) -> bytes:
    """The finest picture that is small enough, or the coarsest."""
    for quality in qualities:
        webp = to_webp(sheet, quality=quality)
        if len(webp) <= most_bytes:
            break
    return webp
