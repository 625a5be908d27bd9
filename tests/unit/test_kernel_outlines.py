"""Outlines along pixel edges, and pixels within polygons: each undoes the other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from lamella.kernels.morphology import filled
from lamella.kernels.polygons import crosses_itself, fill_ellipse, fill_polygons
from lamella.kernels.tracing import ring_area, trace_rings
from worlds.shapes import ellipse, one_pixel, ring

masks = hnp.arrays(bool, hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=9))


def painted(rings, shape):
    out = np.zeros(shape, bool)
    stencil = fill_polygons(rings, frame_shape=shape)
    out[stencil.place] = stencil.inside
    return out


@settings(deadline=None)  # the first call compiles
@given(masks)
def test_outlines_give_the_same_pixels_back(mask):
    outer, holes = trace_rings(mask)
    assert np.array_equal(painted(outer + holes, mask.shape), mask)


@given(masks)
def test_one_outer_outline_for_every_piece_and_one_for_every_hole(mask):
    outer, holes = trace_rings(mask)
    assert len(outer) == ndimage.label(mask, np.ones((3, 3)))[1]
    background = ndimage.label(~np.pad(mask, 1))[1]  # 4-connected, the outside among it
    assert len(holes) == background - 1
    assert sum(map(ring_area, outer + holes)) == mask.sum()


@given(masks)
def test_outer_outlines_alone_fill_holes(mask):
    pieces, n = ndimage.label(mask, np.ones((3, 3)))
    outer, _ = trace_rings(mask)
    got = sorted(painted([line], mask.shape).tobytes() for line in outer)
    assert got == sorted(filled(pieces == k).tobytes() for k in range(1, n + 1))


def test_a_pixel_has_four_corners_where_it_lies():
    outer, holes = trace_rings(one_pixel(), top=10, left=20)
    assert holes == []
    assert outer[0].tolist() == [[17.5, 28.5], [18.5, 28.5], [18.5, 27.5], [17.5, 27.5]]


def test_pieces_come_with_the_largest_first():
    mask = ring(3, 9) | one_pixel((1, 1))
    outer, holes = trace_rings(mask)
    assert [round(ring_area(line)) for line in outer] == [int(filled(ring(3, 9)).sum()), 1]
    assert len(holes) == 1
    assert ring_area(holes[0]) < 0


eighths = st.integers(-32, 192)
corners = st.lists(st.tuples(eighths, eighths), min_size=3, max_size=3)


@given(corners)
def test_pixels_within_a_triangle_lie_on_one_side_of_all_its_edges(points):
    a, b, c = np.array(points)
    centre = np.stack(np.mgrid[:20, :20], axis=-1) * 8  # whole numbers, so that signs are exact
    side = np.stack(
        [
            (q - p)[1] * (centre - p)[..., 0] - (q - p)[0] * (centre - p)[..., 1]
            for p, q in ((a, b), (b, c), (c, a))
        ]
    )
    got = painted([np.array(points) / 8], (20, 20))
    assert got[(side > 0).all(axis=0) | (side < 0).all(axis=0)].all()
    assert not got[(side > 0).any(axis=0) & (side < 0).any(axis=0)].any()


@given(st.integers(0, 2**32 - 1))
def test_polygons_that_share_edges_share_no_pixel_and_leave_none(seed):
    rng = np.random.default_rng(seed)
    line = rng.integers(0, 30, (5, 2)) / 2
    hub = rng.integers(0, 30, 2) / 2
    fan = [np.array([hub, line[i], line[(i + 1) % 5]]) for i in range(5)]
    alone = [painted([part], (16, 16)) for part in fan]
    assert np.array_equal(np.logical_xor.reduce(alone), painted([line], (16, 16)))


def test_a_centre_on_an_edge_belongs_to_the_polygon_on_its_left_and_above():
    square = np.array([[2, 2], [2, 5], [5, 5], [5, 2]])
    assert np.argwhere(painted([square], (8, 8))).min(axis=0).tolist() == [3, 3]
    assert np.argwhere(painted([square], (8, 8))).max(axis=0).tolist() == [5, 5]


def test_ties_the_other_way_go_to_the_right_and_below():
    square = [np.array([[2, 2], [2, 5], [5, 5], [5, 2]])]
    stencil = fill_polygons(square, frame_shape=(8, 8), ties="right")
    places = np.argwhere(stencil.inside) + np.array([stencil.top, stencil.left])
    assert places.min(axis=0).tolist() == [2, 2]
    assert places.max(axis=0).tolist() == [4, 4]


@given(corners)
def test_both_ways_agree_but_on_edges(points):
    line = np.array(points) / 8 + 1e-3 * np.sqrt([2, 3])  # no centre on an edge
    one, other = (fill_polygons([line], frame_shape=(20, 20), ties=t) for t in ("left", "right"))
    assert np.array_equal(one.inside, other.inside)


def test_far_corners_are_cut_off_at_the_frame():
    huge = np.array([[-1e18, -1e18], [-1e18, 1e18], [1e18, 1e18], [1e18, -1e18]])
    assert painted([huge], (4, 5)).all()
    assert fill_polygons([huge[:2]], frame_shape=(4, 5)).area == 0
    assert fill_polygons([huge + 3e18], frame_shape=(4, 5)).area == 0


@pytest.mark.parametrize("bad", [[[0, 0], [1, np.nan], [2, 0]], [[0, 0, 0]]])
def test_corners_that_are_none_are_refused(bad):
    with pytest.raises(ValueError, match="corners"):
        fill_polygons([bad], frame_shape=(4, 4))


def test_an_ellipse_is_that_of_the_world():
    stencil = fill_ellipse(middle=(20.5, 30), axes_px=(6.5, 11), frame_shape=(64, 64))
    mask = np.zeros((64, 64), bool)
    mask[stencil.place] = stencil.inside
    assert np.array_equal(mask, ellipse((11, 6.5), at=(20.5, 30)))
    assert stencil.centroid() == pytest.approx((20.5, 30))
    assert fill_ellipse(middle=(-9, 1), axes_px=(2, 2), frame_shape=(9, 9)).area == 0


def test_a_bow_tie_crosses_itself_and_a_touching_corner_does_not():
    assert crosses_itself([[0, 0], [2, 2], [0, 2], [2, 0]])
    assert not crosses_itself([[0, 0], [0, 2], [2, 2], [2, 0]])
    outer, _ = trace_rings([[1, 0], [0, 1]])
    assert not crosses_itself(outer[0])
