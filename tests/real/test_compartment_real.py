"""Translocation: FOXO1-GFP of U2OS cells lies in the cytoplasm, and in the nucleus when driven."""

import warnings

import numpy as np
import pytest
import tifffile

from lamella.core.frames import ArrayFrames
from lamella.core.labels import Labels
from lamella.core.movie import Movie
from lamella.core.table import Col
from lamella.measure import Compartment, measure
from lamella.preprocess import PercentileOutside
from lamella.segment import ByDistance, Guided, MultiOtsu
from real_data import ROOT, needs_real_data

pytestmark = needs_real_data


@pytest.fixture(scope="module", params=["01-A-01", "12-A-12"])
def well(request):
    """Name and cells of a well; nuclei from their stain, cells grown from them over the GFP."""
    gfp, dna = (
        tifffile.imread(ROOT / f"cp_sbs_foxo/Channel{c}-{request.param}.tif") for c in (1, 2)
    )
    stain = ArrayFrames(dna[None])
    otsu, split = MultiOtsu(classes=2, edge_px=0, smallest_px=40), ByDistance()
    clumps = otsu(stain, state=otsu.prepare(stain))
    nuclei = split(clumps, stain, state=split.prepare(clumps, stain))
    cells = Guided(nuclei="nucleus", reach_px=12)(ArrayFrames(gfp[None]), nuclei)
    movie = Movie.from_array(np.stack([gfp, dna])[None], axes="TCYX", channel_names=("GFP", "DNA"))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*one frame: speed.*")
        found = measure(
            movie,
            Labels("cell", cells),
            [Compartment(ring_px=3, ring_gap_px=1, membrane_px=2)],
            others={"nucleus": Labels("nucleus", nuclei)},
            level=PercentileOutside(),
        ).cells
    return request.param, found[found[Col.N_BORDER] == 0]


def test_foxo_is_in_the_nucleus_of_one_well_alone(well):
    name, cells = well
    ratio = cells[Col.NUCLEUS_RING_RATIO.of("GFP")].dropna()
    to_cytoplasm = cells[Col.NUCLEUS_CYTOPLASM_RATIO.of("GFP")].dropna()
    assert len(ratio) > 150
    if name == "01-A-01":
        assert 0.55 < ratio.median() < 0.75
        assert (ratio > 1).mean() < 0.08
        assert to_cytoplasm.median() < 0.85
    else:
        assert ratio.median() > 2
        assert (ratio > 1).mean() > 0.9
        assert to_cytoplasm.median() > 1.8


def test_every_cell_grown_from_a_nucleus_has_it(well):
    _, cells = well
    assert cells[Col.NUCLEUS].tolist() == cells[Col.CELL].tolist()
    assert (cells[Col.NUCLEUS_INSIDE] == 1).all()
    assert (cells[Col.N_NUCLEI] == 1).all()
    assert (cells[Col.NUCLEUS_SHARED] == 0).all()
