"""Small pictures of cells: from the strips that a run has drawn, else cut from the raw frames."""

from __future__ import annotations

import io
from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lamella.core.errors import LamellaError
from lamella.core.table import Col
from lamella.report.cell_strips import SHOWN_PX, TILE_PX, TILES
from lamella.run.browse.opened import OpenedMovie, OpenedRun
from lamella.run.stages import CELL_STRIPS

SIDE_PX = SHOWN_PX
"""Side of a thumbnail."""

_SHEETS = 8
"""Movies whose strips are held decoded."""
_ROOM = 1.6
"""Side of what is cut out of a frame, as a multiple of the cell's diameter."""
_SMALLEST_PX = 24
_DARKEST, _BRIGHTEST = 1.0, 99.7

Thumbnail = NDArray[np.uint8]


class Thumbnails:
    """Pictures of the cells of a run, made when asked for. One thread at a time may ask.

    Parameters
    ----------
    run : OpenedRun
    """

    def __init__(self, run: OpenedRun) -> None:
        self.run = run
        self._sheets: OrderedDict[str, dict[tuple[str, int], Thumbnail]] = OrderedDict()

    def of(self, movie: str, object_name: str, cell: int) -> Thumbnail | None:
        """A cell amid its life, its outline where the strips have it.

        Returns
        -------
        (SIDE_PX, SIDE_PX, 3) uint8 array or None
            None where the cell was never seen, or its movie cannot be read any more.
        """
        try:
            opened = self.run.movie(movie)
            sheet = self._sheet(opened)
            if (object_name, cell) in sheet:
                return sheet[object_name, cell]
            return _cut_out(opened, object_name, cell)
        except (LamellaError, OSError):
            return None  # a picture beside a name: the movie tells its fault when it is opened

    def _sheet(self, opened: OpenedMovie) -> dict[tuple[str, int], Thumbnail]:
        """The middle tile of every cell that has a strip."""
        name = opened.name
        if name not in self._sheets:
            self._sheets[name] = _tiles(opened)
            while len(self._sheets) > _SHEETS:
                self._sheets.popitem(last=False)
        self._sheets.move_to_end(name)
        return self._sheets[name]


def _tiles(opened: OpenedMovie) -> dict[tuple[str, int], Thumbnail]:
    file = opened.folder / CELL_STRIPS
    found = [
        done.found["cell_strips"]
        for stage, done in opened.manifest
        if stage.startswith("picture/") and done.found.get("cell_strips")
    ]
    if not found or not file.is_file():
        return {}
    with Image.open(io.BytesIO(file.read_bytes()), formats=["WEBP"]) as image:
        sheet = np.asarray(image.convert("RGB"))
    left = TILES // 2 * TILE_PX
    tiles = {}
    for row, (name, cell) in enumerate(found[0]["cells"]):
        top = row * found[0]["row_px"]
        tile = sheet[top : top + SIDE_PX, left : left + SIDE_PX]
        if tile.shape == (SIDE_PX, SIDE_PX, 3):
            tiles[str(name), int(cell)] = tile.copy()
    return tiles


def _cut_out(opened: OpenedMovie, object_name: str, cell: int) -> Thumbnail | None:
    """The cell in the middle one of the frames in which it was seen."""
    rows = opened.rows("frames", object_name=object_name, cell=cell)
    seen = rows[rows[Col.Y_PX].notna()] if Col.Y_PX in rows else rows[:0]
    if not len(seen):
        return None
    row = seen.iloc[len(seen) // 2]
    settings = opened.task.settings.objects.get(object_name)
    frames = opened.movie.channel(settings.channel if settings else None)
    image = np.asarray(frames.frame(int(row[Col.FRAME])), np.float32)
    area = float(row.get(Col.AREA_PX, np.nan))  # not known where there are places alone
    radius = np.sqrt(area / np.pi) if area > 0 else 0.0
    half = int(np.ceil(max(_ROOM * radius, _SMALLEST_PX / 2)))
    y, x = round(float(row[Col.Y_PX])), round(float(row[Col.X_PX]))
    height, width = image.shape
    shown = image[max(y - half, 0) : min(y + half, height), max(x - half, 0) : min(x + half, width)]
    if not shown.size:  # its place lies outside of the frame
        return None
    low, high = np.percentile(shown, [_DARKEST, _BRIGHTEST])
    grey = np.clip((shown - low) / max(float(high - low), 1e-6), 0, 1) * 255
    picture = Image.fromarray(grey.astype(np.uint8))
    scale = SIDE_PX / max(shown.shape)
    size = (max(1, round(shown.shape[1] * scale)), max(1, round(shown.shape[0] * scale)))
    square = Image.new("RGB", (SIDE_PX, SIDE_PX))
    grown = picture.resize(size, Image.Resampling.BILINEAR)
    square.paste(grown, ((SIDE_PX - size[0]) // 2, (SIDE_PX - size[1]) // 2))
    return np.asarray(square)
