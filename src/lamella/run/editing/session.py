"""A person corrects the cells of one movie: edits, undo, a journal, saving."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, Self

from lamella.core.errors import InputError, OutputError
from lamella.core.tracked import Tracked
from lamella.report.words import count
from lamella.run.browse import OpenedRun
from lamella.run.corrections import edits_of
from lamella.run.edit_log import (
    edit_line,
    in_ranges,
    reserved_in,
    state_told,
    take_back_edits,
    write_corrected,
)
from lamella.run.editing.base import base_of, refuse_removed, same_labels
from lamella.run.editing.change import Edit
from lamella.run.editing.journal import Entry, Journal
from lamella.run.editing.overlay import Applied, Overlay
from lamella.run.editing.run_lock import while_no_run_works
from lamella.run.editing.theirs import (
    ChangedMeanwhileError,
    Theirs,
    meeting,
    renamed_beside,
    theirs_since,
)
from lamella.run.who import person


class EditSession:
    """Corrections of one set of objects of one movie of a run.

    Every edit is on the disk, in the journal of this person, before it shows. Nothing else of the
    run changes before `save`. Close the session when done, or use it in a ``with`` block.

    Parameters
    ----------
    run : OpenedRun
    movie : str
    object_name : str
        Set of objects; the first of the movie by default.
    who : str, optional
        For the log; person and machine by default.

    Raises
    ------
    InputError
        There is no such movie, or nothing was tracked in it.
    OutputError
        The same person corrects it in another window, or the folder cannot be written.

    Examples
    --------
    >>> with EditSession(run, "wt1") as session:                                # doctest: +SKIP
    ...     session.do(Split(frame=12, cell=4, seeds=[(30, 41), (38, 52)]), why="two cells")
    ...     session.save()
    """

    def __init__(
        self, run: OpenedRun, movie: str, object_name: str | None = None, *, who: str | None = None
    ) -> None:
        self.run, self.movie = run, run.movie(movie)
        known = self.movie.objects
        if not known or object_name not in (None, *known):
            raise InputError(
                f"{run.folder}, {movie}",
                f"it has no tracks of {object_name or 'any objects'}",
                f"it has {', '.join(known)}" if known else "run the study first",
            )
        self.name = object_name or known[0]
        self.folder: Path = self.movie.folder
        refuse_removed(self.movie, self.name)
        self._journal = Journal(self.folder, self.name, who or person())
        self._applied: list[Applied] = []
        self._base: dict[str, Any] = {}
        self._guard, self._saving, self._closed = Lock(), False, False
        self.left: list[Entry] = []
        """Edits of an earlier session that were not saved: `recover` or `discard` them."""
        try:
            self.left = self._look_for_left()
            self._begin()
            if not self.left and self._journal.base != self._base:
                self._journal.clear()  # edits that were undone, on cells that are others by now
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """End the session. What was not saved stays in the journal, and is offered next time.

        Where another thread is saving, this does not wait: the journal is let go of when it has.
        """
        with self._guard:
            self._closed = True
            if self._saving:
                return
        self._let_go()

    def _let_go(self) -> None:
        if not self._journal.entries and not self._journal.undone and not self.left:
            self._journal.clear()
        self._journal.close()

    @property
    def who(self) -> str:
        """Who corrects."""
        return self._journal.who

    @property
    def notes(self) -> list[str]:
        """What was noticed as the journal was read."""
        return self._journal.notes

    @property
    def edits(self) -> list[Entry]:
        """Edits that are not yet saved, in their order."""
        return [] if self.left else list(self._journal.entries)

    @property
    def unsaved(self) -> int:
        """How many edits are not yet saved."""
        return len(self.edits)

    @property
    def undone(self) -> int:
        """How many edits can be done again."""
        return 0 if self.left else len(self._journal.undone)

    @property
    def cells(self) -> Overlay:
        """The cells as they are now."""
        return self._cells

    def tracked(self) -> Tracked:
        """Labels and tracks with all edits, those not yet saved included."""
        return self._cells.tracked()

    def new_cell(self) -> int:
        """A number for a new cell, that no cell ever had."""
        return self._cells.new_cell()

    def do(self, edit: Edit, *, why: str = "") -> Applied:
        """Do an edit.

        Raises
        ------
        InputError
            It makes no sense on these cells: nothing changed.
        OutputError
            There are edits of an earlier session to decide on; the journal cannot be written.
        """
        self._refuse_left()
        applied = self._cells.do(edit)
        if not self._journal.session:
            self._journal.begin(self._base)
        try:
            self._journal.add(applied.edit, why, applied.found.shapes)
        except BaseException:
            self._cells.undo(applied)
            raise
        self._applied.append(applied)
        return applied

    def undo(self) -> Applied | None:
        """Take back the last edit that is not saved; None where there is none."""
        if not self._applied:
            return None
        self._journal.undo()
        applied = self._applied.pop()
        self._cells.undo(applied)
        return applied

    def redo(self) -> Applied | None:
        """Do again what was undone last; None where there is nothing."""
        if self.left or not self._journal.undone:
            return None
        applied = self._cells.do(self._journal.undone[-1].edit)
        try:
            self._journal.redo()
        except BaseException:
            self._cells.undo(applied)
            raise
        self._applied.append(applied)
        return applied

    def recover(self) -> list[Applied]:
        """Do the edits that an earlier session did not save.

        Raises
        ------
        ChangedMeanwhileError
            The cells are not those that the edits were made on; they stay in the journal, see
            `replay_on_theirs`.
        InputError
            One of them makes no sense there: none is done.
        """
        if not self.left:
            return []
        if self._journal.base != self._base:
            raise self._changed_meanwhile()
        try:
            self._applied = [self._cells.do(entry.edit) for entry in self.left]
        except BaseException:
            self._begin()  # all of them or none
            raise
        self.left = []
        return list(self._applied)

    def discard(self) -> Path:
        """Give up what is not saved, of an earlier session too; it is kept in a file beside.

        Returns
        -------
        Path
            That file.
        """
        aside = self._journal.put_aside()
        self.left = []
        self._begin()
        return aside

    def save(self) -> bool:
        """Write corrected labels and the log of edits; the next run measures them.

        The first time the labels as they were are kept beside them. The run is locked only while
        this writes.

        Returns
        -------
        bool
            False where there was nothing to save.

        Raises
        ------
        ChangedMeanwhileError
            Others saved corrections since this session began: nothing is written, see
            `replay_on_theirs`.
        OutputError
            A run works in the folder, or it cannot be written, or the session is closed; the edits
            stay in the journal.
        """
        self._refuse_left()
        if not self._journal.entries:
            return False
        with self._held_open():
            with self._locked():
                if self._base_now() != self._base:
                    raise self._changed_meanwhile()
                write_corrected(
                    self.folder,
                    self.name,
                    self._cells.snapshot(),
                    self._lines(),
                    may_go_back=False,
                )
                self._journal.clear()
            self._begin()
        return True

    @contextmanager
    def _held_open(self) -> Iterator[None]:
        """The journal is ours until the end of this, though the session be closed meanwhile: else
        another one would take edits that are being saved for such that were left.
        """
        with self._guard:
            if self._closed:
                raise OutputError(
                    f"{self.run.folder}, {self.movie.name}",
                    "this session is closed",
                    "begin to correct the movie again: edits that were not saved are offered then",
                )
            self._saving = True
        try:
            yield
        finally:
            with self._guard:
                self._saving, closed = False, self._closed
            if closed:
                self._let_go()

    def replay_on_theirs(self) -> list[Applied]:
        """Do our edits on the cells that others saved since, where the two do not meet.

        Cells that both made get other numbers among ours. Afterwards the edits are as if they had
        been made on theirs; they are not yet saved.

        Raises
        ------
        ChangedMeanwhileError
            They changed what ours change, or it cannot be known: who did what, and when. Nothing
            changed, ours stay in the journal.
        """
        entries = list(self.left or self._journal.entries)
        base = self._base_now()  # before it is read: of what comes later, `save` tells
        theirs = self._theirs(self._journal.base or self._base)
        fresh = Overlay(self.movie.current(self.name), gone=reserved_in(self._edits_now()))
        ours = [entry.edit for entry in entries]
        done: list[Applied] = []
        for edit in renamed_beside(ours, fresh, theirs):
            try:
                done.append(fresh.do(edit))
            except InputError as fault:
                raise theirs.refused(f"{fault.where}: {fault.what}") from fault
        if met := meeting(entries, done, theirs):
            raise theirs.refused(met)
        made = [
            entry._replace(edit=applied.edit, shapes=in_ranges(applied.found.shapes))
            for entry, applied in zip(entries, done, strict=True)
        ]
        self._journal.begin(base, made)
        self._base, self._cells, self._applied = base, fresh, done
        self.left = []
        return list(self._applied)

    def _begin(self) -> None:
        """Look at the cells as they are saved."""
        self._base = self._base_now()
        edits = self._edits_now()
        self._cells = Overlay(self.movie.current(self.name), gone=reserved_in(edits))
        self._applied = []

    def _edits_now(self) -> list[dict[str, Any]]:
        return edits_of(self.folder, self.name)

    def _base_now(self) -> dict[str, Any]:
        return base_of(self.folder, self.name)

    def _refuse_left(self) -> None:
        if self.left:
            verb = "is" if len(self.left) == 1 else "are"
            raise OutputError(
                f"{self.run.folder}, {self.movie.name}",
                f"{count(len(self.left), 'edit')} of an earlier session {verb} not saved",
                "recover or discard them first",
            )

    def _look_for_left(self) -> list[Entry]:
        """Edits that an earlier session left, unless it died between saving and saying so."""
        journal = self._journal
        ours = [edit for edit in self._edits_now() if edit.get("session") == journal.session]
        if journal.session and ours:
            if not same_labels(journal.base, self._base_now()):
                journal.put_aside()  # the labels are there: all was saved
            else:  # killed after it told of the labels and before they were there
                with self._locked():
                    take_back_edits(
                        self.folder, lambda line: line.get("session") != journal.session
                    )
        return list(journal.entries)

    def _locked(self) -> AbstractContextManager[None]:
        return while_no_run_works(self.run.folder)

    def _lines(self) -> list[dict[str, Any]]:
        """Lines of the log for all edits."""
        lines = [
            edit_line(
                self.name,
                applied.found,
                who=entry.who,
                why=entry.why,
                time=entry.time,
                n_cells=applied.n_cells,
                lineage=applied.lineage,
                session=self._journal.session,
                words=applied.edit.words,
                edit=applied.edit.model_dump(mode="json"),
            )
            for entry, applied in zip(self._journal.entries, self._applied, strict=True)
        ]
        lines[-1] |= state_told(self._cells.parents, self._cells.filled)
        return lines

    def _theirs(self, base: Mapping[str, Any]) -> Theirs:
        where = f"{self.run.folder}, {self.movie.name}"
        return theirs_since(base, self._base_now(), self._edits_now(), where=where)

    def _changed_meanwhile(self) -> ChangedMeanwhileError:
        theirs = self._theirs(self._journal.base or self._base)
        return theirs.changed(len(self.left or self._journal.entries))
