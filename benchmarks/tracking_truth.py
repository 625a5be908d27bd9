"""Tracks held against true tracks of the same objects: links, identities, divisions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lamella.core.frames import ArrayFrames
from lamella.core.table import Col
from lamella.core.tracks import Tracks
from lamella.phantom import ColonyPhantom

Spot = tuple[int, int]
"""Frame and label of an object."""


def shuffled(
    tracks: Tracks, labels: NDArray[np.uint16], *, seed: int
) -> tuple[Tracks, ArrayFrames]:
    """The same objects with numbers drawn anew in every frame, and the truth in these numbers."""
    rng = np.random.default_rng(seed)
    out = np.zeros_like(labels)
    links = tracks.links.copy()
    for t, frame in enumerate(labels):
        names = np.unique(frame[frame > 0])
        table = np.zeros(int(frame.max()) + 1, labels.dtype)
        table[names] = rng.permutation(len(names)) + 1
        out[t] = table[frame]
        here = links[Col.FRAME] == t
        links.loc[here, Col.LABEL] = table[links.loc[here, Col.LABEL]]
    return Tracks(links, tracks.first_last, tracks.parents), ArrayFrames(out)


def crowd(seed: int, *, interval_min: float = 2.0) -> ColonyPhantom:
    """40 cells of which some divide, touch, leave and enter, and many more outside the field."""
    return ColonyPhantom(
        n_cells=90,
        n_divisions=24,
        n_frames=60,
        field_px=(400, 400),
        area_um2=60,
        open_field=True,
        interval_min=interval_min,
        speed_um_per_min=0.6,
        seed=seed,
    )


@dataclass(frozen=True)
class TrackingScore:
    """Counts of links (object to the same cell's next object) and of divisions."""

    links: int
    links_right: int
    links_wrong: int
    divisions: int
    divisions_right: int
    divisions_wrong: int

    @property
    def link_accuracy(self) -> float:
        """Right over all links of either: missed and wrong ones both count."""
        return self.links_right / max(self.links + self.links_wrong, 1)

    @property
    def division_f1(self) -> float:
        found = self.divisions_right + self.divisions_wrong
        return 2 * self.divisions_right / max(self.divisions + found, 1)

    def __add__(self, other: TrackingScore) -> TrackingScore:
        return TrackingScore(*(a + b for a, b in zip(vars(self).values(), vars(other).values())))  # noqa: B905


def score(found: Tracks, truth: Tracks, *, longest_gap: int = 2) -> TrackingScore:
    """Hold tracks against the truth; `label` of both names the objects of the same frames.

    True links over more than `longest_gap` missing frames are asked of nobody. A division is right
    when mother and both daughters are.
    """
    true_links = {(a, b) for a, b in _links(truth) if b[0] - a[0] <= longest_gap + 1}
    links = _links(found)
    true_divisions, divisions = _divisions(truth), _divisions(found)
    return TrackingScore(
        links=len(true_links),
        links_right=len(links & true_links),
        links_wrong=len(links - true_links),
        divisions=len(true_divisions),
        divisions_right=len(divisions & true_divisions),
        divisions_wrong=len(divisions - true_divisions),
    )


def _links(tracks: Tracks) -> set[tuple[Spot, Spot]]:
    rows = tracks.links.sort_values([Col.CELL, Col.FRAME])
    cell, frame, label = (rows[name].to_numpy() for name in (Col.CELL, Col.FRAME, Col.LABEL))
    same = np.flatnonzero(cell[1:] == cell[:-1])
    spots = list(zip(frame.tolist(), label.tolist(), strict=True))
    return {(spots[k], spots[k + 1]) for k in same}


def _divisions(tracks: Tracks) -> set[tuple[Spot, frozenset[Spot]]]:
    rows = tracks.links.sort_values(Col.FRAME).groupby(Col.CELL)
    first, last = _spots(rows.first()), _spots(rows.last())
    return {
        (last[mother], frozenset(first[d] for d in daughters))
        for mother, daughters in tracks.daughters.items()
        if len(daughters) > 1
    }


def _spots(rows: object) -> Mapping[int, Spot]:
    frames, labels = rows[Col.FRAME], rows[Col.LABEL]  # type: ignore[index]
    return {c: (int(frames[c]), int(labels[c])) for c in frames.index}
