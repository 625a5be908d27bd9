"""The folder of a run, held while a person saves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from lamella.core.errors import InUseError
from lamella.run.holding import holder, locked


@contextmanager
def while_no_run_works(run: Path) -> Iterator[None]:
    """`locked`, in words for a person who saves.

    Raises
    ------
    InUseError
        A run works in the folder.
    OutputError
        It cannot be written.
    """
    with ExitStack() as held:
        try:
            held.enter_context(locked(run))
        except InUseError as error:
            raise InUseError(
                str(run),
                f"a run is working in this folder{holder(run)}",
                "save again when it has ended; your edits are kept in the journal until then",
            ) from error
        yield
