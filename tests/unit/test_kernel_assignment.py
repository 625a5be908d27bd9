"""The sparse assignment against scipy's dense one."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.optimize import linear_sum_assignment

from lamella.kernels.assignment import _AT_ONCE, _apart, assign


@given(
    hnp.arrays(np.bool_, st.tuples(st.integers(1, 7), st.integers(1, 7))),
    st.integers(0, 2**32 - 1),
    st.floats(0.1, 30),
)
def test_costs_as_little_as_the_dense_assignment(possible, seed, alone):
    cost = np.random.default_rng(seed).integers(-5, 40, possible.shape).astype(float)
    row, column = np.nonzero(possible)
    taken = assign(row, column, cost[row, column], alone=alone)
    assert len(set(row[taken])) == len(set(column[taken])) == len(taken)
    ours = cost[row[taken], column[taken]].sum() + alone * (possible.shape[0] - len(taken))
    dense = np.where(possible, np.minimum(cost, alone), alone)
    # Every row may stay alone: it then has a column of its own.
    dense = np.hstack([dense, np.full((len(dense), len(dense)), alone)])
    best = dense[linear_sum_assignment(dense)].sum()
    assert np.isclose(ours, best)


def test_nothing_possible():
    none = np.empty(0, np.int64)
    assert len(assign(none, none, np.empty(0), alone=1.0)) == 0
    assert len(assign(np.array([0]), np.array([0]), np.array([2.0]), alone=1.0)) == 0


def test_a_long_movie_is_solved_in_portions_that_have_nothing_in_common():
    rng = np.random.default_rng(3)
    n_groups, size = 300, 4
    block, row, column = (a.ravel() for a in np.mgrid[:n_groups, :size, :size])
    row, column = block * size + row, block * size + column
    shuffled = rng.permutation(len(row))
    row, column = row[shuffled], column[shuffled]
    cost = rng.random(len(row))
    portions = _apart(row, column)
    assert np.array_equal(np.sort(np.concatenate(portions)), np.arange(len(row)))
    for side in (row, column):
        assert sum(len(set(side[k])) for k in portions) == len(set(side))
    assert max(map(len, portions)) < _AT_ONCE + size**2
    taken = assign(row, column, cost, alone=9.0)
    dense = np.full((n_groups * size,) * 2, 99.0)
    dense[row, column] = cost
    assert np.isclose(cost[taken].sum(), dense[linear_sum_assignment(dense)].sum())
