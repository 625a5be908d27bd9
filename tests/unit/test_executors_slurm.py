"""What SLURM is asked for, with commands that only write down how they were called.

`make cluster` starts a real one.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from lamella.core.errors import NotInstalledError, SettingsError
from lamella.run.executors import OnSlurm, Profile, Queue, dispatch
from lamella.run.stopping import Stopped
from unit.jobs import NOTHING, Numbers, jobs

pytest.importorskip("dask_jobqueue")
pytest.importorskip("cryptography")
pytestmark = pytest.mark.skipif(os.name != "posix", reason="SLURM is for POSIX systems")

PROFILE = Profile(
    queue="standard",
    account="lab",
    cores=4,
    memory="8 GB",
    walltime="02:00:00",
    workers_per_job=2,
    directives=["--constraint=avx2"],
    prologue=["module load python"],
    environment={"A": "b c; $d"},
    python="/shared/bin/python",
    host="127.0.0.1",
    gpu=Queue(queue="gpu", directives=["--gres=gpu:1"], memory="16 GB"),
)


@pytest.fixture
def commands(tmp_path, monkeypatch) -> Path:
    """Folder in which sbatch leaves its scripts, and scancel its arguments."""
    folder = tmp_path / "commands"
    folder.mkdir()
    texts = {
        "sbatch": 'n=$(ls "$0".* 2>/dev/null | wc -l); cp "$2" "$0.$n"; echo "$n;test"',
        "squeue": "seq 0 9",
        "scancel": 'echo "$@" > "$0.called"',
    }
    for name, text in texts.items():
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


def test_jobs_are_asked_for_in_the_words_of_sbatch_and_cancelled_at_the_end(tmp_path, commands):
    out = tmp_path / "out"
    out.mkdir()
    seen: list[tuple[int, str]] = []

    def stopped() -> bool:
        files = out.glob(".slurm.*/*.pem")
        seen.extend((stat.S_IMODE(path.stat().st_mode), path.name) for path in files)
        return bool(seen)

    crew = OnSlurm(PROFILE, out, NOTHING, workers=3)
    assert crew.mixed
    with pytest.raises(Stopped):
        list(dispatch(crew, Numbers(jobs(1)), stopped=stopped))
    assert sorted(seen) == [(0o600, f"{name}.pem") for name in ("ca_file", "cert", "key")]
    scripts = [(commands / f"sbatch.{n}").read_text() for n in range(3)]
    assert not (commands / "sbatch.3").exists(), "two jobs of two workers, and one with a card"
    for script in scripts[:2]:
        for line in (
            "#SBATCH -p standard",
            "#SBATCH -A lab",
            "#SBATCH --cpus-per-task=4",
            "#SBATCH --mem=8G",
            "#SBATCH -t 02:00:00",
            "#SBATCH --constraint=avx2",
            "module load python",
            "export A='b c; $d'",
            "/shared/bin/python -m distributed.cli.dask_worker tls://127.0.0.1:",
            "--nthreads 1 --memory-limit 4.00GiB --nworkers 2",
            "--lifetime 6600s --lifetime-stagger 300s",
            "--tls-key ",
        ):
            assert line in script
        assert "GPU" not in script
    for line in ("#SBATCH -p gpu", "#SBATCH --gres=gpu:1", "--resources GPU=1"):
        assert line in scripts[2]
    assert (commands / "scancel.called").read_text().split() == ["0", "1", "2"]
    assert not list(out.glob(".*")), "certificates are gone"


def test_sbatch_that_refuses_is_told_in_one_line(tmp_path, commands):
    (commands / "sbatch").write_text("#!/bin/sh\necho 'no such\n  partition' >&2; exit 1\n")
    crew = OnSlurm(PROFILE, tmp_path, NOTHING, workers=1)
    with pytest.raises(SettingsError, match=r"^--slurm: sbatch refuses: no such partition; mend"):
        list(dispatch(crew, Numbers(jobs(1))))


def test_without_slurm_it_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    crew = OnSlurm(PROFILE, tmp_path, NOTHING, workers=1)
    with pytest.raises(NotInstalledError, match="there is no sbatch on this machine; run it where"):
        list(dispatch(crew, Numbers(jobs(1))))


def test_an_interface_that_this_machine_lacks_is_named_with_those_it_has(tmp_path):
    crew = OnSlurm(Profile(interface="eth77"), tmp_path, NOTHING, workers=1)
    with pytest.raises(SettingsError, match=r"interface = 'eth77': .*; use one of .*\blo\b"):
        crew.connect()
