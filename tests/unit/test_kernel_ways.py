"""Shortest ways inside a shape, against Dijkstra of scipy and closed forms."""

import numpy as np
import pytest
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from lamella.kernels.ways import distances_within, has_hole, tight_length
from worlds import c_shape, disc, ring

NEAR = [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if dy or dx]


def reference(inside, source):
    """Distances by scipy on the graph of neighbouring pixels."""
    number = np.full(inside.shape, -1)
    number[inside] = np.arange(inside.sum())
    edges = []
    padded = np.pad(number, 1, constant_values=-1)
    for dy, dx in NEAR:
        other = padded[1 + dy : padded.shape[0] - 1 + dy, 1 + dx : padded.shape[1] - 1 + dx]
        both = (number >= 0) & (other >= 0)
        edges.append((number[both], other[both], np.full(both.sum(), np.hypot(dy, dx))))
    a, b, length = (np.concatenate(part) for part in zip(*edges, strict=True))
    graph = coo_array((length, (a, b)), shape=(inside.sum(),) * 2).tocsr()
    out = np.full(inside.shape, np.inf)
    out[inside] = dijkstra(graph, indices=number[source])
    return out


WORLDS = {
    "disc": disc(20, (30, 30), (61, 61)),
    "not square": disc(14, (20, 70), (40, 131)),
    "at the border": disc(20, (3, 2), (50, 64)),
    "holes": ring(10, 20, (30, 40), (61, 81)),
    "curved": c_shape(),
    "fills the frame": np.ones((40, 23), bool),
    "blobs": ndimage.gaussian_filter(np.random.default_rng(5).standard_normal((70, 90)), 2) > 0,
    "specks": np.random.default_rng(6).random((50, 40)) < 0.5,
}


@pytest.mark.parametrize("name", WORLDS)
def test_steps_are_those_of_dijkstra(name):
    inside = WORLDS[name]
    rng = np.random.default_rng(1)
    pixels = np.argwhere(inside)
    for _ in range(3):
        source = tuple(int(v) for v in pixels[rng.integers(len(pixels))])
        found, before = distances_within(inside, source)
        expected = reference(inside, source)
        assert (np.isfinite(found) == np.isfinite(expected)).all()
        reached = np.isfinite(expected)
        assert abs(found[reached] - expected[reached]).max() <= 1e-9
        y, x = np.nonzero(reached & (expected > 0))
        b, a = np.divmod(before[y, x], inside.shape[1])
        assert np.allclose(found[b, a] + np.hypot(b - y, a - x), found[y, x])


def test_wide_steps_are_nearly_straight():
    inside = np.ones((81, 81), bool)
    found = distances_within(inside, (40, 40), wide=True)[0]
    y, x = np.mgrid[:81, :81] - 40
    straight = np.hypot(y, x)
    assert (found >= straight - 1e-9).all()
    assert (found <= 1.014 * straight + 1e-9).all()


def test_the_source_must_lie_inside():
    for source in ((0, 0), (-1, 3), (3, 99)):
        with pytest.raises(ValueError, match="does not lie inside"):
            distances_within(disc(3, (8, 8), (17, 17)), source)


def arc(inner, width, bend, shift=(0.0, 0.0)):
    """A bent bar, two of its pixels, and the length of the string between them in closed form."""
    side = int(2 * (inner + width) + 10)
    cy, cx = (side - 1) / 2 + shift[0], (side - 1) / 2 + shift[1]
    y, x = np.mgrid[:side, :side]
    radius = np.hypot(y - cy, x - cx)
    angle = np.mod(np.arctan2(y - cy, x - cx) + 0.1, 2 * np.pi) - 0.1
    inside = (radius >= inner) & (radius <= inner + width) & (angle <= bend + 0.1)
    middle = inner + width / 2
    ends = [(round(cy + middle * np.sin(a)), round(cx + middle * np.cos(a))) for a in (0.0, bend)]
    free = [np.arccos(inner / radius[p]) for p in ends]
    rest = angle[ends[1]] - angle[ends[0]] - sum(free)
    assert rest > 0
    tangents = sum(np.sqrt(radius[p] ** 2 - inner**2) for p in ends)
    return inside, ends, float(tangents + inner * rest)


@pytest.mark.parametrize(("inner", "width"), [(20, 3), (40, 4), (30, 20), (80, 2)])
@pytest.mark.parametrize("bend", [2.5, 4.0, 5.5])
def test_a_string_round_a_bend(inner, width, bend):
    for shift in ((0.0, 0.0), (0.3, -0.4)):
        inside, (start, end), true = arc(inner, width, bend, shift)
        found = tight_length(inside, start, end)
        assert abs(found - true) <= max(1.5, 0.02 * true)
        assert distances_within(inside, start)[0][end] > 1.04 * true
        assert tight_length(inside, end, start) == pytest.approx(found, abs=0.5)


def test_a_spiral():
    """Two turns that wind up: round the inner edge, whose length is summed finely."""
    side, c = 240, 119.5
    turn = np.linspace(0, 4 * np.pi, 40000)
    line = 40 + 5 * turn  # of the inner edge
    y, x = np.mgrid[:side, :side]
    inside = np.zeros((side, side), bool)
    radius, angle = np.hypot(y - c, x - c), np.mod(np.arctan2(y - c, x - c), 2 * np.pi)
    for winding in (0, 1):
        inner = 40 + 5 * (angle + 2 * np.pi * winding)
        inside |= (radius >= inner) & (radius <= inner + 8)
    points = np.column_stack([c + line * np.sin(turn), c + line * np.cos(turn)])
    edge = float(np.hypot(*np.diff(points, axis=0).T).sum())
    start, end = ((round(p[0]), round(p[1])) for p in (points[200] * 1.0, points[-200]))
    start = _nearest(inside, start)
    end = _nearest(inside, end)
    assert tight_length(inside, start, end) == pytest.approx(edge, rel=0.03)


def _nearest(inside, pixel):
    pixels = np.argwhere(inside)
    y, x = pixels[np.argmin(np.hypot(*(pixels - pixel).T))]
    return int(y), int(x)


@pytest.mark.parametrize("angle", np.linspace(0.05, np.pi, 9))
def test_straight_lines_are_exact(angle):
    inside = np.ones((101, 101), bool)
    end = (round(50 + 45 * np.sin(angle)), round(50 + 45 * np.cos(angle)))
    assert tight_length(inside, (50, 50), end) == pytest.approx(np.hypot(end[0] - 50, end[1] - 50))


def test_the_shorter_way_round_a_hole():
    inside = ring(18, 26, (40, 40), (81, 81))
    for angle in np.linspace(0.2, 2 * np.pi - 0.2, 11):
        end = (round(40 + 22 * np.sin(angle)), round(40 + 22 * np.cos(angle)))
        ends = [np.arccos(18 / np.hypot(end[0] - 40, end[1] - 40)), np.arccos(18 / 22)]
        turned = np.arctan2(end[0] - 40, end[1] - 40) % (2 * np.pi)
        turned = min(turned, 2 * np.pi - turned)
        straight = np.hypot(end[0] - 40, end[1] - 62)
        tangents = 18 * (np.tan(ends[0]) + np.tan(ends[1]))
        true = straight if turned <= sum(ends) else tangents + 18 * (turned - sum(ends))
        assert tight_length(inside, (40, 62), end) == pytest.approx(true, rel=0.02, abs=1.5)


def test_no_way():
    apart = disc(4, (8, 8), (20, 40)) | disc(4, (8, 30), (20, 40))
    assert tight_length(apart, (8, 8), (8, 30)) == np.inf
    assert tight_length(apart, (8, 8), (8, 8)) == 0


@pytest.mark.parametrize("seed", range(20))
def test_holes_are_counted_right(seed):
    rng = np.random.default_rng(seed)
    mask = ndimage.gaussian_filter(rng.standard_normal((40, 50)), rng.uniform(1, 3)) > 0
    pieces, n = ndimage.label(mask, np.ones((3, 3)))
    for k in range(1, n + 1):
        one = pieces == k
        outside = ndimage.label(np.pad(~one, 1, constant_values=True))[1]
        assert has_hole(one) == (outside > 1)
