"""The truth as tracks: who a perfect tracker would say is who, and who came from whom."""

from __future__ import annotations

from itertools import count, groupby

import numpy as np
import pandas as pd

from lamella.core.table import Col
from lamella.core.tracks import Tracks
from lamella.kernels.regions import find_regions
from lamella.phantom.scene import Actor, Scene

Stay = list[tuple[int, float, float, float]]
"""Frame, y, x and area of one cell, from when it comes into the field to when it leaves it."""


def true_tracks(scene: Scene, n_frames: int) -> Tracks:
    """Tracks of all cells that show in the field.

    A cell that leaves the field and comes back is another cell when it does, as for a tracker that
    sees the field alone: the first stay keeps the cell's number, later ones get new numbers behind
    the largest. A cell that is covered by others, or looked for in an empty frame, has a gap.
    Daughters have their mother as parent when both show: she in the last frame before the division
    that is not empty, they in the first after it. Of a division at the border one daughter alone
    may show; a cell that is born outside and comes in has no parent.

    Returns
    -------
    Tracks
        `label` in the links is the cell's number in the true labels; `area_px` its true pixels.
    """
    seen: dict[int, Stay] = {}
    for t in range(n_frames):
        regions = find_regions(scene.labels(t))
        for label, (y, x), area in zip(
            regions.label.tolist(), regions.centroid, regions.area, strict=True
        ):
            seen.setdefault(label, []).append((t, float(y), float(x), float(area)))
    new = count(1 + max((actor.cell for actor in scene.actors), default=0))
    rows = []
    first: dict[int, int] = {}
    last: dict[int, tuple[int, int]] = {}
    for actor in sorted(scene.actors, key=lambda a: a.cell):
        for k, stay in enumerate(_stays(scene, actor, seen.get(actor.cell, []))):
            cell = actor.cell if k == 0 else next(new)
            first.setdefault(actor.cell, stay[0][0])
            last[actor.cell] = (stay[-1][0], cell)
            rows += [(cell, t, actor.cell, y, x, area) for t, y, x, area in stay]
    parents = {}
    for actor in scene.actors:
        if actor.cell not in first or actor.parent not in last:
            continue
        end, mother = last[actor.parent]
        between = {*range(end + 1, actor.first), *range(actor.first, first[actor.cell])}
        if between <= scene.empty_frames:
            parents[actor.cell] = (mother,)
    columns = [Col.CELL, Col.FRAME, Col.LABEL, Col.Y_PX, Col.X_PX, Col.AREA_PX]
    links = pd.DataFrame(rows, columns=columns).sort_values(
        [Col.CELL, Col.FRAME], ignore_index=True
    )
    return Tracks.from_links(links, parents)


def _stays(scene: Scene, actor: Actor, seen: Stay) -> list[Stay]:
    """The frames in which a cell shows, cut where it was outside in between."""
    centre = actor.centroid_px
    outside = ((centre < -0.5) | (centre > np.array(scene.field_px) - 0.5)).any(axis=1)
    shows = np.zeros(len(outside), bool)
    shows[[t - actor.first for t, *_ in seen]] = True
    empty = np.isin(actor.first + np.arange(len(outside)), list(scene.empty_frames))
    left = np.cumsum(outside & ~shows & ~empty)
    return [list(stay) for _, stay in groupby(seen, key=lambda row: left[row[0] - actor.first])]
