"""Tracking of real cells, held against ids that persist, and against divisions judged by eye."""

import numpy as np
import pytest
from accuracy_tracking import (
    NUCLEI_DIVISIONS,
    against,
    nuclei_tracks,
    psc_reference,
    same_division,
)
from division_pictures import candidates_of
from tracking_truth import shuffled

from lamella.core.labels import Labels
from lamella.core.table import Col
from lamella.io.track_ids import tracked_from_ids
from lamella.track import Lap, Overlap
from real_data import needs_real_data

pytestmark = needs_real_data


@pytest.mark.parametrize("step", [Lap(), Overlap()], ids=lambda step: step.method)
def test_stem_cells_get_their_ids_back(step):
    """The reference graph is built from the persistent ids; it knows no parents."""
    image, truth = psc_reference()
    known = tracked_from_ids(Labels("cell", truth))
    _, labels = shuffled(known.tracks, truth.asarray(), seed=7)
    tracks = step(labels, state=step.prepare(labels, image))
    scores = against(truth, labels, tracks)
    assert scores.values["TRA"] >= 0.998
    assert scores.switches is not None
    assert len(scores.switches) == 0


def test_every_division_of_the_nuclei_is_found_and_no_other():
    found = candidates_of(nuclei_tracks()[2])[[Col.FRAME, Col.Y_PX, Col.X_PX]].to_numpy()
    assert len(found) == len(NUCLEI_DIVISIONS)
    for judged in NUCLEI_DIVISIONS:
        assert sum(same_division(judged, tuple(each)) for each in found) == 1


def test_nuclei_that_touch_for_sixteen_frames_keep_their_identity():
    """Two nuclei share one label from frame 4 to 19; the smaller comes out as itself."""
    raw, _, tracks = nuclei_tracks()
    links = tracks.links.set_index([Col.CELL, Col.FRAME])
    smaller = 3
    frames = links.loc[smaller].index.to_numpy()
    assert frames.min() == 0
    assert frames.max() == len(raw) - 1
    assert not np.isin(range(4, 20), frames).any()
