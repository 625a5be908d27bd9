"""What the command line tells while it works, without a terminal; of many movies alike."""

import io
import sys

import pytest
from rich.file_proxy import FileProxy

from lamella.cli import show
from lamella.run.executors import Progress
from lamella.run.movie import StageResult
from lamella.run.movies import Death
from lamella.run.outcome import told_of_deaths


@pytest.fixture
def clock(monkeypatch):
    """Seconds, to be set."""
    now = [0.0]
    monkeypatch.setattr(show.time, "monotonic", lambda: now[0])
    return now


def test_a_log_is_told_once_a_minute_how_far_a_run_is(tmp_path, clock, capsys):
    with show.RunDisplay(600, tmp_path).shown() as display:
        for second in range(0, 150, 10):
            clock[0] = second
            state = "failed" if second == 20 else "done"
            display.ended([StageResult(f"m{second}", "tables", state)])
    told = capsys.readouterr().err.splitlines()
    more = f"; more is told by: lamella status {tmp_path}"
    assert told == [
        f"7 of 600 movies have ended, 1 of them failed{more}",
        f"13 of 600 movies have ended, 1 of them failed{more}",
    ]


def test_a_log_is_told_of_while_no_movie_ends(tmp_path, clock, capsys):
    with show.RunDisplay(2, tmp_path).shown() as display:
        for second in range(0, 150, 10):
            clock[0] = second
            display.advance(Progress("m", "segment cell", second, 5000))
    told = capsys.readouterr().err.splitlines()
    assert told == [f"0 of 2 movies have ended; more is told by: lamella status {tmp_path}"] * 2


def test_lines_outlive_the_terminal_while_bars_are_shown(monkeypatch):
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(sys, "stderr", FileProxy(show.err, Gone()))
    show.err.print("a line")
    monkeypatch.setattr(sys, "stderr", FileProxy(show.err, there := io.StringIO()))
    show.err.print("another")
    assert there.getvalue() == "another\n"


def test_workers_that_died_are_told_by_why():
    full = ("needed more than 300 MB", "give more")
    deaths = [Death("a", *full), Death("b", "was killed", "wait"), Death("a", *full)]
    assert told_of_deaths(deaths) == [
        "a worker needed more than 300 MB, 2 times, with a; what it was at was done again, which "
        "takes longer: give more",
        "a worker was killed, 1 time, with b; what it was at was done again, which takes longer: "
        "wait",
    ]
    assert told_of_deaths([]) == []
