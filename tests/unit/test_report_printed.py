"""The statistics as lines for a terminal."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from lamella.report.printed import printed
from lamella.statistics import Contrasts


def cells(n_sessions: int = 2, measures: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    rows = [
        (condition, f"day {session}", f"{condition}{session}{movie}")
        for condition in ("wt", "ko", "ki")
        for session in range(n_sessions)
        for movie in range(4)
    ]
    table = pd.DataFrame(rows, columns=["condition", "session", "movie"])
    for i in range(measures):
        table[f"a_measure_with_a_long_name_um_per_min_{i}"] = rng.normal(1, 0.2, len(table))
    return table


def lines(table: pd.DataFrame, **settings) -> list[str]:
    measures = [name for name in table.columns if name.startswith("a_measure")]
    found = Contrasts(measures=measures, reference="wt", min_steps=0, **settings)(table)
    return list(printed(found.effects, found.models))


def test_they_fit_a_terminal_and_hold_every_claim_and_model():
    found = lines(cells())
    assert max(map(len, found)) < 80
    text = "\n".join(found)
    assert text.count("ki − wt   n = 8, 8   same sign in") == 1
    for claim in ("    these ", "    across "):
        assert sum(line.startswith(claim) for line in found) == 2
    for model in ("* fixed_session ", "  permuted ", "* paired_sessions ", "  session_bootstrap "):
        assert text.count(model) == 2


def test_a_verdict_is_written_once_and_numbered():
    found = lines(cells())
    said = [line for line in found if "every unit holds one cell" in line]
    assert len(said) == 1
    number = said[0].split()[0]
    assert sum(line.endswith(number) for line in found) == 2


def test_why_a_claim_cannot_be_told_stands_beneath_it():
    table = cells()
    table["session"] = table["condition"]
    found = lines(table)
    place = next(i for i, line in enumerate(found) if "never share a session" in line)
    assert place < next(i for i, line in enumerate(found) if "every model" in line)


@pytest.mark.parametrize(("margin", "word"), [(5.0, "shown"), (1e-6, "not shown")])
def test_equivalence_is_told_where_a_margin_was_given(margin, word):
    name = "a_measure_with_a_long_name_um_per_min_0"
    found = lines(cells(), margins={name: margin})
    assert sum(f"within ±{margin:g} {word} (p = " in line for line in found) >= 2


def test_of_very_many_measures_the_last_are_counted():
    found = lines(cells(measures=20))
    assert len(found) < 500
    assert found[-1].startswith("… and ")
