"""``study.lock.toml``: everything that decided the results of a run, in one readable file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli_w

from lamella.io.atomic import whole_file
from lamella.run.cache import key_of
from lamella.run.samples import Sample
from lamella.run.saved import as_locked
from lamella.run.stages import LOCK_FILE, Stamps, inputs_of
from lamella.run.study import Study
from lamella.run.task import MovieTask, task_for
from lamella.run.versions import versions

Inputs = dict[str, Stamps]
"""Fingerprints of the files that a movie's results are made from, by what they are."""


def write_lock(study: Study, out: Path) -> dict[str, Inputs]:
    """Write ``OUT/study.lock.toml``.

    Of input files there stand, movie by movie and by what they are, how many there are, their bytes
    together, and two hashes: of their sizes (`sizes`), which stay when files are copied, and of
    their times (`times`). A thousand movies of 500 files each stay a thousand short lines.

    Returns
    -------
    dict
        What was found of every movie whose files are there.

    Raises
    ------
    OutputError
        When it cannot be written.
    """
    tasks = [task_for(study, s, out) for s in study.samples if s.fault is None]
    found = {task.name: _inputs(task) for task in tasks}
    content = {
        "versions": versions(),
        "settings": as_locked(study.settings),
        "inputs": {name: "not found" if i is None else _told(i) for name, i in found.items()},
        "samples": [_row(sample) for sample in study.samples],
    }
    with whole_file(out / LOCK_FILE) as part:
        part.write_text(tomli_w.dumps(content), encoding="utf-8")
    return {name: inputs for name, inputs in found.items() if inputs is not None}


def _inputs(task: MovieTask) -> Inputs | None:
    try:
        return inputs_of(task)
    except Exception:  # its absence is reported with the movie
        return None


def _told(inputs: Inputs) -> dict[str, dict[str, Any]]:
    return {
        name: {
            "files": len(stamps),
            "bytes": sum(size for size, _ in stamps.values()),
            "sizes": key_of([size for size, _ in stamps.values()]),
            "times": key_of([time for _, time in stamps.values()]),
        }
        for name, stamps in inputs.items()
    }


def raw_sizes(lock: Mapping[str, Any], movie: str) -> str | None:
    """A hash of the sizes of the raw files of a movie; None where the lock does not tell."""
    told = lock.get("inputs", {}).get(movie)
    raw = told.get("raw") if isinstance(told, dict) else None
    sizes = raw.get("sizes") if isinstance(raw, dict) else None
    return sizes if isinstance(sizes, str) else None


def _row(sample: Sample) -> dict[str, Any]:
    given = {
        name: value
        for name, value in vars(sample).items()
        if value and name not in ("fault", "extra", "take", "shares")
    }
    return given | sample.extra | sample.take.chosen
