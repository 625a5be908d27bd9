"""What others saved while a person was correcting, and whether it meets what that person did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lamella.core.errors import InputError
from lamella.report.words import count
from lamella.run.cache import key_of
from lamella.run.edit_log import Shapes, from_ranges, in_ranges
from lamella.run.editing.change import Edit, span_words
from lamella.run.editing.journal import Entry
from lamella.run.editing.overlay import Applied, Overlay

_MOST_TOLD = 5


class ChangedMeanwhileError(InputError):
    """Others saved cells of a movie since a session of ours began; see `replay_on_theirs`."""


@dataclass(frozen=True)
class Theirs:
    """Edits of others since a session began.

    Parameters
    ----------
    where : str
        Run and movie, for messages.
    edits : sequence of dict
        Lines of the log.
    told : bool
        False where the labels are others and the log does not tell of all that changed.
    """

    where: str
    edits: Sequence[Mapping[str, Any]]
    told: bool

    @property
    def shapes(self) -> Shapes:
        """Cell and frame of all that they changed."""
        return frozenset().union(*(from_ranges(edit["shapes"]) for edit in self.edits))

    @property
    def lineage(self) -> set[int]:
        """Cells to which they gave other parents."""
        return {cell for edit in self.edits for cell in edit["lineage"]}

    @property
    def added(self) -> set[int]:
        """Cells that they made."""
        return {cell for edit in self.edits for cell in edit["added"]}

    @property
    def words(self) -> str:
        """Who did what, and when."""
        if not self.edits:
            return "another program, or a new run, wrote its labels"
        told = [
            f"{edit['who']}: {edit.get('words') or 'ROIs were imported'} ({edit['time']})"
            for edit in self.edits[-_MOST_TOLD:]
        ]
        more = len(self.edits) - len(told)
        return "; ".join(told) + (f"; and {count(more, 'edit')} before these" if more else "")

    def changed(self, n_ours: int) -> ChangedMeanwhileError:
        """The error of saving over what they saved."""
        kept = f"{count(n_ours, 'edit')} of yours {'is' if n_ours == 1 else 'are'} in your journal"
        return ChangedMeanwhileError(
            self.where,
            f"its cells were changed since you began: {self.words}. Nothing was overwritten, and "
            f"{kept}",
            "put your edits on top of theirs, or discard yours"
            if self.told
            else "note what you did, discard your edits and do them again on the new labels",
        )

    def refused(self, met: str) -> ChangedMeanwhileError:
        """The error of edits that do not go on top of theirs."""
        return ChangedMeanwhileError(
            self.where,
            f"your edits meet theirs: {met}. Since you began: {self.words}. Yours stay in your "
            "journal",
            "agree with them who corrects this cell; discard yours to begin again from theirs",
        )


def theirs_since(
    base: Mapping[str, Any],
    now: Mapping[str, Any],
    edits: Sequence[Mapping[str, Any]],
    *,
    where: str,
) -> Theirs:
    """What others did, from the base that a session began with and that of now."""
    n = int(base.get("n_edits", 0))
    new = edits[n:]
    whole = key_of(list(edits[:n])) == base.get("edits") and all("shapes" in e for e in new)
    return Theirs(where, new, bool(new) and whole and bool(now["corrected"]))


def renamed_beside(ours: Sequence[Edit], fresh: Overlay, theirs: Theirs) -> list[Edit]:
    """Our edits, with other numbers for cells that we made and whose numbers others took.

    What they added was not there when we began: where we have the number, too, it is of a new cell.
    """
    names = {cell: fresh.new_cell() for cell in sorted(theirs.added)}
    return [edit.renamed(names) for edit in ours]


def meeting(entries: Sequence[Entry], ours: Sequence[Applied], theirs: Theirs) -> str:
    """In words, where our edits touch what others changed; empty where they do not.

    Parameters
    ----------
    entries : sequence of Entry
        Our edits as they were made, on the cells of before.
    ours : sequence of Applied
        The same, done on theirs.
    """
    if not theirs.told:
        return "it is not known what they changed"
    there, new = theirs.shapes, theirs.added
    for entry, applied in zip(entries, ours, strict=True):
        before = {(cell, t) for cell, t in from_ranges(entry.shapes) if cell not in new}
        if both := (applied.found.shapes | before) & there:
            told = ", ".join(
                f"cell {cell} {span_words(first, last)}"
                for cell, stretches in in_ranges(both).items()
                for first, last in stretches
            )
            return f"“{applied.edit.words}” touches {told}, which they changed"
        if cells := applied.lineage & theirs.lineage:
            return (
                f"“{applied.edit.words}” changes the mother of cell {min(cells)}, and so did they"
            )
    return ""
