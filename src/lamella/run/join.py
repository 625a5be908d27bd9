"""Places joined to labels: which object is under which point."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from lamella.core.errors import InputError
from lamella.core.frames import Image
from lamella.core.labels import Labels
from lamella.core.table import Col
from lamella.core.tracked import Tracked
from lamella.core.tracks import Tracks
from lamella.kernels.regions import find_regions


class Joined(NamedTuple):
    """Tracked objects with shapes, and how many points found one."""

    tracked: Tracked
    n_under: int
    """Points that lie on their object."""
    n_near: int
    """Points beside it, within the limit."""
    n_none: int
    """Points without an object: their rows are left out, the track has a gap there."""
    n_shared: int
    """Points whose object belongs to another point, nearer to its middle: left out, too."""
    n_unclaimed: int
    """Objects that no point has: they are of no track and become background."""

    def in_words(self) -> str:
        """One line for the user."""
        told = f"{self.n_under + self.n_near} points have an object ({self.n_near} beside it)"
        told += f", {self.n_none} have none"
        told += f", {self.n_shared} share another's" * bool(self.n_shared)
        unclaimed = f"; {self.n_unclaimed} objects have no point and are left out"
        return told + unclaimed * bool(self.n_unclaimed)


def join_to_labels(tracked: Tracked, labels: Labels, *, max_distance_px: float = 5.0) -> Joined:
    """Give every point the object under it, else the nearest one within `max_distance_px`.

    A point lies on the pixel whose centre is nearest to it. Of several points at one object the one
    nearest to its centroid has it. Distances are to the centre of the object's nearest pixel.

    Returns
    -------
    Joined
        Centroids in its links are those of the objects. Cells live as long as before.

    Raises
    ------
    InputError
        Points in frames that the labels do not have; no point at any object.
    """
    links = tracked.tracks.links
    if tracked.n_frames > labels.n_frames:
        raise InputError(
            tracked.source,
            f"it has {tracked.n_frames} frames, the labels have {labels.n_frames}",
            "use labels of the same movie",
        )
    parts, counts = [], np.zeros(5, int)
    by_frame = {int(str(t)): rows for t, rows in links.groupby(Col.FRAME)}
    for t in labels.frames.span:
        found, told = _joined_frame(by_frame.get(t, links[:0]), labels.frame(t), max_distance_px)
        parts.append(found)
        counts += told
    joined = pd.concat(parts) if parts else links
    if not len(joined):
        raise InputError(
            tracked.source,
            f"none of its {len(links)} points is at an object of the labels",
            "check that they are of one movie, and --units and --first-frame",
        )
    joined = joined.sort_values([Col.CELL, Col.FRAME], ignore_index=True)
    alive = set(joined[Col.CELL])
    lives = {c: life for c, life in tracked.tracks.first_last.items() if c in alive}
    parents = {
        cell: tuple(p for p in found if p in alive)
        for cell, found in tracked.tracks.parents.items()
        if cell in alive and any(p in alive for p in found)
    }
    whole = replace(
        tracked,
        tracks=Tracks(joined, lives, parents),
        labels=labels,
        n_frames=labels.n_frames,
        frame_shape=labels.frames.frame_shape,
    )
    return Joined(whole, *(int(n) for n in counts))


def _joined_frame(
    rows: pd.DataFrame, image: Image, limit: float
) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """The rows with an object; points on one, beside one, without one, at one of another point,
    and objects without a point.
    """
    regions = find_regions(image)
    yx = rows[[str(Col.Y_PX), str(Col.X_PX)]].to_numpy(np.float64)
    if not len(regions.label) or not len(rows):
        return rows.iloc[:0], np.array([0, 0, len(rows), 0, len(regions.label)])
    height, width = image.shape
    nearest = np.floor(yx + 0.5)
    inside = np.all((nearest >= 0) & (nearest < (height, width)), axis=1)
    cell = np.clip(nearest, 0, (height - 1, width - 1)).astype(np.int64)
    own = image[cell[:, 0], cell[:, 1]].astype(np.int64)
    label = np.where(inside, own, 0)
    lost = np.flatnonzero(label == 0)
    if len(lost):
        at = distance_transform_edt(image == 0, return_distances=False, return_indices=True)
        close = at[:, cell[lost, 0], cell[lost, 1]].T
        far = np.hypot(*(close - yx[lost]).T)
        label[lost] = np.where(far <= limit, image[close[:, 0], close[:, 1]], 0)
    near = np.zeros(len(rows), bool)
    near[lost] = label[lost] > 0
    middle = regions.centroid[np.searchsorted(regions.label, np.maximum(label, regions.label[0]))]
    away = np.hypot(*(middle - yx).T)
    order = np.lexsort((np.arange(len(rows)), away))
    order = order[label[order] > 0]
    _, first = np.unique(label[order], return_index=True)
    keep = np.sort(order[first])
    found = rows.iloc[keep].assign(**{str(Col.LABEL): label[keep]})
    found[Col.Y_PX], found[Col.X_PX] = middle[keep, 0], middle[keep, 1]
    n_at = int((label > 0).sum())
    n_near = int(near[keep].sum())
    n_unclaimed = len(regions.label) - len(keep)
    of_points = [len(keep) - n_near, n_near, len(rows) - n_at, n_at - len(keep)]
    return found, np.array([*of_points, n_unclaimed])
