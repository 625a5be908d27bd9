"""A real SLURM of one node runs a study through sbatch, whatever happens to its jobs."""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from cluster.one_node import OneNode, lacking
from faults.studies import BARE, contents, make_study
from lamella.core.errors import SettingsError
from lamella.run import execute
from lamella.run.execute import run_study
from lamella.run.executors import OnSlurm, Profile
from lamella.run.study import open_study

pytest.importorskip("dask_jobqueue")
pytest.importorskip("cryptography")
pytestmark = [pytest.mark.cluster, pytest.mark.skipif(bool(lacking()), reason=lacking())]

FEW = "[measure]\nedge = false\nlamellipodium = false\nprotrusion = false\nwalks = false\n"
FOUND = '[objects.cell.segment]\nmethod = "multiotsu"\n'
SLOW = '[objects.cell.segment]\nmethod = "external"\nfunction = "seg.py:segment"\n'
TAKES_ITS_TIME = """
import os, time
import numpy as np

def segment(frame):
    if "SLURM_JOB_ID" in os.environ:  # long enough for two workers to reach their walltime
        time.sleep(0.6)
    return (frame > 0.3 * frame.max()).astype(np.int32)
"""


@pytest.fixture(scope="module")
def slurm(tmp_path_factory):
    with OneNode(tmp_path_factory.mktemp("slurm")) as node:
        yield node


def results(out: Path) -> dict[str, bytes]:
    return {
        name: data
        for name, data in contents(out).items()
        if name.startswith(("movies/", "tables/"))
    }


def workers_of(job: str) -> list[int]:
    """Processes whose environment says that they belong to a job."""
    found = []
    for environ in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if f"SLURM_JOB_ID={job}\0".encode() in environ.read_bytes():
                command = (environ.parent / "cmdline").read_bytes()
                if b"spawn_main" in command:
                    found.append(int(environ.parent.name))
    return found


def test_forty_movies_through_sbatch(tmp_path, slurm, monkeypatch):
    """A worker is killed, the node drained and resumed, a job cancelled, a walltime reached."""
    monkeypatch.setattr(execute, "write_report", lambda out: out / "report.html")
    names = [f"movie{i:02d}" for i in range(40)]
    folder = make_study(tmp_path / "study", good=names, settings=BARE + SLOW + FEW)
    (folder / "seg.py").write_text(TAKES_ITS_TIME)
    study = open_study(folder)
    run_study(study, tmp_path / "here")
    # SLURM counts in minutes, and ends jobs up to a minute late: workers leave by themselves.
    profile = Profile(memory="2 GB", walltime="00:01:00", host="127.0.0.1")
    out, happened = tmp_path / "there", []
    over = threading.Event()
    ended: list[str] = []

    def after(n: int) -> bool:
        """Wait until so many movies are done."""
        while len(ended) < n:
            if over.wait(0.1):
                return False
        return True

    def harm() -> None:
        if after(5):
            for pid in workers_of(slurm.jobs()[0])[:1]:
                os.kill(pid, signal.SIGKILL)
                happened.append("killed")
        if after(12):
            slurm.drain()
            time.sleep(3)
            os.system(f"scancel {slurm.jobs()[0]}")
            happened.append("drained")
            time.sleep(8)
            slurm.resume()

    harming = threading.Thread(target=harm)
    harming.start()
    crew = OnSlurm(profile, out, study.settings.measure, workers=2)
    try:
        outcome = run_study(
            study, out, crew=crew, on_movie=lambda results: ended.append(results[0].movie)
        )
    finally:
        over.set()
        harming.join()
    assert not outcome.failed
    assert happened == ["killed", "drained"]
    assert results(out) == results(tmp_path / "here")
    n_submitted = len(list((out / "slurm").glob("*.out")))
    assert n_submitted >= 4, "the cancelled job was replaced, and one whose time was over"
    assert not list(out.glob(".slurm*")), "certificates are gone"
    deadline = time.monotonic() + 30
    while slurm.jobs():
        assert time.monotonic() < deadline, "no job outlives the run"
        time.sleep(0.2)


def test_sbatch_refuses(tmp_path, slurm):
    study = open_study(make_study(tmp_path / "study", good=["one"], settings=BARE + FOUND + FEW))
    profile = Profile(queue="nowhere", host="127.0.0.1")
    crew = OnSlurm(profile, tmp_path / "out", study.settings.measure, workers=1)
    with pytest.raises(
        SettingsError, match=r"sbatch refuses: .*invalid partition.*; mend the prof"
    ):
        run_study(study, tmp_path / "out", crew=crew)
    assert not list((tmp_path / "out").glob(".slurm*"))


def test_jobs_that_never_bring_a_worker(tmp_path, slurm, monkeypatch):
    monkeypatch.setattr("lamella.run.executors.slurm._TEND_EVERY_S", 0.5)
    study = open_study(make_study(tmp_path / "study", good=["one"], settings=BARE + FOUND + FEW))
    profile = Profile(prologue=["exit 1"], host="127.0.0.1")
    crew = OnSlurm(profile, tmp_path / "out", study.settings.measure, workers=1)
    with pytest.raises(SettingsError, match="5 jobs ended before a worker came; read what they"):
        run_study(study, tmp_path / "out", crew=crew)
