"""`lamella power` from a table to its sentence, its table and its figure."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from lamella.core.table import Col
from lamella.report.figures.power import power_figure


@pytest.fixture
def cells(tmp_path):
    def write(n_sessions=3, n_movies=4, n_cells=3, noise=1.0):
        rng = np.random.default_rng(8)
        rows = [
            {"movie": f"{c}{s}{m}", "drug": c, "day": s, "v": 10 + level + noise * cell}
            for c in ("none", "much")
            for s in range(n_sessions)
            for m, level in enumerate(noise * rng.standard_normal(n_movies))
            for cell in rng.standard_normal(n_cells)
        ]
        pd.DataFrame(rows).to_csv(tmp_path / "cells.csv", index=False)
        return ["power", tmp_path / "cells.csv", "--value", "v", "--condition", "drug",
                "--session", "day", "-o", tmp_path / "plan"]  # fmt: skip

    return write


def test_it_says_what_the_study_needs(lamella, tmp_path, cells):
    code, out, _ = lamella(*cells(), "--effect", "1.5", "--reference", "none")
    assert code == 0
    said = re.search(
        r"to find a difference of 1\.5 \((\d+)% of the mean of none, d = ([\d.]+) within "
        r"sessions\) with 80% power you need (\d+) units per condition in each of 3 sessions; "
        r"to claim it across sessions, (\d+) sessions with (\d+) units per condition",
        out.replace("\n", " "),
    )
    assert said, out
    table = pd.read_csv(tmp_path / "plan" / "power.csv")
    now = table[(table[Col.N_SESSIONS] == 3) & (table[Col.CLAIM] == "these_sessions")]
    now = now[np.isclose(now[Col.N_CELLS_PER_UNIT], 3)].groupby(Col.N_PER_SESSION)[Col.POWER].max()
    wanted = int(said[3])
    assert now[[n for n in now.index if n >= wanted]].min() >= 0.8
    assert now[[n for n in now.index if n < wanted]].max() < 0.8
    assert (tmp_path / "plan" / "power.png").stat().st_size > 10_000
    assert "<svg" in (tmp_path / "plan" / "power.svg").read_text()


def test_the_effect_may_be_given_in_sd(lamella, tmp_path, cells):
    code, out, err = lamella(*cells(), "--effect-d", "0.8", "--power", "0.9")
    assert code == 0
    assert "d = 0.8 within sessions) with 90% power" in out.replace("\n", " ")
    assert "a guess from 3" in err


def test_one_session_plans_one_claim(lamella, cells):
    code, out, err = lamella(*cells(n_sessions=1), "--effect-d", "1")
    assert code == 0
    assert "units per condition in the session" in out.replace("\n", " ")
    assert "to claim it across" not in out
    assert "--sd-interaction" in err
    code, out, err = lamella(
        *cells(n_sessions=1), "--effect-d", "1", "--sd-interaction", "0.3", "--force"
    )
    assert code == 0
    assert "to claim it across sessions" in out
    assert "note" not in err


@pytest.mark.parametrize(
    ("study", "words", "said"),
    [
        ({}, [], "there is no effect to plan for"),
        ({}, ["--effect", "1", "--effect-d", "1"], "there are two"),
        ({}, ["--effect", "0"], "an effect of 0 cannot be found"),
        ({}, ["--effect", "nan"], "an effect of nan cannot be found"),
        ({}, ["--effect", "1", "--power", "80"], "--power 80: it is a chance"),
        ({}, ["--effect", "1", "--sd-within", "0"], "--sd-within 0"),
        ({}, ["--effect", "1", "--sd-interaction", "-1"], "--sd-interaction -1"),
        ({}, ["--effect", "1", "--reference", "some"], "its conditions are none, much"),
        ({"noise": 0.0}, ["--effect", "1"], "there is no scatter"),
        ({"n_sessions": 1, "n_movies": 1}, ["--effect", "1"], "a single unit of each condition"),
    ],
)
def test_what_cannot_be_planned_is_refused(lamella, tmp_path, cells, study, words, said):
    code, _, err = lamella(*cells(**study), *words)
    assert code == 2
    assert said in err.replace("\n", " ")
    assert not (tmp_path / "plan").exists()


def test_results_are_not_written_over(lamella, cells):
    words = [*cells(), "--effect", "1"]
    assert lamella(*words)[0] == 0
    code, _, err = lamella(*words)
    assert code == 2
    assert "--force" in err


def test_the_figure_says_when_there_is_nothing_to_draw():
    table = pd.DataFrame(
        {Col.CLAIM: ["these_sessions"], Col.N_SESSIONS: [1], Col.N_PER_SESSION: [1],
         Col.N_CELLS_PER_UNIT: [np.nan], Col.POWER: [np.nan]}
    )  # fmt: skip
    drawn = power_figure(table, 0.8, n_per_session=1)
    assert "can be told" in drawn.axes[0].texts[0].get_text()
