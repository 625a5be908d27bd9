"""The tables of a study, derived from those of its movies."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from lamella.core.errors import InputError, LamellaError, LamellaWarning, SettingsError
from lamella.core.table import CELL_PREFIX, Col, dictionary, in_order, stacked
from lamella.io.stack import Stack
from lamella.io.tables import read_table, write_table
from lamella.measure import GROUPS, VARIANTS, Variant, Walks
from lamella.run.cache import Manifest
from lamella.run.cells_and_nuclei import cells_and_nuclei
from lamella.run.cells_of_study import cells_of_study
from lamella.run.nuclei_check import NEEDED as NUCLEI_BY
from lamella.run.nuclei_check import nuclei_check
from lamella.run.outline_effects import outline_effects, with_outline_band
from lamella.run.positives import count_positives, warn_of_positives
from lamella.run.quality import NEEDED as SCORED_BY
from lamella.run.quality import outline_scores
from lamella.run.review.apply import (
    TABLE,
    decision_table,
    left_out,
    warn_of_outdated,
    with_reasons,
)
from lamella.run.stages import events_file, is_aside, keys_of, outlines_file
from lamella.run.study import Study, take_of
from lamella.run.task import MovieTask
from lamella.statistics import Contrasts, Movement
from lamella.statistics.movement import NEEDED as MOVED_BY
from lamella.statistics.positives import Positives
from lamella.statistics.questions import Answers, Questions

_ANSWERS = Answers._fields
_CELL_MEAN = f"{CELL_PREFIX}{Col.INTENSITY_MEAN}"
PAIRS, NUCLEI_CHECK = "cells_and_nuclei", "nuclei_check"
"""Tables of cells with their nuclei, and of how well the two sets fit each other."""

_FRAME_KEYS = (Col.MOVIE, Col.OBJECT, Col.CELL, Col.FRAME, Col.TIME_MIN)
_LOOKED_AT = {
    *_FRAME_KEYS, *MOVED_BY, *SCORED_BY, *NUCLEI_BY, Col.Y_PX, Col.X_PX, Col.INTERPOLATED,
}  # fmt: skip
"""Columns of the table of frames that more is told of than that they are written."""
_CELL_KEYS = (Col.MOVIE, Col.OBJECT, Col.CELL, Col.CONDITION, Col.SESSION, Col.UNIT)


def derive_tables(study: Study, ready: Sequence[MovieTask], out: Path) -> None:
    """Write ``OUT/tables``: samples, frames, cells, events and what the statistics make of them.

    Beside them the finer tables that are small enough, such as ``tip_lives``, as Parquet and, as
    ``frames``, below a size as CSV; the others stay in the folders of the movies. Where the
    statistics cannot be done, their tables (units, conditions, effects, models, replication,
    outlines, msd, walks) are left empty.

    Parameters
    ----------
    ready : sequence of MovieTask
        The movies that are up to date, in the order of samples.csv.

    Raises
    ------
    LamellaError
        Why the statistics cannot be done; every table has been written.
    """
    folder = out / "tables"
    every_frame = Stack([task.folder / "frames.parquet" for task in ready], keys=_FRAME_KEYS)
    frames = every_frame.read(_LOOKED_AT)
    cells = _cells(ready)
    events = _events(ready)
    decided = decision_table({task.name: task.folder for task in ready}, frames, events)
    warn_of_outdated(decided)
    cells, frames = with_reasons(cells, frames, decided)
    out_of_all = cells[left_out(cells)]  # a person left them out: they enter no number
    cells = cells.drop(index=out_of_all.index)
    if len(cells):
        counting = study.settings.statistics.counting(cells)
        cells = cells.assign(**{Col.IN_STATISTICS: counting})
    finer = {kind: _finer(ready, kind) for kind in _gathered(study)}
    quality = outline_scores(frames, movies=[task.name for task in ready])
    samples = _samples(study, {task.name for task in ready})
    judged: Mapping[str, Positives] = study.settings.positives
    fault: LamellaError | None = None
    try:
        counted = count_positives(judged, cells, samples)
    except SettingsError as error:
        judged, fault = {}, error
        counted = count_positives(judged, cells, samples)
    warn_of_positives(counted, study.settings.statistics.unit)
    cells = counted.cells
    every_cell = _with_left_out(cells, out_of_all)
    made = {
        "samples": samples,
        "cells": every_cell,
        "events": events,
        "quality": quality,
    }
    if len(decided):
        made[TABLE] = decided
    else:
        (folder / f"{TABLE}.csv").unlink(missing_ok=True)
    made |= _pairs(study, ready, frames, cells)
    counts = counted.tables if judged else {}
    _write(made | counts, folder)
    for name in counted.tables.keys() - counts.keys():  # of positives that are off by now
        (folder / f"{name}.csv").unlink(missing_ok=True)
    write_table(folder / "cells.parquet", every_cell)
    for name in (PAIRS, NUCLEI_CHECK):
        if name not in made:  # of a group that is off by now
            for suffix in (".parquet", ".csv"):
                (folder / f"{name}{suffix}").unlink(missing_ok=True)
    if PAIRS in made:
        write_table(folder / f"{PAIRS}.parquet", made[PAIRS])
    left_out_of = frames[[Col.EXCLUDED]] if Col.EXCLUDED in frames else None
    every_frame.write(folder, "frames", beside=left_out_of)
    for kind, stack in finer.items():
        stack.write(folder, kind)
    for kind in (kind for group in GROUPS for kind in group.gathered if kind not in finer):
        for suffix in (".parquet", ".csv"):  # of a group that is off by now
            (folder / f"{kind}{suffix}").unlink(missing_ok=True)
    try:
        told = study.settings.statistics(cells)
        variants = _with_outlines(study, ready, judged, samples, out_of_all)
        outlines = outline_effects(study.settings.statistics, told.effects, variants)
        told_by = [step.measure for step in judged.values()]
        units = study.settings.statistics.units(cells, also=told_by)
        msd, walks = movement_of(study)(frames, cells)
    except (InputError, SettingsError) as error:
        told = Contrasts()(cells.iloc[:0])
        outlines = outline_effects(Contrasts(), told.effects, {})
        units = pd.DataFrame()
        msd, walks = movement_of(study)(frames.iloc[:0], cells.iloc[:0])
        fault = fault or error
    told = told._replace(effects=with_outline_band(told.effects, outlines))
    asked, wrong = _questions(study, made.get(PAIRS, pd.DataFrame()))
    fault = fault or wrong
    for name in _ANSWERS:
        if name not in asked:  # of cells whose nuclei are not measured by now
            (folder / f"{name}.csv").unlink(missing_ok=True)
    found = {
        "units": units if len(units) else pd.DataFrame(columns=[Col.UNIT]),
        **told._asdict(),
        "outlines": outlines,
        "msd": msd,
        "walks": walks,
        **asked,
    }
    _write(found, folder)
    long = [pd.DataFrame(columns=stack.names) for stack in (every_frame, *finer.values())]
    every = [*long, frames, *made.values(), *counts.values(), *found.values()]
    write_table(folder / "columns.csv", dictionary(every))
    if fault is not None:
        raise fault


def _with_left_out(cells: pd.DataFrame, out_of_all: pd.DataFrame) -> pd.DataFrame:
    """All cells in the order of the movies; those left out by a person do not count."""
    if not len(out_of_all):
        return cells
    told = out_of_all.assign(**{Col.IN_STATISTICS: False})
    if not len(cells):
        return told
    table: pd.DataFrame = pd.concat([cells, told]).sort_index().reset_index(drop=True)
    return table.astype({Col.IN_STATISTICS: bool})


def _without(cells: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    """The cells that are not among the others."""
    keys = [Col.MOVIE, Col.OBJECT, Col.CELL]
    if not len(others) or not len(cells):
        return cells
    known = pd.MultiIndex.from_frame(others[keys])
    return cells[~pd.MultiIndex.from_frame(cells[keys]).isin(known)]


def _questions(
    study: Study, pairs: pd.DataFrame
) -> tuple[dict[str, pd.DataFrame], SettingsError | InputError | None]:
    """What is asked of cells and their nuclei, as far as they are; why nothing can be, if so."""
    step, statistics = study.settings.questions, study.settings.statistics
    if not step or not len(pairs):
        return {}, None
    try:
        answers = _with_channels(step, study, pairs)(
            pairs,
            condition=statistics.condition,
            session=statistics.session,
            unit=statistics.unit,
        )
        return answers._asdict(), None
    except (InputError, SettingsError) as error:
        return {}, error


def _with_channels(step: Questions, study: Study, pairs: pd.DataFrame) -> Questions:
    """The questions with the channels that nuclei and cells were found in, where none are named."""
    both = study.settings.measure.compartment
    if not both:
        return step
    parts = {"nuclear_channel": both.nuclei, "cell_channel": both.cells}
    found = {
        part: study.settings.objects[name].channel
        for part, name in parts.items()
        if getattr(step, part) is None
    }
    known = {p: c for p, c in found.items() if c and f"{_CELL_MEAN}__{c}" in pairs}
    return step.model_copy(update=known)


def _pairs(
    study: Study, ready: Sequence[MovieTask], frames: pd.DataFrame, cells: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """What is told of cells and their nuclei, where both are measured."""
    settings = study.settings
    step = settings.measure.compartment
    if not step or step not in settings.groups_of(step.cells).values():
        return {}
    extra = [name for sample in study.samples for name in sample.extra]
    about = dict.fromkeys([Col.CONDITION, Col.SESSION, Col.UNIT, *extra, Col.IN_STATISTICS])
    return {
        PAIRS: cells_and_nuclei(cells, step, about=list(about)),
        NUCLEI_CHECK: nuclei_check(frames, step, movies=[task.name for task in ready]),
    }


def _write(tables: Mapping[str, pd.DataFrame], folder: Path) -> None:
    for name, table in tables.items():
        write_table(folder / f"{name}.csv", table)


def movement_of(study: Study) -> Movement:
    """How populations move: by the groups of the statistics, with the settings of the walks."""
    statistics, walks = study.settings.statistics, study.settings.measure.walks or Walks()
    shared = set(Movement.model_fields) & set(Walks.model_fields)
    return Movement(
        condition=statistics.condition,
        session=statistics.session,
        unit=statistics.unit,
        min_steps=statistics.min_steps,
        **walks.model_dump(include=shared),
    )


def _gathered(study: Study) -> list[str]:
    groups = study.settings.measure.groups.values()
    return [kind for group in groups for kind in group.gathered]


def _finer(ready: Sequence[MovieTask], kind: str) -> Stack:
    """One finer table of all movies."""
    files = [task.folder / f"{kind}.parquet" for task in ready]
    return Stack([file for file in files if file.is_file()], keys=_FRAME_KEYS[:3])


def _cells(ready: Sequence[MovieTask]) -> pd.DataFrame:
    """All cells, the keys in front; the keys alone where no movie has a cell."""
    table = cells_of_study([(task, task.folder / "cells.parquet") for task in ready])
    if not len(table):
        return pd.DataFrame(columns=list(map(str, _CELL_KEYS)))
    return in_order(table, _CELL_KEYS)


def _with_outlines(
    study: Study,
    ready: Sequence[MovieTask],
    judged: Mapping[str, Positives],
    samples: pd.DataFrame,
    out_of_all: pd.DataFrame,
) -> dict[str, pd.DataFrame]:
    """The cells of all movies with other outlines, by variant; empty where that is off.

    Empty, too, where a movie lacks them: without it the effects would be those of other movies.
    """
    if not study.settings.outlines or not ready:
        return {}
    lacking = [task.name for task in ready if not _measured_again(task)]
    if lacking:
        warnings.warn(
            f"effects are not told for other outlines: {', '.join(lacking[:3])}"
            f"{' …' if len(lacking) > 3 else ''} could not be measured with them or "
            "were left out by --only; see status.csv and run again, or set outlines = false",
            LamellaWarning,
            stacklevel=2,
        )
        return {}
    quick = {name: step.model_copy(update={"draws": 0}) for name, step in judged.items()}
    return {
        variant: count_positives(
            quick, _without(_variant(study, ready, variant), out_of_all), samples
        ).cells
        for variant in VARIANTS
    }


def _variant(study: Study, ready: Sequence[MovieTask], variant: Variant) -> pd.DataFrame:
    """The cells of all movies with one kind of other outlines."""
    return cells_of_study(
        [
            (task, task.folder / outlines_file(name, variant))
            for task in ready
            for name in study.settings.objects
        ]
    )


def _measured_again(task: MovieTask) -> bool:
    manifest, keys = Manifest(task.folder), keys_of(task).items()
    return all(manifest.holds(stage, key) for stage, key in keys if is_aside(stage))


def _events(ready: Sequence[MovieTask]) -> pd.DataFrame:
    """What is suspicious in the tracks of all movies, the worst first."""
    tables = []
    for task in ready:
        for name in task.settings.objects:
            events = read_table(task.folder / events_file(name))
            events.insert(0, Col.MOVIE, task.name)
            events.insert(1, Col.OBJECT, name)
            tables.append(events)
    if not any(map(len, tables)):
        return tables[0] if tables else pd.DataFrame(columns=[Col.MOVIE, Col.OBJECT])
    return stacked(tables).sort_values(Col.SEVERITY, ascending=False, kind="stable")


def _samples(study: Study, ready: set[str]) -> pd.DataFrame:
    takes = [take_of(sample, study.settings) for sample in study.samples]
    chosen: dict[str, list[str]] = {
        Col.Z: ["" if take.z is None else str(take.z) for take in takes],
        Col.ONLY_CHANNEL: [take.channel or "" for take in takes],
    }
    table = pd.DataFrame(
        [
            {
                Col.MOVIE: s.movie,
                Col.PATH: s.path,
                Col.CONDITION: s.condition,
                Col.SESSION: s.session,
                Col.EXCLUDE: s.exclude,
                Col.INCLUDED: s.fault is None and s.movie in ready,
                **s.extra,
            }
            for s in study.samples
        ]
    )
    return table.assign(**{name: told for name, told in chosen.items() if any(told)})
