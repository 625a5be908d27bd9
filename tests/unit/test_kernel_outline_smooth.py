"""Sub-pixel outlines of masks whose shape is known, and how they bend."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lamella.kernels.outline_shape import (
    curvature,
    means_of_stretches,
    outline_origin,
    placed,
    stretches,
)
from lamella.kernels.outline_smooth import (
    arc_lengths,
    at_arc,
    enclosed_area,
    smooth_outline,
    smoothed,
)
from lamella.kernels.tracing import ring_area, trace_rings
from worlds import disc, ellipse, line, one_pixel, ring
from worlds.edges import MovingEllipse


def outline(mask, **settings):
    return smooth_outline(trace_rings(mask)[0][0], mask.astype(np.uint16), **settings)


def circle(radius, n=400, *, at=(0.0, 0.0), phase=0.0):
    angle = np.arange(n) / n * 2 * np.pi + phase
    return np.array(at) + radius * np.stack([np.sin(angle), np.cos(angle)], 1)


@pytest.mark.parametrize("radius", [10, 20, 40])
def test_the_outline_of_a_disc_lies_on_its_edge(radius):
    rng = np.random.default_rng(radius)
    errors = []
    for _ in range(10):
        at = radius + 5 + rng.random(2)
        found = outline(disc(radius, tuple(at), (2 * radius + 12,) * 2)).points
        errors.append(np.hypot(*(found - at).T) - radius)
    errors = np.concatenate(errors)
    assert abs(errors.mean()) < 0.02
    assert errors.std() < 0.11


def test_smoothing_does_better_than_the_staircase():
    mask = disc(30, (40.3, 40.6), (81, 81))
    rough, smooth = (outline(mask, smoothing_px=s).points for s in (0, 4))
    off = [np.std(np.hypot(*(p - (40.3, 40.6)).T)) for p in (rough, smooth)]
    assert off[1] < 0.5 * off[0]


@settings(deadline=None, max_examples=60)
@given(hnp.arrays(bool, (9, 9)))
def test_it_encloses_as_many_pixels_as_the_mask(mask):
    if not mask.any():
        return
    corners = trace_rings(mask)[0][0]
    found = smooth_outline(corners, mask.astype(np.uint16), smoothing_px=1.5)
    assert np.isfinite(found.points).all()
    assert enclosed_area(found.points) == pytest.approx(ring_area(corners), rel=0.05)
    if ring_area(corners) > 20:
        assert enclosed_area(found.points) == pytest.approx(ring_area(corners), rel=1e-6)


@pytest.mark.parametrize(
    "mask", [one_pixel(), line(2), line(30), ellipse((20, 1.2)), np.eye(12, dtype=bool)]
)
def test_thin_shapes_have_an_outline(mask):
    found = outline(mask).points
    assert len(found) >= 8
    assert enclosed_area(found) == pytest.approx(mask.sum(), rel=1e-6)


def test_a_ring_has_its_outer_outline_alone():
    both, full = outline(ring(9, 14)).points, outline(disc(14)).points
    assert np.array_equal(both, full)


def test_kernel_keeps_waves_as_promised():
    n, sigma = 240, 4.0
    for waves in (5, 10, 20, 40):
        g = np.exp(-((sigma * 2 * np.pi * waves / n) ** 2) / 2)
        wave = np.cos(2 * np.pi * waves * np.arange(n) / n)
        found = smoothed(np.stack([wave, 0 * wave], 1), sigma)[:, 0]
        assert found == pytest.approx((1 - (1 - g) ** 2) * wave, abs=1e-4)


def test_edge_on_the_border_and_against_a_neighbour_is_told():
    labels = np.zeros((40, 40), np.uint16)
    labels[10:30, 0:20] = 1
    labels[10:30, 20:30] = 2
    found = smooth_outline(trace_rings(labels == 1)[0][0], labels, smoothing_px=1)
    y, x = found.points.T
    inner = (y > 12) & (y < 27)
    assert (found.contact[inner & (x < 1)] == 1).all()
    assert (found.contact[inner & (x > 18)] == 2).all()
    assert (found.contact[(x > 4) & (x < 15)] == 0).all()


def test_contact_stays_in_its_place_beside_rough_edge():
    """Half of the outline is a comb, which smoothing shortens by far more than the border."""
    labels = np.zeros((60, 60), np.uint16)
    labels[0:30, 5:55] = 1
    labels[30:36, 5:55:2] = 1
    found = smooth_outline(trace_rings(labels == 1)[0][0], labels)
    y = found.points[:, 0]
    assert (found.contact[y < 0.5] == 1).all()
    assert (found.contact[y > 12] == 0).all()


def test_a_cell_that_fills_the_frame_has_no_free_edge():
    assert (outline(np.ones((20, 30), bool)).contact == 1).all()


class TestArcs:
    def test_places_go_round_and_round(self):
        square = np.array([[0.0, 0], [0, 2], [2, 2], [2, 0]])
        arc = arc_lengths(square)
        assert arc.tolist() == [0, 2, 4, 6, 8]
        found = at_arc(square, arc, np.array([-1.0, 1.0, 7.0, 9.0]))
        assert found.tolist() == [[1, 0], [0, 1], [1, 0], [0, 1]]

    @settings(deadline=None)
    @given(st.floats(0, 1), st.integers(3, 40), st.integers(8, 30))
    def test_every_point_belongs_to_one_position(self, origin, points, n):
        line = circle(5.0, points, phase=0.3)
        first, count = stretches(line, origin, n)
        assert (count >= 1).all()
        if points > 3 * n:
            every = np.concatenate(
                [np.arange(a, a + c) % points for a, c in zip(first, count, strict=True)]
            )
            assert sorted(every) == list(range(points))

    def test_means_are_over_the_positions_own_points(self):
        line = circle(5.0, 400)
        first, count = stretches(line, 0.25, 10)
        angle = np.arange(400) / 400
        found = means_of_stretches(angle, first, count)
        assert found[2] == pytest.approx(0.45, abs=0.002)


class TestOrigin:
    @pytest.mark.parametrize("phase", [0, 0.4, 3, -2.5])
    def test_lies_to_the_right(self, phase):
        line = circle(7, 300, at=(20, 30), phase=phase)
        start = placed(line, outline_origin(line), 4)
        assert start == pytest.approx(np.array([[20, 37], [27, 30], [20, 23], [13, 30]]), abs=1e-3)

    def test_turns_with_the_field(self):
        world = MovingEllipse("", lambda t: np.zeros(2), lambda t: np.diag([8.0, 14.0]))
        line, turn = world.points(0), 0.3
        c, s = np.cos(turn), np.sin(turn)
        turned = line @ np.array([[c, s], [-s, c]]).T
        origins = outline_origin(line), outline_origin(turned, turn=turn)
        assert (origins[0] - origins[1] + 0.5) % 1 == pytest.approx(0.5, abs=1e-9)

    def test_of_a_mask_does_not_depend_on_its_place(self):
        found = []
        for at in ((20, 20), (33, 27)):
            points = outline(ellipse((12, 7), 0.5, at)).points
            found.append(placed(points, outline_origin(points), 8) - np.array(at))
        assert found[0] == pytest.approx(found[1], abs=1e-9)


class TestCurvature:
    def test_of_a_circle(self):
        assert curvature(circle(12, 200)) == pytest.approx(1 / 12, rel=1e-3)

    def test_is_negative_where_concave(self):
        angle = np.arange(9000) / 9000 * 2 * np.pi
        radius = 20 + 6 * np.cos(2 * angle)
        bent = np.stack([radius * np.sin(angle), radius * np.cos(angle)], 1)
        even = at_arc(bent, arc := arc_lengths(bent), np.arange(600) * arc[-1] / 600)
        found = curvature(even)
        # r² + 2 r′² − r r″ over (r² + r′²)^1.5, at the waist
        r, second = 14.0, 24.0
        assert found.min() == pytest.approx((r * r - r * second) / r**3, rel=0.01)
        assert found.max() == pytest.approx((26**2 + 26 * 24) / 26**3, rel=0.01)

    def test_of_an_ellipse_against_its_formula(self):
        a, b = 30.0, 20.0
        angle = np.arange(4000) / 4000 * 2 * np.pi
        points = np.stack([b * np.sin(angle), a * np.cos(angle)], 1)
        arc = arc_lengths(points)
        even = at_arc(points, arc, np.arange(500) * arc[-1] / 500)
        angle = np.arctan2(even[:, 0] / b, even[:, 1] / a)
        truth = a * b / (a**2 * np.sin(angle) ** 2 + b**2 * np.cos(angle) ** 2) ** 1.5
        assert curvature(even) == pytest.approx(truth, rel=0.01)

    def test_of_a_mask_is_near_that_of_its_disc(self):
        found = curvature(outline(disc(25, (40.2, 39.7), (80, 80))).points, smoothing_px=6)
        assert found.mean() == pytest.approx(1 / 25, rel=0.02)
        assert found.std() < 0.2 / 25
