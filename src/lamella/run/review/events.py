"""The suspicious events of a run, one after the other, and what is decided about each."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import ValidationError

from lamella.core.errors import InputError
from lamella.core.table import Col
from lamella.run.browse import OpenedRun
from lamella.run.review.apply import as_row
from lamella.run.review.decision import Decision, EventKey, Verdict
from lamella.run.review.record import DECISIONS, decisions_of, record
from lamella.run.review.standing import Standing, keys_of_events, place_of, standing
from lamella.run.who import person

_KEY = (Col.OBJECT, Col.KIND, Col.CELL, Col.FRAME, Col.OTHER)
_TOLD = (
    Col.DECISION, Col.REASON, Col.FIRST_EXCLUDED, Col.LAST_EXCLUDED, Col.WHO, Col.WHEN,
    Col.STANDING, Col.STANDING_WORDS,
)  # fmt: skip


class Review:
    """The events of a run, the worst first, each with the decision that counts.

    Decisions are written at once, beside the movie; tables and report hear of them by the next
    ``lamella run`` or ``lamella report``.

    Parameters
    ----------
    run : OpenedRun
    after : Review, optional
        Of the same run before its tables were written anew: what was decided there can be undone.
    """

    def __init__(self, run: OpenedRun, *, after: Review | None = None) -> None:
        self.run = run
        self._places: dict[str, pd.DataFrame] = {}
        self.decided_here: list[tuple[str, str]] = [] if after is None else after.decided_here
        """Movie and id of each decision that `undo` can take back."""
        self.events = self._events()

    def _events(self) -> pd.DataFrame:
        events = self.run.table("events")
        for name in (Col.MOVIE, *_KEY, Col.WORDS, Col.SEVERITY, Col.Y_PX, Col.X_PX):
            if name not in events:
                events[name] = pd.Series(dtype=object)
        condition = {sample.movie: sample.condition for sample in self.run.samples}
        events[Col.CONDITION] = events[Col.MOVIE].map(condition)
        for name in _TOLD:
            events[name] = pd.Series("", index=events.index, dtype=object)
        events = events[events[Col.MOVIE].isin(condition)]
        events = events.sort_values(Col.SEVERITY, ascending=False, kind="stable")
        self.events = events.reset_index(drop=True)
        movies = self.run.folder / "movies"
        for movie in self.events[Col.MOVIE].unique():
            if (movies / str(movie) / DECISIONS).is_file():
                self._look_up(str(movie))
        return self.events

    def _look_up(self, movie: str) -> None:
        """Write into the events of a movie what has been decided about them."""
        known = self.standing(movie)
        told: dict[EventKey, dict[str, Any]] = {
            each.decision.about: as_row(each)
            for each in known
            if each.state in ("counts", "outdated")
        }
        # Of a cell that is left out, nothing else is left to decide.
        gone = {
            (each.decision.object, each.decision.cell): as_row(each)
            for each in known
            if each.state == "counts"
            and each.decision.verdict == "exclude"
            and each.decision.frames is None
        }
        of_it = self.events.index[self.events[Col.MOVIE] == movie]
        about = keys_of_events(self.events.loc[of_it])
        rows = [told.get(key) or gone.get((key.object, key.cell), {}) for key in about]
        for name in _TOLD:
            self.events.loc[of_it, name] = [row.get(name, "") for row in rows]

    def standing(self, movie: str) -> list[Standing]:
        """Every decision about a movie, and whether it counts as the tables are now."""
        known = keys_of_events(self.events[self.events[Col.MOVIE] == movie])
        return standing(decisions_of(self._folder(movie)), self._rows(movie), known)

    @property
    def kinds(self) -> list[str]:
        """Kinds of events that there are, the most frequent first."""
        return [str(kind) for kind in self.events[Col.KIND].value_counts().index]

    @property
    def conditions(self) -> list[str]:
        """Conditions with events."""
        return sorted(map(str, self.events[Col.CONDITION].dropna().unique()))

    def shown(
        self,
        *,
        kinds: Collection[str] = (),
        conditions: Collection[str] = (),
        undecided: bool = False,
    ) -> pd.DataFrame:
        """Those events of these kinds and conditions (any by default), the worst first.

        Parameters
        ----------
        undecided : bool
            Only those about which nothing is decided, or what was decided is outdated.
        """
        events = self.events
        kept = np.ones(len(events), bool)
        if kinds:
            kept &= events[Col.KIND].isin(kinds).to_numpy(bool)
        if conditions:
            kept &= events[Col.CONDITION].isin(conditions).to_numpy(bool)
        if undecided:
            kept &= (events[Col.STANDING] != "counts").to_numpy(bool)
        return events[kept]

    @property
    def n_decided(self) -> int:
        """Events about which a decision counts."""
        return int((self.events[Col.STANDING] == "counts").sum())

    def decide(
        self,
        event: int,
        verdict: Verdict,
        *,
        reason: str = "",
        frames: tuple[int, int] | None = None,
        who: str | None = None,
    ) -> Decision:
        """Decide about an event; what was decided about it before stays in the file.

        Parameters
        ----------
        event : int
            Its place in `events` (the index of `shown`).
        verdict : str
            ``accept``: it is right as it is; ``fix``: it is to be corrected; ``exclude``: the cell
            is left out of all statistics, or these frames of it.
        reason : str
            `exclude` needs one.
        frames : (int, int), optional
            First and last frame to leave out; the whole cell by default.
        who : str, optional
            See `lamella.run.who.person`.

        Raises
        ------
        InputError
            What cannot be decided so, and why.
        OutputError
            It cannot be written.
        """
        row: dict[str, Any] = {str(k): v for k, v in self.events.iloc[event].items()}
        return self._record(
            str(row[Col.MOVIE]),
            verdict=verdict,
            object=str(row[Col.OBJECT]),
            cell=int(row[Col.CELL]),
            kind=str(row[Col.KIND]),
            frame=int(row[Col.FRAME]),
            other=int(row[Col.OTHER]),
            reason=reason.strip(),
            first=frames[0] if frames else None,
            last=frames[1] if frames else None,
            who=who or person(),
        )

    def exclude(
        self,
        movie: str,
        object_name: str,
        cell: int,
        *,
        reason: str,
        frames: tuple[int, int] | None = None,
        who: str | None = None,
    ) -> Decision:
        """Leave a cell out, or frames of it, that no event pointed at.

        Raises
        ------
        InputError
            There is no such cell, it is in none of these frames, or no reason is given.
        """
        if not len(self._cell(movie, object_name, cell)):
            raise InputError(
                movie, f"it has no {object_name} {cell}", "look for the cell in tables/cells.csv"
            )
        return self._record(
            movie,
            verdict="exclude",
            object=object_name,
            cell=cell,
            reason=reason.strip(),
            first=frames[0] if frames else None,
            last=frames[1] if frames else None,
            who=who or person(),
        )

    def undo(self, *, who: str | None = None) -> Decision | None:
        """Take back the last decision that was made here; None where there is none left."""
        if not self.decided_here:
            return None
        movie, known = self.decided_here[-1]
        there = decisions_of(self._folder(movie))
        decided = next((each for each in there if each.id == known), None)
        if decided is not None:  # somebody may have taken the line out of the file
            self.withdraw(movie, decided, who=who)
        self.decided_here.pop()
        return decided

    def withdraw(self, movie: str, decision: Decision, *, who: str | None = None) -> None:
        """Take a decision back: a line says so; what was decided before it counts again."""
        keys = {name: getattr(decision, name) for name in ("object", "kind", "cell", "frame")}
        line = Decision(
            verdict="withdraw",
            other=decision.other,
            withdraws=decision.id,
            who=who or person(),
            **keys,
        )
        record(self._folder(movie), line)
        self._look_up(movie)

    def next_after(self, shown: pd.DataFrame, event: int | None, by: Literal[1, -1]) -> int | None:
        """The event after (or before) another among those shown, round and round; None of none.

        Parameters
        ----------
        event : int or None
            Its place in `events`; need not be shown any more.
        by : int
            1 = the next, −1 = the one before.
        """
        places = shown.index.to_numpy()
        if not len(places):
            return None
        if event is None:
            return int(places[0 if by == 1 else -1])
        later = places[places > event] if by == 1 else places[places < event][::-1]
        return int(later[0]) if len(later) else int(places[0 if by == 1 else -1])

    def _record(self, movie: str, **told: Any) -> Decision:
        rows = self._cell(movie, told["object"], told["cell"])
        _refuse_elsewhere(movie, rows, told)
        place = place_of(rows, told.get("frame"))
        try:
            decision = Decision(place=place, **told)
        except ValidationError as error:
            what = str(error.errors()[0]["msg"]).removeprefix("Value error, ")
            raise InputError(
                f"{movie}, {told['object']} {told['cell']}", what, "nothing was decided"
            ) from error
        record(self._folder(movie), decision)
        self.decided_here.append((movie, decision.id))
        self._look_up(movie)
        return decision

    def _folder(self, movie: str) -> Path:
        return self.run.folder / "movies" / movie

    def _rows(self, movie: str) -> pd.DataFrame:
        """Where the cells of a movie are."""
        if movie not in self._places:
            frames = self.run.movie(movie).table("frames")
            names = [Col.OBJECT, Col.CELL, Col.FRAME, Col.Y_PX, Col.X_PX, Col.AREA_PX]
            self._places[movie] = frames.reindex(columns=names)
        return self._places[movie]

    def _cell(self, movie: str, object_name: str, cell: int) -> pd.DataFrame:
        rows = self._rows(movie)
        return rows[(rows[Col.OBJECT] == object_name) & (rows[Col.CELL] == cell)]


def _refuse_elsewhere(movie: str, rows: pd.DataFrame, told: dict[str, Any]) -> None:
    """Raise the error of frames to leave out in which the cell is not: nothing would be."""
    first, last, frames = told["first"], told["last"], rows[Col.FRAME]
    if first is None or last < first or not len(frames) or frames.between(first, last).any():
        return
    raise InputError(
        f"{movie}, {told['object']} {told['cell']}",
        f"it is in frames {frames.min()} to {frames.max()}, and not in {first} to {last}",
        "choose frames in which it is; nothing was decided",
    )
