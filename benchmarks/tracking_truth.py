"""Tracks held against true tracks of the same objects: links, identities, divisions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.frames import ArrayFrames
from lamella.core.table import Col
from lamella.core.tracks import Tracks
from lamella.phantom import ColonyPhantom

Stack = NDArray[np.uint16]
"""(T, Y, X) labels."""

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


def as_is(tracks: Tracks, labels: Stack, seed: int) -> tuple[Tracks, Stack]:
    """Labels as they are."""
    return tracks, labels


def missing(
    tracks: Tracks, labels: Stack, seed: int, *, share: float = 0.03
) -> tuple[Tracks, Stack]:
    """A share of the objects is not found, here and there."""
    rng = np.random.default_rng(seed)
    gone = rng.random(len(tracks.links)) < share
    out = labels.copy()
    lost = tracks.links[gone]
    for t, label in zip(lost[Col.FRAME], lost[Col.LABEL], strict=True):
        out[t][out[t] == label] = 0
    return _without(tracks, gone), out


def touching(tracks: Tracks, labels: Stack, seed: int, *, longest: int = 8) -> tuple[Tracks, Stack]:
    """Half of the pairs of cells that touch are one object for some frames, the larger one's.

    Each pair once, beginning at the frame in the middle of the frames in which they touch; cells
    that are born or vanish within are left alone.
    """
    rng = np.random.default_rng(seed)
    out, links = labels.copy(), tracks.links
    key = pd.MultiIndex.from_frame(links[[Col.FRAME, Col.LABEL]])
    gone = np.zeros(len(links), bool)
    busy: set[Spot] = set()
    for (a, b), frames in _contacts(labels).items():
        begin, n = frames[len(frames) // 2], int(rng.integers(1, longest + 1))
        span = range(begin, begin + n)
        touch = all(t in frames for t in span)
        around = [(t, k) for t in range(begin - 1, begin + n + 1) for k in (a, b)]
        free = all(each in key and each not in busy for each in around)
        if not (touch and free and rng.random() < 0.5):
            continue
        busy.update(around)
        for t in span:
            large, small = sorted((a, b), key=lambda k: -int((labels[t] == k).sum()))
            if t == begin:
                first = large, small
            out[t][labels[t] == first[1]] = first[0]
            gone[key.get_loc((t, first[1]))] = True
    return _without(tracks, gone), out


def _contacts(labels: Stack) -> dict[tuple[int, int], list[int]]:
    """Frames in which two cells have pixels side by side, by their numbers."""
    found: dict[tuple[int, int], list[int]] = {}
    for t, frame in enumerate(labels):
        pairs = set()
        for one, two in ((frame[1:], frame[:-1]), (frame[:, 1:], frame[:, :-1])):
            side = (one != two) & (one > 0) & (two > 0)
            a, b = one[side], two[side]
            pairs |= set(zip(np.minimum(a, b).tolist(), np.maximum(a, b).tolist(), strict=True))
        for pair in sorted(pairs):
            found.setdefault(pair, []).append(t)
    return found


def _without(tracks: Tracks, gone: NDArray[np.bool_]) -> Tracks:
    links = tracks.links[~gone].reset_index(drop=True)
    known = set(links[Col.CELL])
    parents = {c: p for c, p in tracks.parents.items() if {c, *p} <= known}
    return Tracks.from_links(links, parents)


def flock(step_px: float, seed: int, *, n_frames: int = 12, turn: float = 0.1) -> Stack:
    """64 discs 23 px apart that all go one way, each turning a little by itself."""
    rng = np.random.default_rng(seed)
    field, spacing, radius = 640, 23.0, 5
    grid = np.stack(np.meshgrid(np.arange(8.0), np.arange(8.0)), axis=-1).reshape(-1, 2)
    place = (grid - 3.5) * spacing + rng.uniform(-3, 3, grid.shape)
    angle = np.full(len(place), rng.uniform(0, 2 * np.pi))
    middle = (n_frames - 1) / 2 * step_px
    place += field / 2 - middle * np.array([np.sin(angle[0]), np.cos(angle[0])])
    labels = np.zeros((n_frames, field, field), np.uint16)
    for frame in labels:
        for k, (y, x) in enumerate(place, start=1):
            cv2.circle(frame, (round(x), round(y)), radius, k, -1)
        angle += rng.normal(0, turn, len(angle))
        place += step_px * np.column_stack([np.sin(angle), np.cos(angle)])
    return labels


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
        mine, theirs = astuple(self), astuple(other)
        return TrackingScore(*(a + b for a, b in zip(mine, theirs, strict=True)))


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


def _spots(rows: pd.DataFrame) -> Mapping[int, Spot]:
    frames, labels = rows[Col.FRAME], rows[Col.LABEL]
    return {c: (int(frames[c]), int(labels[c])) for c in frames.index}
