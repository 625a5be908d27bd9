"""Diameters of objects against planted ones, with clumps, debris and cells cut by the border."""

import json
import warnings

import numpy as np
import pytest
from guided_truth import stained_field

from faults.studies import lamella
from lamella.core.frames import ArrayFrames
from lamella.core.movie import Scale
from lamella.io import tiff
from lamella.kernels.diameter import typical_diameter
from lamella.segment import estimate_diameter, first_pass


def areas(*diameters):
    return np.pi * np.asarray(diameters, float) ** 2 / 4


class TestTypical:
    def test_the_median_and_quartiles(self):
        found = typical_diameter(areas(8, 9, 10, 11, 12))
        np.testing.assert_allclose(found, (10, 9, 11, 5))

    def test_debris_does_not_count_however_much(self):
        rng = np.random.default_rng(0)
        cells, specks = rng.normal(20, 2, 100), rng.uniform(1, 5, 400)
        found = typical_diameter(areas(*cells, *specks))
        np.testing.assert_allclose(found.px, np.median(cells), rtol=1e-12)
        assert found.n == 100

    def test_a_few_clumps_move_it_little(self):
        cells = np.full(90, 20.0)
        found = typical_diameter(areas(*cells, *np.full(10, 20 * np.sqrt(3))))
        assert found.px == pytest.approx(20)

    def test_none_and_one(self):
        none = typical_diameter(np.zeros(0, np.int64))
        assert none.n == 0
        assert np.isnan(none[:3]).all()
        np.testing.assert_allclose(typical_diameter(areas(7)), (7, 7, 7, 1))


@pytest.mark.parametrize("radius", [6.0, 11.0, 18.0])
@pytest.mark.parametrize("seed", [71, 72])
def test_planted_nuclei(radius, seed):
    """A fifth of the nuclei touch another, and there are half as many specks as nuclei."""
    side = round(35 * radius)
    field = stained_field(seed, side=side, radius_px=radius, clumped=0.2, n_debris=27)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = estimate_diameter(ArrayFrames(field.dna[None]))
    # Edges lie within a quarter of a pixel, which small nuclei feel most.
    assert abs(found.px - field.nucleus_px) < max(0.5, 0.04 * field.nucleus_px)
    assert found.low < found.px < found.high


@pytest.mark.parametrize("image", [np.zeros((40, 40), np.uint8), np.full((40, 40), 9.5)])
def test_an_empty_image_has_no_diameter(image):
    found = first_pass(ArrayFrames(image[None]))
    assert found.diameter.n == found.n_found == 0
    assert np.isnan(found.diameter.px)


def test_the_command(tmp_path):
    field = stained_field(73, n_debris=20)
    scale = Scale(0.5)
    channels = {"actin": ArrayFrames(field.stain[None]), "DNA": ArrayFrames(field.dna[None])}
    tiff.write_movie(tmp_path / "field.ome.tif", channels, scale=scale)
    said = lamella("diameter", tmp_path / "field.ome.tif", "--channel", "DNA")
    assert said.code == 0, said.err
    px = estimate_diameter(ArrayFrames(field.dna[None])).px
    assert f"median diameter {px:.3g} px ({px / 2:.3g} µm)" in said.out
    assert "channel DNA of 1 frame" in said.out
    told = lamella("diameter", tmp_path / "field.ome.tif", "--channel", "DNA", "--json")
    assert json.loads(told.out)["px"] == pytest.approx(px)
    said = lamella("diameter", tmp_path / "field.ome.tif", "--foreground", "pale")
    assert said.code == 2
    assert "use bright, dark or either" in said.err


def test_lines_drawn_across_cells():
    from lamella.run.diameter import fed_by, lines_in_words, of_lines
    from lamella.run.settings import ObjectSettings
    from lamella.segment import ByDistance, Cellpose, MultiOtsu

    lines = [[[3, 10, 10], [3, 10, 40]], [[4, 0, 0], [4, 3, 4]], [[0, 5, 5], [0, 5, 5]]]
    found = of_lines(lines)
    assert (found.n, found.px, found.low, found.high) == (2, 17.5, 11.25, 23.75)
    assert lines_in_words(found, 0.5) == "2 lines, median 17.5 px (8.75 µm)"
    assert lines_in_words(of_lines([]), 0.5) == "no line drawn"
    assert of_lines([[[0, 0], [3, 4], [3, 10]]]).px == 11
    assert fed_by(ObjectSettings(segment=MultiOtsu()), 20) == {}
    both = ObjectSettings(segment=Cellpose(), declump=ByDistance())
    assert fed_by(both, 20.04) == {
        ("segment", "diameter_px"): 20.0, ("declump", "half_width_px"): 10.0,
    }  # fmt: skip
