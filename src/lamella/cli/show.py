"""What the command line shows: progress, tables, errors. Quiet when nobody is watching."""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
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

if TYPE_CHECKING:
    from lamella.run.movie import StageResult
    from lamella.run.workers import Progress as Advance

# Away from a terminal, lines are as long as they need to be: somebody may read them with a program.
_WIDE = 200
out = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDE)
err = Console(stderr=True, highlight=False, width=None if sys.stderr.isatty() else _WIDE)


def show_error(error: Exception) -> None:
    """One line a fault, on stderr."""
    for line in str(error).splitlines():
        err.print(f"[bold red]error:[/] {escape(line)}", soft_wrap=True)


def show_warning(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
    """A warning of ours as one line; those of libraries as Python shows them."""
    from lamella.core.errors import LamellaWarning

    if issubclass(category, LamellaWarning):
        err.print(f"[yellow]warning:[/] {escape(str(message))}", soft_wrap=True)
    else:
        err.print(warnings.formatwarning(message, category, "", 0).strip(), markup=False)


def show_table(columns: list[str], rows: list[list[str]], *, most: int = 20) -> None:
    """A plain table; the middle of a long one is left out."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    shown = rows if len(rows) <= most else [*rows[: most - 3], ["…"] * len(columns), *rows[-2:]]
    for row in shown:
        table.add_row(*(escape(cell) for cell in row))
    out.print(table)


class RunDisplay:
    """Progress of a run: all movies, and what every worker is doing."""

    def __init__(self, n_movies: int, n_cached: int = 0) -> None:
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
        for result in results:
            if result.state == "failed":
                err.print(
                    f"[red]failed[/] {escape(name)}: {escape(result.message)}", soft_wrap=True
                )
                if result.trace:
                    import os

                    if os.environ.get("LAMELLA_DEBUG"):
                        err.print(result.trace, markup=False)


@contextmanager
def frame_bar(description: str) -> Iterator[Any]:
    """A bar over the frames of one movie; gives ``advance(done, total)``."""
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    ) as bars:
        task = bars.add_task(escape(description), total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)
