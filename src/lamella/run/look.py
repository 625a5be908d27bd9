"""What the folder of a movie tells, looked at once: what is done, and what a study says of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from lamella.run.cache import Manifest
from lamella.run.movie import StageResult, told_of
from lamella.run.stages import Stamps, counts, keys_of, stages_of
from lamella.run.task import MovieTask


class Look(NamedTuple):
    """A movie at one moment."""

    task: MovieTask
    keys: dict[str, str]
    """Of all its stages; empty where nothing has been done, or its files are not there."""
    ready: bool = False
    """Whether all that it counts by is up to date."""
    results: tuple[StageResult, ...] = ()
    """Of all stages, where none is to be run; else none."""
    described: Mapping[str, str] | None = None
    """What movies of a study should have in common."""
    n_frames: int | None = None


def look_at(task: MovieTask, *, raw: Stamps | None = None) -> Look:
    """Hold what has been done of a movie against its settings; never raises for its faults.

    Parameters
    ----------
    raw : dict, optional
        Fingerprint of the raw movie, where it has just been taken.
    """
    manifest = Manifest(task.folder)
    if not any(True for _ in manifest):
        return Look(task, {})
    try:
        keys = keys_of(task, raw=raw)
    except Exception:  # told when it is processed
        return Look(task, {})
    whole = all(manifest.holds(stage, key, or_cleaned=True) for stage, key in keys.items())
    cached = (
        StageResult(task.name, stage, "cached", messages=told_of(manifest, parts))
        for stage, parts in stages_of(keys).items()
    )
    found = dict(manifest)
    n_frames = [d.found["n_frames"] for s, d in found.items() if s.startswith("track/")]
    described = [d.found["described"] for d in found.values() if "described" in d.found]
    return Look(
        task,
        keys,
        ready=whole or counts(manifest, keys),
        results=tuple(cached) if whole else (),
        described=described[-1] if described else None,
        n_frames=n_frames[-1] if n_frames else None,
    )
