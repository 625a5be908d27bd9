"""Open every movie of a study and list what is wrong, without computing anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lamella.core.errors import InputError, LamellaError
from lamella.core.movie import Movie
from lamella.io import open_labels
from lamella.measure import refuse_mismatch
from lamella.run.stages import MovieTask, external_in, masks_path, open_raw, task_for
from lamella.run.study import Sample, Study
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


def study_remarks(checked: Sequence[Checked]) -> list[str]:
    """What strikes only when all movies are seen together."""
    remarks = []
    opened = {c.sample.movie: c.movie for c in checked if c.movie is not None}
    for what, values in (
        ("pixel sizes", {n: _told(m.scale.pixel_size_um, "µm") for n, m in opened.items()}),
        ("frame intervals", {n: _interval(m) for n, m in opened.items()}),
        ("channels", {n: ", ".join(m.channel_names) for n, m in opened.items()}),
        ("pixel types", {n: str(m.dtype) for n, m in opened.items()}),
    ):
        counted = Counter(values.values()).most_common()
        if len(counted) > 1:
            odd = {v: [n for n in values if values[n] == v] for v, _ in counted[1:]}
            told = "; ".join(
                f"{v}: {', '.join(names[:3])}{' …' if len(names) > 3 else ''}"
                for v, names in odd.items()
            )
            remarks.append(
                f"the movies have different {what}: {counted[0][0]} in {counted[0][1]}; {told}"
            )
    return remarks


def _check(task: MovieTask, sample: Sample) -> Checked:
    if sample.fault is not None:
        return Checked(sample, None, str(sample.fault))
    try:
        movie = open_raw(task)
        for frames in movie.channels.values():
            for t in {0, movie.n_frames - 1}:
                frames.frame(t)
        for each in task.settings.objects.values():
            if each.channel is not None:
                movie.channel(each.channel)
            if isinstance(each.segment, ExistingLabels):
                refuse_mismatch(movie, open_labels(masks_path(task, each.segment)))
            if isinstance(each.segment, External):
                external_in(task, each.segment).load()
        lamellipodium = task.settings.measure.lamellipodium
        for channel in (lamellipodium.channels or ()) if lamellipodium else ():
            movie.channel(channel)
    except LamellaError as error:
        return Checked(sample, None, str(error))
    except Exception as error:
        told = InputError(str(task.source), f"{type(error).__name__}: {error}", "check the file")
        return Checked(sample, None, str(told))
    return Checked(sample, movie, notes=movie.notes)


def _told(value: float | None, unit: str) -> str:
    return "unknown" if value is None else f"{value:g} {unit}"


def _interval(movie: Movie) -> str:
    times = movie.scale.time_min
    if times is None or len(times) < 2:
        return "unknown"
    return f"{(times[-1] - times[0]) / (len(times) - 1):g} min"
