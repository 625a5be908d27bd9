"""What must hold of movement whatever way a cell goes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lamella.core.table import Col
from lamella.measure import Migration
from worlds import moved, random_walks, sighted

compiled = settings(deadline=None, max_examples=40)  # the first example may wait for the compiler
seeds = st.integers(0, 2**20)

RATIOS = (
    Col.PERSISTENCE,
    Col.CONFINEMENT_RATIO,
    Col.STRAIGHTNESS_RUNS,
    Col.OUTREACH_RATIO,
    Col.DISPLACEMENT_RATIO,
    Col.DIRECTIONALITY_RATIO_LAST,
    Col.STRAIGHTNESS_FIXED,
    Col.STRAIGHTNESS_FIXED_POOLED,
    Col.ASPHERICITY,
)
LENGTHS = (
    Col.PATH_UM,
    Col.PATH_BRIDGED_UM,
    Col.NET_UM,
    Col.NET_RUNS_UM,
    Col.MAX_DISTANCE_UM,
    Col.MEAN_SPEED,
    Col.SD_SPEED,
    Col.MEAN_STRAIGHT_LINE_SPEED,
)
ANGLES = (Col.MEAN_TURNING_ANGLE, Col.TOTAL_TURNING_ANGLE, Col.OVERALL_ANGLE, Col.N_TURNING_ANGLES)


def cells_of(ways, rejected, small, group=None, um=0.5):
    return moved(sighted(ways, rejected=rejected, small=small, um=um), group, um=um)[1]


def same(a, b, names, factor=1.0):
    for name in names:
        found, expected = a[name].to_numpy(float), b[name].to_numpy(float) * factor
        np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-6, err_msg=name)


def turned(way, angle):
    """Turned about the origin, from +x to +y."""
    c, s = np.cos(angle), np.sin(angle)
    return way @ np.array([[c, -s], [s, c]])


@compiled
@given(seed=seeds, angle=st.floats(-3, 3), y=st.floats(-500, 500), x=st.floats(-500, 500))
def test_turned_and_moved_a_field_is_the_same(seed, angle, y, x):
    ways, *which = random_walks(seed, n_cells=5)
    before = cells_of(ways, *which, Migration(towards=20))
    group = Migration(towards=20 + np.degrees(angle))
    there = [turned(way, angle) + np.array([y, x]) for way in ways]
    after = cells_of(there, *which, group)
    same(after, before, (*RATIOS, *LENGTHS, *ANGLES, Col.FMI_DIRECTION, Col.HULL_AREA_UM2))
    fmi = turned(before[[Col.FMI_Y, Col.FMI_X]].to_numpy(), angle)
    np.testing.assert_allclose(after[[Col.FMI_Y, Col.FMI_X]], fmi, atol=1e-7)


@compiled
@given(seed=seeds, factor=st.floats(0.05, 20))
def test_lengths_grow_with_the_pixel_and_ratios_do_not(seed, factor):
    ways, *which = random_walks(seed, n_cells=5)
    before, after = cells_of(ways, *which), cells_of(ways, *which, um=0.5 * factor)
    same(after, before, (*RATIOS, *ANGLES, Col.FMI_X, Col.FMI_Y, Col.N_TURNING_EVENTS))
    same(after, before, LENGTHS, factor)
    same(after, before, [Col.HULL_AREA_UM2], factor**2)


@compiled
@given(seed=seeds)
def test_backwards_it_is_as_long_and_as_straight(seed):
    ways, rejected, small = random_walks(seed, n_cells=5)
    back = [way[::-1] for way in ways]
    # The step into frame t is, backwards, the step into the frame that mirrors t − 1.
    steps = [
        [len(way) - t for t in which if t > 0] for way, which in zip(ways, rejected, strict=True)
    ]
    frames = [[len(way) - 1 - t for t in which] for way, which in zip(ways, small, strict=True)]
    before, after = cells_of(ways, rejected, small), cells_of(back, steps, frames)
    lasting = set(RATIOS) - {
        Col.OUTREACH_RATIO, Col.DISPLACEMENT_RATIO, Col.DIRECTIONALITY_RATIO_LAST
    }  # fmt: skip
    same(after, before, (*lasting, *ANGLES, Col.PATH_UM, Col.NET_UM, Col.N_RUNS, Col.N_GAPS))
    same(after, before, [Col.FMI_X, Col.FMI_Y], -1)


@compiled
@given(seed=seeds)
def test_ratios_and_lengths_are_in_bounds_and_agree(seed):
    cells = cells_of(*random_walks(seed))
    for name in RATIOS:
        known = cells[name].dropna()
        assert known.between(0, 1).all(), name
    assert cells[Col.TORTUOSITY].dropna().ge(1).all()
    near = 1 + 1e-9
    for small, large in (
        (Col.NET_RUNS_UM, Col.PATH_UM),
        (Col.PATH_UM, Col.PATH_BRIDGED_UM),
        (Col.NET_UM, Col.MAX_DISTANCE_UM),
        (Col.MAX_DISTANCE_UM, Col.PATH_BRIDGED_UM),
        (Col.MIN_SPEED, Col.MEDIAN_SPEED),
        (Col.MEAN_SPEED, Col.MAX_SPEED),
    ):
        assert not (cells[small] > cells[large] * near + 1e-9).any(), (small, large)
    some = cells[cells[Col.NET_RUNS_UM] > 0]
    product = some[Col.OUTREACH_RATIO] * some[Col.DISPLACEMENT_RATIO]
    np.testing.assert_allclose(product, some[Col.STRAIGHTNESS_RUNS])
    np.testing.assert_allclose(1 / some[Col.TORTUOSITY], some[Col.STRAIGHTNESS_RUNS])
    assert (np.hypot(cells[Col.FMI_X], cells[Col.FMI_Y]).dropna() <= near).all()
    assert (cells[Col.N_REJECTED_STEPS] >= cells[Col.N_GAPS]).all()


@compiled
@given(seed=seeds, at=st.integers(1, 28))
def test_a_rejected_step_takes_away_itself_and_no_more(seed, at):
    way = np.random.default_rng(seed).normal(0, 2, (29, 2)).cumsum(axis=0)
    whole, cut = cells_of([way], [], []), cells_of([way], [[at]], [])
    lost = np.hypot(*(way[at] - way[at - 1])) * 0.5
    assert whole[Col.PATH_UM][0] - cut[Col.PATH_UM][0] == pytest.approx(lost)
    same(cut, whole, (Col.NET_UM, Col.MAX_DISTANCE_UM, Col.PATH_BRIDGED_UM, Col.ASPHERICITY))
    parts = [p for p in (way[:at], way[at:]) if len(p) > 1]
    each = [cells_of([p], [], []) for p in parts]
    net = sum(c[Col.NET_UM][0] for c in each)
    path = sum(c[Col.PATH_UM][0] for c in each)
    assert cut[Col.STRAIGHTNESS_RUNS][0] == pytest.approx(net / path)
    assert cut[Col.NET_RUNS_UM][0] == pytest.approx(net)
    assert cut[Col.N_RUNS][0] == len(parts)


@compiled
@given(seed=seeds, window=st.integers(1, 6), turn_deg=st.floats(5, 170))
def test_turning_events_stand_apart_and_leave_no_turn_out(seed, window, turn_deg):
    walks = sighted(random_walks(seed)[0], window=window)
    frames, _ = moved(walks, Migration(turn_deg=turn_deg))
    for _, rows in frames.groupby(Col.CELL):
        events = np.flatnonzero(rows[Col.TURNING_EVENT])
        turns = rows[Col.WINDOW_TURN].to_numpy()
        assert (np.diff(events) >= window).all()
        assert (turns[events] > turn_deg).all()
        for t in np.flatnonzero(turns > turn_deg):
            near = events[np.abs(events - t) < window]
            assert len(near)
            assert turns[near].max() >= turns[t]
