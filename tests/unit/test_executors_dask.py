"""The workers of a dask scheduler, here threads of this process: `make cluster` has the others."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import pytest

from faults.studies import BARE, contents, make_study
from lamella.core.errors import InputError, SettingsError
from lamella.run import execute
from lamella.run.chunks import Cutting
from lamella.run.execute import run_study
from lamella.run.executors import OnDask, dask, dispatch
from lamella.run.stopping import Stopped
from lamella.run.study import open_study
from unit.jobs import NOTHING, Numbers, jobs, look_around_but, waiting

distributed = pytest.importorskip("distributed")

FEW = (
    '[objects.cell.segment]\nmethod = "multiotsu"\n'
    "[measure]\nedge = false\nlamellipodium = false\nprotrusion = false\nwalks = false\n"
)


@pytest.fixture
def cluster() -> Iterator[Any]:
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=False,
        dashboard_address=None,
        resources={"GPU": 1},
    ) as cluster:
        yield cluster


def tables(out):
    return {
        name: data
        for name, data in contents(out).items()
        if name.startswith(("movies/", "tables/"))
    }


def test_the_same_bytes_as_in_one_process(tmp_path, cluster, monkeypatch):
    monkeypatch.setattr(execute, "write_report", lambda out: out / "report.html")
    study = open_study(make_study(tmp_path / "study", settings=BARE + FEW))
    run_study(study, tmp_path / "here")
    heard, notes = [], []
    crew = OnDask(
        cluster.scheduler_address, tmp_path / "there", study.settings.measure, on_note=notes.append
    )
    outcome = run_study(
        study, tmp_path / "there", crew=crew, cutting=Cutting(frames=4), on_progress=heard.append
    )
    assert not outcome.failed
    assert tables(tmp_path / "there") == tables(tmp_path / "here")
    assert {at.movie for at in heard} >= {"good1", "good2", "good3"}
    assert all(at.total == 6 for at in heard if at.part is not None)
    assert notes[0] == f"waiting up to 15 s for {cluster.scheduler_address} to answer"
    assert notes[1].startswith("dashboard: ")
    assert not list((tmp_path / "there").glob(".lamella*"))


def test_asked_to_end_all_workers_end(tmp_path, cluster):
    begun, waits = waiting(tmp_path, 2)
    crew = OnDask(cluster.scheduler_address, tmp_path, NOTHING)
    with pytest.raises(Stopped):
        list(dispatch(crew, Numbers(waits), stopped=lambda: begun[0].exists()))
    assert begun[0].with_suffix(".ended").exists()


def test_workers_with_other_versions_are_refused(tmp_path, cluster, monkeypatch):
    ours = dask.versions()
    monkeypatch.setattr(dask, "versions", lambda: {**ours, "numpy": "1.0"})
    with pytest.raises(SettingsError, match=r"it has other versions: numpy .*, here 1.0; install"):
        list(dispatch(OnDask(cluster.scheduler_address, tmp_path, NOTHING), Numbers(jobs(1))))


def test_workers_that_do_not_see_the_folder_are_refused(tmp_path, cluster, monkeypatch):
    look = dask.look_around
    monkeypatch.setattr(dask, "look_around", lambda probe: look(f"/elsewhere{probe}"))
    with pytest.raises(SettingsError, match=r"does not see the folder .*; put the study and its"):
        list(dispatch(OnDask(cluster.scheduler_address, tmp_path, NOTHING), Numbers(jobs(1))))


@pytest.mark.parametrize("wrong", [0, 1])
def test_a_wrong_worker_leaves_the_work_to_the_right_one(tmp_path, cluster, monkeypatch, wrong):
    """Whichever of them is asked first."""
    address = [*cluster.scheduler_info["workers"]][wrong]
    monkeypatch.setattr(dask, "look_around", partial(look_around_but, address))
    notes: list[str] = []
    crew = OnDask(cluster.scheduler_address, tmp_path, NOTHING, on_note=notes.append)
    assert len(list(dispatch(crew, Numbers(jobs(3))))) == 3
    (note,) = [note for note in notes if "gets no work" in note]
    assert address in note


def test_workers_that_advertise_a_card_are_known(tmp_path, cluster):
    crew = OnDask(cluster.scheduler_address, tmp_path, NOTHING)
    assert len(list(dispatch(crew, Numbers(jobs(2))))) == 2
    assert not crew.mixed


def test_workers_that_the_client_forgets_are_there(tmp_path, cluster, monkeypatch):
    """From time to time a client brings up to date what it knows, without the workers."""

    async def forget(self, n_workers=0):
        self._scheduler_identity = {"workers": {}, "services": {}}

    monkeypatch.setattr(distributed.Client, "_update_scheduler_info", forget)
    monkeypatch.setattr(dask, "_LOOK_EVERY_S", 0.0)
    work = Numbers(jobs(20))
    assert len(list(dispatch(OnDask(cluster.scheduler_address, tmp_path, NOTHING), work))) == 20
    assert work.deaths == []


@pytest.mark.parametrize("said", [b"", b"HTTP/1.0 400 Bad request\r\n\r\n"])
def test_another_service_at_the_address_is_no_scheduler(tmp_path, monkeypatch, said):
    """One that waits for us to speak, and one whose words are no message."""
    monkeypatch.setattr(OnDask, "answers_within_s", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer():
            with suppress(OSError):
                while True:
                    line, _ = server.accept()
                    line.sendall(said)
                    held.append(line)

        held = []
        threading.Thread(target=answer, daemon=True).start()
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        crew = OnDask(address, tmp_path, NOTHING)
        told = "something else" if said else "nothing answers within 1 s"
        with pytest.raises(InputError, match=f"scheduler {address}: .*{told}; start one with"):
            list(dispatch(crew, Numbers(jobs(1))))
        for line in held:
            line.close()


def test_an_address_that_cannot_be_spoken_to(tmp_path):
    with pytest.raises(InputError, match="it does not answer"):
        list(dispatch(OnDask("tls://127.0.0.1:1", tmp_path, NOTHING), Numbers(jobs(1))))


def test_a_notebook_has_a_loop_of_its_own(tmp_path, cluster):
    async def cell():
        crew = OnDask(cluster.scheduler_address, tmp_path, NOTHING)
        return list(dispatch(crew, Numbers(jobs(2))))

    assert len(asyncio.run(cell())) == 2


def test_no_worker_comes_and_it_is_told_once(tmp_path, monkeypatch):
    monkeypatch.setattr(dask, "_TELL_AFTER_S", 0.2)
    notes: list[str] = []
    with distributed.LocalCluster(n_workers=0, processes=False, dashboard_address=None) as cluster:
        crew = OnDask(cluster.scheduler_address, tmp_path, NOTHING, on_note=notes.append)
        ended = time.monotonic() + 2
        with pytest.raises(Stopped):
            list(dispatch(crew, Numbers(jobs(1)), stopped=lambda: time.monotonic() > ended))
    told = [note for note in notes if "no worker has come" in note]
    assert len(told) == 1
    assert f"start some with: dask worker {cluster.scheduler_address} --nthreads 1" in told[0]


def test_the_scheduler_is_lost(tmp_path):
    cluster = distributed.LocalCluster(n_workers=0, processes=False, dashboard_address=None)
    crew = OnDask(cluster.scheduler_address, tmp_path, NOTHING)
    threading.Timer(0.5, cluster.close).start()
    with pytest.raises(InputError, match="the connection to it is lost; start it and run again"):
        list(dispatch(crew, Numbers(jobs(1))))
