"""Which movies are held out: never trained on, so that scores on them are honest."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable
from typing import ClassVar, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from lamella.core.errors import SettingsError
from lamella.core.step import Step
from lamella.core.table import Col


class HoldOut(Step):
    """Choose the movies on which a model is tested.

    Whole movies are held out, or whole sessions, never single frames: neighbouring frames of one
    movie are so alike that a model tested on one and trained on the other only shows what it
    remembers.

    Movies are drawn by a hash of their name and `seed`, session by session, so that a movie that
    joins the study does not shuffle the others: in its session at most one of them is held out anew
    and at most one is no longer, other sessions keep their draw, and all that may follow is that
    another movie stands in for a condition that no session drew.

    Parameters
    ----------
    share : float
        Of the movies. Every session of two movies or more has at least one held out and one trained
        on; sessions of a single movie are drawn from together, as if they were one. As long as no
        more than this share is held out, rounded up, a condition without any held-out movie gets
        one.
    by : {"movie", "session"}
        Sessions are held out whole where a model must hold on days that it has not seen. It takes
        two sessions.
    seed : int
        Another seed, another draw.
    """

    version: ClassVar[int] = 1
    share: float = Field(0.2, gt=0, lt=1)
    by: Literal["movie", "session"] = "movie"
    seed: int = Field(0, ge=0)

    def __call__(self, movies: pd.DataFrame) -> set[str]:
        """Names of the held-out movies.

        Parameters
        ----------
        movies : DataFrame
            `movie`, `session`, `condition`; a movie may stand in several rows (those of its
            frames). A session or condition that is not known is one of its own.

        Raises
        ------
        SettingsError
            Fewer than two movies, or two sessions where whole sessions are held out.
        """
        table = movies[[Col.MOVIE, Col.SESSION, Col.CONDITION]].fillna("").astype(str)
        table = table.drop_duplicates(str(Col.MOVIE))
        if len(table) < 2:
            some = "there is one movie" if len(table) else "there is no movie"
            raise SettingsError(
                "held-out movies",
                f"{some} to learn from, and scores need another that was not trained on",
                "add movies: frames of one movie are too alike to test a model on",
            )
        if self.by == "session":
            return self._whole_sessions(table)
        held = self._from_sessions(table)
        return held | self._for_conditions(table, held)

    def _whole_sessions(self, table: pd.DataFrame) -> set[str]:
        sessions = table[Col.SESSION].unique()
        if len(sessions) < 2:
            raise SettingsError(
                'held-out sessions, by = "session"',
                f"all movies are of session {sessions[0]!r}",
                'hold out movies (by = "movie"), or tell the sessions apart in samples.csv',
            )
        chosen = self._drawn(sessions, _some_of(len(sessions), self.share))
        return set(table.loc[table[Col.SESSION].isin(chosen), Col.MOVIE])

    def _from_sessions(self, table: pd.DataFrame) -> set[str]:
        """A share of every session, and of the sessions of one movie together."""
        size = table.groupby(Col.SESSION)[Col.MOVIE].transform("size")
        held: set[str] = set()
        for name, session in table[size > 1].groupby(Col.SESSION):
            n = _some_of(len(session), self.share)
            held |= self._spread(session, n, session=str(name))
        alone = table[size == 1]
        if len(alone) > 1:
            held |= self._spread(alone, _some_of(len(alone), self.share), session="")
        return held

    def _spread(self, table: pd.DataFrame, n: int, *, session: str) -> set[str]:
        """So many movies of a session, one of every condition before a second of any.

        A condition that has given its share waits until all have.
        """
        order = table.assign(draw=[self._draw(name) for name in table[Col.MOVIE]])
        order = order.sort_values("draw")
        conditions = order.groupby(Col.CONDITION)[Col.MOVIE]
        turn = conditions.cumcount()
        over = turn >= np.ceil(self.share * conditions.transform("size"))
        # Which condition comes first is drawn session by session, lest it be the same in all.
        first = [self._draw(f"{session}\0{name}") for name in order[Col.CONDITION]]
        order = order.assign(over=over, turn=turn, first=first)
        return set(order.sort_values(["over", "turn", "first"])[Col.MOVIE].head(n))

    def _for_conditions(self, table: pd.DataFrame, held: set[str]) -> set[str]:
        """Movies of conditions that have none yet, as far as the share goes."""
        room = math.ceil(self.share * len(table)) - len(held)
        out = table[Col.MOVIE].isin(held)
        lacking = set(table[Col.CONDITION]) - set(table.loc[out, Col.CONDITION])
        added: set[str] = set()
        for condition in sorted(lacking, key=self._draw):
            left = table[~out & ~table[Col.MOVIE].isin(added)]
            of_session = left.groupby(Col.SESSION)[Col.MOVIE].transform("size")
            of_condition = left.groupby(Col.CONDITION)[Col.MOVIE].transform("size")
            free = left[(left[Col.CONDITION] == condition) & (of_session > 1) & (of_condition > 1)]
            if len(added) < room and len(free):
                added |= self._drawn(free[Col.MOVIE], 1)
        return added

    def _drawn(self, names: Iterable[str], n: int) -> set[str]:
        return set(sorted(names, key=self._draw)[:n])

    def _draw(self, name: str) -> int:
        """A number that belongs to this name and seed, whatever else there is."""
        text = f"{self.seed}\0{name}".encode()
        return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest())


def _some_of(n: int, share: float) -> int:
    """That share of `n`, rounded, of which some are in and some out; `n` is at least 2."""
    return min(max(round(share * n), 1), n - 1)
