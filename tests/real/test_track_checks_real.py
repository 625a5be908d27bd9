"""Checks and filling of tracks on stem cells whose labels keep their numbers over time."""

from dataclasses import replace

import numpy as np
import pytest

from lamella.core.labels import Labels
from lamella.core.table import Col
from lamella.io import open_labels
from lamella.io.track_ids import tracked_from_ids
from lamella.track.events import TrackChecks
from lamella.track.field_drift import field_drift
from lamella.track.fill import FillGaps
from lamella.track.sizes import with_sizes
from real_data import ROOT, needs_real_data

pytestmark = needs_real_data


@pytest.fixture(scope="module")
def labels():
    return open_labels(ROOT / "ctc_PhC-C2DL-PSC/02_ST/SEG")


@pytest.fixture(scope="module")
def tracks(labels):
    return with_sizes(tracked_from_ids(labels).tracks, labels.frames)


def events_of(tracks, labels):
    return TrackChecks()(tracks, frame_shape=labels.frames.frame_shape, n_frames=labels.n_frames)


def test_divisions_that_the_file_does_not_tell_are_found(tracks, labels):
    """Cells 830 and 779 divide; the labels name no parents, so that they seem to vanish."""
    events = events_of(tracks, labels)
    told = set(zip(events[Col.KIND], events[Col.CELL], events[Col.OTHER], strict=True))
    assert {("appears", 837, 830), ("appears", 840, 830)} <= told
    assert {("appears", 782, 779), ("appears", 785, 779)} <= told
    assert len(events) < 0.02 * len(tracks.links)
    assert "swap" not in set(events[Col.KIND])


def test_told_parents_explain_them(tracks, labels):
    parents = {837: (830,), 840: (830,), 782: (779,), 785: (779,)}
    events = events_of(replace(tracks, parents=parents), labels)
    assert not set(events[Col.CELL]) & {837, 840, 830, 782, 785, 779}


def test_exchanged_numbers_of_neighbours_are_found(tracks, labels):
    """Twenty exchanges of a cell with its nearest neighbour, one at a time."""
    rng = np.random.default_rng(0)
    links, found = tracks.links, 0
    whole = links.groupby(Col.CELL)[Col.FRAME].transform("size") == labels.n_frames
    for _ in range(20):
        t = int(rng.integers(3, labels.n_frames - 3))
        here = links[(links[Col.FRAME] == t) & whole]
        apart = (
            here[[Col.Y_PX, Col.X_PX]] - here[[Col.Y_PX, Col.X_PX]].iloc[rng.integers(len(here))]
        )
        a, b = here[Col.CELL].iloc[np.argsort(np.hypot(*apart.to_numpy().T))[:2]]
        cell = links[Col.CELL].to_numpy(copy=True)
        late = (links[Col.FRAME] >= t).to_numpy()
        one, other = late & (cell == a), late & (cell == b)
        cell[one], cell[other] = b, a
        events = events_of(replace(tracks, links=links.assign(**{Col.CELL: cell})), labels)
        swaps = events[events[Col.KIND] == "swap"]
        hit = (swaps[Col.CELL] == min(a, b)) & (swaps[Col.OTHER] == max(a, b))
        found += bool((hit & (swaps[Col.FRAME] == t)).any())
        assert len(swaps) <= 1
    assert found >= 19


@pytest.mark.parametrize(("n", "least"), [(1, 0.90), (3, 0.87)])
def test_cells_taken_out_are_filled_in(labels, n, least):
    truth = labels.frames.asarray()
    holed = truth.copy()
    rng = np.random.default_rng(0)
    gaps = []
    for cell, (first, last) in tracked_from_ids(labels).tracks.first_last.items():
        if last - first >= n + 4:
            t = int(rng.integers(first + 1, last - n))
            gaps += [(cell, t + k) for k in range(n)]
    for cell, t in gaps:
        holed[t][holed[t] == cell] = 0
    tracked = tracked_from_ids(Labels.from_array(holed))
    out = FillGaps()(tracked.labels.frames, tracks=tracked.tracks)
    filled = out.labels.asarray()
    assert out.tracks.links[Col.INTERPOLATED].sum() == len(gaps)
    ious = []
    for cell, t in gaps:
        a, b = filled[t] == cell, truth[t] == cell
        ious.append(np.count_nonzero(a & b) / np.count_nonzero(a | b))
    assert np.median(ious) > least


def test_the_field_as_a_whole(tracks, labels):
    found = field_drift(tracks)
    assert found.n_cells > 60
    assert found.method == "hotelling"
    assert len(found.per_step) == labels.n_frames - 1
