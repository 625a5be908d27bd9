"""Held-out movies: whole movies, every session, and the same ones when the study grows."""

import numpy as np
import pandas as pd
import pytest

from lamella.core.errors import SettingsError
from lamella.train.split import HoldOut


def study(conditions, sessions, cells):
    return pd.DataFrame(
        [
            {"movie": f"{c}_{s}_{k}", "session": s, "condition": c}
            for c in conditions
            for s in sessions
            for k in range(cells)
        ]
    )


def shape(movies, held, column):
    return movies[movies["movie"].isin(held)][column].value_counts().to_dict()


def test_every_session_and_condition_has_its_share():
    movies = study(["WT", "KO", "KI"], ["low", "high"], 5)
    for seed in range(20):
        held = HoldOut(seed=seed)(movies)
        assert len(held) == 6
        assert shape(movies, held, "session") == {"low": 3, "high": 3}
        assert shape(movies, held, "condition") == {"WT": 2, "KO": 2, "KI": 2}


def test_another_seed_holds_out_other_movies():
    movies = study(["WT", "KO"], ["1"], 20)
    draws = {frozenset(HoldOut(seed=seed)(movies)) for seed in range(10)}
    assert len(draws) == 10
    # Over many seeds every movie has the same chance: 0.2 ± 4 SD of 60 draws.
    often = pd.Series([m for seed in range(60) for m in HoldOut(seed=seed)(movies)]).value_counts()
    assert len(often) == len(movies)
    assert np.all(np.abs(often / 60 - 0.2) < 4 * np.sqrt(0.16 / 60))


def test_rows_of_frames_and_their_order_do_not_matter():
    movies = study(["WT", "KO"], ["1", "2"], 4)
    rows = pd.concat([movies, movies]).sample(frac=1, random_state=1)
    assert HoldOut()(rows) == HoldOut()(movies)


def test_a_condition_that_no_session_drew_gets_a_movie_while_the_share_allows_it():
    movies = study(["WT", "KO", "KI"], ["1", "2"], 2)  # one of six a session, three in all
    told = [shape(movies, HoldOut(seed=seed)(movies), "condition") for seed in range(20)]
    assert {sum(held.values()) for held in told} == {3}
    # Two sessions that drew the same condition leave room for one of the two others.
    assert all(len(held) == (3 if max(held.values()) == 1 else 2) for held in told)
    assert sum(len(held) == 3 for held in told) > 8
    plate = study([f"compound{k}" for k in range(60)], ["1"], 2)
    assert len(HoldOut()(plate)) == 24  # not one of every compound, which were half of the plate


@pytest.mark.parametrize("seed", range(5))
def test_a_movie_that_joins_does_not_shuffle_the_others(seed):
    chance = np.random.default_rng(seed)
    movies = study(["WT", "KO", "KI"], ["1", "2", "3"], 3)
    keep = chance.random(len(movies)) < 0.7
    keep[:6] = True
    movies = movies[keep]
    step = HoldOut(seed=seed)
    for k in range(15):
        new = {
            "movie": f"new{k}",
            "session": str(chance.integers(1, 4)),
            "condition": str(chance.choice(["WT", "KO", "KI"])),
        }
        more = pd.concat([movies, pd.DataFrame([new])], ignore_index=True)
        before, after = step(movies), step(more)
        # One of its own session, and one that stands in for a condition.
        own = set(movies.loc[movies["session"] == new["session"], "movie"])
        assert len((before - after) & own) <= 1
        assert len((after - before) & own) <= 1
        assert len((before - after) - own) <= 1
        assert len((after - before) - own - {new["movie"]}) <= 1
        movies = more


def test_something_is_left_to_learn_from_in_every_session():
    chance = np.random.default_rng(8)
    for seed in range(30):
        n = int(chance.integers(2, 12))
        movies = pd.DataFrame(
            {
                "movie": [f"m{k}" for k in range(n)],
                "session": chance.choice(["a", "b", "c"], n),
                "condition": chance.choice(["x", "y"], n),
            }
        )
        held = HoldOut(seed=seed, share=float(chance.uniform(0.05, 0.95)))(movies)
        assert 0 < len(held) < n
        out = movies["movie"].isin(held)
        several = movies.groupby("session")["movie"].transform("size") > 1
        assert set(movies.loc[several & out, "session"]) == set(movies.loc[several, "session"])
        assert set(movies.loc[several & ~out, "session"]) == set(movies.loc[several, "session"])


def test_sessions_of_one_movie_are_drawn_together():
    movies = pd.DataFrame({"movie": list("abcdef"), "session": list("123456"), "condition": "WT"})
    assert len(HoldOut()(movies)) == 1
    assert len(HoldOut(share=0.5)(movies)) == 3
    assert len(HoldOut()(movies.head(2))) == 1


def test_whole_sessions():
    movies = study(["WT", "KO"], ["1", "2", "3"], 3)
    held = HoldOut(by="session")(movies)
    assert shape(movies, held, "condition") == {"WT": 3, "KO": 3}
    assert len(shape(movies, held, "session")) == 1


def test_a_missing_session_is_one_of_its_own():
    movies = study(["WT"], ["1"], 4)
    movies["session"] = ["1", "1", None, None]
    assert shape(movies.fillna("none"), HoldOut()(movies), "session") == {"1": 1, "none": 1}


@pytest.mark.parametrize(
    ("movies", "step", "told"),
    [
        (study(["WT"], ["1"], 1), HoldOut(), "there is one movie to learn from"),
        (study([], [], 1).reindex(columns=["movie", "session", "condition"]), HoldOut(), "no mov"),
        (study(["WT"], ["1"], 4), HoldOut(by="session"), "all movies are of session '1'"),
    ],
)
def test_what_cannot_be_held_out_is_told(movies, step, told):
    with pytest.raises(SettingsError, match=told):
        step(movies)
