"""Labels whose numbers are track ids, as most files have them, as tracked objects."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lamella.core.labels import Labels
from lamella.core.movie import Scale
from lamella.core.table import Col
from lamella.core.tracked import Tracked
from lamella.core.tracks import Parents, Tracks
from lamella.kernels.regions import find_regions


def tracked_from_ids(
    labels: Labels,
    parents: Parents | None = None,
    *,
    scale: Scale | None = None,
    source: str = "labels",
    notes: tuple[str, ...] = (),
) -> Tracked:
    """Tracked objects from labels whose numbers are track ids. Reads every frame once."""
    parts = []
    for t in labels.frames.span:
        regions = find_regions(labels.frame(t))
        parts.append(
            pd.DataFrame(
                {
                    Col.CELL: regions.label,
                    Col.FRAME: np.full(len(regions.label), t),
                    Col.LABEL: regions.label,
                    Col.Y_PX: regions.centroid[:, 0],
                    Col.X_PX: regions.centroid[:, 1],
                }
            )
        )
    links = pd.concat(parts, ignore_index=True).sort_values(
        [Col.CELL, Col.FRAME], ignore_index=True
    )
    return Tracked(
        Tracks.from_links(links, parents),
        n_frames=labels.n_frames,
        labels=labels,
        frame_shape=labels.frames.frame_shape,
        scale=scale or Scale(),
        source=source,
        notes=notes,
    )
