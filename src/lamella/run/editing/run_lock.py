"""The folder of a run, held while a person saves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lamella.core.errors import OutputError
from lamella.run.execute import locked


@contextmanager
def while_no_run_works(run: Path) -> Iterator[None]:
    """`locked`, in words for a person who saves.

    Raises
    ------
    OutputError
        A run works in the folder, or it cannot be written.
    """
    try:
        lock = locked(run)
        lock.__enter__()
    except OutputError as error:
        if "another run" not in error.what:
            raise
        raise OutputError(
            str(run),
            "a run is working in this folder",
            "save again when it has ended; your edits are kept in the journal until then",
        ) from error
    try:
        yield
    finally:
        lock.__exit__(None, None, None)
