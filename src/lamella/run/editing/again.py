"""A movie measured again after its cells were corrected."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator
from queue import Queue
from threading import Thread

from lamella.core.errors import LamellaError, LamellaWarning, OutputError
from lamella.run.browse import OpenedRun
from lamella.run.execute import Outcome, run_study
from lamella.run.study import open_study
from lamella.run.workers import Progress


def measure_again(
    run: OpenedRun,
    movie: str,
    *,
    on_progress: Callable[[Progress], object] = lambda progress: None,
) -> Outcome:
    """Measure a corrected movie, and with it the tables, statistics and report of its study.

    Stages that do not depend on the corrections are not done again, and files of other movies stay
    as they are.

    Parameters
    ----------
    run : OpenedRun
    movie : str
    on_progress : callable
        Called while the movie is under way.

    Raises
    ------
    LamellaError
        As `run_study`; the first fault where the movie could not be measured.
    """
    study = open_study(run.study.folder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LamellaWarning)  # they stand in the report
        outcome = run_study(study, run.folder, only=[movie], on_progress=on_progress)
    if failed := [result for result in outcome.failed if result.movie == movie]:
        raise OutputError(
            str(run.folder),
            f"{movie} was not measured: {failed[0].message}",
            "mend that, run again",
        )
    return outcome


def measuring_again(run: OpenedRun, movie: str) -> Generator[Progress, None, Outcome]:
    """The same as a generator, for windows: yields how far it is, returns the outcome.

    What began goes on to its end where the generator is closed before.
    """
    told: Queue[Progress | None] = Queue()
    made: list[Outcome | BaseException] = []

    def work() -> None:
        try:
            made.append(measure_again(run, movie, on_progress=told.put))
        except BaseException as error:  # raised where it is waited for
            made.append(error)
        finally:
            told.put(None)

    thread = Thread(target=work, name=f"measure {movie}")
    thread.start()
    while (progress := told.get()) is not None:
        yield progress
    thread.join()
    (outcome,) = made
    if isinstance(outcome, LamellaError | Exception):
        raise outcome
    assert isinstance(outcome, Outcome)  # noqa: S101  an interruption ends the thread alone
    return outcome
