"""Every cell of a run in one table: where it comes from, what it does, what is odd about it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.errors import InputError
from lamella.core.table import Col
from lamella.report.contents import ReportInput
from lamella.report.told import key_measures, speed_measure, told_measures
from lamella.run.browse.expression import matching
from lamella.run.browse.opened import OpenedRun
from lamella.run.corrections import FOLDER
from lamella.run.review.record import decisions_of
from lamella.run.review.standing import last_ones

KEYS = (Col.MOVIE, Col.OBJECT, Col.CELL)
FLAGS = (
    Col.N_EVENTS, Col.EVENT_KINDS, Col.WORST_SEVERITY, Col.EMPTY_RATE, Col.OUTLINE_SCORE,
    Col.MOVIE_CORRECTED, Col.IN_STATISTICS, Col.WHY_NOT_COUNTED,
)  # fmt: skip
"""What tells how far a cell can be trusted."""
_TEXT = (Col.MOVIE, Col.OBJECT, Col.CONDITION, Col.SESSION, Col.EVENT_KINDS, Col.WHY_NOT_COUNTED)
_FIRST, _LAST = True, False


class Preset(NamedTuple):
    """A question that is asked often: by what cells are ranked."""

    name: str
    about: str
    ranks: tuple[tuple[str, bool], ...]
    """Columns, and whether small values come first; later ones decide between equals."""


def presets_of(table: pd.DataFrame) -> list[Preset]:
    """The questions that a table of cells can answer."""
    found = []
    if speed := speed_measure(table):
        found = [
            Preset("Fastest", "the highest mean speed first", ((speed, _LAST),)),
            Preset("Slowest", "the lowest mean speed first", ((speed, _FIRST),)),
        ]
    worst = ((str(Col.OUTLINE_SCORE), _FIRST), (str(Col.WORST_SEVERITY), _LAST))
    most = ((str(Col.N_EVENTS), _LAST), (str(Col.WORST_SEVERITY), _LAST))
    return [
        *found,
        Preset("Worst segmented", "the lowest outline score first", worst),
        Preset("Most events", "most suspicious events first", most),
        Preset("Short or aborted", "fewest valid frames first", ((Col.N_VALID_FRAMES, _FIRST),)),
    ]


@dataclass(frozen=True)
class StudyIndex:
    """The cells of a run, one row each, made from ``OUT/tables`` alone.

    Parameters
    ----------
    table : DataFrame
        The table ``cells`` with the columns of `FLAGS`; rows 0 … n − 1. `outline_score` is that of
        the cell: its share of trusted frames times 1 − the flicker of its movie.
    measures : tuple of str
        What the study is about: shown in front.
    """

    table: pd.DataFrame
    measures: tuple[str, ...]

    @classmethod
    def of(cls, run: OpenedRun) -> StudyIndex:
        """Read it; movies are not opened.

        What was decided since the last run is told in `why_not_counted`.

        Raises
        ------
        InputError
            The run has not finished: it has no table of cells.
        """
        cells = run.table("cells")
        if Col.MOVIE not in cells:
            raise InputError(
                str(run.folder), "it has no table of cells yet", "let the run finish first"
            )
        cells = cells.reset_index(drop=True)
        for name in KEYS:
            if name not in cells:
                cells[name] = pd.Series(dtype=object)
        told = ReportInput(
            cells=cells,
            effects=run.table("effects"),
            provenance={"settings": run.lock["settings"]},
        )
        measures = list(dict.fromkeys([*told_measures(told), *key_measures(cells)]))
        measures = [name for name in measures if name in cells and cells[name].notna().any()]
        flags = _flags(cells, run)
        table = pd.concat([cells.drop(columns=[c for c in flags if c in cells]), flags], axis=1)
        return cls(table, tuple(measures))

    def __len__(self) -> int:
        return len(self.table)

    @cached_property
    def conditions(self) -> list[str]:
        """Conditions, in the order of the table."""
        return self._distinct(Col.CONDITION)

    @cached_property
    def sessions(self) -> list[str]:
        """Sessions, in the order of the table."""
        return self._distinct(Col.SESSION)

    @cached_property
    def presets(self) -> dict[str, Preset]:
        """Questions that are asked often, by their names."""
        return {each.name: each for each in presets_of(self.table)}

    @cached_property
    def short_names(self) -> dict[str, str]:
        """What a line may call columns, besides their names."""
        names = {
            "speed": speed_measure(self.table),
            "area": next((a for a in (Col.AREA_UM2, Col.AREA_PX) if a in self.table), None),
            "ratio": next((m for m in self.measures if m.startswith(Col.LAM_CYTO_RATIO)), None),
            "events": Col.N_EVENTS,
            "severity": Col.WORST_SEVERITY,
            "kind": Col.EVENT_KINDS,
            "score": Col.OUTLINE_SCORE,
            "empty": Col.EMPTY_RATE,
            "frames": Col.N_FRAMES,
            "corrected": Col.MOVIE_CORRECTED,
            "counts": Col.IN_STATISTICS,
            "reason": Col.WHY_NOT_COUNTED,
        }
        return {short: str(name) for short, name in names.items() if name in self.table}

    def chosen(
        self,
        *,
        conditions: Collection[str] = (),
        sessions: Collection[str] = (),
        where: str = "",
        text: str = "",
        preset: str | None = None,
        most: int | None = None,
    ) -> NDArray[np.int64]:
        """Rows of the cells that are wanted, in the order in which they are wanted.

        Parameters
        ----------
        conditions, sessions : collection of str
            Any of these; empty = all.
        where : str
            See `lamella.run.browse.expression`.
        text : str
            Stands in a name, a kind of event or a reason.
        preset : str, optional
            Of `presets`; by default the order of the table.
        most : int, optional
            So many at most, of those that all else leaves.

        Raises
        ------
        InputError
            A line that is not understood, or a preset that there is not.
        """
        kept = matching(self.table, where, short=self.short_names)
        for column, wanted in ((Col.CONDITION, conditions), (Col.SESSION, sessions)):
            if wanted and column in self.table:
                kept &= self.table[column].astype(object).isin([*wanted]).to_numpy(bool)
        if text.strip():
            kept &= self._with_text(text.strip().lower())
        rows = np.flatnonzero(kept)
        if preset is not None:
            rows = self.ranked(rows, self._preset(preset).ranks)
        return rows if most is None else rows[:most]

    def ranked(
        self, rows: NDArray[np.int64], ranks: Collection[tuple[str, bool]]
    ) -> NDArray[np.int64]:
        """Rows by the values of columns, cells without a value last; equals stay as they are.

        Parameters
        ----------
        ranks : collection of (str, bool)
            Columns, and whether small values come first.
        """
        for column, ascending in reversed([*ranks]):
            if column not in self.table:
                continue
            values = self.table[column].iloc[rows]
            places = values.reset_index(drop=True).sort_values(
                ascending=ascending, kind="stable", na_position="last"
            )
            rows = rows[places.index.to_numpy()]
        return rows

    def row_of(self, movie: str, object_name: str, cell: int) -> int | None:
        """The row of a cell; None where it is not in the table."""
        table = self.table
        same = (table[Col.MOVIE] == movie) & (table[Col.OBJECT] == object_name)
        found = np.flatnonzero((same & (table[Col.CELL] == cell)).to_numpy(bool))
        return int(found[0]) if len(found) else None

    def _preset(self, name: str) -> Preset:
        if name not in self.presets:
            raise InputError(
                f"preset {name!r}", "there is none of that name", f"use {', '.join(self.presets)}"
            )
        return self.presets[name]

    def _with_text(self, text: str) -> NDArray[np.bool_]:
        found = np.zeros(len(self), bool)
        for name in _TEXT:
            if name in self.table:
                column = self.table[name].astype(object).where(self.table[name].notna(), "")
                found |= np.asarray([text in str(each).lower() for each in column], bool)
        return found

    def _distinct(self, column: str) -> list[str]:
        if column not in self.table:
            return []
        return [str(name) for name in self.table[column].dropna().unique()]


def _flags(cells: pd.DataFrame, run: OpenedRun) -> pd.DataFrame:
    """The columns of `FLAGS` for every cell."""
    keys = [str(name) for name in KEYS]
    rows = (
        pd.MultiIndex.from_frame(cells[keys]) if len(cells) else pd.MultiIndex.from_arrays([[]] * 3)
    )
    flags: dict[str, Any] = {**_events(run.table("events"), rows)}
    flags[Col.EMPTY_RATE] = cells.get(Col.EMPTY_RATE, pd.Series(np.nan, cells.index)).to_numpy()
    flags[Col.OUTLINE_SCORE] = _scores(cells, run.table("quality"))
    touched = _touched(run)
    corrected = {(m, name) for m, files in touched.items() for name in files}
    pairs = zip(cells[Col.MOVIE], cells[Col.OBJECT], strict=True)
    flags[Col.MOVIE_CORRECTED] = np.asarray([pair in corrected for pair in pairs], bool)
    counting = cells.get(Col.IN_STATISTICS, pd.Series(True, cells.index)).ne(False).to_numpy(bool)
    flags[Col.IN_STATISTICS] = counting
    flags[Col.WHY_NOT_COUNTED] = _why_not(cells, counting, run, touched, rows)
    for name in (Col.EVENT_KINDS, Col.WHY_NOT_COUNTED):  # else None turns into NaN beside text
        flags[name] = pd.Series(flags[name], cells.index, dtype=object)
    return pd.DataFrame(flags, index=cells.index)


def _events(events: pd.DataFrame, rows: pd.MultiIndex) -> Mapping[str, Any]:
    keys = [str(name) for name in KEYS]
    if not len(events) or not {*keys, str(Col.SEVERITY)} <= {*events.columns}:
        n, severity = np.zeros(len(rows), np.int64), np.full(len(rows), np.nan)
        kind = np.full(len(rows), None, object)
    else:
        worst = events.sort_values(Col.SEVERITY, ascending=False, kind="stable")
        first = worst.groupby(keys, sort=False).agg(
            n=(Col.KIND, "size"), kind=(Col.KIND, _in_turn), severity=(Col.SEVERITY, "first")
        )
        told = first.reindex(rows)
        n = told["n"].fillna(0).to_numpy(np.int64)
        kind = told["kind"].astype(object).where(told["kind"].notna(), None).to_numpy()
        severity = told["severity"].to_numpy(np.float64)
    return {
        Col.N_EVENTS: n,
        Col.EVENT_KINDS: kind,
        Col.WORST_SEVERITY: severity,
    }


def _in_turn(kinds: pd.Series) -> str:
    return ", ".join(dict.fromkeys(map(str, kinds)))


def _scores(cells: pd.DataFrame, quality: pd.DataFrame) -> NDArray[np.float64]:
    """The outline score of every cell, defined as that of a movie is."""
    needed = (Col.N_FRAMES, Col.N_VALID_FRAMES, Col.N_SIZE_BREAKS)
    if not all(name in cells for name in needed):
        return np.full(len(cells), np.nan)
    n, valid, breaks = (cells[name].to_numpy(np.float64, na_value=np.nan) for name in needed)
    steady: NDArray[np.float64] = np.ones(len(cells))
    if len(quality) and Col.AREA_FLICKER in quality:
        pairs = [str(Col.MOVIE), str(Col.OBJECT)]
        flicker = quality.set_index(pairs)[Col.AREA_FLICKER]
        known = flicker[~flicker.index.duplicated()].reindex(pd.MultiIndex.from_frame(cells[pairs]))
        steady = 1.0 - known.fillna(0.0).to_numpy(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        score: NDArray[np.float64] = (valid - breaks) / n * steady
    return score


def _touched(run: OpenedRun) -> dict[str, list[str]]:
    """Movies in which a person corrected or decided anything, and the sets that are corrected."""
    end = ".ome.tif"
    found: dict[str, list[str]] = {}
    for folder in (run.folder / "movies").glob(f"*/{FOLDER}"):
        names = [each.name.removesuffix(end) for each in folder.glob(f"*{end}")]
        found[folder.parent.name] = [name for name in names if not name.endswith(".original")]
    return found


def _why_not(
    cells: pd.DataFrame,
    counting: NDArray[np.bool_],
    run: OpenedRun,
    touched: Mapping[str, Any],
    rows: pd.MultiIndex,
) -> NDArray[Any]:
    why = np.full(len(cells), None, object)
    least = run.lock["settings"].get("statistics", {}).get("min_steps")
    steps = cells.get(Col.N_VALID_PAIRS, pd.Series(np.nan, cells.index)).to_numpy(np.float64)
    for row in np.flatnonzero(~counting):
        why[row] = f"{steps[row]:.0f} valid steps, fewer than {least} (min_steps)"
    if Col.EXCLUDED in cells:
        for row in np.flatnonzero(cells[Col.EXCLUDED].notna()):
            why[row] = f"left out: {cells[Col.EXCLUDED].iloc[row]}"
    for movie in touched:
        for each in last_ones(decisions_of(run.folder / "movies" / movie)):
            if each.verdict != "exclude" or each.frames is not None:
                continue
            (place,) = np.nonzero(rows.isin([(movie, each.object, each.cell)]))
            for row in place:
                why[row] = why[row] or f"will be left out: {each.reason}"
    return why
