"""Code that is not ours, and workers that die: one movie is lost, the others are done."""

from __future__ import annotations

import os
import re
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from faults.matrix import fault
from faults.studies import BARE_LEAN, GOOD, lamella, make_study, measured, pixels, row, status
from faults.studies import write_pixels as write
from faults.works import half_written

CODE = """
import os, signal, time
import numpy as np

def segment(frame, odd="", slow=0):
    time.sleep(slow)
    labels = (frame > 0.3 * frame.max()).astype(np.int32)
    if frame.shape != (48, 48):
        return labels
    if odd == "raise": raise ValueError("the model [large] is not loaded")
    if odd == "shape": return labels[:-1]
    if odd == "kind": return labels / 2
    if odd == "negative": return -labels
    if odd == "exit": os._exit(3)
    killed = os.path.join(os.path.dirname(__file__), "killed")
    if odd == "once" and os.path.exists(killed): return labels
    if odd == "once": open(killed, "w").close()
    if odd in ("kill", "once"): os.kill(os.getpid(), signal.SIGKILL)
"""
MEND = "mend the function, or its arguments in the settings"


def _study(folder: Path, function: str = "seg.py:segment", **arguments: object) -> Path:
    given = ", ".join(f"{name} = {value!r}" for name, value in arguments.items())
    external = f'[objects.cell.segment]\nmethod = "external"\nfunction = "{function}"\n'
    study = make_study(
        folder, rows=[row("odd")], settings=f"{BARE_LEAN}{external}arguments = {{ {given} }}\n"
    )
    write(study / "raw" / "odd.tif", pixels(field_px=(48, 48), area_um2=60))
    (study / "seg.py").write_text(CODE)
    return study


@pytest.mark.parametrize(
    ("odd", "said"),
    [
        ("raise", r"frame 0: it raised ValueError: the model \[large\] is not loaded; " + MEND),
        (
            "shape",
            r"frame 0: it returned int32 of shape \(47, 48\); return integer labels of",
        ),
        ("kind", r"frame 0: it returned float64 of shape .*; return integer labels of shape"),
        ("negative", "frame 0: it returned negative labels; return 0 for background"),
        ("nothing", r"frame 0: it returned object of shape \(\); return integer labels of shape"),
    ],
)
def test_a_function_that_fails_for_one_movie(tmp_path, no_report, odd, said):
    study = _study(tmp_path, odd=odd)
    assert lamella("check", study).code == 0  # calls nothing
    ran = lamella("run", study)
    assert ran.code == 1
    assert re.search(f"^failed: odd: .*seg.py:segment: {said}", ran.err, re.M), ran.err
    assert "Traceback" not in ran.err
    assert measured(study) == {*GOOD}


def test_debug_shows_where_a_function_failed(tmp_path, no_report, monkeypatch):
    monkeypatch.setenv("LAMELLA_DEBUG", "1")
    ran = lamella("run", _study(tmp_path, odd="raise"))
    assert 'if odd == "raise": raise ValueError("the model [large] is not loaded")' in ran.err


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (
            "seg.py:segmet",
            "cannot be loaded .*no attribute 'segmet'.*; give module:function",
        ),
        ("sge.py:segment", "cannot be loaded .*sge.py.*; give module:function or path"),
        ("no.such.module:segment", "cannot be loaded .*No module named 'no'.*; give module:func"),
        ("broken.py:segment", "cannot be loaded .*NameError: name 'numpy' is not defined.*; give"),
    ],
)
def test_a_function_that_is_not_there(tmp_path, no_report, function, said):
    study = _study(tmp_path, function)
    (study / "broken.py").write_text("zeros = numpy.zeros\n")
    for command, kind in (("check", "fault"), ("run", "failed")):
        came = lamella(command, study)
        assert came.code == 1
        line = f"^{kind}: 4 movies .*function = .*{re.escape(function)}.*{said}"
        assert len(re.findall(line, came.err, re.M)) == 1, came.err  # they are alike
        assert "Traceback" not in came.err
    assert (study / "results" / "tables" / "cells.csv").read_text().startswith("movie,object,cell")


def test_no_movie_at_all_can_be_done_and_the_report_stands(tmp_path):
    study = _study(tmp_path, "seg.py:segmet")
    ran = lamella("run", study)
    assert ran.code == 1
    assert "0 movies done" in ran.out
    assert ran.err.splitlines()[-1] == "4 movies failed"
    assert "segmet" in (study / "results" / "report.html").read_text()


@fault("a movie kills its worker")
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no SIGKILL")
@pytest.mark.parametrize("odd", ["exit", "kill"])
def test_a_movie_that_kills_its_worker(tmp_path, starter, odd):
    study = _study(tmp_path, odd=odd)
    assert starter.run("run", study, "--workers", 2).code == 1
    table = status(study)
    failed = table[table["state"] == "failed"]
    assert failed["movie"].tolist() == ["odd"]
    assert re.search(
        r"odd.tif: its worker was killed, twice, .*; unless somebody ended it, use fewer",
        *failed["message"],
    )
    assert measured(study) == {*GOOD}


@fault("a worker is killed while it writes")
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no SIGKILL")
def test_a_worker_that_died_amid_leaves_nothing_and_is_told(tmp_path, starter):
    """Labels are found while they are written."""
    study = _study(tmp_path, odd="once")
    ran = starter.run("run", study, "--workers", 2)
    assert ran.code == 0
    assert measured(study) == {*GOOD, "odd"}
    assert half_written(study) == []
    told = "warning: a worker was killed, 1 time, with odd; what it was at was done again, which "
    assert told in ran.err


@fault("a second one while the folder is held")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="the starter forks")
def test_a_second_run_in_the_same_folder_is_refused(tmp_path, starter):
    study = _study(tmp_path, slow=2)
    first = starter.start("run", study)
    while not (study / "results" / "status.csv").exists():
        time.sleep(0.01)
    second = lamella("run", study)
    os.kill(first, signal.SIGKILL)
    assert starter.ended() == -signal.SIGKILL
    assert second.code == 2
    assert re.search(
        r"error: .*results: another run is working in this folder \(process \d+ on .+ since "
        r".+\); wait for it, or choose another",
        second.err,
    )
    assert not np.any(status(study)["state"] == "failed")
