"""Decisions about suspicious events: kept, applied to the numbers, never to another cell."""

import json
import re
import shutil
import warnings
from multiprocessing import get_context

import numpy as np
import pandas as pd
import pytest

from lamella.core.errors import InputError, LamellaWarning
from lamella.core.table import Col
from lamella.io import read_table, write_table
from lamella.run import execute
from lamella.run.browse import OpenedRun
from lamella.run.cache import Manifest
from lamella.run.execute import rebuild_report, run_study
from lamella.run.report import write_report
from lamella.run.review import Decision, decisions_of, record
from lamella.run.review.again import apply_decisions, decided_since
from lamella.run.review.events import Review
from lamella.run.review.record import DECISIONS
from lamella.run.study import open_study
from worlds.suspicious import add_events


def _again(study, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LamellaWarning)
        return run_study(open_study(study), study / "results", **options)


def _quiet_report(out):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LamellaWarning)
        return rebuild_report(out)


@pytest.fixture
def no_report(monkeypatch):
    monkeypatch.setattr(execute, "write_report", lambda out: out / "report.html")


def test_events_are_gone_through_the_worst_first(colony):
    add_events(colony / "results")
    review = Review(OpenedRun(colony / "results"))
    shown = review.shown()
    assert shown[Col.SEVERITY].is_monotonic_decreasing
    assert set(review.kinds) == set(shown[Col.KIND])
    gaps = review.shown(kinds=["gap"], conditions=["WT"])
    assert len(gaps)
    assert set(gaps[Col.KIND]) == {"gap"}
    assert set(gaps[Col.CONDITION]) == {"WT"}
    first = review.next_after(shown, None, 1)
    second = review.next_after(shown, first, 1)
    assert (first, second) == tuple(shown.index[:2])
    assert review.next_after(shown, second, -1) == first
    assert review.next_after(shown, first, -1) == shown.index[-1]  # round and round
    assert review.next_after(shown.iloc[:0], first, 1) is None


def test_a_decision_is_kept_with_who_when_and_why_and_can_be_withdrawn(colony, monkeypatch):
    monkeypatch.setenv("LAMELLA_USER", "ada")
    run = OpenedRun(colony / "results")
    review = Review(run)
    event = review.shown().index[0]
    row = review.events.loc[event]
    review.decide(event, "accept", reason="it does jump")
    review.decide(event, "exclude", reason="debris", who="bob")
    assert review.events.loc[event, [Col.DECISION, Col.WHO]].tolist() == ["exclude", "bob"]
    assert event not in review.shown(undecided=True).index
    folder = run.folder / "movies" / row[Col.MOVIE]
    kept = decisions_of(folder)
    assert [(each.verdict, each.who, each.reason) for each in kept] == [
        ("accept", "ada", "it does jump"),
        ("exclude", "bob", "debris"),
    ]
    assert kept[0].when.endswith("+00:00")
    states = {each.decision.who: each.state for each in review.standing(row[Col.MOVIE])}
    assert states == {"ada": "replaced", "bob": "counts"}
    review.undo()  # a line more; ada's counts again
    assert len(decisions_of(folder)) == 3
    assert Review(run).events.loc[event, Col.WHO] == "ada"
    review.undo()
    assert review.undo() is None
    assert event in Review(run).shown(undecided=True).index


def test_of_a_cell_that_is_left_out_nothing_is_left_to_decide(colony):
    run = OpenedRun(colony / "results")
    file = run.folder / "tables/events.csv"
    events = read_table(file)
    again = events[events[Col.CELL] > 0].iloc[[0]].assign(**{Col.KIND: "jump", Col.FRAME: 3})
    write_table(file, pd.concat([events, again], ignore_index=True))
    review = Review(run)
    jump = review.shown(kinds=["jump"]).index[0]
    before = len(review.shown(undecided=True))
    review.decide(jump, "exclude", reason="debris", frames=(2, 3))
    assert len(review.shown(undecided=True)) == before - 1  # frames: the cell itself is there
    review.decide(jump, "exclude", reason="debris")
    cell = again[[Col.MOVIE, Col.OBJECT, Col.CELL]].iloc[0].tolist()
    left = review.shown(undecided=True)[[Col.MOVIE, Col.OBJECT, Col.CELL]]
    assert cell not in left.to_numpy().tolist()
    assert len(left) <= before - 2
    assert Review(run, after=review).undo().verdict == "exclude"
    assert len(Review(run).shown(undecided=True)) == before - 1


def test_what_makes_no_sense_is_refused_with_the_remedy(colony):
    review = Review(OpenedRun(colony / "results"))
    event = review.shown().index[0]
    movie = review.events.loc[event, Col.MOVIE]
    with pytest.raises(InputError, match="needs a reason, such as"):
        review.decide(event, "exclude", reason=" ")
    with pytest.raises(InputError, match="frames 5 to 3 are none"):
        review.decide(event, "exclude", reason="a", frames=(5, 3))
    with pytest.raises(InputError, match="frames are given only to leave them out"):
        review.decide(event, "accept", frames=(1, 2))
    with pytest.raises(InputError, match=r"it is in frames \d+ to \d+, and not in 900 to 901"):
        review.decide(event, "exclude", reason="a", frames=(900, 901))
    with pytest.raises(InputError, match="it has no cell 999"):
        review.exclude(movie, "cell", 999, reason="a")
    assert not decisions_of(review.run.folder / "movies" / movie)


def test_an_event_of_all_cells_excludes_none():
    with pytest.raises(ValueError, match=r"leave out the movie, .* samples.csv"):
        Decision(verdict="exclude", object="cell", cell=0, kind="field_jump", reason="a")


def _decide(folder, who):
    for number in range(10):
        record(folder, Decision(verdict="accept", object="cell", cell=number, who=who))


def test_two_people_decide_at_the_same_time(tmp_path):
    context = get_context("spawn")
    people = [context.Process(target=_decide, args=(tmp_path, who)) for who in ("ada", "bob")]
    for each in people:
        each.start()
    for each in people:
        each.join(60)
    kept = decisions_of(tmp_path)
    assert sorted((each.who, each.cell) for each in kept) == [
        (who, cell) for who in ("ada", "bob") for cell in range(10)
    ]


def test_a_damaged_file_is_left_as_it_is(tmp_path):
    record(tmp_path, Decision(verdict="accept", object="cell", cell=1))
    file = tmp_path / DECISIONS
    damaged = file.read_text() + '{"verdict": "acc\n'
    file.write_text(damaged)
    with pytest.raises(InputError, match=r"decisions.jsonl, line 2: it is no decision"):
        record(tmp_path, Decision(verdict="accept", object="cell", cell=2))
    assert file.read_text() == damaged


def test_an_excluded_cell_is_in_no_number_and_nothing_is_measured_again(cells, no_report):
    out = cells / "results"
    before = read_table(out / "tables/cells.parquet")
    units = read_table(out / "tables/units.csv")
    review = Review(OpenedRun(out))
    review.exclude("KI__low__1", "cell", 1, reason="out of focus", who="ada")
    outcome = _again(cells)
    assert {r.state for r in outcome.results} == {"cached"}
    after = read_table(out / "tables/cells.parquet")
    gone = after[Col.MOVIE] == "KI__low__1"
    assert after.loc[gone, Col.EXCLUDED].tolist() == ["out of focus"]
    assert after[Col.EXCLUDED].notna().sum() == 1
    assert after[Col.IN_STATISTICS].tolist() == [not g for g in gone]
    pd.testing.assert_frame_equal(
        after.drop(columns=[Col.EXCLUDED, Col.IN_STATISTICS]),
        before.drop(columns=Col.IN_STATISTICS),
    )
    told = read_table(out / "tables/units.csv")
    assert set(units[Col.UNIT]) - set(told[Col.UNIT]) == {"KI__low__1"}
    walks = read_table(out / "tables/walks.csv")
    assert walks.loc[walks[Col.CONDITION] == "KI", Col.N_CELLS].max() == 1
    decided = read_table(out / "tables/decisions.csv")
    assert decided.loc[0, [Col.WHO, Col.DECISION, Col.STANDING]].tolist() == [
        "ada", "exclude", "counts"
    ]  # fmt: skip
    review.undo()
    _again(cells)
    pd.testing.assert_frame_equal(read_table(out / "tables/cells.parquet"), before)
    assert read_table(out / "tables/decisions.csv")[Col.STANDING].tolist() == ["withdrawn"]


def test_excluded_frames_are_not_measured_and_others_are_as_before(cells, no_report):
    out = cells / "results"
    before = read_table(out / "tables/frames.parquet")
    cells_before = read_table(out / "tables/cells.parquet")
    Review(OpenedRun(out)).exclude("KI__low__1", "cell", 1, reason="blurred", frames=(4, 6))
    measured = {r.movie for r in _again(cells).results if r.state == "done"}
    assert measured == {"KI__low__1"}
    after = read_table(out / "tables/frames.parquet")
    others = after[Col.MOVIE] != "KI__low__1"
    shared = [name for name in before if name in after]
    pd.testing.assert_frame_equal(
        after.loc[others, shared], before.loc[before[Col.MOVIE] != "KI__low__1", shared]
    )
    mine = after[~others].set_index(Col.FRAME)
    was = before[before[Col.MOVIE] == "KI__low__1"].set_index(Col.FRAME)
    assert mine.index[mine[Col.EXCLUDED].notna()].tolist() == [4, 5, 6]
    assert not mine.loc[4:6, Col.VALID].any()
    assert mine.loc[4:7, Col.SPEED].isna().all()
    assert mine.loc[4:6, Col.LAM_CYTO_RATIO].isna().all()
    assert not mine[Col.INTERPOLATED].any()
    assert np.allclose(mine.loc[8:, Col.SPEED], was.loc[8:, Col.SPEED], equal_nan=True)
    assert np.allclose(mine.loc[:3, Col.Y_PX], was.loc[:3, Col.Y_PX], equal_nan=True)
    cell = read_table(out / "tables/cells.parquet").set_index(Col.MOVIE).loc["KI__low__1"]
    old = cells_before.set_index(Col.MOVIE).loc["KI__low__1"]
    assert cell[Col.N_VALID_FRAMES] == old[Col.N_VALID_FRAMES] - was.loc[4:6, Col.VALID].sum()
    assert cell[Col.IN_STATISTICS]


def test_a_decision_never_falls_on_another_cell(colony, no_report):
    """Cells are numbered anew, and one is elsewhere: the decision is shown as outdated."""
    out = colony / "results"
    frames = read_table(out / "tables/frames.parquet")
    first = frames[(frames[Col.MOVIE] == "wt1") & (frames[Col.FRAME] == 0)]
    one, two = first[Col.CELL].iloc[:2].tolist()
    review = Review(OpenedRun(out))
    review.exclude("wt1", "cell", int(one), reason="dead", who="ada")
    file = out / "movies/wt1" / DECISIONS
    line = json.loads(file.read_text())
    line["cell"] = int(two)  # as if the two had changed their numbers
    file.write_text(json.dumps(line) + "\n")
    outcome = _again(colony)
    told = [text for text in outcome.warnings if "outdated and not applied" in text]
    assert len(told) == 1
    assert f"cell {two} is" in told[0]
    assert f"cell {one} is in its place" in told[0]
    after = read_table(out / "tables/cells.parquet")
    assert Col.EXCLUDED not in after
    assert read_table(out / "tables/decisions.csv")[Col.STANDING].tolist() == ["outdated"]


def test_it_outlives_a_fresh_run_and_the_stages_stay_as_they_were(cells, no_report):
    out = cells / "results"
    keys = {stage: done.key for stage, done in Manifest(out / "movies/WT__low__1")}
    Review(OpenedRun(out)).exclude("WT__low__1", "cell", 1, reason="dead")
    _again(cells, fresh=True, only=["WT__low__1"])
    assert {stage: done.key for stage, done in Manifest(out / "movies/WT__low__1")} == keys
    assert read_table(out / "tables/cells.parquet")[Col.EXCLUDED].notna().sum() == 1


def test_the_report_follows_and_tells(cells):
    out = cells / "results"
    write_report(out)
    Review(OpenedRun(out)).exclude("KI__low__1", "cell", 1, reason="focus <lost>", who="ada")
    page = _quiet_report(out).read_text()
    assert "Decided by hand" in page
    assert "1 cell left out of all statistics, by ada." in page
    assert "focus &lt;lost&gt;" in page
    table = page[page.index("Decided by hand") :]
    table = table[: table.index("</table>")]
    assert ">left out<" in table
    assert ">exclude<" not in table
    assert "1 cell of 6 was left out by hand" in page
    assert "KI__low__1" not in set(read_table(out / "tables/units.csv")[Col.UNIT])


def test_the_report_says_when_a_run_is_needed(cells, monkeypatch):
    out = cells / "results"
    monkeypatch.setattr(execute, "write_report", lambda out: out / "report.html")
    review = Review(OpenedRun(out))
    review.exclude("KI__low__1", "cell", 1, reason="blurred", frames=(2, 3))
    tables = {file.name: file.read_bytes() for file in (out / "tables").iterdir()}
    with pytest.warns(
        LamellaWarning,
        match=r"measured again .*\(KI__low__1\); run the study again: lamella run "
        + re.escape(str(cells))
        + "$",
    ):
        rebuild_report(out)
    assert {file.name: file.read_bytes() for file in (out / "tables").iterdir()} == tables
    alone = shutil.copytree(out, cells.parent / "alone")
    with pytest.warns(LamellaWarning, match="its study is not around it"):
        rebuild_report(alone)


def test_a_mean_leaves_out_excluded_frames_and_the_event_among_them(cells, no_report):
    """The event that was decided on lies in the stretch: the decision still counts afterwards."""
    out, movie = cells / "results", "KI__low__1"
    add_events(out, kinds=("jump",), frame=5)
    review = Review(OpenedRun(out))
    (event,) = review.events.index[
        (review.events[Col.MOVIE] == movie) & (review.events[Col.KIND] == "jump")
    ]
    review.decide(int(event), "exclude", reason="blurred", frames=(4, 6), who="ada")
    _again(cells)
    frames = read_table(out / "tables/frames.parquet")
    mine = frames[frames[Col.MOVIE] == movie].set_index(Col.FRAME)
    cell = read_table(out / "tables/cells.parquet").set_index(Col.MOVIE).loc[movie]
    counted = mine[mine[Col.VALID]]
    assert not set(counted.index) & {4, 5, 6}
    for name in (Col.AREA_UM2, Col.LAM_CYTO_RATIO):
        assert cell[name] == pytest.approx(counted[name].mean())
        assert mine.loc[4:6, name].isna().all() or name == Col.AREA_UM2
    assert cell[Col.MEAN_SPEED] == pytest.approx(mine[Col.SPEED].mean())
    assert mine.loc[4:6, Col.Y_PX].notna().all()  # it is still there, and known to be the same
    keys = {stage: done.key for stage, done in Manifest(out / "movies" / movie)}
    assert {r.state for r in _again(cells).results} == {"cached"}
    assert {stage: done.key for stage, done in Manifest(out / "movies" / movie)} == keys
    decided = read_table(out / "tables/decisions.csv")
    assert decided[Col.STANDING].tolist() == ["counts"]


def test_what_was_to_be_corrected_is_mended_when_its_event_is_gone(cells, no_report):
    out, movie = cells / "results", "KI__low__1"
    add_events(out, kinds=("jump",), frame=5)  # the next run does not find them
    review = Review(OpenedRun(out))
    (event,) = review.events.index[
        (review.events[Col.MOVIE] == movie) & (review.events[Col.KIND] == "jump")
    ]
    review.decide(int(event), "fix", who="ada")
    assert review.events.loc[event, Col.STANDING] == "counts"
    _again(cells)
    decided = read_table(out / "tables/decisions.csv")
    assert decided[Col.STANDING].tolist() == ["mended"]
    page = write_report(out).read_text()
    assert "1 event was marked, and is mended by now." in page
    assert "marked to be corrected" not in page


def test_what_the_tables_have_is_not_missing_from_them(cells, no_report):
    """A cell left out without an event, and an event decided on: one frame is known, one is not."""
    out, movie = cells / "results", "KI__low__1"
    add_events(out, kinds=("jump",), frame=5)
    review = Review(OpenedRun(out))
    review.exclude("WT__low__1", "cell", 1, reason="dead")
    review.decide(int(review.events.index[review.events[Col.MOVIE] == movie][0]), "accept")
    assert decided_since(out)
    assert apply_decisions(out) is None
    assert not decided_since(out)
    review.undo()
    assert decided_since(out)


def test_two_stretches_of_one_cell_are_both_left_out(cells):
    out, movie = cells / "results", "KI__low__1"
    review = Review(OpenedRun(out))
    review.exclude(movie, "cell", 1, reason="blurred", frames=(2, 3))
    review.exclude(movie, "cell", 1, reason="dim", frames=(8, 9))
    assert [each.state for each in review.standing(movie)] == ["counts", "counts"]
    review.exclude(movie, "cell", 1, reason="dark", frames=(8, 9))
    assert [each.state for each in review.standing(movie)] == ["counts", "replaced", "counts"]
