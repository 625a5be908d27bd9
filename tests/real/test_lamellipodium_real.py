"""A cell with a sharp leading edge, VASP and lamellipodin: which way its polarity points."""

import numpy as np
import pytest

from lamella.core.frames import ArrayFrames
from lamella.core.labels import Labels
from lamella.core.table import Col
from lamella.io import open_movie
from lamella.measure import Lamellipodium, measure
from lamella.preprocess import ExponentialFit, PercentileOutside, unbleached
from lamella.segment import MultiOtsu
from lamella.track import Largest
from real_data import ROOT, needs_real_data

pytestmark = needs_real_data

VASP, LPD = "ch1_VASP", "ch2_LPD"
LEVEL = PercentileOutside(percentile=5)


@pytest.fixture(scope="module")
def cell():
    movie = open_movie(ROOT / "b16f1_edge" / "{channel}_t00-15.tif", pixel_size_um=0.153)
    found = ArrayFrames(MultiOtsu()(movie.channel(VASP)).asarray())
    tracks = Largest()(found, state=Largest().prepare(found))
    return movie, Labels("cell", ArrayFrames(tracks.relabel(found).asarray()))


@pytest.fixture(scope="module")
def measured(cell):
    return measure(*cell, [Lamellipodium()], level=LEVEL)


def test_polarity_points_up_and_right_where_the_smooth_edge_is(measured):
    """By eye: a smooth bright edge from the top to the right, a ragged rear at the lower left."""
    lpd = measured.frames[f"polarity_angle_deg__{LPD}"]
    assert (np.abs(lpd + 64) < 5).all()
    vasp = measured.frames[f"polarity_angle_deg__{VASP}"]
    assert ((vasp > -45) & (vasp < 0)).all()  # retraction fibres and foci hold VASP too


def test_the_cortex_is_brightest_at_the_leading_edge(measured):
    for channel, least in ((LPD, 0.7), (VASP, 0.12)):
        strength = measured.frames[f"cortex_strength__{channel}"]
        assert (strength > least).all()
        peak = measured.frames[f"cortex_peak_angle_deg__{channel}"]
        assert ((peak > -75) & (peak < -40)).all()


def test_turned_into_the_movement_the_cortex_peaks_in_front(measured):
    """The cell hardly moves: less than half a pixel a frame, so the direction is noisy."""
    table = measured.finer["cortex_mean"]
    angle = table[Col.CORTEX_TO_MOVEMENT]
    for channel in (LPD, VASP):
        relative = table[f"cortex_relative__{channel}"]
        assert abs(angle[relative.idxmax()]) < 45
        front, back = (relative[at].mean() for at in (angle.abs() < 46, angle.abs() > 132))
        assert front > 1.2 * back
    assert measured.cells[f"polarity_forward_fraction__{LPD}"].iloc[0] > 0.8


def test_lamellipodin_bleaches_and_is_restored(cell, measured):
    movie, labels = cell
    done = unbleached(movie, labels, ExponentialFit(), level=LEVEL)
    restored = measure(done.movie, labels, [Lamellipodium.published()], level=LEVEL).frames

    def last_over_first(frames, name):
        values = frames[f"{name}__{LPD}"].to_numpy()
        return values[-3:].mean() / values[:3].mean()

    assert done.told[LPD]["rate_per_frame"] > 0.005
    assert last_over_first(measured.frames, "cyto_mean") < 0.95
    mean = restored[[f"{name}__{LPD}" for name in ("lam_mean", "cyto_mean")]].mean(axis=1)
    assert mean.iloc[-3:].mean() / mean.iloc[:3].mean() == pytest.approx(1, abs=0.04)
    np.testing.assert_allclose(
        restored[f"lam_cyto_ratio__{LPD}"], measured.frames[f"lam_cyto_ratio__{LPD}"], rtol=5e-3
    )
