"""What a person did and has not yet saved, on the disk before it shows: it survives a crash.

One file a person, machine and set of objects, ``corrections/journal/<object>.<who>.jsonl``. Its
first line tells what the edits are of, every further one an edit, an undo or a redo.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from filelock import FileLock, Timeout
from pydantic import ValidationError

from lamella.core.errors import OutputError
from lamella.io.atomic import output_error, whole_file
from lamella.run.browse import OpenedMovie
from lamella.run.corrections import FOLDER
from lamella.run.edit_log import Ranges, Shapes, in_ranges, now
from lamella.run.editing.change import Edit
from lamella.run.editing.edits import EDIT
from lamella.run.who import as_file_name, person


class Entry(NamedTuple):
    """An edit as a person made it."""

    edit: Edit
    why: str
    time: str
    who: str
    shapes: Ranges
    """What it changed."""


class Journal:
    """The journal of one person for one set of objects of a movie, held open by one session.

    Parameters
    ----------
    folder : Path
        ``OUT/movies/<movie>``.
    name : str
        Set of objects.
    who : str

    Raises
    ------
    OutputError
        Another session of the same person holds it; or it cannot be written.
    """

    def __init__(self, folder: Path, name: str, who: str) -> None:
        self.who = who
        self.file = folder / FOLDER / "journal" / f"{name}.{as_file_name(who)}.jsonl"
        self.notes: list[str] = []
        """What was noticed while it was read."""
        self.base: dict[str, Any] = {}
        """What the edits in it are of."""
        self.session = ""
        """Name of the session that began it, which its lines in the log have, too."""
        # Not of the thread that takes it: a session that saves in another one ends there.
        self._lock = FileLock(self.file.with_suffix(".lock"), timeout=0, thread_local=False)
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
        except Timeout:
            raise OutputError(
                str(self.file),
                f"{who} is correcting this movie in another window",
                "go on there, or close it; two windows must not write one journal",
            ) from None
        except OSError as error:
            raise output_error(self.file, error) from error
        try:
            self.entries, self.undone = self._read()
        except OSError as error:
            self._lock.release()
            raise output_error(self.file, error) from error
        """Edits in their order, and those that were undone, the last one last."""

    def begin(self, base: Mapping[str, Any], entries: Iterable[Entry] = ()) -> None:
        """Start it anew, of other cells, with some edits; the file is replaced in one step."""
        self.base, self.session = dict(base), uuid.uuid4().hex
        self.entries, self.undone = list(entries), []
        head = {"session": self.session, "who": self.who, "time": now(), "base": self.base}
        lines = [head, *(_line(entry) for entry in self.entries)]
        with whole_file(self.file) as part, part.open("w", encoding="utf-8") as stream:
            stream.writelines(_text(line) for line in lines)
            stream.flush()
            os.fsync(stream.fileno())

    def add(self, edit: Edit, why: str, shapes: Shapes) -> Entry:
        """Note an edit; it is on the disk when this returns."""
        entry = Entry(edit, why, now(), self.who, in_ranges(shapes))
        self._append(_line(entry))
        self.entries.append(entry)
        self.undone.clear()
        return entry

    def undo(self) -> None:
        """Note that the last edit was undone."""
        self._append({"undo": True, "time": now()})
        self.undone.append(self.entries.pop())

    def redo(self) -> Entry:
        """Note that the edit that was undone last was done again."""
        self._append({"redo": True, "time": now()})
        self.entries.append(self.undone.pop())
        return self.entries[-1]

    def clear(self) -> None:
        """Nothing is left to be saved."""
        self.file.unlink(missing_ok=True)
        self.base, self.session, self.entries, self.undone = {}, "", [], []

    def put_aside(self) -> Path:
        """Nothing of it counts any more; what it held is kept beside it."""
        aside = self._free_name("discarded")
        if self.file.is_file():
            self.file.replace(aside)
        self.clear()
        return aside

    def close(self) -> None:
        """Let go of it; what it holds stays."""
        self._lock.release()

    def _append(self, line: Mapping[str, Any]) -> None:
        try:
            with self.file.open("a", encoding="utf-8") as stream:
                start = stream.tell()
                try:
                    stream.write(_text(line))
                    stream.flush()
                    os.fsync(stream.fileno())
                except OSError:
                    os.truncate(self.file, start)
                    raise
        except OSError as error:
            raise output_error(self.file, error) from error

    def _read(self) -> tuple[list[Entry], list[Entry]]:
        if not self.file.is_file():
            return [], []
        raw = self.file.read_bytes()
        entries: list[Entry] = []
        undone: list[Entry] = []
        good = 0
        for number, line in enumerate(raw.splitlines(keepends=True)):
            try:
                self._take(number, line, entries, undone)
            except (ValueError, LookupError, TypeError, RecursionError, ValidationError):
                break
            good += len(line)
        if good < len(raw):
            self._mend(raw, good)
        return entries, undone

    def _take(self, number: int, text: bytes, entries: list[Entry], undone: list[Entry]) -> None:
        if not text.endswith(b"\n"):
            raise ValueError("half a line")
        line = json.loads(text)
        if number == 0:
            self.session, self.base = str(line["session"]), dict(line["base"])
        elif "undo" in line:
            undone.append(entries.pop())
        elif "redo" in line:
            entries.append(undone.pop())
        else:
            edit = EDIT.validate_python(line["edit"])
            shapes = dict(line["shapes"])
            entries.append(Entry(edit, line["why"], line["time"], line["who"], shapes))
            undone.clear()

    def _free_name(self, what: str) -> Path:
        """Of a copy beside it; two in one second are kept both."""
        when, n = now().replace(":", ""), 1
        while (name := self.file.with_name(f"{self.file.stem}.{when}.{n}.{what}.jsonl")).exists():
            n += 1
        return name

    def _mend(self, raw: bytes, good: int) -> None:
        """A last line that cannot be read is no edit that anyone saw; of others all is kept."""
        rest = raw[good:]
        if b"\n" in rest[:-1]:
            damaged = self._free_name("damaged")
            damaged.write_bytes(raw)
            self.notes.append(
                f"{self.file.name} is damaged: the edits before the damage are taken, all of it is "
                f"kept in {damaged.name}"
            )
        else:
            self.notes.append(
                "the last edit was being written when the window closed: it is left out"
            )
        os.truncate(self.file, good)


def unsaved_edits(movie: OpenedMovie, name: str, *, who: str | None = None) -> int:
    """How many edits of a person wait in a journal; 0 while a session of theirs holds it."""
    try:
        journal = Journal(movie.folder, name, who or person())
    except OutputError:
        return 0
    try:
        return len(journal.entries)
    finally:
        journal.close()


def _line(entry: Entry) -> dict[str, Any]:
    return {
        "edit": entry.edit.model_dump(mode="json"),
        "why": entry.why,
        "time": entry.time,
        "who": entry.who,
        "shapes": entry.shapes,
    }


def _text(line: Mapping[str, Any]) -> str:
    return json.dumps(line, ensure_ascii=False) + "\n"
