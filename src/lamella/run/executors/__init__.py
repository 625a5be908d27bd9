"""Who does the work of a run: this process, processes of this machine, a cluster."""

from lamella.run.executors.choose import crew_for, local
from lamella.run.executors.crew import Crew
from lamella.run.executors.dask import OnDask
from lamella.run.executors.dispatch import Work, dispatch
from lamella.run.executors.in_process import InProcess
from lamella.run.executors.job import Job, Progress
from lamella.run.executors.processes import Processes
from lamella.run.executors.profile import Profile, Queue, read_profile
from lamella.run.executors.slurm import OnSlurm

__all__ = [
    "Crew",
    "InProcess",
    "Job",
    "OnDask",
    "OnSlurm",
    "Processes",
    "Profile",
    "Progress",
    "Queue",
    "Work",
    "crew_for",
    "dispatch",
    "local",
    "read_profile",
]
