"""Random tracked objects with all that a format could lose, for tests of round trips."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from lamella.core.labels import Labels
from lamella.core.movie import Scale, regular_times
from lamella.core.table import Col
from lamella.core.tracked import Tracked
from lamella.core.tracks import Tracks
from lamella.io.track_ids import tracked_from_ids

_HIGH, _WIDE = 3, 6  # of the patch in which a cell lives


@st.composite
def tracked_worlds(
    draw,
    *,
    holes: bool = True,
    gaps: bool = True,
    divisions: bool = True,
    merges: bool = True,
    scale: bool = True,
    time: bool = True,
    empty_frames: bool = True,
    largest_id: int = 2**32 - 1,
) -> Tracked:
    """▒ ░ ▓   every cell in a patch of its own; what is switched off does not occur.

    Objects have random pixels (holes and several pieces included), another number in every frame
    than the cell's, and parents that end before they begin. With ``empty_frames=False`` the last
    frame has an object.
    """
    n_frames = draw(st.integers(1, 5))
    n_cells = draw(st.integers(1, 4))
    ids = draw(
        st.lists(st.integers(1, largest_id), min_size=n_cells, max_size=n_cells, unique=True)
    )
    seed = draw(st.integers(0, 2**16))
    pixels = np.random.default_rng(seed)
    cells = np.zeros((n_frames, _HIGH + 2, _WIDE * n_cells), np.uint32)
    lives: dict[int, tuple[int, int]] = {}
    parents: dict[int, tuple[int, ...]] = {}
    for k, cell in enumerate(ids):
        first = draw(st.integers(0, n_frames - 1))
        last = draw(st.integers(first, n_frames - 1))
        if k == 0 and not empty_frames:
            last = n_frames - 1
        for t in range(first, last + 1):
            inner = gaps and first < t < last and draw(st.booleans())
            if not inner:
                patch = np.ones((_HIGH, _WIDE - 1), bool)
                if holes:
                    patch = pixels.random(patch.shape) < 0.6
                    patch[0, 0] = True
                cells[t, 1 : 1 + _HIGH, _WIDE * k : _WIDE * (k + 1) - 1][patch] = cell
        before = [other for other, (_, end) in lives.items() if end < first]
        most = min(len(before), 3 if merges else 1) if divisions else 0
        if most:
            named = draw(st.lists(st.sampled_from(before), max_size=most, unique=True))
            if named:
                parents[cell] = tuple(sorted(named))
        lives[cell] = (first, last)
    size = draw(st.none() | st.floats(0.01, 10)) if scale else None
    times = None
    if time and n_frames > 1:
        steps = draw(
            st.none() | st.lists(st.floats(0.01, 100), min_size=n_frames - 1, max_size=n_frames - 1)
        )
        times = None if steps is None else np.concatenate([[0.0], np.cumsum(steps)])
        if draw(st.booleans()):
            times = regular_times(n_frames, draw(st.floats(0.01, 100)))
    return renumbered(
        tracked_from_ids(Labels.from_array(cells), parents, scale=Scale(size, times)), seed
    )


def renumbered(tracked: Tracked, seed: int = 0) -> Tracked:
    """1 1 1 → 3 1 2   the same objects, their numbers in the labels other ones in every frame."""
    links = tracked.tracks.links.copy()
    array = tracked.labels.frames.asarray()
    new = np.zeros_like(array)
    rng = np.random.default_rng(seed)
    for t, rows in links.groupby(Col.FRAME):
        numbers = rng.permutation(len(rows) * 3)[: len(rows)] + 1
        for (row, cell), number in zip(rows[Col.CELL].items(), numbers, strict=True):
            new[t][array[t] == cell] = number
            links.loc[row, Col.LABEL] = number
    tracks = Tracks(links, tracked.tracks.first_last, tracked.tracks.parents)
    return Tracked(
        tracks, tracked.n_frames, Labels.from_array(new), tracked.frame_shape, tracked.scale
    )
