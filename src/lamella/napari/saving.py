"""Corrections saved, and their movie measured again, while the window stays alive."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from typing import TYPE_CHECKING

from lamella.core.errors import LamellaError
from lamella.napari.parts import Step
from lamella.run.editing import measuring_again

if TYPE_CHECKING:
    from lamella.run.editing import EditSession


def saving_of(session: EditSession, measure: bool) -> Generator[Step, None, LamellaError | str]:
    """Save, and measure again, as work for a `JobLine`; the error where that cannot be, else how it
    ended.

    Parameters
    ----------
    session : EditSession
        Nobody may edit in it meanwhile.
    measure : bool
        Whether the movie is measured again afterwards. Work that is closed meanwhile has saved, and
        the run's folder is free.
    """
    try:
        yield Step(0, 0, "save")
        session.save()
        if not measure:
            return "Saved. The next run measures the corrected cells."
        movie = session.movie.name
        with closing(measuring_again(session.run, movie)) as measuring:
            for told in measuring:
                left = told.done < told.total  # what follows the last frame may take its time
                total = told.total if left else 0
                yield Step(told.done, total, f"measure {movie}: {told.stage}")
    except LamellaError as error:
        return error
    return f"Saved, and {movie} was measured again."


def stopped_words(session: EditSession) -> str:
    """How it stands after that work was stopped."""
    if session.unsaved:
        return "Stopped. Nothing was saved."
    return (
        f"Stopped. The corrections are saved, and {session.movie.name} is not yet measured with "
        "them: Save goes on from here, and so does the next run."
    )
