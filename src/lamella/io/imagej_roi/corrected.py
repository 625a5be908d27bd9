"""ROIs that a person corrected in ImageJ, as labels of the movie that they were made for."""

from __future__ import annotations

import os
from collections.abc import Container, Mapping, Sequence
from typing import NamedTuple

from lamella.core.errors import InputError
from lamella.core.labels import Labels
from lamella.core.movie import Scale
from lamella.core.tracked import Tracked
from lamella.core.tracks import Tracks
from lamella.io.imagej_roi.names import cells_of_names, own_name, prefix_of
from lamella.io.imagej_roi.read import Area, find_areas, frames_of
from lamella.io.outlines import FrameShape, OutlineFrames, Shape, survey


class CorrectedRois(NamedTuple):
    """The ROIs of a person, and the numbers that names of others have."""

    tracked: Tracked
    names: dict[str, int]


def read_corrected_rois(
    path: str | os.PathLike[str],
    *,
    name: str,
    n_frames: int,
    frame_shape: FrameShape,
    scale: Scale | None = None,
    others: Sequence[str] = (),
    known: Mapping[str, int] | None = None,
    reserved: Container[int] = (),
) -> CorrectedRois:
    """Read the ROIs of one set of objects of a movie that is known, and refuse those of another.

    Parameters
    ----------
    path : path
        A ``RoiSet.zip``, or one ``.roi``.
    name : str
        Set of objects: ROIs called ``{name}12_t0005`` keep the number of their cell.
    n_frames, frame_shape
        Of the movie. In one of a single frame the place in the stack is the channel, which does
        not matter.
    others : sequence of str
        Other sets of objects that there are.
    known : mapping of str to int
        Numbers that other names were given earlier, and keep.
    reserved : container of int
        Numbers that no new cell gets: those of all cells that there were.

    Returns
    -------
    tracked : Tracked
        Painted with the numbers of cells; without parents. Notes: ROIs with new names, that
        overlap, that reach beyond the frame, that are no areas.
    names : dict of str to int
        Names that are not Lamella's, and the numbers of their cells.

    Raises
    ------
    InputError
        No area at all; ROIs of another set, beyond the last frame, or wholly outside of the frame,
        which are of another movie; what `read_imagej_roi` refuses.
    NotInstalledError
        Without roifile.
    """
    where = str(path)
    notes: list[str] = []
    found = find_areas(path, None, notes)
    if not found:
        raise InputError(where, "it holds no area", "leave the file away to change nothing")
    _refuse_others(found, name, others, where)
    frames = [0] * len(found) if n_frames == 1 else frames_of(found, 1, notes)
    if max(frames) >= n_frames:
        odd = found[frames.index(max(frames))].name
        raise InputError(
            where,
            f"its ROI {odd[:60]!r} is in frame {max(frames)} of a movie of {n_frames} frames",
            "import the ROIs of this movie",
        )
    _note_outside(found, frame_shape, notes, where)
    of_names: list[str] = []
    cells = cells_of_names(
        [each.name for each in found],
        frames,
        of_names,
        prefix=prefix_of(name),
        known=known,
        reserved=reserved,
    )
    notes += [words for words in of_names if "again in one frame" in words]
    names = _not_ours(found, cells, name)
    notes += _told_new({text: n for text, n in names.items() if text not in (known or {})}, name)
    objects: dict[int, list[tuple[int, Shape]]] = {}
    for cell, frame, each in zip(cells, frames, found, strict=True):
        objects.setdefault(frame, []).append((cell, each.shape))
    painted = survey(objects, frame_shape=frame_shape)
    tracked = Tracked(
        Tracks.from_links(painted.links()),
        n_frames=n_frames,
        labels=Labels(name, OutlineFrames(objects, n_frames=n_frames, frame_shape=frame_shape)),
        frame_shape=frame_shape,
        scale=scale or Scale(),
        source=where,
        notes=(*notes, *painted.notes("ROIs")),
    )
    return CorrectedRois(tracked, names)


def _refuse_others(found: Sequence[Area], name: str, others: Sequence[str], where: str) -> None:
    known = {prefix_of(other): other for other in others if other != name}
    of_others = [
        (each.name, known[own.prefix])
        for each in found
        if (own := own_name(each.name)) and own.prefix in known
    ]
    if of_others:
        shown, other = of_others[0]
        raise InputError(
            where,
            f"{len(of_others)} of its {len(found)} ROIs are of {other}, such as {shown!r}, "
            f"not of {name}",
            f"import them with --object {other}, or keep one zip a set of objects",
        )


def _note_outside(
    found: Sequence[Area], frame_shape: FrameShape, notes: list[str], where: str
) -> None:
    """Refuse ROIs that lie wholly outside of the frame; note those that reach beyond it."""
    ends = [limit - 0.5 for limit in frame_shape]
    size = f"{frame_shape[0]} × {frame_shape[1]} px (height × width)"
    away, across = [], 0
    for each in found:
        low, high = each.shape.begin(), each.shape.end()
        sides = list(zip(low, high, ends, strict=True))
        if any(first >= end or last <= -0.5 for first, last, end in sides):
            away.append(each.name)
        across += any(first < -0.5 or last > end for first, last, end in sides)
    if away:
        raise InputError(
            where,
            f"{len(away)} of its {len(found)} ROIs lie outside of the image of {size}, such as "
            f"{away[0][:60]!r}",
            "import the ROIs of this image; where one was dragged out of it, delete it",
        )
    if across:
        notes.append(f"{across} ROIs reach beyond the image of {size} and are cut at its border")


def _not_ours(found: Sequence[Area], cells: Sequence[int], name: str) -> dict[str, int]:
    prefix = prefix_of(name)
    return {
        each.name: cell
        for each, cell in zip(found, cells, strict=True)
        if not ((own := own_name(each.name)) and own.prefix == prefix)
    }


def _told_new(new: Mapping[str, int], name: str) -> list[str]:
    if not new:
        return []
    shown = ", ".join(f"{text[:40]!r} becomes {cell}" for text, cell in list(new.items())[:5])
    more = " …" if len(new) > 5 else ""
    return [f"{len(new)} names of ROIs are not of {name}: new ones ({shown}{more})"]
