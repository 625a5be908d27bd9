"""What the first screen says, from effects whose truth is written down here."""

import re
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lamella.report import movie_pages as pages_of_movies
from lamella.report.answers import EQUIVALENT, OPEN, SHOWN, UNTOLD, answers
from lamella.report.contents import ReportInput
from lamella.report.headlines import headlines
from lamella.report.html import render
from lamella.report.inline.intervals import WIDTH, axis_of, intervals
from lamella.report.inline.scale import Scale
from lamella.report.inline.superplot import superplot
from lamella.report.measure_pages import measure_pages
from lamella.report.movie_pages import movie_pages
from lamella.report.pictures import pictures
from lamella.report.sentences import asked
from lamella.report.sheets import sheet
from lamella.report.style import Key
from worlds.reports import AREA, REFUSED, SPEED, stats_only, told_study

NAN = float("nan")


@pytest.fixture(autouse=True)
def _no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def effect(claim="these_sessions", **changed):
    row = {
        "measure": SPEED, "claim": claim, "session": "all", "condition": "KI", "reference": "WT",
        "n": 10, "n_reference": 10, "mean": 0.68, "mean_reference": 1.03, "estimate": -0.35,
        "estimate_low": -0.6, "estimate_high": -0.1, "p": 0.0065, "p_adjusted": 0.013,
        "adjusted_by": "holm", "n_tests": 2, "cohens_d": -1.4, "cohens_d_low": -2.4,
        "cohens_d_high": -0.4, "n_sessions": 2, "n_sessions_agreeing": 2, "verdict": "",
    }  # fmt: skip
    return pd.DataFrame([{**row, **changed}])


def told(**changed):
    (answer,) = answers(effect(**changed))
    return answer.told[0]


def test_a_difference_is_shown_by_its_adjusted_p():
    said = told()
    assert (said.state, said.word) == (SHOWN, "lower")
    assert said.size == "−0.35 (−0.60 to −0.10) µm/min"
    assert said.certainty == "p = 0.013"
    assert told(estimate=0.35).word == "higher"
    assert told(p=0.01, p_adjusted=0.06).state == OPEN


def test_an_interval_that_leaves_out_0_does_not_read_as_if_it_held_it():
    said = told(estimate=-0.06, estimate_low=-0.11, estimate_high=-0.0031, p_adjusted=0.04)
    assert said.size == "−0.060 (−0.110 to −0.003) µm/min"
    assert told(estimate_high=-1e-7).size == "−0.35 (−0.60 to 0.00) µm/min"


def test_small_numbers_keep_their_digits():
    said = told(measure="metres", estimate=3.2e-9, estimate_low=1.1e-9, estimate_high=5.3e-9)
    assert said.size == "+3.2e−9 (+1.1e−9 to +5.3e−9)"
    table = pd.DataFrame({"condition": ["a", "b"], "mean": [1.23e-8, 2.5e-8]})
    found = sheet(table, ["condition", "mean"], "Means")
    assert [row[1].text for row in found.rows] == ["1.2e−8", "2.5e−8"]
    assert len({text for _, text in Scale.over(np.array([1e-8, 3e-8]), 0, 100).ticks()}) > 2


def test_a_large_p_claims_nothing():
    said = told(p_adjusted=0.6)
    assert (said.state, said.word) == (OPEN, "no difference shown")


def test_only_a_margin_makes_conditions_equivalent():
    given = {"p_adjusted": 0.6, "margin": 0.2, "p_equivalence": 0.01, "equivalent": True}
    said = told(**given)
    assert said.state == EQUIVALENT
    assert said.remarks == ("The difference lies within the margin of ±0.200 µm/min (p = 0.010).",)
    assert told(**{**given, "equivalent": False}).state == OPEN


def test_without_p_nothing_is_told_and_the_reason_stands_beside():
    said = told(p=NAN, p_adjusted=NAN, verdict="One session.")
    assert (said.state, said.remarks) == (UNTOLD, ("One session.",))


def test_few_units_are_never_called_clear():
    assert told(n=2).state == OPEN
    assert told(n=3, n_reference=3).state == SHOWN


def test_the_two_claims_stand_apart():
    both = pd.concat([effect(), effect("across_sessions", p_adjusted=0.4)])
    (answer,) = answers(both)
    assert [said.state for said in answer.told] == [SHOWN, OPEN]
    lines = {line.question: line for line in headlines(ReportInput(effects=both), [answer])}
    assert (
        lines["In these sessions"].shown == "Mean speed is lower in KI than in WT by 0.35 µm/min."
    )
    assert lines["Across sessions"].shown == ""
    assert "With 2 sessions only very steady" in lines["Across sessions"].rest
    assert "every session" in lines["Replication"].shown


def test_a_difference_that_turns_in_a_session_is_named():
    found = answers(effect(n_sessions_agreeing=1))
    line = next(x for x in headlines(ReportInput(), found) if x.question == "Replication")
    assert not line.shown
    assert "mean speed, KI − WT (1 of 2 sessions)" in line.rest


@pytest.mark.parametrize(("low", "high", "keeps"), [(-1.6, -1.2, True), (-0.3, 0.1, False)])
def test_another_outline_may_turn_a_difference_round(low, high, keeps):
    found = answers(effect(cohens_d_outlines_low=low, cohens_d_outlines_high=high))
    assert found[0].keeps_sign is keeps
    line = next(x for x in headlines(ReportInput(), found) if x.question == "Outlines")
    assert bool(line.shown) is keeps


def test_one_other_comparison_is_not_counted():
    rows = pd.concat([effect(), effect(condition="KO", p_adjusted=0.6)])
    line = {x.question: x for x in headlines(ReportInput(), answers(rows))}["In these sessions"]
    assert line.rest.startswith("No difference is shown in the other comparison. ")


def test_one_session_cannot_speak_for_others():
    why = "One session: nothing can be said across sessions."
    rows = pd.concat([effect(), effect("across_sessions", p=NAN, p_adjusted=NAN, verdict=why)])
    line = {x.question: x for x in headlines(ReportInput(), answers(rows))}["Across sessions"]
    assert line.rest == f"Nothing can be told. {why}"


def test_the_interval_is_drawn_where_it_lies():
    found = answers(effect(cohens_d=-9.0, cohens_d_low=-12.0, cohens_d_high=1.0))
    axis = axis_of(found)
    (bar,) = intervals(found[0], axis).bars
    assert bar.cut_low
    assert not bar.cut_high
    assert bar.low == axis(axis.low)
    assert bar.at is None  # where d is, the drawing does not reach
    assert bar.low < axis(0.0) < bar.high


@pytest.mark.parametrize(("side", "cuts"), [(1, (False, True)), (-1, (True, False))])
def test_an_effect_beyond_the_axis_stays_inside_of_its_drawing(side, cuts):
    low, high = sorted((8.0 * side, 30.0 * side))
    found = answers(effect(cohens_d=20.0 * side, cohens_d_low=low, cohens_d_high=high))
    (bar,) = intervals(found[0], axis_of(found)).bars
    assert 0 < bar.low <= bar.high < WIDTH
    assert bar.at is None
    assert (bar.cut_low, bar.cut_high) == cuts
    assert "circle" not in drawing_of(render(ReportInput(effects=effect(
        cohens_d=20.0 * side, cohens_d_low=low, cohens_d_high=high)), drawn=[]))  # fmt: skip


def drawing_of(page):
    return re.search(r'<svg class="interval".*?</svg>', page, re.DOTALL).group(0)


def test_dots_say_their_value_and_point_at_their_cell():
    report = told_study(cells_per_movie=3)
    key = Key.of(report.cells, report.samples, report.effects)
    places = np.arange(len(report.cells))
    units = report.units[report.units["measure"] == SPEED]
    means = report.conditions[report.conditions["measure"] == SPEED]
    plot = superplot(report.cells, units, means, SPEED, key, places=places, most=1000)
    dots = [dot for group in plot.groups for dot in group.cells]
    assert sorted(dot.cell for dot in dots) == list(places)
    assert sum(len(group.units) for group in plot.groups) == len(units)
    assert len(plot.lines) == 2
    few = superplot(report.cells, units, means, SPEED, key, places=places, most=6)
    assert [len(group.cells) for group in few.groups] == [2, 2, 2]
    assert few.note == "6 of 36 cells are drawn."


def test_long_names_that_end_alike_can_be_told_apart():
    names = [f"treated with {dose} nM of the inhibitor for a whole day" for dose in (1, 10)]
    report = told_study(conditions=("untreated", *names))
    places = np.arange(len(report.cells))
    tables = report.cells, report.units, report.conditions
    plot = superplot(*tables, SPEED, Key.of(report.cells), places=places, most=99)
    lines = [group.lines for group in plot.groups]
    assert lines[0] == ("untreated",)
    assert len(set(lines)) == 3
    assert max(map(len, lines)) == plot.n_lines == 3
    assert plot.height - plot.bottom > 37 + plot.line * (plot.n_lines - 1)
    assert f"<title>{names[0]}</title>" in render(report, drawn=[])


def test_a_measure_that_the_user_named_is_asked_about_and_drawn():
    report = told_study()
    named = {name: getattr(report, name) for name in
             ("cells", "units", "conditions", "effects", "models", "replication")}  # fmt: skip
    named = {name: table.replace(SPEED, "pace").rename(columns={SPEED: "pace"})
             for name, table in named.items()}  # fmt: skip
    given = {"settings": {"statistics": {"measures": ["pace", AREA]}}}
    page = ReportInput(**named, provenance=given)
    assert "in pace and area?" in asked(page)
    assert {"by_condition_pace", "estimation_pace", "replication_pace"} <= {
        each.name for each in pictures(page)
    }


def test_a_page_for_each_measure_and_each_movie():
    report = told_study()
    pages = measure_pages(report, [])
    assert pages[0].column == SPEED
    assert {page.column for page in pages} == set(report.effects["measure"])
    for page in pages:
        assert page.models.strong.count(True) == 4  # two pairs, two claims
        assert "no difference of the effect between sessions" in page.interaction[0]
    assert [page.movie for page in movie_pages(report)] == list(report.filmstrips)
    assert movie_pages(report)[0].events is not None


def test_movies_that_failed_or_were_left_out_stand_last_with_the_reason():
    report = told_study()
    samples, status = report.samples.copy(), report.status.copy()
    samples.loc[0, "exclude"] = "out of focus"
    samples.loc[1, "included"] = False
    samples.loc[:1, "included"] = False  # as a run tells of movies that are in no table
    status.loc[1, ["state", "message"]] = "failed", "no frames"
    cells = report.cells[~report.cells["movie"].isin(samples["movie"][:2])]
    report = replace(report, samples=samples, status=status, cells=cells)
    states = [page.state for page in movie_pages(report)]
    assert sorted(states[-2:]) == ["excluded", "failed"]
    text = render(report, drawn=[])
    for said in ("1 movie excluded by the user (WT__may__0)", "1 movie failed", "no frames",
                 "out of focus"):  # fmt: skip
        assert said in text


def test_of_very_many_movies_the_last_say_where_their_pictures_and_numbers_lie(monkeypatch):
    monkeypatch.setattr(pages_of_movies, "MOST_PAGES", 2)
    pages = movie_pages(told_study())
    for page in pages[:2]:
        assert all((page.strip, page.courses, page.cells, not page.remarks))
    for page in pages[2:]:
        assert not any((page.strip, page.sprite, page.courses, page.cells))
        assert page.n_cells == 2
        assert page.remarks[-1].endswith(f"lie in movies/{page.movie} and tables/cells.csv.")


def test_a_refused_model_is_told_beside_the_number_and_in_the_methods():
    text = render(told_study(), drawn=[])
    first = text[text.index('id="answers"') : text.index('id="measures"')]
    assert REFUSED[0].upper() + REFUSED[1:] in first
    assert "variance of zero: a linear mixed model of unit means with session as a random" in text
    assert 'href="#measure-area-um2"' in text


def test_the_methods_name_no_model_as_fitted_that_was_not():
    report = told_study()
    row = report.models.iloc[[0]].assign(
        model="nested_movies", estimate=NAN, trusted=False, verdict="every movie holds one cell"
    )
    report = replace(report, models=pd.concat([report.models, row], ignore_index=True))
    text = render(report, drawn=[])
    methods = text[text.index('id="methods"') :]
    assert "Fitted, but not used" in methods
    assert "a linear mixed model of cells" not in methods


def test_a_table_of_cells_alone_makes_a_page_without_movies():
    text = render(stats_only(told_study()), drawn=[])
    assert 'id="movies"' not in text
    assert 'id="left-out"' not in text
    assert "Mean speed is lower in KI than in WT" in text


@pytest.mark.parametrize(
    "report",
    [
        told_study(("WT",)),
        told_study(sessions=("may",)),
        told_study(movies_per_session=1, cells_per_movie=1),
        replace(told_study(), effects=told_study().effects.assign(p=NAN, p_adjusted=NAN)),
        replace(told_study(), cells=told_study().cells.assign(**{SPEED: 1.0})),
        ReportInput(),
    ],
    ids=["one condition", "one session", "one unit", "no p", "all equal", "nothing"],
)
def test_a_page_is_made_of_whatever_there_is(report):
    assert "<h1>" in render(report, drawn=[])


def test_of_two_kinds_of_objects_one_alone_may_be_compared():
    told = told_study()
    both = pd.concat([told.cells.assign(object="cell"), told.cells.assign(object="nucleus")])
    report = replace(
        told, effects=told.effects.assign(object="cell"), cells=both.reset_index(drop=True)
    )
    page = render(report, drawn=[])
    assert re.search(r'<a class="name" href="#measure-cell-[^"]*speed', page)


@pytest.mark.parametrize("values", [[5.0], [1.0, 1.0 + 1e-16, 1.0 + 3e-16], [0.0, 0.0], [1e-320]])
def test_an_axis_over_values_that_are_the_same(values):
    axis = Scale.over(np.array(values), 0, 100, margin=0)
    assert [axis(value) for value in values] == pytest.approx([50] * len(values), abs=0.1)
