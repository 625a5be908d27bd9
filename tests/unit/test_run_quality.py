"""The score that ranks movies by their outlines."""

import numpy as np
import pandas as pd
import pytest

from lamella.run.quality import COLUMNS, outline_scores


def movie(name, areas, *, valid=None, pair_valid=None, size_break=None, cell=1):
    n = len(areas)
    areas = np.asarray(areas, float)
    there = np.isfinite(areas)
    return pd.DataFrame(
        {
            "movie": name,
            "object": "cell",
            "cell": cell,
            "frame": np.arange(n),
            "area_px": areas,
            "empty": ~there,
            "valid": there if valid is None else valid,
            "pair_valid": (np.arange(n) > 0) & there & np.roll(there, 1)
            if pair_valid is None
            else pair_valid,
            "size_break": False if size_break is None else size_break,
        }
    )


def test_a_steady_outline_scores_one():
    (row,) = outline_scores(movie("m", [100.0] * 8)).to_dict("records")
    assert row["outline_score"] == 1
    assert (row["n_frames"], row["area_flicker"]) == (8, 0)


def test_the_score_is_what_its_docstring_says():
    # 10 frames: one empty, one found but too small, one sudden change; areas alternate by 20 %.
    areas = [100, 80, 100, 80, np.nan, 10, 100, 80, 300, 240]
    valid = [True] * 4 + [False, False] + [True] * 4
    pair = [False, True, True, True, False, False, False, True, False, True]
    breaks = [False] * 8 + [True, False]
    table = movie("m", areas, valid=valid, pair_valid=pair, size_break=breaks)
    (row,) = outline_scores(table.sample(frac=1, random_state=0)).to_dict("records")
    assert (row["n_empty_frames"], row["n_invalid_frames"], row["n_size_breaks"]) == (1, 1, 1)
    assert row["area_flicker"] == pytest.approx(0.2)
    assert row["outline_score"] == pytest.approx(0.7 * 0.8)


def test_cells_of_a_movie_count_together_and_do_not_meet():
    both = pd.concat([movie("m", [100.0] * 4), movie("m", [400.0] * 4, cell=2)])
    (row,) = outline_scores(both).to_dict("records")
    assert (row["n_frames"], row["outline_score"]) == (8, 1)


def test_a_movie_in_which_nothing_was_found_is_the_worst():
    table = outline_scores(movie("b", [100.0] * 3), movies=["a", "b"])
    assert list(table["movie"]) == ["a", "b"]
    assert list(table["outline_score"]) == [0, 1]
    assert list(table["n_frames"]) == [0, 3]
    assert pd.isna(table["object"].iloc[0])


def test_no_trusted_step_leaves_the_flicker_unknown_and_scores_by_frames():
    table = outline_scores(movie("m", [100.0, np.nan, 100.0]))
    assert np.isnan(table["area_flicker"].iloc[0])
    assert table["outline_score"].iloc[0] == pytest.approx(2 / 3)


@pytest.mark.parametrize("table", [pd.DataFrame(), pd.DataFrame({"movie": ["m"], "cell": [1]})])
def test_tables_without_sightings_have_no_score(table):
    scores = outline_scores(table, movies=["m"])
    assert list(scores.columns) == COLUMNS
    assert scores.empty
