"""Killed at any moment and run again: the same tables, and nothing left lying about."""

from __future__ import annotations

import os
import random
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest

from faults.matrix import case, fault
from faults.starter import left_over
from faults.studies import LEAN, SETTINGS, contents, lamella, make_study

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux's /proc")


def _results(out: Path) -> dict[str, bytes]:
    """Tables and the files of every movie, manifests among them."""
    return {
        name: data
        for name, data in contents(out).items()
        if name.startswith(("tables/", "movies/"))
    }


def _wait_for_workers_to_end(session: int) -> None:
    """Workers end at once; the server that was to start them, when it has been imported."""
    deadline = time.monotonic() + 60
    while left_over(session) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert left_over(session) == []


@fault("kill -9 at a random moment, many times")
@pytest.mark.parametrize(
    ("workers", "n_kills", "settings"),
    [
        case(1, 5, LEAN, quick=True),
        case(2, 3, LEAN, quick=True),
        case(1, 17, SETTINGS, quick=False),
        case(2, 8, SETTINGS, quick=False),
    ],
    ids=["1-5", "2-3", "1-17-every-measure", "2-8-every-measure"],
)
def test_killed_and_resumed(tmp_path, starter, workers, n_kills, settings):
    """At a random moment, then in what is left of the run, and so on."""
    study = make_study(tmp_path / "study", settings=settings)
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    run = ("run", study, "--workers", workers, "--out")
    rng = random.Random(workers)
    for _ in range(2):  # the second time all is compiled
        began = time.monotonic()
        starter.start(*run, whole, "--fresh")
        assert starter.ended() == 0
        lasts = time.monotonic() - began
    left, n_killed, n_started = lasts, 0, 0
    while n_killed < n_kills:
        assert n_started < 4 * n_kills
        process = starter.start(*run, killed, *(["--fresh"] if left == lasts else []))
        n_started += 1
        moment = rng.uniform(0, left)
        time.sleep(moment)
        with suppress(ProcessLookupError):  # it was quicker
            os.kill(process, signal.SIGKILL)
        gone = starter.ended() == -signal.SIGKILL
        _wait_for_workers_to_end(process)
        n_killed += gone
        left = left - moment if gone and left - moment > lasts / 10 else lasts
    starter.start(*run, killed)
    assert starter.ended() == 0
    assert _results(killed) == _results(whole)
    assert [path for path in killed.rglob("*") if path.name.endswith(".part")] == []
    assert contents(killed).keys() == contents(whole).keys()


def test_killed_while_fresh_removes(tmp_path, no_report):
    """What --fresh has not removed yet is still known as a run's folder."""
    study = make_study(tmp_path, good=["good1", "good2"])
    assert lamella("run", study).code == 0
    (study / "results" / "status.csv").unlink()
    for file in (study / "results" / "movies").rglob("*.parquet"):
        file.unlink()
    assert lamella("run", study, "--fresh").code == 0
    assert (study / "results" / "movies" / "good1" / "cells.parquet").exists()
