"""A folder with labels and ``tracks.csv``: all that is known of tracked objects, side by side."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from lamella.core.errors import InputError, OutputError
from lamella.core.labels import Labels
from lamella.core.movie import Scale
from lamella.core.table import Col
from lamella.core.tracked import Tracked
from lamella.core.tracks import Tracks
from lamella.io.atomic import whole_set
from lamella.io.ctc import set_of_masks
from lamella.io.ctc_masks import MaskFrames, find_masks, refuse_missing
from lamella.io.opening import open_labels, open_movie
from lamella.io.tiff import write_labels
from lamella.io.track_table import (
    TABLE as TABLE,
)
from lamella.io.track_table import (
    is_our_table,
    read_track_table,
    write_track_table,
)

LABELS = "labels.ome.tif"
_MASKS = "mask"  # of the Cell Tracking Challenge, as `lamella track` writes them


def is_track_folder(path: str | os.PathLike[str]) -> bool:
    """Whether a folder holds our table of tracks."""
    return is_our_table(Path(path) / TABLE)


def read_track_folder(
    path: str | os.PathLike[str],
    *,
    n_frames: int | None = None,
    frame_shape: tuple[int, int] | None = None,
    scale: Scale | None = None,
) -> Tracked:
    """Tracked objects from a folder of `lamella import` or `lamella track`.

    Labels are read from ``labels.ome.tif``, else from the masks of the Cell Tracking Challenge;
    without either the places alone are read.

    Raises
    ------
    InputError
        A table or labels that are damaged, or that do not belong together.
    """
    folder = Path(path)
    labels, stated = _labels(folder)
    if labels is None:
        return read_track_table(
            folder / TABLE, n_frames=n_frames, frame_shape=frame_shape, scale=scale
        )
    tracked = read_track_table(
        folder / TABLE,
        n_frames=labels.n_frames,
        scale=(scale or Scale()).completed_by(stated),
    )
    return replace(
        tracked, labels=labels, frame_shape=labels.frames.frame_shape, source=str(folder)
    )


def write_track_folder(path: str | os.PathLike[str], tracked: Tracked) -> None:
    """Write ``tracks.csv`` and, where shapes are known, ``labels.ome.tif`` with track ids.

    Both appear, or none. In the table `label` is then the number in ``labels.ome.tif``: the cell.
    Labels of an earlier tracking in the folder, masks of `lamella track` too, are replaced.

    Raises
    ------
    OutputError
        Places without shapes beside masks of another program, for which they would be taken; or
        the disk refuses.
    """
    painted = tracked.painted()
    links = tracked.tracks.links
    if painted is not None:
        links = links.assign(**{str(Col.LABEL): links[Col.CELL]})
    tracks = Tracks(links, tracked.tracks.first_last, tracked.tracks.parents)
    folder = Path(path)
    ours, masks = is_our_table(folder / TABLE), set_of_masks()
    if painted is None and not ours and any(masks(each.name) for each in folder.glob("*")):
        raise OutputError(str(folder), "it holds masks of others", "choose another folder")
    with whole_set(
        path, replaces=lambda name: name in (LABELS, TABLE) or (ours and masks(name)), last=TABLE
    ) as part:
        if painted is not None:
            write_labels(part / LABELS, painted, scale=tracked.scale)
        write_track_table(part / TABLE, replace(tracked, tracks=tracks))


def _labels(folder: Path) -> tuple[Labels | None, Scale]:
    if (folder / LABELS).is_file():
        return open_labels(folder / LABELS), open_movie(folder / LABELS).scale
    if not any(each.name.startswith(_MASKS) for each in folder.glob("*.tif")):
        return None, Scale()
    masks = find_masks(folder, _MASKS)
    refuse_missing(masks, folder)
    if not masks:
        raise InputError(str(folder), "its masks cannot be read", "write them again")
    return Labels("cell", MaskFrames(masks)), Scale()
