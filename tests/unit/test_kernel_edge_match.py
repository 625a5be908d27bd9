"""Maps of outline onto outline, held against an independent minimiser."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from lamella.kernels.edge_match import match_outlines
from worlds.edges import moving_edges


def wobbly(seed, radius=20.0, n=240, bumps=4.0):
    """A star-shaped outline with random waves."""
    rng = np.random.default_rng(seed)
    angle = np.arange(n) / n * 2 * np.pi
    r = radius + sum(
        rng.normal(0, bumps / k) * np.cos(k * angle + rng.uniform(0, 7)) for k in range(2, 7)
    )
    r = np.maximum(r, radius / 3)
    return rng.normal(0, 2, 2) + np.stack([r * np.sin(angle), r * np.cos(angle)], 1)


def walked(points, share):
    """Points at these shares of the outline's length, by numpy alone."""
    closed = np.vstack([points, points[:1]])
    arc = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(closed, axis=0).T))])
    way = (np.asarray(share) % 1) * arc[-1]
    return np.stack([np.interp(way, arc, closed[:, k]) for k in range(2)], 1), arc[-1]


def energy(before, after, q, stiffness):
    n = len(q)
    source, _ = walked(before, np.arange(n) / n)
    target, length = walked(after, q)
    stretch = np.diff(q, append=q[0] + 1) * n
    return ((target - source) ** 2).sum() + (stiffness * length) ** 2 * (stretch**2).sum()


def is_monotone(q):
    return (np.diff(q, append=q[0] + 1) > 0).all()


@pytest.mark.parametrize("stiffness", [0.02, 0.05, 0.3])
@pytest.mark.parametrize("seed", range(4))
def test_no_other_map_that_a_minimiser_finds_is_better(seed, stiffness):
    before, after = wobbly(seed), wobbly(seed + 100)
    q = match_outlines(before, after, stiffness=stiffness, nodes=40)
    ours = energy(before, after, q, stiffness)
    for start in (q, np.arange(40) / 40 + 0.03, np.arange(40) / 40 - 0.05):
        other = minimize(lambda x: energy(before, after, x, stiffness), start, method="BFGS").x
        if is_monotone(other):
            assert ours < 1.005 * energy(before, after, other, stiffness)


@settings(deadline=None, max_examples=80)
@given(
    st.integers(0, 10**6),
    st.floats(1e-3, 3),
    st.integers(8, 120),
    st.floats(0, 12),
)
def test_every_map_increases_and_goes_round_once(seed, stiffness, nodes, bumps):
    q = match_outlines(
        wobbly(seed, bumps=bumps), wobbly(seed + 1, bumps=bumps), stiffness=stiffness, nodes=nodes
    )
    assert len(q) == nodes
    assert 0 <= q[0] < 1
    assert is_monotone(q)


@pytest.mark.parametrize("world", moving_edges(30, 2.0, 0.7, (60, 60)), ids=lambda w: w.name)
def test_does_not_depend_on_where_the_lines_begin(world):
    before, after = world.points(0), world.points(1)
    q = match_outlines(before, after)
    shifted = np.roll(after, -100, axis=0)
    _, length = walked(after, [0])
    skipped = np.hypot(*np.diff(after[:101], axis=0).T).sum() / length
    other = match_outlines(before, shifted)
    assert (other + skipped - q + 0.5) % 1 - 0.5 == pytest.approx(0, abs=1e-3)


def test_a_line_that_only_glides_is_matched_point_to_point_once_the_glide_is_taken_off():
    before = wobbly(3)
    q = match_outlines(before, before + np.array([30, -40]), shift=(30, -40), nodes=60)
    assert (q - np.arange(60) / 60 + 0.5) % 1 - 0.5 == pytest.approx(0, abs=1e-3)


def test_a_finger_that_grows_is_found():
    """Its tip came from where the finger now stands, not from the shares of length."""
    angle = np.arange(600) / 600 * 2 * np.pi
    discs = np.full(600, 20.0)
    finger = discs + 15 * np.exp(-(((angle - np.pi) / 0.12) ** 2))
    before, after = (np.stack([r * np.sin(angle), r * np.cos(angle)], 1) for r in (discs, finger))
    q = match_outlines(before, after, nodes=100, stiffness=0.02)
    tip, opposite = walked(after, q[[50, 0]])[0]
    assert tip[1] < -30
    assert abs(tip[0]) < 3
    assert opposite == pytest.approx([0, 20], abs=0.2)
