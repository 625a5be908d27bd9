"""Compare two folders of masks, or two label movies: what `lamella compare` does."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from lamella.core.errors import InputError, LamellaError, LamellaWarning, SettingsError
from lamella.core.table import stacked
from lamella.evaluate import compare, compare_objects, summarise
from lamella.io import open_labels
from lamella.io.tables import write_table
from lamella.run.single import refuse_existing

PER_FRAME, SUMMARY = "comparison_per_frame.csv", "comparison_summary.csv"
OBJECTS = "comparison_objects.csv"


def compare_folders(
    a: Path,
    b: Path,
    out: Path,
    *,
    pattern: str = "*.tif",
    force: bool = False,
    advance: Callable[[int, int], object] = lambda done, total: None,
) -> tuple[pd.DataFrame, list[LamellaError]]:
    """Compare the masks that have the same name in both folders, and write the two tables.

    Returns
    -------
    summary : DataFrame
        One row per file and one for all.
    faults : list of LamellaError
        The files that could not be compared; the tables hold the others.

    Raises
    ------
    SettingsError
        When the folders share no file that fits the pattern.
    """
    for name in (PER_FRAME, SUMMARY):
        refuse_existing(out / name, force=force)
    names_a, names_b = _names(a, pattern), _names(b, pattern)
    shared = [name for name in names_a if name in names_b]
    if not shared:
        raise SettingsError(
            f"{a} and {b}",
            f"no file {pattern} has the same name in both "
            f"({len(names_a)} there, {len(names_b)} here)",
            "choose another --pattern, or name the files alike",
        )
    alone = sorted({*names_a} ^ {*names_b})
    if alone:
        warnings.warn(
            f"{len(alone)} files are in one folder only and were left out, such as {alone[0]}",
            LamellaWarning,
            stacklevel=2,
        )
    tables: list[pd.DataFrame] = []
    faults: list[LamellaError] = []
    for done, name in enumerate(shared, start=1):
        try:
            first, second = open_labels(a / name), open_labels(b / name)
            tables.append(
                compare(
                    first.frames, second.frames, name=name, sources=(str(a / name), str(b / name))
                )
            )
        except InputError as fault:
            faults.append(fault)
        advance(done, len(shared))
    per_frame = stacked(tables)
    summary = summarise(per_frame)
    if tables:
        write_table(out / PER_FRAME, per_frame)
        write_table(out / SUMMARY, summary)
    return summary, faults


def compare_files(
    a: Path, b: Path, out: Path, *, force: bool = False
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compare two label movies, frame by frame and object by object, and write the three tables.

    Returns
    -------
    summary : DataFrame
        Of all frames, every object being foreground.
    objects : DataFrame
        Rows of `compare_objects`.

    Raises
    ------
    InputError
        Files that cannot be read or that differ in number of frames or in frame size.
    """
    for name in (PER_FRAME, SUMMARY, OBJECTS):
        refuse_existing(out / name, force=force)
    frames = open_labels(a).frames, open_labels(b).frames
    name, sources = f"{a.name} and {b.name}", (str(a), str(b))
    per_frame = compare(*frames, name=name, sources=sources)
    objects = compare_objects(*frames, name=name, sources=sources)
    summary = summarise(per_frame)
    for file, table in ((PER_FRAME, per_frame), (SUMMARY, summary), (OBJECTS, objects)):
        write_table(out / file, table)
    return summary, objects


def _names(folder: Path, pattern: str) -> list[str]:
    if not folder.is_dir():
        raise SettingsError(str(folder), "there is no such folder", "give a folder of masks")
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob(pattern) if p.is_file())
