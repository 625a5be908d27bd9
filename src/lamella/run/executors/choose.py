"""The crew that the command line asks for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lamella.core.errors import SettingsError
from lamella.run.executors.crew import Crew
from lamella.run.executors.dask import OnDask
from lamella.run.executors.in_process import InProcess
from lamella.run.executors.processes import Processes
from lamella.run.executors.profile import megabytes, read_profile
from lamella.run.executors.slurm import OnSlurm
from lamella.run.settings import MeasureSettings


def local(workers: int, measures: MeasureSettings, *, memory_mb: float | None = None) -> Crew:
    """Workers of this machine: one is this process, more are as many others.

    Parameters
    ----------
    memory_mb : float, optional
        What each of them may hold; a single one is then a process of its own, too.
    """
    if workers <= 1 and memory_mb is None:
        return InProcess()
    return Processes(max(1, workers), measures, memory_mb=memory_mb)


def crew_for(
    out: Path,
    measures: MeasureSettings,
    *,
    workers: int = 1,
    scheduler: str | None = None,
    slurm: bool = False,
    profile: Path | None = None,
    memory: str | None = None,
    on_note: Callable[[str], object] = lambda text: None,
) -> Crew:
    """Who does the work of a run.

    Parameters
    ----------
    out : Path
        The run's folder.
    workers : int
        Of this machine, or asked of SLURM.
    scheduler : str, optional
        Address of a dask scheduler: its workers.
    slurm : bool
        Workers asked of SLURM, as `profile` says.
    memory : str, optional
        What a worker of this machine may hold, such as ``4 GB``.

    Raises
    ------
    SettingsError
        What does not go together, and an amount of memory that is none.
    InputError
        A profile that cannot be read.
    """
    if scheduler is not None and slurm:
        raise SettingsError("--slurm --scheduler", "each names other workers", "give one of them")
    if profile is not None and not slurm:
        raise SettingsError("--profile", "it tells how SLURM is asked", "add --slurm")
    if memory is not None and (slurm or scheduler is not None):
        raise SettingsError(
            "--memory",
            "it limits workers of this machine",
            "set memory in the profile, or --memory-limit of dask worker",
        )
    if scheduler is not None:
        return OnDask(scheduler, out, measures, on_note=on_note)
    if slurm:
        if profile is None:
            raise SettingsError(
                "--slurm", "it needs a profile", "write one, see docs/clusters.md: --profile FILE"
            )
        return OnSlurm(read_profile(profile), out, measures, workers=workers, on_note=on_note)
    try:
        return local(workers, measures, memory_mb=None if memory is None else megabytes(memory))
    except ValueError as error:
        raise SettingsError("--memory", str(error), "give --memory 4GB") from error
