"""Small movies of cells with lineage, drawn at random: what formats carry between tools."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage

from lamella.core.labels import Labels
from lamella.core.movie import Scale, regular_times
from lamella.core.tracked import Tracked
from lamella.io.track_ids import tracked_from_ids
from lamella.kernels.morphology import filled

_EIGHT = np.ones((3, 3), bool)


def whole_pieces(labels: NDArray[np.integer]) -> NDArray[np.integer]:
    """Every object one piece without holes; what lies in a hole becomes part of the object."""
    out = labels.copy()
    before = np.empty_like(out)
    while not np.array_equal(out, before):  # filling one may cut another
        before = out.copy()
        for cell in np.unique(out[out > 0]):
            pieces, _ = ndimage.label(out == cell, _EIGHT)
            largest = np.bincount(pieces.ravel())[1:].argmax() + 1
            out[(pieces > 0) & (pieces != largest)] = 0
        for cell in np.unique(out[out > 0]):
            out[filled(out == cell)] = cell
    return out


@st.composite
def tracked_cells(
    draw: st.DrawFn, *, simple_shapes: bool = False, with_scale: bool = True, lineage: bool = True
) -> Tracked:
    """Cells that touch, leave and come back, divide and merge; some of a single pixel.

    Parameters
    ----------
    simple_shapes : bool
        No holes and no second pieces.
    with_scale : bool
        Pixel size and interval may be known.
    lineage : bool
        Cells may have parents.
    """
    n_frames = draw(st.integers(1, 5))
    height, width = draw(st.integers(2, 9)), draw(st.integers(2, 9))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    ids = rng.choice(np.arange(1, 200), size=draw(st.integers(1, 5)), replace=False)
    movie = np.zeros((n_frames, height, width), np.uint16)
    for t in range(n_frames):
        for cell in ids[rng.random(len(ids)) < 0.7]:
            y, x = rng.integers(0, height), rng.integers(0, width)
            h, w = rng.integers(1, height + 1), rng.integers(1, width + 1)
            part = movie[t, y : y + h, x : x + w]
            part[rng.random(part.shape) < rng.choice([0.5, 0.9, 1])] = cell
        if simple_shapes:
            movie[t] = whole_pieces(movie[t])
    frames = {int(c): np.flatnonzero((movie == c).any(axis=(1, 2))) for c in ids}
    seen = {c: (f[0], f[-1]) for c, f in frames.items() if len(f)}
    parents = {}
    for cell, (first, _) in seen.items():
        earlier = [c for c, (_, last) in seen.items() if last < first]
        if lineage and earlier and rng.random() < 0.7:
            n = min(len(earlier), int(rng.integers(1, 3)))
            parents[cell] = tuple(sorted(int(c) for c in rng.choice(earlier, n, replace=False)))
    scale = Scale()
    if with_scale and draw(st.booleans()):
        interval = draw(st.sampled_from([0.25, 5, 1 / 3]))
        times = regular_times(n_frames, interval) if n_frames > 1 else None
        scale = Scale(draw(st.sampled_from([0.1, 0.325, 1.6, 1 / 3])), times)
    return tracked_from_ids(Labels.from_array(movie), parents, scale=scale, source="world")
