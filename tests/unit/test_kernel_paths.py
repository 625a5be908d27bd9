"""Hulls, peaks and turns of rows of places, where ties and straight lines are the rule."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import ConvexHull, QhullError

from lamella.kernels.extents import extents
from lamella.kernels.paths import run_sums, window_sums
from lamella.kernels.steps import headings, peaks, steps_in_run, turns

compiled = settings(deadline=None)  # the first example may wait for the compiler
points = st.lists(st.tuples(st.integers(-4, 4), st.integers(-4, 4)), min_size=1, max_size=25)


def hull_area(places):
    try:
        return ConvexHull(places).volume
    except (QhullError, ValueError):  # all on a line
        return 0.0


@compiled
@given(points)
def test_hull_is_that_of_qhull(places):
    place = np.array(places, float) + 1e4
    found = extents(place, np.ones(len(place), bool), start=np.array([0, len(place)]))
    assert found.area[0] == pytest.approx(hull_area(place), abs=1e-9)


@compiled
@given(points, st.data())
def test_tracks_side_by_side_do_not_mix(places, data):
    place = np.array(places, float)
    cut = data.draw(st.integers(0, len(place)))
    start = np.array([0, cut, len(place)])
    trusted = np.ones(len(place), bool)
    pair = trusted.copy()
    pair[[s for s in start[:-1] if s < len(place)]] = False
    both = (
        extents(place, trusted, start=start),
        run_sums(place, pair, start=start),
        window_sums(place, pair, start=start, steps=2),
    )
    for i, rows in enumerate((slice(0, cut), slice(cut, None))):
        own = np.array([0, len(place[rows])])
        alone = (
            extents(place[rows], trusted[rows], start=own),
            run_sums(place[rows], pair[rows], start=own),
            window_sums(place[rows], pair[rows], start=own, steps=2),
        )
        for a, b in zip(both, alone, strict=True):
            for name in set(a._fields) - {"first", "last", "ratio"}:
                np.testing.assert_array_equal(getattr(a, name)[i], getattr(b, name)[0], name)


def test_of_equal_peaks_the_weightier_wins_then_the_earlier():
    values = np.array([50, 50, 50, np.nan, 50, 60, 10], float)
    flat = np.ones(len(values))
    whole = np.array([0, len(values)])
    assert peaks(values, flat, above=20, apart=2, start=whole).nonzero()[0].tolist() == [0, 2, 5]
    weight = np.array([1, 2, 1, 1, 1, 1, 1], float)
    found = peaks(values, weight, above=20, apart=2, start=whole)
    assert found.nonzero()[0].tolist() == [1, 5]
    # In another track a row is near to nobody.
    parts = np.array([0, 5, 7])
    assert peaks(values, weight, above=20, apart=2, start=parts).nonzero()[0].tolist() == [1, 4, 5]
    assert not peaks(values, flat, above=60, apart=2, start=whole).any()


@pytest.mark.parametrize(
    ("after", "angle"),
    [((0, 1), 0), ((1, 1), 45), ((1, 0), 90), ((-1, 0), -90), ((0, -1), 180), ((-0.0, -1), 180)],
)
def test_turns_from_the_right(after, angle):
    """From +x; +y, down the rows, is the positive way round."""
    assert turns(np.array([[0.0, 1.0]]), np.array([after], float))[0] == angle


def test_what_has_no_length_has_no_direction():
    still = np.zeros((1, 2))
    assert np.isnan(headings(still)[0])
    assert np.isnan(turns(still, np.ones((1, 2)))[0])
    assert np.isnan(turns(np.full((1, 2), np.nan), np.ones((1, 2)))[0])


def test_steps_in_a_run_are_counted_from_its_start():
    pair = np.array([False, True, True, False, True, False, False, True])
    assert steps_in_run(pair).tolist() == [0, 1, 2, 0, 1, 0, 0, 1]
    assert steps_in_run(pair[:0]).tolist() == []
