"""A movie measured again after its cells were corrected."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator

from lamella.core.errors import LamellaWarning, OutputError
from lamella.run.browse import OpenedRun
from lamella.run.execute import run_study
from lamella.run.executors import Progress
from lamella.run.outcome import Outcome
from lamella.run.stopping import Asked, never, steps_of
from lamella.run.study import open_study


def measure_again(
    run: OpenedRun,
    movie: str,
    *,
    on_progress: Callable[[Progress], object] = lambda progress: None,
    stopped: Asked = never,
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
    stopped : callable
        Asked between frames; see `run_study`.

    Raises
    ------
    Stopped
        When it was asked to end: the next run measures what is left.
    LamellaError
        As `run_study`; the first fault where the movie could not be measured.
    """
    study = open_study(run.study.folder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LamellaWarning)  # they stand in the report
        outcome = run_study(
            study, run.folder, only=[movie], on_progress=on_progress, stopped=stopped
        )
    if failed := [result for result in outcome.failed if result.movie == movie]:
        raise OutputError(
            str(run.folder),
            f"{movie} was not measured: {failed[0].message}",
            "mend that, run again",
        )
    return outcome


def measuring_again(run: OpenedRun, movie: str) -> Generator[Progress, None, Outcome]:
    """The same as a generator, for windows: yields how far it is, returns the outcome.

    Closing it ends the work at the next frame; the run's folder is free when it is closed.
    """
    return steps_of(
        lambda tell, stopped: measure_again(run, movie, on_progress=tell, stopped=stopped),
        Progress(movie, "open", 0, 0),
    )
