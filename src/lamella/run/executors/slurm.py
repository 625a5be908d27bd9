"""Work on the nodes of a cluster that SLURM manages: workers of dask are its jobs.

The scheduler runs in this process, and every job is a worker or some. Jobs that end, for whatever
reason, are replaced as long as there is work: a node that fails, a walltime, an operator.
"""

from __future__ import annotations

import logging
import os
import shlex
import subprocess
import time
import uuid
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple, Self

from lamella.core.errors import NotInstalledError, SettingsError
from lamella.io.atomic import output_error
from lamella.run.executors.dask import GPU, OnDask, require
from lamella.run.executors.job import News
from lamella.run.executors.profile import Profile, Queue, megabytes, seconds
from lamella.run.settings import MeasureSettings

_TEND_EVERY_S = 5.0
_LEAVE_BEFORE = 0.1  # of the walltime
_LEAVE_BEFORE_S = 300.0
_MOST_IN_VAIN = 5
_ANSWER_WITHIN_S = 60.0
# What a worker holds is Lamella's own: there is nothing that dask could write to disk.
_ENVIRONMENT = {
    f"DASK_DISTRIBUTED__WORKER__MEMORY__{name}": "False" for name in ("TARGET", "SPILL", "PAUSE")
}


class _Job(NamedTuple):
    """A job of SLURM's."""

    name: str
    queue: Queue
    gpu: bool


class OnSlurm(OnDask):
    """Workers that are asked of SLURM.

    Parameters
    ----------
    profile : Profile
    out, measures, on_note
        See `OnDask`.
    workers : int
        How many at the same time, beside those with a graphics card.
    """

    def __init__(
        self,
        profile: Profile,
        out: Path,
        measures: MeasureSettings,
        *,
        workers: int,
        on_note: Callable[[str], object] = lambda text: None,
    ) -> None:
        super().__init__("of this process", out, measures, on_note=on_note)
        self._profile, self._n = profile, workers
        self._folder = out.absolute() / f".slurm.{uuid.uuid4().hex}.part"
        self._logs = Path(profile.log_folder or out / "slurm").absolute()
        self._jobs: dict[str, _Job] = {}
        self._names = count()
        self._tended = float("-inf")
        self._in_vain = 0
        self._seen_so_far = 0

    def connect(self) -> Any:
        import dask
        from distributed import Client, LocalCluster
        from distributed.security import Security
        from distributed.utils import get_ip

        profile = self._profile
        host = profile.host or (_address_of(profile.interface) if profile.interface else get_ip())
        self._security = Security.temporary()
        with dask.config.set({"distributed.scheduler.worker-ttl": "5 minutes"}):
            # A scheduler without workers: they come from SLURM. Its page is for this machine alone.
            self._cluster = LocalCluster(
                n_workers=0,
                processes=False,
                host=host,
                security=self._security,
                dashboard_address="127.0.0.1:0",
                silence_logs=logging.ERROR,
            )
        self._address = self._cluster.scheduler_address
        return Client(self._cluster, security=self._security, set_as_default=False)

    @property
    def in_words(self) -> str:
        return f"{self._n} workers of SLURM"

    def how_to_get_workers(self) -> str:
        return f"look at squeue, and at what jobs have written into {self._logs}"

    def __enter__(self) -> Self:
        require("distributed", "dask_jobqueue", "cryptography", extra="slurm")
        try:
            super().__enter__()
            self._tend()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *raised: object) -> None:
        try:
            super().__exit__(*raised)
        finally:
            self._end()

    def _end(self) -> None:
        import shutil

        if self._jobs:
            self._call("scancel", *self._jobs)
            self._jobs.clear()
        if hasattr(self, "_cluster"):
            self._cluster.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _dashboard(self) -> str:
        port = self._cluster.scheduler.services["dashboard"].port
        return f"http://127.0.0.1:{port}/status, on this machine alone; from others: ssh -L"

    @property
    def mixed(self) -> bool:
        return self._profile.gpu is not None

    def news(self, timeout_s: float) -> list[News]:
        news = [*super().news(timeout_s)]
        if time.monotonic() - self._tended > _TEND_EVERY_S:
            self._tend()
        return news

    def _tend(self) -> None:
        """Have as many jobs as are wanted in SLURM's queue."""
        self._tended = time.monotonic()
        if self._jobs:
            told = self._call("squeue", "--noheader", "--format=%A", "--me")
            if told.returncode != 0:  # SLURM does not answer: later
                return
            queued = set(told.stdout.split())
            for job in [job for job in self._jobs if job not in queued]:
                del self._jobs[job]
                came = len(self._numbers) > self._seen_so_far
                self._in_vain = 0 if came else self._in_vain + 1
                self._seen_so_far = len(self._numbers)
        if self._in_vain >= _MOST_IN_VAIN:
            raise SettingsError(
                "--slurm",
                f"{self._in_vain} jobs ended before a worker came",
                f"read what they wrote into {self._logs}, and mend the profile",
            )
        profile = self._profile
        wanted: list[tuple[Queue, bool, int]] = [
            (profile, False, profile.jobs or -(-self._n // profile.workers_per_job))
        ]
        if profile.gpu is not None:
            wanted.append((profile.gpu, True, profile.gpu.jobs or 1))
        for queue, gpu, n in wanted:
            for _ in range(n - sum(job.gpu == gpu for job in self._jobs.values())):
                self._submit(queue, gpu=gpu)

    def _submit(self, queue: Queue, *, gpu: bool) -> None:
        name = f"lamella-{next(self._names)}"
        path = self._folder / f"{name}.sh"
        path.write_text(self._script(name, queue, gpu=gpu), encoding="utf-8")
        told = self._call("sbatch", "--parsable", str(path))
        if told.returncode != 0:
            raise SettingsError(
                "--slurm",
                f"sbatch refuses: {' '.join(told.stderr.split())}",
                "mend the profile, or run it on a machine that reaches SLURM, such as a login node",
            )
        self._jobs[told.stdout.strip().partition(";")[0]] = _Job(name, queue, gpu)

    def _script(self, name: str, queue: Queue, *, gpu: bool) -> str:
        from dask_jobqueue.slurm import SLURMJob
        from distributed.security import Security

        files = self._certificates
        profile = self._profile
        walltime = seconds(queue.walltime)
        early = min(_LEAVE_BEFORE_S, _LEAVE_BEFORE * walltime)
        extra = ["--lifetime", f"{walltime - 2 * early:.0f}s"]
        extra += ["--lifetime-stagger", f"{early:.0f}s"]
        if gpu:
            extra += ["--resources", f"{GPU}=1"]
        environment = {**_ENVIRONMENT, **profile.environment}
        exports = [f"export {key}={shlex.quote(value)}" for key, value in environment.items()]
        job = SLURMJob(
            scheduler=self._address,
            name=name,
            queue=queue.queue,
            account=queue.account,
            cores=queue.workers_per_job,  # a thread each: `job_cpu` is what is asked for
            processes=queue.workers_per_job,
            memory=f"{megabytes(queue.memory):.0f}MiB",
            walltime=queue.walltime,
            job_cpu=queue.cores,
            job_extra_directives=list(queue.directives),
            job_script_prologue=[*profile.prologue, *exports],
            worker_extra_args=extra,
            local_directory=profile.local_folder,
            log_directory=str(self._logs),
            python=profile.python,
            security=Security(
                tls_ca_file=files["ca_file"],
                tls_worker_cert=files["cert"],
                tls_worker_key=files["key"],
                require_encryption=True,
            ),
            job_name="lamella",
        )
        script: str = job.job_script()
        return script

    @property
    def _certificates(self) -> dict[str, str]:
        """Files that let workers in, and nobody else: for this run, readable by this user."""
        found = self._security.get_tls_config_for_role("worker")
        paths = {}
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            self._logs.mkdir(parents=True, exist_ok=True)
            for name in ("ca_file", "cert", "key"):
                path = self._folder / f"{name}.pem"
                if not path.exists():
                    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                    with os.fdopen(opened, "w", encoding="ascii") as file:
                        file.write(found[name])
                paths[name] = str(path)
        except OSError as error:
            raise output_error(self._folder, error) from error
        return paths

    @staticmethod
    def _call(*command: str) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(  # noqa: S603  a list of arguments, no shell
                command, capture_output=True, text=True, timeout=_ANSWER_WITHIN_S, check=False
            )
        except FileNotFoundError:
            raise NotInstalledError(
                "--slurm",
                f"there is no {command[0]} on this machine",
                "run it where jobs are submitted; or use --scheduler",
            ) from None
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(command, 1, "", "no answer")


def _address_of(interface: str) -> str:
    """Address of a network interface of this machine."""
    import psutil
    from distributed.utils import get_ip_interface

    try:
        address: str = get_ip_interface(interface)
    except ValueError as error:
        raise SettingsError(
            f"--profile: interface = {interface!r}",
            "this machine has no such network interface with an IPv4 address",
            f"use one of {', '.join(psutil.net_if_addrs())}, or give host in its place",
        ) from error
    return address
