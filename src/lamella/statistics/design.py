"""Units as bare arrays: what every model is handed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.table import Col
from lamella.statistics.units import finite

FloatArray = NDArray[np.float64]
Pair = tuple[str, str]
"""A condition and the reference that it is compared against."""


class Design(NamedTuple):
    """The units of one measure that have a value, with the condition and the session of each."""

    value: FloatArray
    """(n,) finite."""
    condition: NDArray[np.int64]
    """(n,) place in `conditions`."""
    session: NDArray[np.int64]
    """(n,) place in `sessions`; all 0 where sessions are not told apart."""
    n_cells: NDArray[np.int64]
    """(n,) cells behind each value."""
    conditions: tuple[str, ...]
    sessions: tuple[str, ...]
    """Those with at least one unit; one without a name where sessions are not told apart."""

    @classmethod
    def of(cls, units: pd.DataFrame, measure: str, conditions: Sequence[str]) -> Design:
        """From units as `lamella.statistics.to_units` gives them.

        `conditions` sets the order, and may name some that have no unit.
        """
        rows = units[finite(units[measure]) & units[Col.CONDITION].isin(conditions)]
        names = rows[Col.SESSION].astype(object).where(rows[Col.SESSION].notna(), "")
        session, sessions = pd.factorize(names)
        place = {name: k for k, name in enumerate(conditions)}
        return cls(
            np.asarray(rows[measure], np.float64),
            np.asarray(rows[Col.CONDITION].map(place), np.int64),
            session.astype(np.int64),
            np.asarray(rows[Col.N_CELLS], np.int64),
            tuple(conditions),
            tuple(map(str, sessions)) or ("",),
        )

    @property
    def counts(self) -> NDArray[np.int64]:
        """(conditions, sessions) units in each."""
        table = np.zeros((len(self.conditions), len(self.sessions)), np.int64)
        np.add.at(table, (self.condition, self.session), 1)
        return table

    def shared_sessions(self, pair: Pair) -> NDArray[np.int64]:
        """Places of the sessions in which both conditions of a pair have units."""
        first, second = (self.conditions.index(name) for name in pair)
        there = self.counts > 0
        shared: NDArray[np.int64] = np.flatnonzero(there[first] & there[second])
        return shared

    @property
    def n_sessions(self) -> int:
        """Sessions that have a name."""
        return sum(map(bool, self.sessions))

    def in_named_sessions(self) -> Design:
        """The units whose session is known; all of them where sessions are not told apart."""
        named = np.array(self.sessions, bool)[self.session] if self.n_sessions else None
        return self if named is None or named.all() else self.only(named)

    def only(self, kept: NDArray[np.bool_]) -> Design:
        """Some of the units; sessions that are left without one go."""
        present, session = np.unique(self.session[kept], return_inverse=True)
        return self._replace(
            value=self.value[kept],
            condition=self.condition[kept],
            session=session.astype(np.int64),
            n_cells=self.n_cells[kept],
            sessions=tuple(self.sessions[k] for k in present) or ("",),
        )
