"""Nuclei of cells and masks of compartments, against hand-counted cases and plain numpy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_compartments import plain_compartments

from lamella.kernels.compartments import (
    CYTOPLASM,
    MEMBRANE,
    RING,
    members_of,
    paint_compartments,
    signal_of,
)
from lamella.kernels.distance import distance_outside
from lamella.kernels.nuclei_of_cells import nuclei_of_cells
from lamella.kernels.regions import find_regions


def row(*labels):
    return np.array([labels], np.uint32)


class TestNucleiOfCells:
    def test_takes_the_nucleus_that_shares_most(self):
        found = nuclei_of_cells(row(1, 1, 1, 1, 1, 0), row(7, 7, 3, 3, 3, 3))
        assert found.nucleus.tolist() == [3]
        assert found.inside.tolist() == [0.75]
        assert found.n_nuclei.tolist() == [2]
        assert found.n_claims.tolist() == [1]

    def test_a_nucleus_counts_for_one_cell_and_may_be_claimed_by_two(self):
        found = nuclei_of_cells(row(1, 1, 1, 2, 2), row(0, 4, 4, 4, 0))
        assert found.nucleus.tolist() == [4, 4]
        assert found.n_claims.tolist() == [2, 2]
        assert found.n_nuclei.tolist() == [1, 0]
        assert found.inside.tolist() == [2 / 3, 1 / 3]
        assert found.owner.tolist() == [1]

    def test_of_equal_overlaps_the_nucleus_that_lies_more_inside_then_the_lowest(self):
        found = nuclei_of_cells(row(1, 1, 1, 1, 0), row(8, 8, 2, 2, 2))
        assert found.nucleus.tolist() == [8]
        found = nuclei_of_cells(row(1, 1, 1, 1), row(8, 8, 2, 2))
        assert found.nucleus.tolist() == [2]

    def test_of_cells_that_hold_as_much_the_lowest_owns_the_nucleus(self):
        found = nuclei_of_cells(row(9, 9, 5, 5), row(1, 1, 1, 1))
        assert found.owner.tolist() == [5]
        assert dict(zip(found.cell.tolist(), found.n_nuclei.tolist(), strict=True)) == {5: 1, 9: 0}

    def test_a_nucleus_that_hardly_touches_can_be_left_out(self):
        cells, nuclei = row(1, 1, 1, 0, 0, 0), row(0, 0, 6, 6, 6, 6)
        assert nuclei_of_cells(cells, nuclei).nucleus.tolist() == [6]
        left = nuclei_of_cells(cells, nuclei, least_inside=0.5)
        assert left.nucleus.tolist() == [0]
        assert left.n_nuclei.tolist() == [0]
        assert left.n_claims.tolist() == [0]
        assert left.owner.tolist() == [0]
        assert np.isnan(left.inside).all()

    @pytest.mark.parametrize(
        ("cells", "nuclei"),
        [
            (row(0, 0), row(0, 0)),
            (row(1, 1), row(0, 0)),
            (row(0, 0), row(1, 1)),
            (row(70000, 70000), row(4_000_000_000, 0)),
        ],
    )
    def test_nothing_or_large_numbers(self, cells, nuclei):
        found = nuclei_of_cells(cells, nuclei)
        assert found.cell.tolist() == np.setdiff1d(cells, [0]).tolist()
        assert found.label.tolist() == np.setdiff1d(nuclei, [0]).tolist()
        assert found.nucleus.tolist() == ([4_000_000_000] if cells.max() == 70000 else [0] * len(
            found.cell
        ))  # fmt: skip

    def test_refuses_images_of_two_sizes(self):
        with pytest.raises(ValueError, match="one shape"):
            nuclei_of_cells(np.zeros((2, 3), int), np.zeros((3, 2), int))


def painted(cells, nuclei, **widths):
    regions, of_nuclei = find_regions(cells), find_regions(nuclei)
    nucleus = nuclei_of_cells(cells, nuclei).nucleus
    nucleus_box = np.zeros((len(nucleus), 4), np.int64)
    place = np.searchsorted(of_nuclei.label, nucleus[nucleus > 0])
    nucleus_box[nucleus > 0] = of_nuclei.box[place]
    bits = paint_compartments(
        cells,
        nuclei,
        label=regions.label,
        box=regions.box,
        nucleus=nucleus,
        nucleus_box=nucleus_box,
        **widths,
    )
    return regions, nucleus, nucleus_box, bits


def rough(rng, shape, n):
    """Labels of random ellipses, which overlap, touch and are cut by the field's edge."""
    labels = np.zeros(shape, np.uint32)
    y, x = np.indices(shape)
    for number in rng.permutation(5 * n)[:n] + 1:
        centre, axes = rng.uniform(0, shape), rng.uniform(1, 12, 2)
        inside = ((y - centre[0]) / axes[0]) ** 2 + ((x - centre[1]) / axes[1]) ** 2 <= 1
        labels[inside] = number * 17_000
    return labels


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    ring=st.floats(0.5, 9),
    gap=st.one_of(st.just(0.0), st.floats(0.1, 4)),
    membrane=st.floats(0.5, 6),
)
def test_compartments_are_those_of_plain_numpy(seed, ring, gap, membrane):
    rng = np.random.default_rng(seed)
    cells = rough(rng, (41, 53), int(rng.integers(0, 8)))
    nuclei = rough(rng, (41, 53), int(rng.integers(0, 8)))
    widths = {"ring_px": ring, "gap_px": gap, "membrane_px": membrane}
    image = rng.integers(0, 4000, cells.shape).astype(np.uint16)
    regions, nucleus, nucleus_box, bits = painted(cells, nuclei, **widths)
    has = np.where(nucleus > 0, regions.label, 0)
    parts = {
        "nucleus": members_of(nuclei, nucleus, nucleus_box),
        "cytoplasm": members_of(cells, has, regions.box, bits=bits, bit=CYTOPLASM),
        "perinuclear": members_of(cells, has, regions.box, bits=bits, bit=RING),
        "membrane": members_of(cells, regions.label, regions.box, bits=bits, bit=MEMBRANE),
    }
    for i, label in enumerate(regions.label):
        of, masks = plain_compartments(cells, nuclei, int(label), **widths)
        assert of == nucleus[i]
        for name, mask in masks.items():
            total, mean, median = (values[i] for values in signal_of(image, parts[name]))
            assert parts[name].area[i] == mask.sum(), name
            if mask.any():
                assert total == image[mask].sum(dtype=float)
                assert mean == pytest.approx(image[mask].mean(dtype=float), rel=1e-12)
                assert median == np.median(image[mask])
            else:
                assert np.isnan([total, mean, median]).all()


def test_widths_are_those_of_discs():
    """Over discs of many sizes and places, rings and bands are as thick as said, within 0.1 px."""
    rng = np.random.default_rng(11)
    off = []
    for _ in range(60):
        y, x = np.indices((141, 141)) - 70 - rng.uniform(-1, 1, (2, 1, 1))
        cells = (np.hypot(y, x) <= rng.uniform(50, 65)).astype(np.uint16)
        nuclei = (np.hypot(y, x) <= rng.uniform(15, 25)).astype(np.uint16)
        width, gap = rng.uniform(2, 12), rng.uniform(1, 4)
        _, _, _, bits = painted(cells, nuclei, ring_px=width, gap_px=gap, membrane_px=width)
        nucleus, cell = (np.sqrt(labels.sum() / np.pi) for labels in (nuclei, cells))
        ring = np.sum(bits & RING > 0) / np.pi + (nucleus + gap) ** 2
        band = cell**2 - np.sum(bits & MEMBRANE > 0) / np.pi
        off.append((np.sqrt(ring) - nucleus - gap - width, cell - np.sqrt(band) - width))
    assert np.abs(np.mean(off, axis=0)).max() < 0.1
    assert np.std(off, axis=0).max() < 0.25


def test_the_edge_of_the_field_is_no_membrane():
    cells, nuclei = np.ones((20, 30), np.uint8), np.zeros((20, 30), np.uint8)
    _, _, _, bits = painted(cells, nuclei, ring_px=3.0, gap_px=0.0, membrane_px=3.0)
    assert not (bits & MEMBRANE).any()
    cells[:, 15:] = 2
    _, _, _, bits = painted(cells, nuclei, ring_px=3.0, gap_px=0.0, membrane_px=3.0)
    assert np.flatnonzero((bits & MEMBRANE).any(axis=0)).tolist() == [12, 13, 14, 15, 16, 17]


def test_a_pixel_that_is_not_a_number_is_told():
    members = members_of(row(1, 1, 1), np.array([1]), np.array([[0, 0, 1, 3]]))
    values = signal_of(np.array([[1.0, np.nan, 3.0]], np.float32), members)
    assert np.isnan(values).all()


def test_distance_to_no_pixel_at_all_is_infinite():
    assert np.isinf(distance_outside(np.zeros((3, 4), bool))).all()
