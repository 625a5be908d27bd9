"""A line that says which cells are wanted, such as ``condition = KI and speed > 1.2``.

::

    line        one or more conditions, joined by and, or, not and brackets
    condition   COLUMN OPERATOR VALUE      speed > 1.2
                COLUMN is [not] missing    persistence_time_min is missing
    COLUMN      a column of the table, or a short name of it: speed, area, events …
    OPERATOR    =  !=  <  <=  >  >=        and ~ for text that holds other text: movie ~ ctrl
    VALUE       a number, yes or no, or text; in quotes where it holds blanks: "wild type"

``and`` binds before ``or``. Capitals of text do not matter. A missing value fulfils no condition
but ``is missing``. Nothing else is understood, so that a line from elsewhere can do no harm.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from lamella.core.errors import InputError
from lamella.core.table import Col

Mask = NDArray[np.bool_]

_ORDER: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le,
    ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_OPERATORS = (*_ORDER, "~")
_PIECES = re.compile(
    r"""\s*(?:(?P<quoted>"[^"]*"|'[^']*')|(?P<operator><=|>=|!=|==|[=<>~])|(?P<bracket>[()])"""
    r"""|(?P<word>[^\s()=<>!~"']+))"""
)
_TRUTHS = {"yes": True, "true": True, "no": False, "false": False}
_JOINING = ("and", "or", "not", "is")
_EXAMPLE = "write it as: condition = KI and speed > 1.2"


class _Piece(NamedTuple):
    text: str
    kind: str
    at: int

    def says(self, word: str) -> bool:
        return self.kind != "quoted" and self.text.lower() == word


def matching(table: pd.DataFrame, line: str, *, short: Mapping[str, str] | None = None) -> Mask:
    """Which rows of a table a line of words and numbers asks for.

    Parameters
    ----------
    table : DataFrame
    line : str
        See the module; nothing asks for all rows.
    short : mapping of str to str, optional
        Short names of columns.

    Returns
    -------
    (n,) bool array

    Raises
    ------
    InputError
        What of the line is not understood, and what could stand there.

    Examples
    --------
    >>> cells = pd.DataFrame({"condition": ["KI", "WT", "KI"], "speed": [1.0, 2.0, 3.0]})
    >>> matching(cells, "condition = ki and not speed < 2").tolist()
    [False, False, True]
    """
    if not line.strip():
        return np.ones(len(table), bool)
    return _Reader(table, line, short or {}).read()


class _Reader:
    """Reads a line from left to right; every method gives the mask of what it has read."""

    def __init__(self, table: pd.DataFrame, line: str, short: Mapping[str, str]) -> None:
        self.table, self.line, self.short = table, line, short
        self.pieces = self._cut()
        self.at = 0

    def read(self) -> Mask:
        found = self._either()
        if self._next is not None:
            raise self._error(f"{self._next.text!r} follows where nothing was expected",
                              "join conditions by and, or")  # fmt: skip
        return found

    def _cut(self) -> list[_Piece]:
        pieces, at = [], 0
        line = self.line.rstrip()
        while at < len(line):
            found = _PIECES.match(line, at)
            if found is None:
                odd = line[at:].lstrip()[:1]
                raise self._error(
                    f"{odd!r} is not understood",
                    "close quotes that are opened" if odd in "\"'" else _EXAMPLE,
                )
            kind = str(found.lastgroup)
            pieces.append(_Piece(found[kind], kind, found.start(kind)))
            at = found.end()
        return pieces

    @property
    def _next(self) -> _Piece | None:
        return self.pieces[self.at] if self.at < len(self.pieces) else None

    def _take(self, word: str) -> bool:
        if self._next is not None and self._next.says(word):
            self.at += 1
            return True
        return False

    def _either(self) -> Mask:
        found = self._both()
        while self._take("or"):
            found = found | self._both()
        return found

    def _both(self) -> Mask:
        found = self._one()
        while self._take("and"):
            found = found & self._one()
        return found

    def _one(self) -> Mask:
        if self._take("not"):
            return ~self._one()
        if self._take("("):
            found = self._either()
            if not self._take(")"):
                raise self._error("a bracket is not closed", "add )")
            return found
        return self._condition()

    def _condition(self) -> Mask:
        column = self._column()
        piece = self._next
        if piece is not None and self._take("is"):
            wanted = not self._take("not")
            if not self._take("missing"):
                raise self._error(
                    f"only 'missing' or 'not missing' follows {column!r} is",
                    f"write: {column} is missing; for a value: {column} = …",
                )
            return np.asarray(self.table[column].isna() == wanted, bool)
        if piece is None or piece.kind != "operator":
            there = "nothing" if piece is None else repr(piece.text)
            raise self._error(
                f"after {column!r} stands {there} instead of an operator",
                f"the operators are {' '.join(_OPERATORS)}",
            )
        self.at += 1
        sign = "=" if piece.text == "==" else piece.text
        return self._compared(column, sign, self._value(column, sign))

    def _column(self) -> str:
        piece = self._next
        if piece is None or piece.kind in ("operator", "bracket") or piece.text in _JOINING:
            there = "the line ends" if piece is None else f"there is {piece.text!r}"
            raise self._error(f"{there} where a column was expected", _EXAMPLE)
        self.at += 1
        name = piece.text.strip("\"'")
        names = [str(column) for column in self.table.columns]
        by_small = {each.lower(): each for each in names}
        by_small |= {s.lower(): c for s, c in self.short.items() if c in names}
        if name in names:
            return name
        if name.lower() in by_small:
            return by_small[name.lower()]
        near = get_close_matches(name.lower(), by_small, n=4, cutoff=0.5)
        known = near or [*self.short][:8] or names[:8]
        raise self._error(
            f"no column is called {name!r}",
            f"{'did you mean' if near else 'there are'} {', '.join(known)}",
        )

    def _value(self, column: str, sign: str) -> _Piece:
        piece = self._next
        if piece is None or piece.kind not in ("word", "quoted"):
            there = "nothing" if piece is None else repr(piece.text)
            raise self._error(f"after {column} {sign} stands {there} instead of a value", _EXAMPLE)
        self.at += 1
        return piece

    def _compared(self, column: str, sign: str, value: _Piece) -> Mask:
        values = self.table[column]
        if _is_truths(values):
            return self._of_truths(column, values, sign, value.text)
        if is_numeric_dtype(values):
            return self._of_numbers(column, values, sign, value)
        return self._of_text(values, sign, value.text)

    def _of_truths(self, column: str, values: pd.Series, sign: str, text: str) -> Mask:
        wanted = _TRUTHS.get(text.strip("\"'").lower())
        if wanted is None or sign not in ("=", "!="):
            raise self._error(f"{column!r} is yes or no", f"write: {column} = yes")
        known = values.notna().to_numpy(bool)
        same = (values == wanted).to_numpy(bool)
        told: Mask = known & (same if sign == "=" else ~same)
        return told

    def _of_numbers(self, column: str, values: pd.Series, sign: str, value: _Piece) -> Mask:
        unit = column_unit(column)
        of = f" in {unit}" if unit else ""
        if sign == "~":
            raise self._error(f"{column!r} is a number{of}", "compare it by = < <= > >= or !=")
        try:
            wanted = float(value.text.strip("\"'").replace("−", "-"))
        except ValueError:
            raise self._error(
                f"{value.text!r} is no number, and {column!r} is one{of}",
                f"write: {column} {sign} 1.2",
            ) from None
        if self._next is not None and unit and self._next.text == unit:
            self.at += 1  # said with its unit, which is the column's
        numbers = values.to_numpy(np.float64, na_value=np.nan)
        with np.errstate(invalid="ignore"):
            found: Mask = np.isfinite(numbers) & _ORDER[sign](numbers, wanted)
        return found

    def _of_text(self, values: pd.Series, sign: str, text: str) -> Mask:
        wanted = text.strip("\"'").lower()
        known = values.notna().to_numpy(bool)
        texts = values.astype(object).map(lambda each: str(each).lower(), na_action="ignore")
        if sign == "~":
            holds: Mask = known & np.asarray([wanted in str(each) for each in texts], bool)
            return holds
        if sign not in ("=", "!="):
            raise self._error(
                f"{values.name!r} is text, which has no {sign}", "compare it by = != or ~"
            )
        same = np.asarray(texts == wanted, bool)
        told: Mask = known & (same if sign == "=" else ~same)
        return told

    def _error(self, what: str, remedy: str) -> InputError:
        return InputError(f"filter {self.line.strip()!r}", what, remedy)


def _is_truths(values: pd.Series) -> bool:
    """Whether a column holds yes and no; 0 and 1 are numbers."""
    if is_bool_dtype(values):
        return True
    known = values.dropna() if values.dtype == object else ()
    return len(known) > 0 and all(isinstance(each, bool | np.bool_) for each in known)


def column_unit(column: str) -> str:
    """Unit of a column of ours; empty of others."""
    found = Col.find(column)
    return found.unit if found is not None else ""
