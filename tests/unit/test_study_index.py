"""Every cell of a run in a table: what a line asks for, what ranks, and what it costs."""

import builtins
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lamella.core.errors import InputError
from lamella.core.table import Col
from lamella.io.tables import read_table, write_table
from lamella.run.browse import OpenedRun
from lamella.run.browse.expression import matching
from lamella.run.browse.index import StudyIndex
from worlds.run_folders import many_cells

_CELLS = pd.DataFrame(
    {
        "condition": ["KI", "wild type", "KI", None],
        "speed": [1.0, 2.0, np.nan, 3.0],
        "n_events": [0, 1, 1, 0],
        "in_statistics": [True, False, True, True],
        "session": ["1", "2", "2", "1"],
    }
)


@pytest.mark.parametrize(
    ("line", "rows"),
    [
        ("", [0, 1, 2, 3]),
        ("condition = ki", [0, 2]),
        ('condition = "wild type"', [1]),
        ("condition != KI", [1]),  # a missing one is no other one
        ("condition ~ wild", [1]),
        ("condition is missing", [3]),
        ("condition is not missing and speed > 0.5", [0, 1]),
        ("speed>1.5", [1, 3]),
        ("speed != 2", [0, 3]),
        ("not speed > 1.5", [0, 2]),  # what is missing is not above
        ("n_events = 1 or speed >= 3", [1, 2, 3]),
        ("n_events >= 1 or condition = KI and speed < 0", [1, 2]),
        ("(n_events = 1 or condition = KI) and speed <= 2", [0, 1]),
        ("in_statistics = no", [1]),
        ("in_statistics != no", [0, 2, 3]),
        ("session = 2", [1, 2]),  # a name, though it looks like a number
        ("SPEED == 2", [1]),
        ("quick > 1.5", [1, 3]),
    ],
)
def test_a_line_chooses_rows(line, rows):
    assert np.flatnonzero(matching(_CELLS, line, short={"quick": "speed"})).tolist() == rows


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("sped > 1", "no column is called 'sped'; did you mean speed"),
        ("speed > fast", "'fast' is no number, and 'speed' is one; write: speed > 1.2"),
        ("speed", "nothing instead of an operator; the operators are = != < <= > >= ~"),
        ("speed >", "nothing instead of a value"),
        ("condition < KI", "is text, which has no <; compare it by = != or ~"),
        ("(speed > 1", "a bracket is not closed; add )"),
        ("speed > 1 n_events > 0", "'n_events' follows where nothing was expected; join"),
        ("in_statistics > 1", "is yes or no; write: in_statistics = yes"),
        ("condition = 'KI", "close quotes"),
        ("and speed > 1", "'and' where a column was expected"),
        ("speed is big", "only 'missing' or 'not missing' follows"),
        ("speed ~ 1", "is a number; compare it by"),
        ("__import__('os')", "no column is called '__import__'"),
        ("@pd.eval > 1", "no column is called '@pd.eval'"),
    ],
)
def test_what_is_not_understood_teaches(line, words):
    with pytest.raises(InputError) as told:
        matching(_CELLS, line)
    assert words in str(told.value)


def test_a_unit_may_be_said():
    cells = pd.DataFrame({Col.MEAN_SPEED: [0.1, 2.0]})
    assert matching(cells, f"{Col.MEAN_SPEED} > 1 µm/min").tolist() == [False, True]
    with pytest.raises(InputError, match="'mm/s' follows"):
        matching(cells, f"{Col.MEAN_SPEED} > 1 mm/s")


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    study = many_cells(tmp_path_factory.mktemp("many") / "study", movies=20, cells_each=10)
    return StudyIndex.of(OpenedRun(study / "results"))


def test_the_ten_fastest_of_a_condition(index):
    rows = index.chosen(preset="Fastest", conditions=["KI"], most=10)
    table = index.table
    of_ki = table.loc[table[Col.CONDITION] == "KI", Col.MEAN_SPEED]
    assert table[Col.MEAN_SPEED].iloc[rows].tolist() == of_ki.nlargest(10).tolist()
    slow = index.chosen(preset="Slowest", most=3)
    assert table[Col.MEAN_SPEED].iloc[slow].tolist() == table[Col.MEAN_SPEED].nsmallest(3).tolist()


def test_worst_segmented_and_most_events(index):
    table = index.table
    worst = table.iloc[index.chosen(preset="Worst segmented", most=5)]
    share = (table[Col.N_VALID_FRAMES] - table[Col.N_SIZE_BREAKS]) / table[Col.N_FRAMES]
    flicker = table[Col.MOVIE].map(index_flicker(index))
    wanted = (share * (1 - flicker)).nsmallest(5)
    assert np.allclose(worst[Col.OUTLINE_SCORE], wanted)
    most = table.iloc[index.chosen(preset="Most events", most=3)]
    assert most[Col.N_EVENTS].iloc[0] == table[Col.N_EVENTS].max()
    short = table.iloc[index.chosen(preset="Short or aborted", most=4)]
    assert short[Col.N_VALID_FRAMES].max() <= table[Col.N_VALID_FRAMES].nsmallest(4).max()


def index_flicker(index):
    """Of every movie, as it was planted."""
    return {movie: 0.001 * k for k, movie in enumerate(index.table[Col.MOVIE].unique())}


def test_events_flags_and_reasons_are_those_of_the_cell(index):
    table = index.table
    hit = table[table[Col.N_EVENTS] > 0]
    assert hit[Col.N_EVENTS].sum() == 40  # two of each movie
    assert (hit[Col.EVENT_KINDS] == "jump").all()
    assert all(kinds is None for kinds in table.loc[table[Col.N_EVENTS] == 0, Col.EVENT_KINDS])
    assert hit[Col.WORST_SEVERITY].tolist() == [0.9] * len(hit)
    assert table.loc[table[Col.N_EVENTS] == 0, Col.WORST_SEVERITY].isna().all()
    out = table[~table[Col.IN_STATISTICS]]
    assert len(out)
    assert out[Col.WHY_NOT_COUNTED].str.contains("fewer than 5").all()
    assert all(why is None for why in table.loc[table[Col.IN_STATISTICS], Col.WHY_NOT_COUNTED])


def test_a_cell_is_found_by_every_kind_of_its_events(tmp_path):
    run = many_cells(tmp_path / "study", movies=2, cells_each=5) / "results"
    file = next((run / "tables").glob("events.*"))
    events = read_table(file)
    more = events.iloc[[0]].assign(**{Col.KIND: "gap", Col.SEVERITY: 0.2})
    write_table(file, pd.concat([more, events], ignore_index=True))
    index = StudyIndex.of(OpenedRun(run))
    (row,) = index.chosen(text="gap")
    assert index.table[Col.EVENT_KINDS].iloc[row] == "jump, gap"
    assert index.chosen(where="kind ~ gap").tolist() == [row]


def test_filters_go_together_and_unknown_presets_are_told(index):
    rows = index.chosen(conditions=["KI", "WT"], sessions=["day2"], where="events > 0", text="jump")
    got = index.table.iloc[rows]
    assert set(got[Col.CONDITION]) == {"KI", "WT"}
    assert set(got[Col.SESSION]) == {"day2"}
    assert (got[Col.N_EVENTS] > 0).all()
    assert len(index.chosen(text="no such thing")) == 0
    with pytest.raises(InputError, match="use Fastest, Slowest, Worst segmented"):
        index.chosen(preset="Best")


def test_cells_without_a_value_rank_last(index):
    rows = index.chosen(preset="Fastest")
    speeds = index.table[Col.MEAN_SPEED].iloc[rows]
    n_missing = int(speeds.isna().sum())
    assert n_missing
    assert speeds.iloc[-n_missing:].isna().all()
    assert len(rows) == len(index)


def test_no_file_is_read_for_a_cell(tmp_path, monkeypatch):
    """Ten times the cells: the same files are opened, and seconds stay far from the bound."""
    counts = []
    for cells_each in (10, 100):
        study = many_cells(tmp_path / f"{cells_each}", movies=50, cells_each=cells_each)
        with monkeypatch.context() as patch:
            opened = _watched(patch)
            run = OpenedRun(study / "results")
            start = time.perf_counter()
            index = StudyIndex.of(run)
            took = time.perf_counter() - start
        counts.append(len(opened))
        assert len(index) == 50 * cells_each
    assert counts[0] == counts[1]
    assert took < 20


def _watched(patch):
    """Every file that is opened or looked at from now on."""
    opened = []

    def watch(owner, name):
        real = getattr(owner, name)

        def told(*args, **options):
            opened.append(args)
            return real(*args, **options)

        patch.setattr(owner, name, told)

    watch(builtins, "open")
    for name in ("open", "read_text", "read_bytes", "stat"):
        watch(Path, name)
    return opened
