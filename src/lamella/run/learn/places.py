"""Where models that were taught from a study's corrections lie: in one place, beside the study.

``models/<object>_<number>`` in the study's folder is such a model, whole, whatever became of it;
what its training left lies in ``models/<object>_<number>_work``, as ``lamella train`` leaves it.
"""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from lamella.core.errors import InputError
from lamella.run.learn.proposal import Proposal
from lamella.run.study import Study
from lamella.run.train import work_folder


def models_folder(study: Study) -> Path:
    """The folder of all models of a study."""
    return study.folder / "models"


def next_folder(study: Study, name: str) -> Path:
    """The folder of the next model of a set of objects.

    That of a training that was stopped, so that it goes on; else one that nothing lies in. One that
    another window trains into is left to it.
    """
    number = 1
    while _is_taken(models_folder(study) / f"{name}_{number}"):
        number += 1
    return models_folder(study) / f"{name}_{number}"


def proposals_of(study: Study, name: str) -> list[Proposal]:
    """The models that a set of objects was taught, the oldest first; damaged ones are left away."""
    folder = models_folder(study)
    found = re.compile(rf"{re.escape(name)}_(\d+)")
    numbered = {
        int(match[1]): each
        for each in (folder.iterdir() if folder.is_dir() else ())
        if (match := found.fullmatch(each.name)) and Proposal.lies_in(each)
    }
    made = []
    for number in sorted(numbered):
        with suppress(InputError):
            made.append(Proposal(numbered[number]))
    return made


def job_file(folder: Path) -> Path:
    """What a training of a model was told to do: it shows that what lies there is ours."""
    return work_folder(folder) / "lesson.json"


def lock_of(folder: Path) -> FileLock:
    """Held while a model is trained and compared; to be let go in whichever thread that ends."""
    return FileLock(work_folder(folder) / "lesson.lock", timeout=0, thread_local=False)


def _is_taken(folder: Path) -> bool:
    """Whether a name is: by a model that is done or being made, or by what is not ours."""
    if not folder.exists() and not work_folder(folder).exists():
        return False
    lock = lock_of(folder)
    ours = job_file(folder).is_file() or Path(lock.lock_file).is_file()
    if Proposal.lies_in(folder) or not ours:
        return True
    try:
        with lock:
            return False
    except (Timeout, OSError):
        return True
