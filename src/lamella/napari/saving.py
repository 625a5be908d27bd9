"""Corrections saved, and their movie measured again, while the window stays alive."""

from __future__ import annotations

from collections.abc import Generator
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
        Whether the movie is measured again afterwards.
    """
    try:
        yield Step(0, 0, "save")
        session.save()
        if not measure:
            return "Saved. The next run measures the corrected cells."
        movie = session.movie.name
        for progress in measuring_again(session.run, movie):
            yield Step(progress.done, progress.total, progress.stage)
    except LamellaError as error:
        return error
    return f"Saved, and {movie} was measured again."
