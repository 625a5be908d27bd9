"""Read ImageJ's ROIs as tracked objects."""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lamella.core.errors import InputError, NotInstalledError
from lamella.core.labels import Labels
from lamella.core.movie import Scale
from lamella.core.tracked import Tracked
from lamella.core.tracks import Tracks
from lamella.io.imagej_roi.archive import roi_files
from lamella.io.imagej_roi.names import cells_of_names, own_name
from lamella.io.imagej_roi.shapes import shape_of
from lamella.io.link_rows import settled_parents
from lamella.io.outlines import OutlineFrames, Shape, refuse_frames, settle_frame_shape, survey

_PARENTS = re.compile(r"^lamella\.parents:\s*(\d{1,10}(?:,\d{1,10})*)\s*$", re.MULTILINE | re.ASCII)
# The name that ImageJ gives a ROI of a stack: slice, row, column.
_IMAGEJ_NAME = re.compile(r"(\d{4,})-\d{4,}-\d{4,}(?:-\d+)?", re.ASCII)


def read_imagej_roi(
    path: str | os.PathLike[str],
    *,
    n_frames: int | None = None,
    frame_shape: tuple[int, int] | None = None,
    scale: Scale | None = None,
    n_channels: int = 1,
    channel: int | None = None,
) -> Tracked:
    """Read a ``.roi`` file or a ``RoiSet.zip``.

    Parameters
    ----------
    path : path
    n_frames : int, optional
        Frames of the movie; by default as many as the ROIs need.
    frame_shape : (Y, X), optional
        By default the smallest frame that holds all ROIs, since the files do not tell; a note says
        so.
    scale : Scale, optional
        What a pixel and a frame are worth; the files do not tell.
    n_channels : int
        Channels of the stack that the ROIs were drawn on, for ROIs that know only their place in
        it; channels are then taken to follow each other within a frame.
    channel : int, optional
        Take only the ROIs of this channel, from 1, and those of none; by default all.

    Returns
    -------
    Tracked
        Every area is an object: polygons, traced and freehand outlines, rectangles, ovals, rotated
        ones and composites. Cells by name (see `names`); labels carry the cells' numbers, a later
        ROI over an earlier one. Lines, points, angles, text and pictures are passed over, with a
        note.

    Raises
    ------
    InputError
        A file that cannot be used; nothing is ever extracted from a zip (see `archive`).
    NotInstalledError
        Without roifile.

    Notes
    -----
    The frame is the ROI's T position; else its place in the stack; else its Z position where no ROI
    has another T (time series are often opened as Z); else the number in front of the name that
    ImageJ gives (ROIs drawn on a stack are often saved with no other place); else that in a name of
    Lamella's; else 0.
    """
    where = str(path)
    if n_channels < 1 or (channel is not None and channel < 1):
        raise InputError(
            where, f"channel {channel} of {n_channels} is none", "count channels from 1"
        )
    notes: list[str] = []
    found = find_areas(path, channel, notes)
    frames = frames_of(found, n_channels, notes)
    cells = cells_of_names([each.name for each in found], frames, notes)
    needed = 1 + max(frames, default=0)
    if n_frames is not None and n_frames < needed:
        raise InputError(
            where, f"it has ROIs in frame {needed - 1} of {n_frames} frames", "give more n_frames"
        )
    n_frames = n_frames or needed
    refuse_frames(n_frames, source=where)

    objects: dict[int, list[tuple[int, Shape]]] = {}
    for cell, frame, each in zip(cells, frames, found, strict=True):
        objects.setdefault(frame, []).append((cell, each.shape))
    frame_shape, told = settle_frame_shape(frame_shape, None, objects, source=where)
    painted = survey(objects, frame_shape=frame_shape)
    painted.refuse_nothing(frame_shape, source=where)
    notes += told + painted.notes("ROIs")

    named = {cell: each.parents for cell, each in zip(cells, found, strict=True) if each.parents}
    tracks = Tracks.from_links(painted.links())
    parents = settled_parents(named, dict(tracks.first_last), notes)
    return Tracked(
        Tracks.from_links(tracks.links, parents),
        n_frames=n_frames,
        labels=Labels("cell", OutlineFrames(objects, n_frames=n_frames, frame_shape=frame_shape)),
        frame_shape=frame_shape,
        scale=scale or Scale(),
        source=where,
        notes=tuple(notes),
    )


@dataclass(frozen=True)
class Area:
    """One ROI; positions from 1, 0 = not set."""

    name: str
    shape: Shape
    position: int
    z: int
    t: int
    parents: tuple[int, ...]


def find_areas(path: str | os.PathLike[str], channel: int | None, notes: list[str]) -> list[Area]:
    """The areas of a file, in its order; see `read_imagej_roi` for what is raised and noted."""
    try:
        from roifile import ImagejRoi
    except ImportError as error:
        raise NotInstalledError(
            str(path), "reading ImageJ ROIs needs roifile", 'pip install "lamella[formats]"'
        ) from error
    found: list[Area] = []
    passed_over, n_other = Counter[str](), 0
    for member, data in roi_files(path, notes):
        try:
            roi: Any = ImagejRoi.frombytes(data)
            shape = shape_of(roi)
        except Exception as error:  # whatever a damaged file makes of the library
            raise InputError(
                str(path), f"its ROI {member[:60]!r} is damaged ({error})", "save the ROI again"
            ) from error
        if isinstance(shape, str):
            passed_over[shape] += 1
        elif channel is not None and roi.c_position not in (0, channel):
            n_other += 1
        else:
            kin = _PARENTS.search(roi.props)
            found.append(
                Area(
                    roi.name.rstrip("\0") or member,
                    shape,
                    max(0, roi.position),
                    max(0, roi.z_position),
                    max(0, roi.t_position),
                    tuple(map(int, kin[1].split(","))) if kin else (),
                )
            )
    if passed_over:
        kinds = ", ".join(f"{n} × {kind}" for kind, n in sorted(passed_over.items()))
        notes.append(f"{passed_over.total()} ROIs are no areas and are passed over ({kinds})")
    if n_other:
        notes.append(f"{n_other} ROIs of other channels are left out")
    return found


def frames_of(found: list[Area], n_channels: int, notes: list[str]) -> list[int]:
    """Frame of every ROI, from 0."""
    has_time = any(each.t > 1 or each.position for each in found)
    by_z = not has_time and any(each.z > 1 for each in found)
    numbers = [_IMAGEJ_NAME.fullmatch(each.name) for each in found]
    placed = [bool(each.t or each.position or (by_z and each.z)) for each in found]
    by_name = bool(found) and not any(placed) and all(numbers)
    frames, n_placeless = [], 0
    for each, number in zip(found, numbers, strict=True):
        if by_z and each.z:
            frames.append(each.z - 1)
        elif each.t:
            frames.append(each.t - 1)
        elif each.position:
            frames.append((each.position - 1) // n_channels)
        elif number:
            frames.append(max(int(number[1]) - 1, 0))
        elif own := own_name(each.name):
            frames.append(own.frame)
        else:
            n_placeless += 1
            frames.append(0)
    if by_z:
        notes.append("positions along Z are read as time, since no ROI has a place in time")
    if by_name:
        notes.append("frames are read from ImageJ's names (slice-row-column): no ROI has a place")
    if n_placeless and max(frames) > 0:
        notes.append(f"{n_placeless} ROIs have no place in time and are taken as of frame 0")
    return frames


def is_imagej_roi(path: Path) -> bool:
    """Whether a file bears the name of a ROI or of an archive of such."""
    return path.suffix.lower() in (".roi", ".zip") and path.is_file()
