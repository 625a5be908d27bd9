"""Write tracked objects as ImageJ's ROIs."""

from __future__ import annotations

import os
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from lamella.core.errors import InputError, LamellaWarning, NotInstalledError
from lamella.core.labels import Labels
from lamella.core.table import Col
from lamella.core.tracked import Tracked
from lamella.core.tracks import Tracks
from lamella.io.atomic import whole_file
from lamella.io.imagej_roi.names import roi_name
from lamella.io.imagej_roi.shapes import roi_of
from lamella.kernels.regions import find_regions, inside_of
from lamella.kernels.tracing import trace_rings

_EPOCH = (1980, 1, 1, 0, 0, 0)  # equal objects give equal files


def write_imagej_roi(
    path: str | os.PathLike[str], tracked: Tracked, *, channel: int | None = None
) -> None:
    """Write a ``RoiSet.zip`` that ImageJ's ROI Manager opens, or one ``.roi`` file.

    Parameters
    ----------
    path : path
        ``.zip``; or ``.roi`` for a single object.
    tracked : Tracked
        With labels. Objects of no cell are left out.
    channel : int, optional
        Channel from 1 that the ROIs belong to; then they carry C, Z and T positions. Without it
        they carry their place in the stack only, which ImageJ applies to stacks and, as the frame,
        to hyperstacks of several channels.

    Raises
    ------
    InputError
        Tracked objects without labels, several objects for one ``.roi``, a frame beyond what
        ImageJ's 16 bits hold.
    NotInstalledError
        Without roifile.

    Warns
    -----
    LamellaWarning
        Cells whose links name objects that the labels do not have, with their number.

    Notes
    -----
    Named ``cell12_t0005`` (cell 12, frame 5), by the name of the labels. Objects with holes or
    several pieces are composites. The parents of a cell stand as property ``lamella.parents`` on
    its first ROI, where ImageJ keeps them. ImageJ 1.53t measured the very areas of these ROIs (see
    the tests).
    """
    try:
        import roifile  # noqa: F401
    except ImportError as error:
        raise NotInstalledError(
            str(path), "writing ImageJ ROIs needs roifile", 'pip install "lamella[formats]"'
        ) from error
    path = Path(path)
    if tracked.labels is None:
        raise InputError(
            tracked.source, "it has places and no shapes", "write another format, or give labels"
        )
    single = path.suffix.lower() == ".roi"
    if single and len(tracked.tracks.links) != 1:
        raise InputError(
            str(path), f"one ROI for {len(tracked.tracks.links)} objects", "write a .zip"
        )
    n_written = 0
    with whole_file(path) as part:
        if single:
            for _, data in _rois(tracked.tracks, tracked.labels, channel, tracked.source):
                part.write_bytes(data)
                n_written += 1
        else:
            with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
                for name, data in _rois(tracked.tracks, tracked.labels, channel, tracked.source):
                    archive.writestr(
                        zipfile.ZipInfo(f"{name}.roi", _EPOCH), data, zipfile.ZIP_DEFLATED
                    )
                    n_written += 1
        if single and not n_written:
            raise InputError(tracked.source, "its labels lack the object", "check links and labels")
    lost = len(tracked.tracks.links) - n_written
    if lost:
        warnings.warn(
            f"{path}: {lost} objects of cells are not in the labels and are left out",
            LamellaWarning,
            stacklevel=2,
        )


def _rois(
    tracks: Tracks, objects: Labels, channel: int | None, source: str
) -> Iterator[tuple[str, bytes]]:
    by_frame = {int(str(t)): rows for t, rows in tracks.links.groupby(Col.FRAME)}
    untold = {cell: parents for cell, parents in tracks.parents.items() if parents}
    for t in sorted(by_frame):
        labels = objects.frame(t)
        regions = find_regions(labels)
        rows = by_frame[t]
        for cell, label in zip(rows[Col.CELL].tolist(), rows[Col.LABEL].tolist(), strict=True):
            i = int(np.searchsorted(regions.label, label))
            if i == len(regions.label) or regions.label[i] != label:
                continue
            box = regions.box[i]
            outer, holes = trace_rings(
                inside_of(labels, label, box), top=int(box[0]), left=int(box[1])
            )
            try:
                roi = roi_of([*outer, *holes])
            except ValueError as error:
                raise InputError(
                    source, f"cell {cell} of frame {t}: {error}", "crop the movie"
                ) from error
            roi.name = roi_name(objects.name, cell, t)
            if channel is None:
                roi.position = t + 1
            else:
                roi.c_position, roi.z_position, roi.t_position = channel, 1, t + 1
            parents = untold.pop(cell, ())
            if parents:
                roi.props = f"lamella.parents: {','.join(map(str, parents))}\n"
            yield roi.name, roi.tobytes()
