"""Workers of dask that are killed at random: the same tables, byte for byte."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

from faults.studies import BARE, GOOD, LAMELLA, contents, make_study, measured
from lamella.run import execute
from lamella.run.chunks import Cutting
from lamella.run.execute import run_study
from lamella.run.executors import OnDask
from lamella.run.study import open_study

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.cluster

OTSU = '[objects.cell.segment]\nmethod = "multiotsu"\n'


def results(out: Path) -> dict[str, bytes]:
    return {
        name: data
        for name, data in contents(out).items()
        if name.startswith(("movies/", "tables/"))
    }


@pytest.mark.parametrize("cutting", [None, Cutting(frames=2)], ids=["whole", "in chunks"])
def test_ten_kills_over_four_workers(tmp_path, monkeypatch, cutting):
    import dask

    monkeypatch.setattr(execute, "write_report", lambda out: out / "report.html")
    names = [f"movie{i:02d}" for i in range(12)]
    study = open_study(make_study(tmp_path / "study", good=names, settings=BARE + OTSU))
    run_study(study, tmp_path / "here")
    out, rng, over, n_killed = tmp_path / "there", random.Random(7), threading.Event(), []
    with (
        # On a busy machine a new worker takes longer than the 15 s after which dask lets it go.
        dask.config.set({"distributed.deploy.lost-worker-timeout": "10 minutes"}),
        distributed.LocalCluster(
            n_workers=4, threads_per_worker=1, dashboard_address=None, memory_limit="4GB"
        ) as cluster,
    ):
        crew = OnDask(cluster.scheduler_address, out, study.settings.measure)

        def kill() -> None:
            """Ten times, of those that work at that moment."""
            while len(n_killed) < 10 and not over.wait(rng.uniform(0.2, 2.0)):
                busy = [
                    worker.name
                    for worker in [*cluster.scheduler.workers.values()]
                    if worker.processing and worker.name in cluster.workers
                ]
                process = cluster.workers[rng.choice(busy)].pid if busy else None
                if process is not None:
                    os.kill(process, signal.SIGKILL)
                    n_killed.append(process)

        killing = threading.Thread(target=kill)
        killing.start()
        try:
            outcome = run_study(study, out, crew=crew, cutting=cutting)
        finally:
            over.set()
            killing.join()
    assert not outcome.failed
    assert results(out) == results(tmp_path / "here")
    assert len(n_killed) == 10


def test_the_coordinator_is_killed_and_nobody_works_on(tmp_path):
    """Its workers end at their next frame; the run goes on from what is there."""
    code = """
import time
def segment(frame):
    time.sleep(0.5)
    return frame > 0.3 * frame.max()
"""
    external = '[objects.cell.segment]\nmethod = "external"\nfunction = "seg.py:segment"\n'
    study = make_study(tmp_path / "study", settings=BARE + external)
    (study / "seg.py").write_text(code)
    run = [*LAMELLA, "run", str(study)]
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, memory_limit="4GB"
    ) as cluster:
        run += ["--scheduler", cluster.scheduler_address]
        process = subprocess.Popen(run, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        workers = cluster.scheduler.workers
        while not any(worker.processing for worker in [*workers.values()]):
            assert process.poll() is None
            time.sleep(0.05)
        time.sleep(1)
        process.kill()
        process.wait()
        with distributed.Client(cluster, set_as_default=False) as client:
            deadline = time.monotonic() + 30
            while any(client.run(anybody_at_work).values()):
                assert time.monotonic() < deadline
                time.sleep(0.1)
        assert not list((study / "results").rglob("segmented/*.tif"))
        assert subprocess.run(run, check=False, capture_output=True).returncode == 0
    assert measured(study) == {*GOOD}


def anybody_at_work() -> bool:
    from lamella.run.executors import on_dask_worker

    return bool(on_dask_worker._at_work)
