"""Read TrackMate's XML: its graph becomes cells, its contours labels."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lamella.core.errors import InputError
from lamella.core.labels import Labels
from lamella.core.movie import Scale, regular_times
from lamella.core.table import Col
from lamella.core.tracked import Tracked
from lamella.core.tracks import Tracks
from lamella.io.link_rows import links_of_cells
from lamella.io.outlines import (
    Ellipse,
    OutlineFrames,
    Polygons,
    Shape,
    refuse_frame_shape,
    refuse_frames,
    settle_frame_shape,
    survey,
)
from lamella.io.trackmate.graph import cells_of_spots
from lamella.io.trackmate.names import mark_of
from lamella.io.trackmate.parse import Document, Spot, parse
from lamella.io.units import micrometres, minutes


def read_trackmate(
    path: str | os.PathLike[str],
    *,
    n_frames: int | None = None,
    frame_shape: tuple[int, int] | None = None,
    scale: Scale | None = None,
    all_tracks: bool = False,
    lone_spots: bool | None = None,
    discs: bool = False,
) -> Tracked:
    """Read a file that TrackMate saved (versions 2 to 8).

    Parameters
    ----------
    path : path
        The XML file. It is read element by element; DTDs and entities are refused.
    n_frames : int, optional
        Frames of the movie; by default what the file states, and at least as many as spots need.
    frame_shape : (Y, X), optional
        By default what the file states.
    scale : Scale, optional
        What a pixel and a frame are worth; what it tells wins over the file's own statement. Where
        the file lacks its image's pixel size, its µm are turned into pixels by this scale.
    all_tracks : bool
        Take the tracks too that TrackMate's filters hide.
    lone_spots : bool, optional
        Take visible spots outside of tracks, each a cell of one frame; by default those whose name
        says that Lamella wrote them, since in TrackMate no track has a single spot.
    discs : bool
        Paint spots without contour as discs of their radius; otherwise they have a place and no
        pixels.

    Returns
    -------
    Tracked
        A track of TrackMate is cut into cells where it splits and merges; gaps stay. Places are the
        spots' own. Labels carry the cells' numbers, None where no spot has a contour. Names of
        spots that Lamella wrote give the cells their numbers back.

    Raises
    ------
    InputError
        A file that cannot be used, or whose µm cannot be turned into pixels.
    NotInstalledError
        Without defusedxml.

    Notes
    -----
    TrackMate counts from the centre of the first pixel, as Lamella does, and a pixel belongs to a
    contour by the even-odd rule, where one whose centre lies on an edge goes to the right and below
    (its SpotRoi).
    """
    where = str(path)
    found = parse(path)
    notes: list[str] = []
    taken, edges = _take(found, all_tracks=all_tracks, lone_spots=lone_spots, notes=notes)
    spots = [found.spots[each] for each in taken]
    row_of = {each: row for row, each in enumerate(taken)}
    cell, parents = cells_of_spots(
        np.array([spot.frame for spot in spots], np.int64),
        np.array([(row_of[a], row_of[b]) for a, b in edges], np.int64).reshape(-1, 2),
        [mark_of(spot.name) for spot in spots],
    )
    of_cells = sorted(
        zip(cell.tolist(), spots, strict=True), key=lambda one: (one[0], one[1].frame)
    )

    pixel = _pixel(found, scale, where)
    links = links_of_cells(
        (one, spot.frame, spot.y / pixel.height, spot.x / pixel.width) for one, spot in of_cells
    )
    if not (links[[Col.Y_PX, Col.X_PX]].abs() < 1e12).all(axis=None):
        raise InputError(
            where,
            f"with pixels of {pixel.height:g} × {pixel.width:g} {found.space_unit} its spots lie "
            "beyond any image",
            "mend the pixel size in its ImageData",
        )
    n_frames = _n_frames(found, n_frames, where, notes)

    objects: dict[int, list[tuple[int, Shape]]] = {}
    for one, spot in of_cells:
        shape = _shape(spot, pixel, discs=discs)
        if shape is not None:
            objects.setdefault(spot.frame, []).append((one, shape))
    n_shapes = sum(map(len, objects.values()))
    if 0 < n_shapes < len(links):
        notes.append(f"{len(links) - n_shapes} of {len(links)} spots have no contour, only a place")

    shape_stated = _frame_shape(found)
    labels = None
    refuse_frame_shape(frame_shape or shape_stated or (1, 1), source=where)
    if objects:
        frame_shape, told = settle_frame_shape(frame_shape, shape_stated, objects, source=where)
        notes += told + survey(objects, frame_shape=frame_shape).notes("contours")
        labels = Labels("cell", OutlineFrames(objects, n_frames=n_frames, frame_shape=frame_shape))
    return Tracked(
        Tracks.from_links(links, parents),
        n_frames=n_frames,
        labels=labels,
        frame_shape=frame_shape or shape_stated,
        scale=(scale or Scale()).completed_by(_scale(found, pixel, n_frames, notes)),
        source=where,
        notes=tuple(notes),
    )


class _Pixel(NamedTuple):
    """Sides of a pixel in the file's unit of length."""

    height: float
    width: float


def _take(
    found: Document, *, all_tracks: bool, lone_spots: bool | None, notes: list[str]
) -> tuple[list[int], list[tuple[int, int]]]:
    """The spots and edges that become cells."""
    shown = set(found.edges) if all_tracks or found.filtered is None else found.filtered
    hidden = len(found.edges) - len(shown)
    if hidden:
        notes.append(f"{hidden} tracks that TrackMate's filters hide are left out (all_tracks)")
    edges = [edge for track in found.edges if track in shown for edge in found.edges[track]]
    taken = {spot for edge in edges for spot in edge}
    in_tracks = {spot for pairs in found.edges.values() for edge in pairs for spot in edge}
    lone = [k for k, spot in found.spots.items() if k not in in_tracks and spot.visible]
    cells = [k for k in lone if lone_spots or (lone_spots is None and mark_of(found.spots[k].name))]
    taken.update(cells)
    if left := len(lone) - len(cells):
        notes.append(f"{left} spots belong to no track and are left out (lone_spots)")
    return sorted(taken), edges


def _pixel(found: Document, scale: Scale | None, where: str) -> _Pixel:
    sides = []
    for key in ("pixelheight", "pixelwidth"):
        side = _positive(found.image.get(key))
        if side is None and micrometres(1, found.space_unit) is None:
            side = 1.0  # the unit is the pixel
        if side is None and scale is not None and scale.pixel_size_um is not None:
            side = scale.pixel_size_um / (micrometres(1, found.space_unit) or 1.0)
        if side is None:
            raise InputError(
                where,
                f"it counts in {found.space_unit} and does not state the size of a pixel",
                "give scale, with the pixel size in µm",
            )
        sides.append(side)
    return _Pixel(*sides)


def _positive(text: str | None) -> float | None:
    try:
        value = float(text or "nan")
    except ValueError:
        return None
    return value if math.isfinite(value) and value > 0 else None


def _shape(spot: Spot, pixel: _Pixel, *, discs: bool) -> Shape | None:
    if spot.contour is not None:
        corners = np.column_stack(
            [
                (spot.contour[:, 1] + spot.y) / pixel.height,
                (spot.contour[:, 0] + spot.x) / pixel.width,
            ]
        )
        return Polygons((corners,), ties="right")
    if discs and spot.radius > 0:
        return Ellipse(
            (spot.y / pixel.height, spot.x / pixel.width),
            (spot.radius / pixel.height, spot.radius / pixel.width),
        )
    return None


def _frame_shape(found: Document) -> tuple[int, int] | None:
    height, width = (_positive(found.image.get(key)) for key in ("height", "width"))
    return None if height is None or width is None else (int(height), int(width))


def _n_frames(found: Document, given: int | None, where: str, notes: list[str]) -> int:
    needed = 1 + max((spot.frame for spot in found.spots.values()), default=0)
    stated = int(_positive(found.image.get("nframes")) or 0)
    if given is not None and given < needed:
        raise InputError(
            where, f"it has spots in frame {needed - 1} of {given} frames", "give more n_frames"
        )
    if given is None and 0 < stated < needed:
        notes.append(f"the file states {stated} frames and has spots in frame {needed - 1}")
    n_frames = given or max(needed, stated)
    refuse_frames(n_frames, source=where)
    return n_frames


def _scale(found: Document, pixel: _Pixel, n_frames: int, notes: list[str]) -> Scale:
    height, width = (micrometres(side, found.space_unit) for side in pixel)
    if height is not None and width is not None and not math.isclose(height, width, rel_tol=1e-6):
        notes.append(f"its pixels are not square ({height:g} × {width:g} µm): no scale is taken")
        width = None
    return Scale(width, _times(found, n_frames, notes))


def _times(found: Document, n_frames: int, notes: list[str]) -> NDArray[np.float64] | None:
    """The frames' own times where every frame has one and they are uneven; else even ones."""
    interval = minutes(found.image.get("timeinterval"), found.time_unit)
    factor = minutes(1, found.time_unit)
    if interval is None or factor is None:
        return None
    even = regular_times(n_frames, interval)
    told = np.full(n_frames, math.nan)
    told[list(found.times)] = np.array(list(found.times.values())) * factor
    if np.isclose(told, even, rtol=1e-6, atol=1e-9 * interval)[np.isfinite(told)].all():
        return even
    if np.isfinite(told).all() and (np.diff(told) > 0).all():
        uneven: NDArray[np.float64] = told - told[0]
        return uneven
    notes.append("the times of its spots do not fit its interval: the interval is used")
    return even


def is_trackmate(path: Path) -> bool:
    """Whether a file is TrackMate's XML."""
    if path.suffix.lower() != ".xml" or not path.is_file():
        return False
    with path.open("rb") as file:
        return b"<TrackMate" in file.read(4096)
