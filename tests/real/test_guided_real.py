"""Cells grown from their nuclei in real fields: what must hold whatever the truth is."""

import numpy as np
import pytest
import tifffile

from lamella.core.frames import ArrayFrames
from lamella.segment import ByDistance, Guided, MultiOtsu
from real_data import ROOT, needs_real_data

pytestmark = needs_real_data

FIELDS = {
    "FOXO-GFP": ("cp_sbs_foxo/Channel1-01-A-01.tif", "cp_sbs_foxo/Channel2-01-A-01.tif", "change"),
    "actin": (
        "cp_human_dna_ph3_actin/AS_09125_050116030001_D03f00d2.tif",
        "cp_human_dna_ph3_actin/AS_09125_050116030001_D03f00d0.tif",
        "bright",
    ),
}


@pytest.fixture(scope="module", params=FIELDS)
def field(request):
    """The step, the image of whole cells, nuclei and cells."""
    stain, dna, borders = FIELDS[request.param]
    stain, dna = (np.squeeze(tifffile.imread(ROOT / name)) for name in (stain, dna))
    frames = ArrayFrames(dna[None])
    otsu, split = MultiOtsu(classes=2, smallest_px=30), ByDistance()
    clumps = otsu(frames, state=otsu.prepare(frames))
    nuclei = split(clumps, frames, state=split.prepare(clumps, frames)).frame(0)
    step = Guided(borders=borders)
    return step, stain, nuclei, step.segment(stain, nuclei)


def test_every_nucleus_lies_whole_in_its_cell(field):
    _, stain, nuclei, cells = field
    assert len(np.unique(nuclei)) > 150
    assert np.array_equal(cells[nuclei > 0], nuclei[nuclei > 0])
    assert np.array_equal(np.unique(cells), np.unique(nuclei))
    cytoplasm = (cells > 0) & (nuclei == 0)
    assert np.median(stain[cytoplasm]) > 2 * np.median(stain[cells == 0])


def test_a_turned_field_has_the_same_cells(field):
    step, stain, nuclei, cells = field
    turned = step.segment(np.rot90(stain).copy(), np.rot90(nuclei).copy())
    assert np.mean(np.rot90(turned, -1) == cells) > 0.98


def test_a_nucleus_that_is_taken_away_changes_only_what_lay_around_it(field):
    step, stain, nuclei, cells = field
    gone = np.unique(nuclei)[len(np.unique(nuclei)) // 2]
    without = step.segment(stain, np.where(nuclei == gone, 0, nuclei))
    changed = (without != cells) & (cells != gone)
    assert not (without == gone).any()
    assert np.mean(changed) < 0.01
