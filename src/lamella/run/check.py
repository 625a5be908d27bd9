"""Open every movie of a study and list what is wrong, without computing anything."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from lamella.core.errors import InputError, LamellaError, LamellaWarning
from lamella.core.movie import Movie
from lamella.io import open_labels
from lamella.measure import refuse_mismatch
from lamella.run.channels import shifts_told
from lamella.run.raw import open_raw
from lamella.run.samples import Sample
from lamella.run.study import Study
from lamella.run.task import MovieTask, external_in, masks_path, task_for
from lamella.segment import ExistingLabels, External


@dataclass(frozen=True)
class Checked:
    """What opening one movie showed."""

    sample: Sample
    movie: Movie | None
    fault: str = ""
    notes: tuple[str, ...] = ()


def check_study(
    study: Study, *, on_movie: Callable[[Checked], object] = lambda checked: None
) -> list[Checked]:
    """Check every movie that is not excluded: files, axes, scale, channels, masks.

    The first and last frame of every channel are read, so that a truncated file shows.
    """
    checked = []
    for sample in study.samples:
        if sample.exclude:
            continue
        checked.append(_check(task_for(study, sample, Path()), sample))
        on_movie(checked[-1])
    return checked


def _check(task: MovieTask, sample: Sample) -> Checked:
    if sample.fault is not None:
        return Checked(sample, None, str(sample.fault))
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", LamellaWarning)
            movie = open_raw(task).movie
        told = [str(w.message) for w in caught if issubclass(w.category, LamellaWarning)]
        for frames in movie.channels.values():
            for t in {0, movie.n_frames - 1}:
                frames.frame(t)
        notes = [*movie.notes, *told]
        if task.settings.channels.align == "refuse":
            notes += shifts_told(movie)
        for each in task.settings.objects.values():
            if isinstance(each.segment, ExistingLabels):
                refuse_mismatch(movie, open_labels(masks_path(task, each.segment)))
            if isinstance(each.segment, External):
                external_in(task, each.segment).load()
    except LamellaError as error:
        return Checked(sample, None, _with_what_else(task, error))
    except Exception as error:
        fault = InputError(str(task.source), f"{type(error).__name__}: {error}", "check the file")
        return Checked(sample, None, str(fault))
    return Checked(sample, movie, notes=tuple(notes))


def _with_what_else(task: MovieTask, fault: LamellaError) -> str:
    """The fault, and what else would be one, had somebody chosen slices: all at once."""
    if task.take.z is not None:
        return str(fault)
    taken = replace(task.sample, take=replace(task.sample.take, z=0))
    try:
        open_raw(replace(task, sample=taken))
    except LamellaError as other:
        if str(other) != str(fault):
            return f"{fault}; besides, {other.what}; {other.remedy}"
    except Exception:
        return str(fault)  # what nobody foresaw is told once the slices are chosen
    return str(fault)
