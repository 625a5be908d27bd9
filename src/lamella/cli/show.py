"""What the command line shows: progress, tables, errors. Quiet when nobody is watching."""

from __future__ import annotations

import os
import sys
import time
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from lamella.cli.ended import lasting

if TYPE_CHECKING:
    from lamella.core.errors import LamellaError
    from lamella.run.executors import Progress as Advance
    from lamella.run.movie import StageResult

# Away from a terminal, lines are as long as they need to be: somebody may read them with a program.
_WIDE = 200
_LOG_EVERY_S = 60.0
# No markup: messages and paths may hold square brackets, such as [scale] of study.toml.
_AS_IT_IS: dict[str, Any] = {"highlight": False, "markup": False, "emoji": False}
out = Console(file=lasting("stdout"), **_AS_IT_IS, width=None if sys.stdout.isatty() else _WIDE)
err = Console(file=lasting("stderr"), **_AS_IT_IS, width=None if sys.stderr.isatty() else _WIDE)

_STYLES = {
    "error": "bold red", "failed": "bold red", "fault": "bold red",
    "warning": "yellow", "note": "yellow", "skipped": "dim",
}  # fmt: skip


def tell(kind: str, text: str) -> None:
    """One line on stderr, such as ``warning: ki1__12: …``."""
    err.print(Text.assemble((f"{kind}:", _STYLES[kind]), " ", text), soft_wrap=True)


def counted(n: int, thing: str) -> str:
    """So many of a thing, such as ``1 cell`` or ``3 cells``."""
    return f"{n} {thing}{'s' * (n != 1)}"


def number(value: float | None, style: str = ".3g") -> str:
    """A number of a table; ``–`` where it is missing."""
    return "–" if value is None or value != value else format(value, style)


def between(low: float, high: float) -> str:
    """An interval, such as ``0.21 to 0.5``; ``–`` where it is missing."""
    return "–" if low != low else f"{number(low)} to {number(high)}"


def debugging() -> bool:
    """Whether tracebacks are wanted."""
    return bool(os.environ.get("LAMELLA_DEBUG"))


def in_words(error: Exception) -> LamellaError:
    """Any error as one of ours: what the machine lacks is told as such."""
    from lamella.core.errors import InputError, LamellaError, UnexpectedError
    from lamella.io.atomic import of_the_disk

    if isinstance(error, LamellaError):
        return error
    if isinstance(error, MemoryError):
        what = f"memory does not suffice ({error})" if str(error) else "memory does not suffice"
        return InputError("lamella", what, "close other programs, or take a larger machine")
    if isinstance(error, OSError) and (told := of_the_disk(error)) is not None:
        return told
    return UnexpectedError.of("lamella", error)


def show_error(error: Exception) -> None:
    """One line a fault, on stderr."""
    for line in str(error).splitlines():
        tell("error", line)


def show_warning(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
    """A warning of ours as one line; those of libraries as Python shows them."""
    from lamella.core.errors import LamellaWarning

    if issubclass(category, LamellaWarning):
        tell("warning", str(message))
    else:
        err.print(warnings.formatwarning(message, category, "", 0).strip())


def tell_of_movies(kind: str, told: Iterable[tuple[str, str]], word: str = "movie") -> None:
    """What is to be known of movies, given by name; what is the same of many in one line.

    A plate has hundreds of fields. `word` is what a movie is called.
    """
    from lamella.run.alike import alike

    for each in alike((movie, str(text)) for movie, text in told):
        if len(each.movies) == 1:
            tell(kind, f"{each.movies[0]}: {each.text}")
        else:
            tell(kind, f"{counted(len(each.movies), word)} ({each.named}): {each.text}")


def show_table(columns: list[str], rows: list[list[str]], *, most: int = 20) -> None:
    """A plain table; the middle of a long one is left out."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    shown = rows if len(rows) <= most else [*rows[: most - 3], ["…"] * len(columns), *rows[-2:]]
    for row in shown:
        table.add_row(*row)
    out.print(table)


class RunDisplay:
    """Progress of a run: all movies, and what every worker is doing.

    Without a terminal, as in the log of a cluster, a line a minute tells how many have ended.
    """

    def __init__(self, n_movies: int, out: Path) -> None:
        self._n_movies, self._out = n_movies, out
        self._n_ended = self._n_failed = 0
        self._told_at = time.monotonic()
        self._bars = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=err,
            transient=True,
            disable=not err.is_terminal,
        )
        self._all = self._bars.add_task("movies", total=n_movies, rate="")
        self._movies: dict[str, TaskID] = {}
        self._began: dict[tuple[str, str], float] = {}

    @contextmanager
    def shown(self) -> Iterator[RunDisplay]:
        """Show the bars while the block runs."""
        with self._bars:
            yield self

    def advance(self, at: Advance) -> None:
        """A movie has come so far."""
        if not err.is_terminal:
            self._log()
            return
        if at.movie not in self._movies:
            self._movies[at.movie] = self._bars.add_task(escape(at.movie), total=1, rate="")
        began = self._began.setdefault((at.movie, at.stage), time.monotonic())
        seconds = time.monotonic() - began
        self._bars.update(
            self._movies[at.movie],
            description=f"  {escape(at.movie)}: {at.stage}",
            completed=at.done,
            total=max(at.total, 1),
            rate=f"{at.done / seconds:.0f} frames/s" if seconds > 0.2 else "",
        )

    def ended(self, results: list[StageResult]) -> None:
        """A movie is finished, or has failed."""
        name = results[0].movie
        if name in self._movies:
            self._bars.remove_task(self._movies.pop(name))
        self._bars.advance(self._all)
        failed = results[-1].state == "failed"
        self._n_ended += 1
        self._n_failed += failed
        if not err.is_terminal:
            self._log()
        elif failed:  # why, is told at the end
            tell("failed", name)

    def _log(self) -> None:
        now = time.monotonic()
        if now - self._told_at < _LOG_EVERY_S:
            return
        self._told_at = now
        failed = f", {self._n_failed} of them failed" if self._n_failed else ""
        err.print(
            f"{self._n_ended} of {self._n_movies} movies have ended{failed}; more is told by: "
            f"lamella status {self._out}",
            soft_wrap=True,
        )


@contextmanager
def frame_bar(description: str) -> Iterator[Any]:
    """A bar over the frames of one movie; gives ``advance(done, total)``."""
    with _frame_bars() as bars:
        task = bars.add_task(escape(description), total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)


@contextmanager
def work_bar(description: str) -> Iterator[Any]:
    """A bar over work of several kinds; gives ``advance(doing, done, total)``."""
    with _frame_bars() as bars:
        task = bars.add_task(escape(description), total=None)
        yield lambda doing, done, total: bars.update(
            task, description=escape(doing), completed=done, total=total
        )


def _frame_bars() -> Progress:
    """An empty stack of bars over frames."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    )
