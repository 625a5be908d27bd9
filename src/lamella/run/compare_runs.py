"""One study analysed in several ways, held against each other: what `lamella compare-runs` does."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from lamella.core.errors import LamellaWarning, SettingsError
from lamella.core.table import Col, stacked
from lamella.evaluate import same_cells
from lamella.io import open_labels
from lamella.io.tables import read_table
from lamella.run.comparison import Comparison, refuse_results, write_comparison
from lamella.run.lock_file import raw_sizes
from lamella.run.report import refuse_other_folder
from lamella.run.saved import read_lock
from lamella.statistics import agreements, side_by_side

_KEYS = (Col.MOVIE, Col.OBJECT, Col.CELL)


class _Run(NamedTuple):
    name: str
    folder: Path
    lock: dict[str, Any]
    cells: pd.DataFrame
    effects: pd.DataFrame
    samples: pd.DataFrame

    @property
    def movies(self) -> list[str]:
        return [str(name) for name in self.samples.loc[self.samples[Col.INCLUDED], Col.MOVIE]]


def compare_runs(
    folders: Sequence[Path],
    out: Path,
    *,
    names: Sequence[str] | None = None,
    force: bool = False,
    advance: Callable[[int, int], object] = lambda done, total: None,
) -> Comparison:
    """Hold the results of several runs on one study against each other.

    Parameters
    ----------
    folders : sequence of Path
        Folders of finished runs, two or more.
    names : sequence of str, optional
        What to call the runs, in their order; by default by their folders.
    advance : callable, optional
        Called with the number of movies matched, and of all.

    Raises
    ------
    SettingsError
        Fewer than two runs, one given twice, names that do not fit, runs of different studies.
    InputError
        A folder that is no finished run.
    OutputError
        When results are there already, unless `force`.
    """
    refuse_results(out, force=force)
    found = compared(folders, names=names, advance=advance)
    write_comparison(found, out)
    return found


def compared(
    folders: Sequence[Path],
    *,
    names: Sequence[str] | None = None,
    advance: Callable[[int, int], object] = lambda done, total: None,
) -> Comparison:
    """The same, nothing of it written."""
    runs = _opened(folders, names)
    movies = _shared(runs)
    analyses = side_by_side({run.name: run.effects for run in runs})
    matched = _matched(runs, movies, analyses, advance)
    agreement = agreements(matched)
    if len(agreement):
        agreement = agreement.merge(_unmatched(runs, movies, matched), how="left")
    titles = [str(run.lock["settings"]["title"]) for run in runs]
    return Comparison(analyses, agreement, _differences(runs), movies, matched, titles[0])


def _opened(folders: Sequence[Path], names: Sequence[str] | None) -> list[_Run]:
    if len({folder.resolve() for folder in folders}) < max(len(folders), 2):
        raise SettingsError(
            ", ".join(map(str, folders)), "two different runs are compared", "give two or more"
        )
    for folder in folders:
        refuse_other_folder(folder)
    chosen = _names(folders) if names is None else [name.strip() for name in names]
    if len(chosen) != len(folders) or len(set(chosen)) < len(chosen) or not all(chosen):
        raise SettingsError(
            f"--names {','.join(chosen)}",
            f"there are {len(folders)} runs",
            "give each its own name, with commas between",
        )
    return [
        _Run(
            name,
            folder,
            read_lock(folder),
            read_table(folder / "tables" / "cells.parquet"),
            read_table(folder / "tables" / "effects.csv"),
            read_table(folder / "tables" / "samples.csv"),
        )
        for name, folder in zip(chosen, folders, strict=True)
    ]


def _names(folders: Sequence[Path]) -> list[str]:
    """The ends of the paths, as long as it takes to tell them apart."""
    parts = [folder.resolve().parts for folder in folders]
    for depth in range(1, max(map(len, parts)) + 1):
        names = ["/".join(each[-depth:]) for each in parts]
        if len(set(names)) == len(names):
            break
    return names


def _shared(runs: Sequence[_Run]) -> list[str]:
    """The movies that all runs have, in the order of the first."""
    movies = [m for m in runs[0].movies if all(m in run.movies for run in runs[1:])]
    if not movies:
        raise SettingsError(
            " and ".join(str(run.folder) for run in runs),
            "no movie is in all of them",
            "compare runs on the same study",
        )
    n_others = len({movie for run in runs for movie in run.movies} - set(movies))
    if n_others:
        _warn(f"{n_others} movies are not in every run: effects are of all movies that a run has")
    for key, what in ((_sizes, "raw files of another size"), (_groups, "another condition")):
        strange = [m for m in movies if len({key(run, m) for run in runs} - {None}) > 1]
        if strange:
            _warn(f"{len(strange)} movies have {what} in another run, such as {strange[0]}")
    return movies


def _sizes(run: _Run, movie: str) -> str | None:
    return raw_sizes(run.lock, movie)


def _groups(run: _Run, movie: str) -> tuple[str, ...]:
    row = run.samples[run.samples[Col.MOVIE] == movie].iloc[0]
    return tuple(str(row[name]) for name in (Col.CONDITION, Col.SESSION))


def _warn(text: str) -> None:
    warnings.warn(text, LamellaWarning, stacklevel=4)


def _counting(run: _Run, movies: Sequence[str]) -> pd.DataFrame:
    """The cells of these movies that count."""
    cells = run.cells[run.cells[Col.MOVIE].isin(movies)]
    return cells[cells[Col.IN_STATISTICS].ne(False)] if Col.IN_STATISTICS in cells else cells


def _matched(
    runs: Sequence[_Run],
    movies: Sequence[str],
    analyses: pd.DataFrame,
    advance: Callable[[int, int], object],
) -> pd.DataFrame:
    """One row per pair of runs, cell of both and measure; see the columns of matched_cells.csv."""
    pairs = list(combinations(runs, 2))
    tables, done = [], 0
    for first, second in pairs:
        tables_of = _counting(first, movies), _counting(second, movies)
        same = []
        for movie in movies:
            same += list(_same(first, second, movie, *tables_of))
            done += 1
            advance(done, len(pairs) * len(movies))
        partners = stacked(same)
        if len(partners):
            measures = _measures(analyses, *tables_of)
            tables.append(_values(partners, *tables_of, measures, (first.name, second.name)))
    columns = [Col.ANALYSIS, Col.OTHER_ANALYSIS, *_KEYS, Col.OTHER_CELL, Col.OVERLAP, Col.MEASURE]
    values = [Col.FIRST_VALUE, Col.SECOND_VALUE, Col.MEAN_OF_BOTH, Col.VALUE_DIFFERENCE]
    return stacked(tables).reindex(columns=[*columns, *values])


def _same(first: _Run, second: _Run, movie: str, *cells: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Which cell is which, of every kind of object of one movie."""
    here = [table[table[Col.MOVIE] == movie] for table in cells]
    for name in here[0][Col.OBJECT].unique():
        ours, theirs = (table[table[Col.OBJECT] == name] for table in here)
        if not len(theirs):
            continue
        if len(ours) == len(theirs) == 1:
            found = pd.DataFrame(
                {
                    Col.CELL: ours[Col.CELL].to_numpy(),
                    Col.OTHER_CELL: theirs[Col.CELL].to_numpy(),
                    Col.OVERLAP: np.nan,
                }
            )
        else:
            labels = [
                open_labels(run.folder / "movies" / movie / f"labels/{name}.ome.tif").frames
                for run in (first, second)
            ]
            if labels[0].shape != labels[1].shape:
                _warn(f"{movie}: its labels of {name} differ in size; its cells are not matched")
                continue
            found = same_cells(*labels)
        yield found.assign(**{Col.MOVIE: movie, Col.OBJECT: name})


def _measures(analyses: pd.DataFrame, *cells: pd.DataFrame) -> list[str]:
    """What the runs compare conditions by, as far as both tables have it."""
    compared = analyses[Col.MEASURE].unique() if len(analyses) else ()
    return [str(name) for name in compared if all(name in table.columns for table in cells)]


def _values(
    partners: pd.DataFrame,
    ours: pd.DataFrame,
    theirs: pd.DataFrame,
    measures: Sequence[str],
    names: tuple[str, str],
) -> pd.DataFrame:
    """Values of both cells of every pair, a row per measure; cells that do not count are out."""
    keys = [str(key) for key in _KEYS]
    there = theirs[[*keys, *measures]].rename(columns={Col.CELL: Col.OTHER_CELL})
    wide = partners.merge(ours[[*keys, *measures]], on=keys)
    wide = wide.merge(there, on=[*keys[:2], Col.OTHER_CELL], suffixes=("", "\0"))
    tables = []
    for measure in measures:
        first, second = (
            wide[name].to_numpy(np.float64, na_value=np.nan) for name in (measure, f"{measure}\0")
        )
        values = {
            Col.ANALYSIS: names[0],
            Col.OTHER_ANALYSIS: names[1],
            Col.MEASURE: measure,
            Col.FIRST_VALUE: first,
            Col.SECOND_VALUE: second,
            Col.MEAN_OF_BOTH: (first + second) / 2,
            Col.VALUE_DIFFERENCE: second - first,
        }
        tables.append(wide[[*keys, Col.OTHER_CELL, Col.OVERLAP]].assign(**values))
    return stacked(tables)


def _unmatched(runs: Sequence[_Run], movies: Sequence[str], matched: pd.DataFrame) -> pd.DataFrame:
    """How many cells of either run the other does not have, per pair and kind of object."""
    keys = [Col.ANALYSIS, Col.OTHER_ANALYSIS, Col.OBJECT]
    pairs = matched.drop_duplicates([*keys, Col.MOVIE, Col.CELL]).groupby(keys, sort=False).size()
    counts = pairs.reset_index(name=Col.N_MATCHED)
    n_cells = {run.name: _counting(run, movies)[Col.OBJECT].value_counts() for run in runs}
    for side, name in (
        (Col.ANALYSIS, Col.N_UNMATCHED),
        (Col.OTHER_ANALYSIS, Col.N_UNMATCHED_OTHER),
    ):
        n = [n_cells[run][kind] for run, kind in zip(counts[side], counts[Col.OBJECT], strict=True)]
        counts[name] = np.array(n, np.int64) - counts[Col.N_MATCHED].to_numpy()
    return counts.drop(columns=Col.N_MATCHED)


def _differences(runs: Sequence[_Run]) -> pd.DataFrame:
    """Settings and versions that are not the same in all runs, as text; not set = empty."""
    flat = [
        dict(_flat(run.lock["settings"])) | dict(_flat(run.lock["versions"], "versions"))
        for run in runs
    ]
    known = dict.fromkeys(name for each in flat for name in each)
    rows = [
        {Col.SETTING: name}
        | {run.name: each.get(name, "") for run, each in zip(runs, flat, strict=True)}
        for name in known
        if len({each.get(name) for each in flat}) > 1
    ]
    return pd.DataFrame(rows, columns=[Col.SETTING, *(run.name for run in runs)])


def _flat(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Every setting by its full name."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _flat(inner, f"{place}.{name}" if place else str(name))
    else:
        yield place, str(value).lower() if isinstance(value, bool) else str(value)
