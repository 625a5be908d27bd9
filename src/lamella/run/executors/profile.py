"""How workers are asked of SLURM: a profile in TOML, which is no part of a study."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from lamella.core.errors import FaultsError, InputError
from lamella.io.documents import read_toml
from lamella.run.settings import faults_of

_WALLTIME = re.compile(r"(?:(\d+)-)?(\d+):(\d\d):(\d\d)")
_MEMORY = re.compile(r"(\d+(?:\.\d+)?) ?([KMGT])i?B?", re.IGNORECASE)
_POWERS = {"K": -1, "M": 0, "G": 1, "T": 2}


def megabytes(text: str) -> float:
    """MB of ``4 GB``, ``4G`` or ``500MB`` (1 GB = 1024 MB, as SLURM counts).

    Raises
    ------
    ValueError
        When it says nothing of the kind.
    """
    found = _MEMORY.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no amount of memory, such as 4 GB")
    return float(found[1]) * 1024.0 ** _POWERS[found[2].upper()]


def seconds(walltime: str) -> int:
    """Seconds of ``02:00:00`` or ``1-00:00:00``, hours, minutes and seconds behind days."""
    found = _WALLTIME.fullmatch(walltime)
    if found is None:
        raise ValueError(f"{walltime!r} is no time, such as 02:00:00 or 1-00:00:00")
    days, hours, minutes, rest = (int(each or 0) for each in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + rest


def _memory(text: str) -> str:
    megabytes(text)
    return text


def _time(text: str) -> str:
    seconds(text)
    return text


def _one_line(text: str) -> str:
    if "\n" in text:
        raise ValueError("one line each")
    return text


_Line = Annotated[str, AfterValidator(_one_line)]


class Queue(BaseModel):
    """What is asked of SLURM for one job; each brings `workers_per_job` workers.

    Parameters
    ----------
    queue, account : str, optional
        Partition and account; SLURM's own by default.
    cores : int
        Of a job, shared by its workers.
    memory : str
        Of a job, such as ``8 GB``; a worker that holds more than its share is ended and named.
    walltime : str
        ``HH:MM:SS``. Workers leave in time, and others are asked for as long as there is work.
    workers_per_job : int
    directives : list of str
        More lines of ``#SBATCH``, such as ``--gres=gpu:1``.
    jobs : int, optional
        How many at the same time; by default as many as ``--workers`` need, and 1 with a graphics
        card.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    queue: _Line | None = None
    account: _Line | None = None
    cores: int = Field(1, ge=1)
    memory: Annotated[str, AfterValidator(_memory)] = "4 GB"
    walltime: Annotated[str, AfterValidator(_time)] = "01:00:00"
    workers_per_job: int = Field(1, ge=1)
    directives: list[_Line] = Field(default_factory=list)
    jobs: int | None = Field(None, ge=1)


class Profile(Queue):
    """The same, and what holds for all jobs.

    Parameters
    ----------
    prologue : list of str
        Lines of shell before the worker starts, such as ``module load python``.
    environment : dict
        Variables that are exported before it.
    python : str, optional
        Python with Lamella on the nodes; that of this process by default.
    host, interface : str, optional
        Address or network interface of this machine that nodes reach; by default the one that it
        reaches the network by.
    local_folder : str, optional
        Fast folder of the node for what a worker spills, such as ``/scratch``.
    log_folder : str, optional
        Where jobs write what they print; ``OUT/slurm`` by default.
    gpu : Queue, optional
        Jobs with a graphics card: networks segment there, and nothing else does.
    """

    prologue: list[_Line] = Field(default_factory=list)
    environment: dict[str, _Line] = Field(default_factory=dict)
    python: _Line | None = None
    host: _Line | None = None
    interface: _Line | None = None
    local_folder: _Line | None = None
    log_folder: _Line | None = None
    gpu: Queue | None = None


def read_profile(path: Path) -> Profile:
    """Read a profile.

    Raises
    ------
    InputError
        A file that is missing or not TOML.
    FaultsError
        Unknown keys, by name, and values that do not fit: all at once.
    """
    try:
        content = read_toml(path)
    except OSError as error:
        raise InputError(
            str(path), f"it cannot be read ({error.strerror})", "check the path"
        ) from error
    except (ValueError, RecursionError) as error:
        raise InputError(str(path), f"it is not TOML ({error})", "mend it") from error
    try:
        return Profile.model_validate(content)
    except ValidationError as error:
        raise FaultsError(faults_of(error, Profile, where=str(path))) from None
