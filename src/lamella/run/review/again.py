"""Statistics and report once more, with what has been decided since the last run."""

from __future__ import annotations

import warnings
from pathlib import Path

import pandas as pd

from lamella.core.errors import InputError, LamellaError, LamellaWarning, SettingsError
from lamella.core.table import Col
from lamella.io.tables import read_table
from lamella.run.derive import derive_tables
from lamella.run.review.apply import TABLE, decision_table
from lamella.run.review.record import DECISIONS
from lamella.run.saved import as_locked, read_lock, saved_samples
from lamella.run.stages import up_to_date
from lamella.run.study import open_study, study_around
from lamella.run.task import task_for

_SAME = [Col.MOVIE, Col.OBJECT, Col.CELL, Col.KIND, Col.FRAME, Col.DECISION, Col.WHEN, Col.STANDING]


def decided_since(out: Path) -> bool:
    """Whether the tables of a run lack decisions, or hold some that were withdrawn."""
    folders = {
        file.parents[1].name: file.parents[1] for file in (out / "movies").glob(f"*/{DECISIONS}")
    }
    told = out / "tables" / f"{TABLE}.csv"
    if not folders and not told.is_file():
        return False
    samples = saved_samples(out)
    known = [str(m) for m in samples.loc[samples[Col.INCLUDED], Col.MOVIE] if str(m) in folders]
    columns = [Col.MOVIE, Col.OBJECT, Col.CELL, Col.FRAME, Col.Y_PX, Col.X_PX]
    frames = read_table(out / "tables/frames.parquet", columns=columns).reindex(columns=columns)
    events = read_table(out / "tables/events.csv")
    now = decision_table({movie: folders[movie] for movie in known}, frames, events)
    before = read_table(told) if told.is_file() else now.iloc[:0]
    return _as_text(now) != _as_text(before)


def _as_text(table: pd.DataFrame) -> list[list[str]]:
    rows = table.reindex(columns=_SAME)
    for name in (Col.CELL, Col.FRAME):  # a file that lacks some has the others as 39.0
        rows[name] = rows[name].astype("Int64")
    rows = rows.astype(object).where(rows.notna(), "").astype(str)
    text: list[list[str]] = rows.to_numpy().tolist()
    return text


def apply_decisions(out: Path) -> LamellaError | None:
    """Bring the tables of a run up to its decisions: no movie is measured.

    Where that is not enough (frames were left out, the study has changed or is not around the
    run), a warning says so and the tables stay as they are.

    Returns
    -------
    LamellaError or None
        Why the statistics could not be done; every table has been written then, too.
    """
    if not decided_since(out):
        return None
    folder = study_around(out)
    if folder is None:
        _warn(out, "its study is not around it")
        return None
    study = open_study(folder)
    if as_locked(study.settings) != read_lock(out)["settings"]:
        _warn(out, "study.toml is another by now")
        return None
    samples = saved_samples(out)
    counted = set(samples.loc[samples[Col.INCLUDED], Col.MOVIE])
    usable = [each for each in study.samples if each.fault is None and not each.exclude]
    tasks = [task_for(study, each, out) for each in usable if each.movie in counted]
    stale = [task.name for task in tasks if not up_to_date(task)]
    if stale or len(tasks) < len(counted):
        named = ", ".join(stale[:3]) or "samples.csv"
        _warn(out, f"movies are to be measured again or are not there ({named})")
        return None
    try:
        derive_tables(study, tasks, out)
    except (InputError, SettingsError) as fault:
        return fault
    return None


def _warn(out: Path, why: str) -> None:
    warnings.warn(
        f"{out}: what was decided since the last run is not in this report, since {why}; "
        f"run the study again: lamella run {study_around(out) or 'STUDY'}",
        LamellaWarning,
        stacklevel=3,
    )
