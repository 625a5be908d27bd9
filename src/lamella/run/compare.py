"""Compare two folders of masks, or two label movies: what `lamella compare` does."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from lamella.core.errors import InputError, LamellaError, LamellaWarning, SettingsError
from lamella.core.table import stacked
from lamella.evaluate import compare, compare_objects, count_objects, summarise, with_total
from lamella.io import open_labels
from lamella.io.tables import write_table
from lamella.run.single import refuse_existing

PER_FRAME, SUMMARY = "comparison_per_frame.csv", "comparison_summary.csv"
COUNTS, OBJECTS = "comparison_counts.csv", "comparison_objects.csv"


class Compared(NamedTuple):
    """What a comparison of masks came to.

    Parameters
    ----------
    summary : DataFrame
        One row per file and one for all.
    counts : DataFrame
        Rows of `count_objects`, and one for all.
    objects : DataFrame
        Of two label movies the rows of `compare_objects`; None of folders.
    faults : list of LamellaError
        The files that could not be compared; the tables hold the others.
    """

    summary: pd.DataFrame
    counts: pd.DataFrame
    objects: pd.DataFrame | None = None
    faults: list[LamellaError] = []  # noqa: RUF012  never written into


def compare_folders(
    a: Path,
    b: Path,
    out: Path,
    *,
    pattern: str = "*.tif",
    force: bool = False,
    advance: Callable[[int, int], object] = lambda done, total: None,
) -> Compared:
    """Compare the masks that have the same name in both folders, and write the three tables.

    Raises
    ------
    SettingsError
        When the folders share no file that fits the pattern.
    """
    for name in (PER_FRAME, SUMMARY, COUNTS):
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
    counted: list[pd.DataFrame] = []
    faults: list[LamellaError] = []
    for done, name in enumerate(shared, start=1):
        try:
            frames = open_labels(a / name).frames, open_labels(b / name).frames
            sources = str(a / name), str(b / name)
            both = (
                compare(*frames, name=name, sources=sources),
                count_objects(*frames, name=name, sources=sources),
            )
            tables.append(both[0])
            counted.append(both[1])
        except InputError as fault:
            faults.append(fault)
        advance(done, len(shared))
    per_frame, counts = stacked(tables), with_total(stacked(counted))
    summary = summarise(per_frame)
    if tables:
        for file, table in ((PER_FRAME, per_frame), (SUMMARY, summary), (COUNTS, counts)):
            write_table(out / file, table)
    return Compared(summary, counts, None, faults)


def compare_files(a: Path, b: Path, out: Path, *, force: bool = False) -> Compared:
    """Compare two label movies, frame by frame and object by object, and write the four tables.

    Raises
    ------
    InputError
        Files that cannot be read or that differ in number of frames or in frame size.
    """
    for name in (PER_FRAME, SUMMARY, COUNTS, OBJECTS):
        refuse_existing(out / name, force=force)
    frames = open_labels(a).frames, open_labels(b).frames
    name, sources = f"{a.name} and {b.name}", (str(a), str(b))
    per_frame = compare(*frames, name=name, sources=sources)
    objects = compare_objects(*frames, name=name, sources=sources)
    counts = with_total(count_objects(*frames, name=name, sources=sources))
    made = Compared(summarise(per_frame), counts, objects)
    tables = (per_frame, made.summary, counts, objects)
    for file, table in zip((PER_FRAME, SUMMARY, COUNTS, OBJECTS), tables, strict=True):
        write_table(out / file, table)
    return made


def _names(folder: Path, pattern: str) -> list[str]:
    if not folder.is_dir():
        raise SettingsError(str(folder), "there is no such folder", "give a folder of masks")
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob(pattern) if p.is_file())
