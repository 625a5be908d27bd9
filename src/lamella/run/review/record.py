"""The file of a movie's decisions: lines are added, none is ever changed."""

from __future__ import annotations

import os
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import ValidationError

from lamella.core.errors import InputError, OutputError
from lamella.io.atomic import output_error, whole_file
from lamella.run.corrections import FOLDER
from lamella.run.review.decision import Decision

DECISIONS = f"{FOLDER}/decisions.jsonl"
"""In the folder of a movie; what is in `corrections` outlives a fresh run."""
_LOCK = f"{FOLDER}/.decisions.lock"
_PATIENCE_S = 10


def decisions_of(folder: Path) -> list[Decision]:
    """All decisions about a movie, the first one first; those taken back included.

    Parameters
    ----------
    folder : Path
        ``OUT/movies/<movie>``.

    Raises
    ------
    InputError
        A file that is damaged, or of a newer version; says which line.
    """
    file = folder / DECISIONS
    if not file.is_file():
        return []
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(str(file), f"it cannot be read ({error})", "mend it") from error
    found = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            found.append(Decision.model_validate_json(line))
        except ValidationError as error:
            raise InputError(
                f"{file}, line {number}",
                f"it is no decision ({error.errors()[0]['msg']})",
                "mend or delete that line; a newer Lamella may have written it",
            ) from error
    return found


def record(folder: Path, decision: Decision) -> None:
    """Add a decision to those about a movie.

    Two people may decide at the same time: both lines are kept.

    Raises
    ------
    InputError
        What stands in the file is damaged: it is left as it is.
    OutputError
        It cannot be written; what was decided before is still there.
    """
    file = folder / DECISIONS
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / _LOCK, timeout=_PATIENCE_S):
            decisions_of(folder)
            before = file.read_text(encoding="utf-8") if file.is_file() else ""
            if before and not before.endswith("\n"):  # as editors leave it
                before += "\n"
            with whole_file(file) as part, part.open("w", encoding="utf-8", newline="\n") as out:
                out.write(before + decision.model_dump_json(exclude_defaults=False) + "\n")
                out.flush()
                os.fsync(out.fileno())
    except Timeout:
        raise OutputError(
            str(file), "somebody else is writing it", "decide again in a moment"
        ) from None
    except OSError as error:
        raise output_error(file, error) from error
