"""The figure of displacement and memory by lag."""

import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from lamella.core.table import Col
from lamella.report.figures.msd import msd_by_lag
from lamella.report.style import COLOURS, Key, save


def table(n_lags=30, conditions=("wt", "ko"), *, sessions=("all", "a")):
    """Displacements of slope 1.5 with intervals, and a memory that fades."""
    lag = np.arange(n_lags + 1)
    rows = []
    for session in sessions:
        for k, name in enumerate(conditions):
            msd = (k + 1) * (1.0 if session == "all" else 100.0) * lag**1.5
            rows.append(
                pd.DataFrame(
                    {
                        Col.CONDITION: name,
                        Col.SESSION: session,
                        Col.LAG_FRAMES: lag,
                        Col.LAG_MIN: 2.0 * lag,
                        Col.MSD: msd,
                        Col.MSD_LOW: msd * 0.8,
                        Col.MSD_HIGH: msd * 1.25,
                        Col.MSD_OF_WALK: msd * 1.01,
                        Col.DIRECTION_AUTOCORRELATION: np.exp(-lag / 5),
                        Col.DIRECTION_AUTOCORRELATION_LOW: np.exp(-lag / 5) - 0.1,
                        Col.DIRECTION_AUTOCORRELATION_HIGH: np.exp(-lag / 5) + 0.1,
                    }
                )
            )
    return pd.concat(rows, ignore_index=True)


def drawn(msd, key=None):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = msd_by_lag(msd, key)
        save(made)
    return made


def test_draws_what_the_table_holds_of_all_sessions():
    left, right = drawn(table(8)).axes
    dots = [line for line in left.lines if line.get_marker() == "o"]
    assert len(dots) == 2
    for k, line in enumerate(dots):
        assert_allclose(line.get_xdata(), 2.0 * np.arange(1, 9))
        assert_allclose(line.get_ydata(), (k + 1) * np.arange(1, 9) ** 1.5)
        assert line.get_color() == COLOURS[k]
    assert (left.get_xscale(), left.get_yscale()) == ("log", "log")
    memory = [line for line in right.lines if line.get_marker() == "o"]
    assert_allclose(memory[0].get_ydata(), np.exp(-np.arange(9) / 5))


def test_guides_have_the_slopes_that_they_name():
    left, _ = drawn(table()).axes
    guides = [line for line in left.lines if line.get_linestyle() == "--"]
    slopes = []
    for line in guides:
        x, y = np.log(line.get_xdata()), np.log(line.get_ydata())
        slopes.append((y[1] - y[0]) / (x[1] - x[0]))
    assert slopes == pytest.approx([1, 2])
    assert [text.get_text() for text in left.texts] == ["slope 1", "slope 2"]


def test_colours_are_those_of_the_study():
    left, _ = drawn(table(), Key(("ko", "wt", "absent"))).axes
    dots = [line for line in left.lines if line.get_marker() == "o"]
    assert [line.get_color() for line in dots] == [COLOURS[0], COLOURS[1]]
    assert dots[0].get_ydata()[0] == 2  # ko stands first


def test_lags_in_frames_without_intervals_or_a_walk():
    bare = table().assign(**{Col.LAG_MIN: np.nan, Col.MSD_LOW: np.nan, Col.MSD_HIGH: np.nan,
                             Col.MSD_OF_WALK: np.nan})  # fmt: skip
    made = drawn(bare)
    assert [axes.get_xlabel() for axes in made.axes] == ["Lag (frames)"] * 2


@pytest.mark.parametrize(
    ("msd", "words"),
    [
        (pd.DataFrame(), "pixel size"),
        (table().assign(**{Col.MSD: np.nan}), "pixel size"),
        (table().assign(**{Col.MSD: 0.0}), "nothing moved"),
        (table(0), "no step was valid"),
    ],
    ids=["no table", "no values", "still", "lag 0 alone"],
)
def test_says_why_there_is_nothing(msd, words):
    (axes,) = drawn(msd).axes
    assert words in axes.texts[0].get_text()


def test_a_single_lag_and_many_conditions():
    drawn(table(1, ("only",), sessions=("all",)))
    drawn(table(400, tuple(f"a condition with a long name {k}" for k in range(9))))
