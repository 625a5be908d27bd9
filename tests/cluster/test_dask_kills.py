"""Workers of dask that are killed at random: the same tables, byte for byte."""

from __future__ import annotations

import os
import random
import signal
import threading
from pathlib import Path

import pytest

from faults.studies import BARE, contents, make_study
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
