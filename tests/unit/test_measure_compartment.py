"""Nucleus, cytoplasm, ring and membrane of every cell, against fields whose truth is known."""

import re
import warnings

import numpy as np
import pandas as pd
import pytest
from plain_compartments import plain_compartments

from lamella.core.errors import InputError
from lamella.core.labels import Labels
from lamella.core.movie import Movie
from lamella.core.table import Col
from lamella.measure import GROUPS, Compartment, measure
from lamella.run.nuclei_check import nuclei_check, nuclei_counts, warn_of_nuclei
from worlds import nucleated_field
from worlds.nucleated import KINDS

OFFSET = 100
UM = 0.5


def measured(cells, nuclei, images, step=None, *, um=UM, level=OFFSET):
    """Frames and cells of fields (Y, X) or movies (T, Y, X), one image a channel."""
    cells, nuclei, *images = (np.atleast_3d(a.T).T if a.ndim == 2 else a
                              for a in (cells, nuclei, *images))  # fmt: skip
    names = [f"c{i}" for i in range(len(images))]
    scale = {} if um is None else {"pixel_size_um": um}
    movie = Movie.from_array(np.stack(images, 1), axes="TCYX", channel_names=names, **scale)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message=".*one frame: speed.*")
        return measure(
            movie,
            Labels.from_array(cells),
            [step or Compartment()],
            others={"nucleus": Labels.from_array(nuclei, name="nucleus")},
            level=lambda frame, labels, channel: float(level),
        )


@pytest.fixture(scope="module")
def field():
    return nucleated_field(6, seed=3, kinds=KINDS)


@pytest.fixture(scope="module")
def found(field):
    return measured(field.cells, field.nuclei, [field.image(offset=OFFSET)])


def test_every_cell_has_the_nucleus_that_was_planted(field, found):
    nucleus = found.cells[Col.NUCLEUS].fillna(0).to_numpy()
    kind = field.truth["kind"].to_numpy()
    assert set(kind) == set(KINDS)
    assert nucleus[kind != "two"].tolist() == field.truth["nucleus"][kind != "two"].tolist()
    assert found.cells[Col.N_NO_NUCLEUS].tolist() == (kind == "none").astype(int).tolist()
    assert found.cells[Col.N_SEVERAL_NUCLEI].tolist() == (kind == "two").astype(int).tolist()
    shared = found.cells[Col.NUCLEUS_SHARED]
    assert shared.isna().tolist() == (kind == "none").tolist()
    assert (shared == 1).tolist() == (kind == "shared").tolist()
    assert set(found.cells[Col.NUCLEUS_CLAIMS][kind == "shared"]) == {2}


def test_light_is_that_of_every_compartment(field, found):
    """Without blur the truth is exact: light is rounded to grey values, half of one at most."""
    cells, truth = found.cells, field.truth
    one = truth["kind"].to_numpy() == "one"
    for name in (Col.NUCLEUS_MEAN, Col.NUCLEUS_MEDIAN):
        assert np.abs(cells[name] - truth["nucleus_light"])[one].max() <= 0.5
    for name in (Col.CYTOPLASM_MEAN, Col.PERINUCLEAR_MEAN, Col.MEMBRANE_MEAN):
        assert np.abs(cells[name] - truth["cytoplasm_light"])[one].max() <= 0.5
    ratio = truth["nucleus_light"] / truth["cytoplasm_light"]
    assert np.abs(cells[Col.NUCLEUS_CYTOPLASM_RATIO] / ratio - 1)[one].max() < 0.005
    sums = cells[Col.NUCLEUS_MEAN] * cells[Col.NUCLEUS_AREA_PX]
    assert np.allclose(cells[Col.NUCLEUS_SUM][one], sums[one])


def test_areas_are_those_drawn_and_add_up(field, found):
    cells, truth = found.cells, field.truth
    one = truth["kind"].to_numpy() == "one"
    drawn = np.bincount(field.nuclei.ravel())[truth["nucleus"]]
    assert cells[Col.NUCLEUS_AREA_PX][one].tolist() == drawn[one].tolist()
    both = cells[Col.NUCLEUS_AREA_PX] + cells[Col.CYTOPLASM_AREA_PX]
    assert both[one].tolist() == cells[Col.AREA_PX][one].tolist()
    in_um2 = cells[Col.NUCLEUS_AREA_PX] * UM**2
    assert cells[Col.NUCLEUS_AREA_UM2][one].tolist() == in_um2[one].tolist()
    assert np.allclose(
        cells[Col.CELL_NUCLEUS_AREA_RATIO][one], 1 + cells[Col.CYTOPLASM_NUCLEUS_AREA_RATIO][one]
    )


def test_all_of_it_is_that_of_plain_numpy(field, found):
    image = field.image(offset=OFFSET, noise=True)
    cells = measured(field.cells, field.nuclei, [image]).cells
    widths = {"ring_px": 2 / UM, "gap_px": 0.5 / UM, "membrane_px": 1 / UM}
    for row in cells.to_dict("records"):
        nucleus, masks = plain_compartments(field.cells, field.nuclei, row[Col.CELL], **widths)
        assert nucleus == np.nan_to_num(row[Col.NUCLEUS])
        for part, mask in masks.items():
            if mask.any():
                assert row[f"{part}_area_px"] == mask.sum()
                assert row[f"{part}_mean"] == pytest.approx(image[mask].mean() - OFFSET)
                assert row[f"{part}_median"] == np.median(image[mask]) - OFFSET
            else:
                assert np.isnan(row[f"{part}_mean"])


def test_cells_without_a_nucleus_have_no_cytoplasm_but_a_membrane(field, found):
    none = found.cells[field.truth["kind"].to_numpy() == "none"]
    assert len(none)
    for name in (Col.CYTOPLASM_AREA_PX, Col.PERINUCLEAR_AREA_PX, Col.CYTOPLASM_MEAN,
                 Col.NUCLEUS_CYTOPLASM_RATIO, Col.CELL_NUCLEUS_AREA_RATIO):  # fmt: skip
        assert none[name].isna().all()
    assert (none[Col.N_NUCLEI] == 0).all()
    assert none[Col.MEMBRANE_MEAN].notna().all()


def test_every_channel_is_measured(field):
    images = [field.image(offset=OFFSET), field.image(offset=2 * OFFSET)]
    cells = measured(field.cells, field.nuclei, images).cells
    for part in ("nucleus", "cytoplasm", "perinuclear", "membrane"):
        for what in ("mean", "median"):
            more = cells[f"{part}_{what}__c1"] - cells[f"{part}_{what}__c0"]
            assert np.allclose(more.dropna(), OFFSET)
    one = measured(field.cells, field.nuclei, images, Compartment(channels=("c1",))).cells
    assert Col.NUCLEUS_MEAN in one


class TestScale:
    def test_without_pixel_size_ring_and_membrane_are_missing(self, field):
        cells = measured(field.cells, field.nuclei, [field.image()], um=None, level=0).cells
        assert cells[Col.NUCLEUS_MEAN].notna().any()
        for name in (Col.PERINUCLEAR_AREA_PX, Col.MEMBRANE_AREA_PX, Col.NUCLEUS_RING_RATIO,
                     Col.NUCLEUS_AREA_UM2):  # fmt: skip
            assert cells[name].isna().all()

    def test_unless_pixels_are_given_for_that_case(self, field, found):
        step = Compartment(ring_px=2 / UM, ring_gap_px=0.5 / UM, membrane_px=1 / UM)
        cells = measured(field.cells, field.nuclei, [field.image(offset=OFFSET)], step, um=None)
        for name in (Col.PERINUCLEAR_AREA_PX, Col.MEMBRANE_AREA_PX, Col.NUCLEUS_RING_RATIO):
            assert cells.cells[name].equals(found.cells[name])
        known = measured(field.cells, field.nuclei, [field.image(offset=OFFSET)],
                         Compartment(ring_px=20, membrane_px=20))  # fmt: skip
        assert known.cells.equals(found.cells)  # what is in µm comes first

    def test_compartments_that_are_off_have_no_columns(self, field):
        step = Compartment(ring_um=None, membrane_um=None)
        cells = measured(field.cells, field.nuclei, [field.image()], step, level=0).cells
        parts = {str(name).partition("_")[0] for name in cells}
        assert not {"perinuclear", "membrane"} & parts


def test_a_ratio_over_nothing_is_missing_and_counted(field):
    cells = measured(field.cells, field.nuclei, [field.image(offset=OFFSET)], level=5000).cells
    has = cells[Col.NUCLEUS].notna()
    assert cells[Col.NUCLEUS_CYTOPLASM_RATIO].isna().all()
    assert cells[Col.CYTOPLASM_MEAN][has].lt(0).all()
    assert cells[Col.N_UNDEFINED_NUCLEUS_RATIO].tolist() == has.astype(int).tolist()


def test_a_movie_is_measured_frame_by_frame(field):
    bright = field.image(offset=OFFSET)
    cells, nuclei = np.stack([field.cells] * 3), np.stack([field.nuclei] * 3)
    first = field.truth[field.truth["kind"] == "one"].iloc[0]
    nuclei[2][nuclei[2] == first["nucleus"]] = 0
    made = measured(cells, nuclei, [np.stack([bright, 2 * bright - OFFSET, bright])])
    of_first = made.frames[made.frames[Col.CELL] == first["cell"]]
    assert of_first[Col.NUCLEUS].isna().tolist() == [False, False, True]
    assert of_first[Col.NUCLEUS_MEAN].iloc[1] == 2 * of_first[Col.NUCLEUS_MEAN].iloc[0]
    row = made.cells[made.cells[Col.CELL] == first["cell"]].iloc[0]
    assert row[Col.NUCLEUS] == first["nucleus"]
    assert row[Col.N_NO_NUCLEUS] == 1
    assert row[Col.NUCLEUS_MEAN] == 1.5 * of_first[Col.NUCLEUS_MEAN].iloc[0]
    ratio = of_first[Col.NUCLEUS_CYTOPLASM_RATIO]
    assert row[Col.NUCLEUS_CYTOPLASM_RATIO] == pytest.approx(ratio.mean())


class TestBadInput:
    def test_labels_of_another_size_are_refused(self, field):
        with pytest.raises(InputError, match=r"labels 'nucleus' .*use labels of the same movie"):
            measured(field.cells, field.nuclei[:-1], [field.image()])

    def test_a_set_that_is_not_there_is_told(self, field):
        movie = Movie.from_array(field.image()[None])
        labels = Labels.from_array(field.cells[None])
        told = "measures 'cell' and looks at 'nucleus'; beside these labels there is no other set"
        with pytest.raises(InputError, match=re.escape(told)):
            measure(movie, labels, [Compartment()])

    def test_without_nuclei_all_other_groups_are_measured(self):
        shapes = np.zeros((2, 40, 40), np.uint16)
        shapes[:, 10:30, 10:30] = 1
        movie = Movie.from_array(shapes * 100, pixel_size_um=1.0, interval_min=1.0)
        assert any(isinstance(group, Compartment) for group in GROUPS)
        assert Col.NUCLEUS not in measure(movie, Labels.from_array(shapes)).cells

    def test_one_set_cannot_be_both(self):
        with pytest.raises(ValueError, match="cells and nuclei are two sets of objects"):
            Compartment(nuclei="cell")

    @pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.uint32, np.float32, np.float64])
    def test_images_of_every_kind(self, field, kind):
        image = (field.image() // 8).astype(kind)
        made = measured(field.cells, field.nuclei, [image], level=0).cells
        plain = measured(field.cells, field.nuclei, [field.image() // 8], level=0).cells
        pd.testing.assert_frame_equal(made, plain, check_exact=False, rtol=1e-6)

    def test_large_numbers_of_labels(self, field, found):
        cells = field.cells.astype(np.uint32) * 70_000
        nuclei = field.nuclei.astype(np.uint32) * 50_000_000
        made = measured(cells, nuclei, [field.image(offset=OFFSET)]).cells
        assert (made[Col.CELL] // 70_000).tolist() == found.cells[Col.CELL].tolist()
        assert made[Col.NUCLEUS_MEAN].equals(found.cells[Col.NUCLEUS_MEAN])

    @pytest.mark.parametrize("world", ["no nuclei", "no cells", "nucleus is the cell", "one pixel"])
    def test_worlds_with_little_in_them(self, world):
        cells, nuclei = np.zeros((2, 20, 20), np.uint16)
        if world != "no cells":
            cells[5:12, 5:12] = 1
        if world in ("no cells", "nucleus is the cell"):
            nuclei[5:12, 5:12] = 4
        if world == "one pixel":
            cells[cells > 0] = 0
            cells[9, 9] = nuclei[9, 9] = 1
        made = measured(cells, nuclei, [np.full((20, 20), 7, np.uint8)], level=0).cells
        assert len(made) == int(world != "no cells")
        if world in ("nucleus is the cell", "one pixel"):
            assert made[Col.CYTOPLASM_AREA_PX].tolist() == [0]
            assert made[Col.NUCLEUS_CELL_AREA_RATIO].tolist() == [1]
            assert made[Col.CYTOPLASM_MEAN].isna().all()
        if world == "no nuclei":
            assert made[Col.N_NUCLEI].tolist() == [0]
            assert made[Col.NUCLEUS_MEAN].isna().all()


class TestCounts:
    def test_they_are_those_planted(self, field, found):
        kind, n_nuclei = field.truth["kind"], len(np.unique(field.nuclei)) - 1
        counts = nuclei_counts(found.frames, n_nuclei + 3)  # three lie in no cell
        n = kind.value_counts()
        assert counts[Col.N_CELL_OUTLINES] == len(kind)
        assert counts[Col.N_CELLS_WITHOUT] == n["none"]
        assert counts[Col.N_CELLS_SEVERAL] == n["two"]
        assert counts[Col.N_CELLS_SHARING] == n["shared"] == 2 * counts[Col.N_NUCLEI_SHARED]
        assert counts[Col.N_NUCLEI_WITHOUT] == 3
        assert counts[Col.DOUBTFUL_SHARE] == pytest.approx((kind != "one").mean())
        with pytest.warns(match=f"{n['none']} have no nucleus, {n['shared']} share theirs"):
            warn_of_nuclei(counts, "a.tif")

    def test_few_doubts_are_no_warning(self):
        field = nucleated_field(3, seed=1)
        frames = measured(field.cells, field.nuclei, [field.image()], level=0).frames
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            warn_of_nuclei(nuclei_counts(frames, 9), "a.tif")
            warn_of_nuclei(nuclei_counts(frames.iloc[:0], 9), "a.tif")  # no cell, no share

    def test_a_study_without_compartments_has_no_row(self):
        frames = pd.DataFrame({Col.MOVIE: ["a"], Col.OBJECT: ["cell"], Col.CELL: [1]})
        assert nuclei_check(frames, Compartment(), movies=["a"]).empty
