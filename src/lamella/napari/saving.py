"""Corrections saved, and their movie measured again, while the window stays alive."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from lamella.core.errors import LamellaError
from lamella.napari.parts import JobLine, Step
from lamella.run.editing import measuring_again

if TYPE_CHECKING:
    from lamella.run.editing import EditSession


class Saved(NamedTuple):
    """How saving ended."""

    measured: bool = False
    """Whether the movie was measured again, and its tables were written."""
    unmeasured: bool = False
    """Whether that was wanted, and came to no end."""
    error: LamellaError | None = None


class SavingJob:
    """Saves one session at a time in the background, and tells its line how it ended.

    Parameters
    ----------
    job : JobLine
    ended : callable
        Is given the session and `Saved`, in the thread of the window.
    """

    def __init__(self, job: JobLine, ended: Callable[[EditSession, Saved], object]) -> None:
        self._job, self._ended, self._movie = job, ended, ""

    @property
    def movie(self) -> str:
        """The movie that is being saved, or measured again; empty where none is."""
        return self._movie if self._job.busy else ""

    @property
    def words(self) -> str:
        """What who wants to change it meanwhile has to wait for."""
        return f"{self.movie} is being saved: wait until it is measured."

    def start(self, session: EditSession, *, measure: bool) -> bool:
        """Begin; False where another one still goes on."""
        begun = self._job.start(
            saving_of(session, measure),
            done=partial(self._done, session, measure),
            stopped=partial(self._stopped, session, measure),
        )
        if begun:
            self._movie = session.movie.name
        return begun

    def _done(self, session: EditSession, measure: bool, how: LamellaError | str) -> None:
        if isinstance(how, LamellaError):
            self._job.message.warn(how)
            self._ended(session, Saved(unmeasured=measure, error=how))
        else:
            self._job.message.say(how)
            self._ended(session, Saved(measured=measure))

    def _stopped(self, session: EditSession, measure: bool) -> str:
        self._ended(session, Saved(unmeasured=measure))
        return stopped_words(session)


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
