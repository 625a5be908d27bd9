"""The illumination of a study's fields, estimated once for all fields under one lamp."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from lamella.core.errors import FaultsError, InputError, LamellaError, LamellaWarning
from lamella.core.frames import ArrayFrames, Window
from lamella.core.movie import Movie, Scale
from lamella.io import fingerprint, open_movie, tiff
from lamella.io.atomic import whole_file
from lamella.preprocess import FieldMeans, Illumination, refuse_nan
from lamella.run.cache import Done, Manifest, key_of
from lamella.run.flats import dark_deciding, dark_of, flat_file, group_of
from lamella.run.options import values_of
from lamella.run.raw import open_raw
from lamella.run.settings import Settings, faults_of
from lamella.run.single import Advance, refuse_input
from lamella.run.study import open_study
from lamella.run.task import MovieTask, task_for


@dataclass(frozen=True)
class Field:
    """One field under the lamp: where it is, what decides its pixels, and how it is opened."""

    name: str
    path: Path
    reading: Any
    open: Callable[[], Movie]
    position: str | None = None


@dataclass(frozen=True)
class Made:
    """A flat field that was written."""

    group: str
    channel: str
    file: Path
    told: dict[str, Any]


def bring_up_to_date(
    settings: Settings, tasks: Sequence[MovieTask], out: Path, *, advance: Advance
) -> list[Made]:
    """Estimate the illumination of every session and channel of a study, where that is not done.

    A movie that cannot be read is left out; it fails on its own, later.

    Parameters
    ----------
    tasks : sequence of MovieTask
        All movies that are used, whichever are run now.
    out : Path
        Folder of the flat fields; ``<session>/<channel>.tif`` is written in it.

    Raises
    ------
    FaultsError
        Sessions with fewer fields than wanted; all are named.
    """
    step = settings.illumination
    if not step or step.files is not None:
        return []
    groups: dict[str, list[Field]] = {}
    for task in tasks:
        reading: list[Any] = [task.sample.path, settings.scale.axes, settings.channels]
        reading += [task.take.chosen] if task.take.chosen else []
        opened, position = partial(_opened, task), task.take.position
        field = Field(task.name, task.source, reading, opened, position)
        groups.setdefault(group_of(step, task.sample.session), []).append(field)
    faults: list[LamellaError] = []
    made: list[Made] = []
    done = 0
    for group, fields in groups.items():
        stepped = _stepped(advance, done, len(tasks))
        try:
            made += estimate(step, group, fields, out, settings=settings, advance=stepped)
        except LamellaError as fault:
            faults.append(fault)
        done += len(fields)
    if faults:
        raise FaultsError(faults)
    return made


def _opened(task: MovieTask) -> Movie:
    return open_raw(task).movie


def illumination_from(
    options: Sequence[str], *, start: Illumination | None = None, **chosen: Any
) -> Illumination:
    """The step from ``key=value`` options and from settings that have an option of their own.

    Raises
    ------
    SettingsError, FaultsError
        When an option has no value or does not exist, or its value does not fit.
    """
    given = {name: value for name, value in chosen.items() if value is not None}
    values = (start or Illumination()).model_dump(exclude_unset=True) | given | values_of(options)
    try:
        return Illumination.model_validate(values)
    except ValidationError as error:
        raise FaultsError(faults_of(error, Illumination, where="lamella illumination")) from None


def illumination_of_study(
    path: Path, out: Path, *, options: Sequence[str], advance: Advance, **chosen: Any
) -> list[Made]:
    """Estimate the illumination of a study without running it, into ``out/<session>``.

    Parameters
    ----------
    options, **chosen
        Win over [illumination] of study.toml, see `illumination_from`.
    """
    study = open_study(path)
    step = illumination_from(options, start=study.settings.illumination or None, **chosen)
    settings = study.settings.model_copy(
        update={"illumination": step.model_copy(update={"files": None})}
    )
    used = [s for s in study.samples if s.fault is None and not s.exclude]
    tasks = [task_for(replace(study, settings=settings), sample, out) for sample in used]
    return bring_up_to_date(settings, tasks, out, advance=advance)


def illumination_of_files(
    files: Sequence[Path], out: Path, *, step: Illumination, axes: str | None, advance: Advance
) -> list[Made]:
    """Estimate the illumination of images that were taken under one lamp, without a study.

    Writes ``<channel>.tif`` and a picture of it for every channel into `out`.
    """
    for file in files:
        refuse_input(out, file)

    def field(file: Path) -> Field:
        return Field(file.name, file, [axes], lambda: refuse_nan(open_movie(file, axes=axes)))

    fields = [field(file) for file in files]
    return estimate(step, "", fields, out, settings=Settings(), advance=advance)


def estimate(
    step: Illumination,
    group: str,
    fields: Sequence[Field],
    out: Path,
    *,
    settings: Settings,
    advance: Advance,
) -> list[Made]:
    """Estimate and write the flat field of every channel of fields under one lamp.

    Raises
    ------
    InputError
        Fewer fields that can be read than wanted, of other sizes, or without light.
    """
    folder = out / group
    manifest = Manifest(folder)
    key = key_of(
        "illumination",
        step.deciding(),
        step.channels,
        dark_deciding(step, settings.measure.background),
        [[field.reading, _print_of(field)] for field in fields],
    )
    known = [name for name, done in manifest if done.key == key]
    if known and all(manifest.holds(name, key) for name in known):
        return [Made(group, n, folder / flat_file(n), manifest[n].found) for n in known]
    manifest.forget(*[name for name, _ in manifest])
    where = f"illumination of session {group}" if group else "illumination"
    states: dict[str, list[FieldMeans]] = {}
    named: dict[str, list[str]] = {}  # of the fields that could be read
    for i, (field, movie) in enumerate(_readable(fields)):
        for channel in step.channels or movie.channel_names:
            states.setdefault(channel, []).append(_means(step, movie, channel))
            named.setdefault(channel, []).append(field.name)
        advance(i + 1, len(fields))
    if not states or min(map(len, states.values())) < step.least_fields:
        n = min(map(len, states.values())) if states else 0
        raise InputError(
            where,
            f"it has {n} {'field' if n == 1 else 'fields'} that can be read, and "
            f"{step.least_fields} are the least to estimate it from",
            'set per = "study" or fewer least_fields under [illumination], or give measured files',
        )
    made = []
    for channel, means in states.items():
        _refuse_other_sizes(means, named[channel], where)
        dark = dark_of(step, settings.measure.background, channel)
        flat = step.estimate(step.merge(means), dark=dark, source=f"{where}, channel {channel}")
        file = flat_file(channel)
        picture = file.removesuffix(".tif") + ".png"
        folder.mkdir(parents=True, exist_ok=True)
        tiff.write_movie(folder / file, {channel: ArrayFrames(flat.image[None])}, scale=Scale())
        told = {"n_fields": len(means), **flat.told}
        from lamella.report.illumination import draw_flat

        with whole_file(folder / picture) as part:
            part.write_bytes(draw_flat(flat.image, title=f"{where}, {channel}", told=told))
        for doubt in flat.doubts:
            warnings.warn(f"{where}, channel {channel}: {doubt}", LamellaWarning, stacklevel=2)
        done = Done(key, (file, picture), told, {"illumination": step.provenance()})
        manifest.record({channel: replace(done, warnings=tuple(flat.doubts))})
        made.append(Made(group, channel, folder / file, told))
    return made


def _readable(fields: Iterable[Field]) -> Iterator[tuple[Field, Movie]]:
    for field in fields:
        try:
            yield field, field.open()
        except LamellaError:  # told with the movie
            continue


def _means(step: Illumination, movie: Movie, channel: str) -> FieldMeans:
    """One field: the mean of some frames, spread over the movie."""
    frames = movie.channel(channel)
    n = len(frames)
    picked = np.unique(np.linspace(0, n - 1, min(n, step.frames_per_movie)).astype(int)).tolist()
    state = step.merge([step.prepare(Window(frames, t, t + 1)) for t in picked])
    return replace(state, means=state.means.mean(axis=0, keepdims=True))


def _refuse_other_sizes(means: Sequence[FieldMeans], names: Sequence[str], where: str) -> None:
    shapes = [state.frame_shape for state in means]
    for name, shape in zip(names, shapes, strict=True):
        if shape != shapes[0]:
            raise InputError(
                where,
                f"{name} is {shape} (Y, X), {names[0]} is {shapes[0]}",
                "estimate fields of one camera setting at a time: give them sessions of their own",
            )


def _print_of(field: Field) -> Any:
    try:
        return fingerprint(field.path, position=field.position)
    except InputError:  # told with the movie
        return None


def _stepped(advance: Advance, before: int, total: int) -> Advance:
    return lambda done, _: advance(before + done, total)
