"""Splitting on phase contrast movies with truth."""

import numpy as np
import pytest
from accuracy_declump import brighter_than_around, psc
from flicker import flicker

from lamella.core.frames import ArrayFrames
from lamella.evaluate import seg
from lamella.io import open_labels
from lamella.segment import ByDistance, ByIntensity
from real_data import ROOT, needs_real_data

pytestmark = needs_real_data


@pytest.mark.parametrize(("step", "least"), [(ByDistance(), 0.74), (ByIntensity(), 0.75)])
def test_stem_cells(step, least):
    image, truth = psc(range(10))
    masks = ArrayFrames(np.stack([brighter_than_around(frame) for frame in image]))
    alone = step.model_copy(update={"around": 0})
    found, flickering = (
        each(masks, image, state=each.prepare(masks, image)).asarray() for each in (step, alone)
    )
    before = seg(truth, masks.asarray())
    assert seg(truth, found) >= max(least, before + 0.03)
    assert flicker(masks.asarray(), found)[0] < flicker(masks.asarray(), flickering)[0]


@pytest.mark.parametrize("field", ["set1", "set10"])
def test_branched_cells_are_not_cut(field):
    labels = open_labels(ROOT / f"usiigaci/labelled/{field}/instances_ids.png").frames
    step = ByDistance()
    found = step(labels, state=step.prepare(labels)).frame(0)
    n_cells = len(np.unique(labels.frame(0))) - 1
    assert found.max() <= 1.06 * n_cells
