"""Six questions to cells and their nuclei: sizes, ratios, intensities, and what goes together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from lamella.core.claims import ALL_CONDITIONS
from lamella.core.errors import SettingsError
from lamella.core.step import Step
from lamella.core.table import CELL_PREFIX, NUCLEUS_PREFIX, Col, stacked
from lamella.statistics.clustered import Together, together
from lamella.statistics.interval import Interval
from lamella.statistics.units import assigned

_PARTS = (Col.CYTOPLASM_MEAN, Col.PERINUCLEAR_MEAN, Col.MEMBRANE_MEAN)
_MEAN = Col.INTENSITY_MEAN
_UNIT = "unit of this row"

LINEAR, LOG = "linear", "log"

QUESTION_COLUMNS: tuple[str, ...] = (
    Col.QUESTION, Col.ASKED, Col.CONDITION, Col.X_COLUMN, Col.Y_COLUMN, Col.SCALING,
    Col.N_CELLS, Col.N_UNITS, Col.N_CELLS_LACKING, Col.X_MEDIAN, Col.X_Q25, Col.X_Q75, Col.X_MEAN,
    Col.Y_MEDIAN, Col.Y_Q25, Col.Y_Q75, Col.Y_MEAN, Col.R, Col.R_LOW, Col.R_HIGH, Col.R_WITHIN,
    Col.R_WITHIN_LOW, Col.R_WITHIN_HIGH, Col.SPEARMAN, Col.SLOPE, Col.SLOPE_LOW, Col.SLOPE_HIGH,
    Col.INTERCEPT, Col.INTERCEPT_LOW, Col.INTERCEPT_HIGH, Col.R_INTERVAL_BY, Col.REMARK,
)  # fmt: skip
LINE_COLUMNS: tuple[str, ...] = (
    Col.QUESTION, Col.CONDITION, Col.X_COLUMN, Col.Y_COLUMN, Col.SCALING,
    Col.LINE_X, Col.LINE_Y, Col.LINE_LOW, Col.LINE_HIGH,
)  # fmt: skip
UNIT_COLUMNS: tuple[str, ...] = (
    Col.MEASURE, Col.CONDITION, Col.SESSION, Col.UNIT, Col.N_CELLS, Col.MEAN, Col.MEDIAN,
)  # fmt: skip


class Asked(NamedTuple):
    """One question to one column or to two."""

    question: str
    words: str
    x: str
    y: str | None = None
    scaling: str = LINEAR
    leak: bool = False
    """Whether a high correlation is suspicious."""


class Answers(NamedTuple):
    """What the cells say."""

    questions: pd.DataFrame
    """One row per question, column or pair of columns, and condition; all conditions first."""
    question_lines: pd.DataFrame
    """Fitted lines with their intervals, 25 points each."""
    question_units: pd.DataFrame
    """Mean and median over the cells of every unit, of every column that is asked about."""


class Questions(Step):
    """The questions A to F, per condition and over all, where the table has the columns.

    A: areas of nuclei and cells. B: cell ÷ nucleus and cytoplasm ÷ nucleus, their change with cell
    size, and the exponent by which nuclei grow with cells. C: mean intensities, by compartment and
    channel. D: nucleus ÷ cell area against the third signal. E: the nuclear channel in nuclei
    against the cell channel in cells, a check for light that leaks. F: circularity against the
    cell channel.

    Parameters
    ----------
    nuclear_channel, cell_channel, third_channel : str or None
        Which channels these are; None = in a study, those in which nuclei and cells were found,
        and the first other one; in a table alone, the first that is not taken. With one channel
        that one for A to C and F.
    leak_above : float
        Correlation in E beyond which the row says that light may leak between channels.

    References
    ----------
    Cantwell & Nurse 2019, https://doi.org/10.1007/s00294-019-00999-3 (nuclei grow with cells)
    """

    nuclear_channel: str | None = None
    cell_channel: str | None = None
    third_channel: str | None = None
    leak_above: float = Field(0.8, ge=0, le=1)

    def __call__(
        self,
        cells: pd.DataFrame,
        *,
        condition: str = Col.CONDITION,
        session: str | None = Col.SESSION,
        unit: str | None = None,
    ) -> Answers:
        """Ask a table of one row per cell with columns ``cell_…`` and ``nucleus_…``.

        Parameters
        ----------
        cells : DataFrame
            As in ``cells_and_nuclei``; any measure may be absent, and its question then is.
        condition, session, unit : str
            Columns, as the statistics of the study have them.

        Raises
        ------
        SettingsError
            A channel that was not measured.
        """
        asked = self.asked(cells)
        if not len(cells) or not asked:
            every = (QUESTION_COLUMNS, LINE_COLUMNS, UNIT_COLUMNS)
            return Answers(*(pd.DataFrame(columns=list(names)) for names in every))
        rows = assigned(cells, condition=condition, session=session, unit=unit)
        keys = [Col.CONDITION, Col.SESSION, Col.UNIT]
        rows[_UNIT] = rows.groupby(keys, sort=False, dropna=False).ngroup()
        told: list[dict[str, object]] = []
        lines: list[pd.DataFrame] = []
        for each in asked:
            for name, group in _groups(rows):
                row, line = self._answer(each, name, group)
                told.append(row)
                lines.append(line)
        return Answers(
            pd.DataFrame(told, columns=list(QUESTION_COLUMNS)),
            stacked(lines).reindex(columns=list(LINE_COLUMNS)),
            _of_units(rows, asked),
        )

    def asked(self, cells: pd.DataFrame) -> list[Asked]:
        """The questions that this table has the columns for."""
        return [each for each in self._every(cells) if _there(each, cells)]

    def _every(self, cells: pd.DataFrame) -> Iterator[Asked]:
        nuclear, cell, third = self._channels(cells)
        nucleus_area, cell_area = (_area(cells, name) for name in (NUCLEUS_PREFIX, CELL_PREFIX))
        yield Asked("A", "How large are nuclei?", nucleus_area)
        yield Asked("A", "How large are cells?", cell_area)
        for ratio in (Col.CELL_NUCLEUS_AREA_RATIO, Col.CYTOPLASM_NUCLEUS_AREA_RATIO):
            yield Asked("B", "How large is the cell beside its nucleus?", ratio)
        for ratio in (Col.CELL_NUCLEUS_AREA_RATIO, Col.CYTOPLASM_NUCLEUS_AREA_RATIO):
            yield Asked("B", "Does that ratio change with the size of the cell?", cell_area, ratio)
        yield Asked("B", "Does the nucleus grow in proportion to the cell (slope 1)?",
                    cell_area, nucleus_area, LOG)  # fmt: skip
        for channel in _measured(cells, NUCLEUS_PREFIX) or _measured(cells, CELL_PREFIX):
            for name in _intensities(channel):
                yield Asked("C", "How bright is each compartment?", name)
        if third is not None:
            yield Asked("D", "Is the third signal higher in cells with a large nucleus?",
                        Col.NUCLEUS_CELL_AREA_RATIO, f"{CELL_PREFIX}{_MEAN.of(third)}")  # fmt: skip
        if nuclear != cell:
            yield Asked("E", "Do the nuclear and the cell channel go together (leak)?",
                        f"{NUCLEUS_PREFIX}{_MEAN.of(nuclear)}", f"{CELL_PREFIX}{_MEAN.of(cell)}",
                        leak=True)  # fmt: skip
        shape, signal = f"{CELL_PREFIX}{Col.CIRCULARITY}", f"{CELL_PREFIX}{_MEAN.of(cell)}"
        yield Asked("F", "Does the shape of a cell go with its signal?", shape, signal)

    def _channels(self, cells: pd.DataFrame) -> tuple[str | None, str | None, str | None]:
        """The nuclear, the cell and the third channel; None = the one that has no name."""
        names = _measured(cells, CELL_PREFIX)
        wanted = {
            "nuclear_channel": self.nuclear_channel,
            "cell_channel": self.cell_channel,
            "third_channel": self.third_channel,
        }
        for setting, name in wanted.items():
            if name is not None and name not in names:
                known = ", ".join(each for each in names if each) or "one without a name"
                raise SettingsError(
                    f"[questions] {setting}", f"no channel {name!r} was measured", f"set it to one "
                    f"of those that were: {known}",
                )  # fmt: skip
        first = next((name for name in names if name != self.cell_channel), self.cell_channel)
        nuclear = self.nuclear_channel or first
        cell = self.cell_channel or next((name for name in names if name != nuclear), nuclear)
        others = (name for name in names if name not in (nuclear, cell))
        return nuclear, cell, self.third_channel or next(others, None)

    def _answer(
        self, asked: Asked, condition: str, cells: pd.DataFrame
    ) -> tuple[dict[str, object], pd.DataFrame]:
        x = _numbers(cells, asked.x)
        y = None if asked.y is None else _numbers(cells, asked.y)
        known = np.isfinite(x) if y is None else np.isfinite(x) & np.isfinite(y)
        if asked.scaling == LOG and y is not None:
            known &= (x > 0) & (y > 0)
        row: dict[str, object] = {
            Col.QUESTION: asked.question,
            Col.ASKED: asked.words,
            Col.CONDITION: condition,
            Col.X_COLUMN: asked.x,
            Col.Y_COLUMN: asked.y,
            Col.SCALING: asked.scaling,
            Col.N_CELLS: int(known.sum()),
            Col.N_UNITS: int(cells.loc[known, _UNIT].nunique()),
            Col.N_CELLS_LACKING: int((~known).sum()),
            **_middle(x[known], Col.X_MEDIAN, Col.X_Q25, Col.X_Q75, Col.X_MEAN),
        }
        if y is None:
            return row, pd.DataFrame(columns=list(LINE_COLUMNS))
        x, y, unit = x[known], y[known], cells[_UNIT].to_numpy()[known]
        row |= _middle(y, Col.Y_MEDIAN, Col.Y_Q25, Col.Y_Q75, Col.Y_MEAN)
        found = together(np.log(x), np.log(y), unit) if asked.scaling == LOG else together(
            x, y, unit
        )  # fmt: skip
        row |= {
            **_interval(found.r, Col.R, Col.R_LOW, Col.R_HIGH),
            **_interval(found.r_within, Col.R_WITHIN, Col.R_WITHIN_LOW, Col.R_WITHIN_HIGH),
            Col.SPEARMAN: found.spearman,
            **_interval(found.slope, Col.SLOPE, Col.SLOPE_LOW, Col.SLOPE_HIGH),
            **_interval(found.intercept, Col.INTERCEPT, Col.INTERCEPT_LOW, Col.INTERCEPT_HIGH),
            Col.R_INTERVAL_BY: found.interval_by,
            Col.REMARK: "; ".join(self._remarks(asked, found)),
        }
        line = np.exp(found.line) if asked.scaling == LOG else found.line
        names = (Col.LINE_X, Col.LINE_Y, Col.LINE_LOW, Col.LINE_HIGH)
        told = pd.DataFrame(dict(zip(names, line, strict=True)))
        for name in (Col.QUESTION, Col.CONDITION, Col.X_COLUMN, Col.Y_COLUMN, Col.SCALING):
            told[str(name)] = str(row[name])
        return row, told

    def _remarks(self, asked: Asked, found: Together) -> Iterator[str]:
        if found.interval_by == "cells":
            units = "unit" if found.n_units == 1 else "units"
            yield (
                f"{found.n_units} {units}: intervals are those of independent cells and hold for "
                "these alone"
            )
        if asked.leak and found.r.value > self.leak_above:
            yield (
                f"r above {self.leak_above:g}: light may leak between the channels, or outlines do "
                "not separate nucleus and cytoplasm"
            )
        if _apart(found.r) and not _apart(found.r_within) and np.isfinite(found.r_within.low):
            yield "within units no correlation is shown: what goes together may be units, not cells"


def _apart(r: Interval) -> bool:
    """Whether an interval leaves out 0."""
    return r.low > 0 or r.high < 0


def _groups(rows: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """All cells, where there are several conditions, and those of each."""
    parts = list(rows.groupby(Col.CONDITION, sort=False))
    if len(parts) > 1:
        yield ALL_CONDITIONS, rows
    yield from ((str(name), part) for name, part in parts)


def _there(asked: Asked, cells: pd.DataFrame) -> bool:
    """Whether some cell has all that is asked for."""
    names = [name for name in (asked.x, asked.y) if name is not None]
    if not set(names) <= set(cells.columns):
        return False
    known = [np.isfinite(_numbers(cells, name)) for name in names]
    return bool(np.logical_and.reduce(known).any())


def _of_units(rows: pd.DataFrame, asked: Sequence[Asked]) -> pd.DataFrame:
    names = dict.fromkeys(name for each in asked for name in (each.x, each.y) if name is not None)
    keys = [Col.CONDITION, Col.SESSION, Col.UNIT]
    units = rows.groupby(_UNIT, sort=False)
    parts = []
    for name in names:
        values = pd.Series(_numbers(rows, name), rows.index)
        found = values.where(np.isfinite(values)).groupby(rows[_UNIT], sort=False)
        part = units[keys].first()
        part[Col.MEASURE] = name
        part[Col.N_CELLS], part[Col.MEAN], part[Col.MEDIAN] = (
            found.count(), found.mean(), found.median(),
        )  # fmt: skip
        parts.append(part[part[Col.N_CELLS] > 0])
    return stacked(parts).reindex(columns=list(UNIT_COLUMNS))


def _area(cells: pd.DataFrame, prefix: str) -> str:
    """The area in µm² where all is known for that, else in pixels."""
    micron, pixel = f"{prefix}{Col.AREA_UM2}", f"{prefix}{Col.AREA_PX}"
    if micron in cells.columns and np.isfinite(_numbers(cells, micron)).any():
        return micron
    return pixel


def _measured(cells: pd.DataFrame, prefix: str) -> list[str | None]:
    """Channels with a mean intensity, as the table has them; None = the one without a name."""
    start = f"{prefix}{_MEAN}"
    names = [str(name) for name in cells.columns]
    named = [name.removeprefix(f"{start}__") for name in names if name.startswith(f"{start}__")]
    return [*named, *([None] if start in names else [])]


def _intensities(channel: str | None) -> Sequence[str]:
    """Mean intensities of one channel, compartment by compartment."""
    mean = _MEAN.of(channel)
    parts = [part.of(channel) for part in _PARTS]
    return [f"{NUCLEUS_PREFIX}{mean}", f"{CELL_PREFIX}{mean}", *parts]


def _numbers(cells: pd.DataFrame, name: str) -> NDArray[np.float64]:
    values = pd.to_numeric(cells[name], errors="coerce")
    return np.asarray(values.to_numpy(np.float64, na_value=np.nan))


def _middle(
    values: NDArray[np.float64], median: str, low: str, high: str, mean: str
) -> dict[str, object]:
    if not len(values):
        return dict.fromkeys((median, low, high, mean), np.nan)
    q25, q50, q75 = np.percentile(values, (25, 50, 75))
    return {median: q50, low: q25, high: q75, mean: values.mean()}


def _interval(found: Interval, value: str, low: str, high: str) -> dict[str, object]:
    return {value: found.value, low: found.low, high: found.high}
