"""A fault is a case of the matrix; what cases share is made once."""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from faults.starter import Starter
from faults.works import make_world
from lamella.run import execute

LEAST_CASES = 200
"""So many cases ``make faults`` runs; those that are skipped do not count."""


@pytest.fixture
def no_report(monkeypatch):
    """The report has tests of its own and takes most of the time of a tiny run."""
    monkeypatch.setattr(execute, "write_report", lambda out: out / "report.html")


@pytest.fixture(scope="session")
def starter():
    with Starter() as started:
        yield started


@pytest.fixture(scope="session")
def shared(tmp_path_factory, worker_id):
    """A folder that all workers of a run share."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@pytest.fixture(scope="session")
def whole_world(shared):
    """The world of `faults.works`, made once; nobody writes into it."""
    place = shared / "world"
    with FileLock(shared / "world.lock"):
        if not place.exists():
            making = shared / "world.making"
            make_world(making)
            making.rename(place)
    return place


@pytest.fixture
def world(whole_world, tmp_path) -> Path:
    """A copy of it, with the times of its files."""
    return Path(shutil.copytree(whole_world, tmp_path / "world"))


def pytest_collection_modifyitems(items):
    for item in items:
        if (mark := item.get_closest_marker("fault")) is not None:
            item.user_properties.append(("fault", mark.args[0]))


def pytest_terminal_summary(terminalreporter, exitstatus, config):
    ran = {
        outcome: Counter(
            kind
            for report in terminalreporter.stats.get(outcome, [])
            for name, kind in report.user_properties
            if name == "fault"
        )
        for outcome in ("passed", "failed", "skipped")
    }
    kinds = sorted({kind for counted in ran.values() for kind in counted})
    if not kinds:
        return
    tell = terminalreporter.write_line
    tell("")
    tell(f"{'faults':42}{'held':>8}{'failed':>8}{'skipped':>8}")
    for kind in [*kinds, "all"]:
        n = [found.total() if kind == "all" else found[kind] for found in ran.values()]
        tell(f"{kind:42}" + "".join(f"{each:8}" for each in n))
    n_ran = ran["passed"].total() + ran["failed"].total()
    if config.option.markexpr == "fault" and n_ran < LEAST_CASES:
        tell(f"{n_ran} cases ran, {LEAST_CASES} are the least", red=True)
        terminalreporter._session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _mount(*options: str) -> bool:
    mount = shutil.which("mount")
    return (
        mount is not None
        and not subprocess.run([mount, *options], check=False, capture_output=True).returncode
    )


@pytest.fixture
def disk(tmp_path) -> Iterator[Callable[[str], Path]]:
    """A disk of its own: `disk("size=64k")` makes it, `disk("ro")` changes it."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = False

    def changed(options: str) -> Path:
        nonlocal mounted
        if mounted:
            assert _mount("-o", f"remount,{options}", str(place))
        elif not _mount("-t", "tmpfs", "-o", options, "tmpfs", str(place)):
            pytest.skip("this system does not let us mount a tmpfs")
        mounted = True
        return place

    yield changed
    if mounted:
        subprocess.run(["umount", str(place)], check=True)  # fails where a file is still open
