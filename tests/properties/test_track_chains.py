"""What must hold of tracks however cells clump, part, vanish and come back."""

import numpy as np
import pytest

from lamella.core.frames import ArrayFrames
from lamella.core.table import Col
from lamella.track import Lap, Overlap
from worlds import clumping_discs

# Among them those at which an end was given to two cells, or divided and merged at once.
SEEDS = [3, 13, 18, 21, 36, 44, 56]
STEPS = [Lap(), Lap(merges=True), Lap(merges=True, max_gap=0), Overlap(merges=True)]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("step", STEPS, ids=["lap", "merges", "no gaps", "overlap"])
def test_every_object_is_one_cell_once(step, seed):
    labels = clumping_discs(seed)
    frames = ArrayFrames(labels)
    state = step.prepare(frames)
    tracks, joined = step(frames, state=state), state.chained(step).joined

    assert len(tracks.links) == sum(len(np.unique(frame)) - 1 for frame in labels)
    for name in (Col.CELL, Col.LABEL):
        assert not tracks.links.duplicated([name, Col.FRAME]).any()
    for one, back in ((joined.after, joined.before), (joined.before, joined.after)):
        known = np.flatnonzero(one >= 0)
        np.testing.assert_array_equal(back[one[known]], known)
    for cell, parents in tracks.parents.items():
        assert len(set(parents)) == len(parents)
        begin = tracks.first_last[cell][0]
        assert all(tracks.first_last[parent][1] < begin for parent in parents)
    for daughters in tracks.daughters.values():
        assert len({len(tracks.parents[cell]) for cell in daughters}) == 1
