"""Who does the work of a run: this process, processes of this machine, a cluster."""

from lamella.run.executors.crew import Crew
from lamella.run.executors.dispatch import Work, dispatch
from lamella.run.executors.in_process import InProcess
from lamella.run.executors.job import Job, Progress
from lamella.run.executors.processes import Processes
from lamella.run.settings import MeasureSettings

__all__ = ["Crew", "InProcess", "Job", "Processes", "Progress", "Work", "dispatch", "local"]


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
