"""Commands that show: a window, and films and figures of what it would show."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from lamella.cli import SEE, app


@app.command(rich_help_panel=SEE)
def view(
    target: Annotated[
        Path | None,
        typer.Argument(metavar="RUN|MOVIE|LABELS", help="What to open: a run's folder, a movie …"),
    ] = None,
    study: Annotated[
        Path | None, typer.Option(help="The study of a run, where it lies elsewhere.")
    ] = None,
    movie: Annotated[str | None, typer.Option(help="Movie of a run; its first by default.")] = None,
    cell: Annotated[int | None, typer.Option(help="Cell of that movie.")] = None,
    frame: Annotated[int | None, typer.Option(help="Frame to begin at, from 0.", min=0)] = None,
    taken_for: Annotated[
        Literal["movie", "labels"] | None,
        typer.Option("--as", help="What an image is, where that is taken wrongly."),
    ] = None,
) -> None:
    """Open napari on a run, a movie, labels or tracks.

    Example: `lamella view movies/results --movie WT__1 --cell 1`
    """
    from lamella.run.browse.screen import refuse_no_napari, refuse_no_screen

    refuse_no_napari()
    refuse_no_screen()

    import napari
    from lamella.napari.window import open_window

    open_window(target, study=study, movie=movie, cell=cell, frame=frame, taken_for=taken_for)
    napari.run()
