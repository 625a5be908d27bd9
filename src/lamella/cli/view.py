"""Commands that show: a window, and films and figures of what it would show."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from lamella.cli import SEE, app
from lamella.cli.options import Force, Position, Slices, taken


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
    position: Position = None,
    z: Slices = None,
) -> None:
    """Open napari on a run, a movie, labels or tracks.

    Example: `lamella view movies/results --movie WT__1 --cell 1`
    """
    from lamella.run.browse.screen import refuse_no_napari, refuse_no_screen

    refuse_no_napari()
    refuse_no_screen()

    from lamella.napari.window import view as view_it

    view_it(
        target, study=study, movie=movie, cell=cell, frame=frame, taken_for=taken_for,
        take=taken(position, z),
    )  # fmt: skip


@app.command(rich_help_panel=SEE)
def film(
    source: Annotated[
        Path, typer.Argument(metavar="RUN|MOVIE", help="A run's folder, or a movie without one.")
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", help="A film: .mp4, .gif; a strip of frames: .png, .svg, .pdf."
        ),
    ],
    movie: Annotated[str | None, typer.Option(help="Movie of the run.")] = None,
    cell: Annotated[int | None, typer.Option(help="Cell to show closely; else the field.")] = None,
    name: Annotated[str | None, typer.Option("--object", help="Set of objects.")] = None,
    frames: Annotated[
        str, typer.Option(help="`FROM:TO`, from 0, TO not included; or `0,5,9`.")
    ] = "",
    every: Annotated[
        int | None,
        typer.Option(
            help="Every so manieth of them; by default all, of a strip eight.",
            min=1,
            show_default=False,
        ),
    ] = None,
    layers: Annotated[
        str,
        typer.Option(
            help="cells, outline, track, centre, lamellipodium, movement, polarity, tips, edge; "
            "all, or none."
        ),
    ] = "outline,track,centre",
    um_bar: Annotated[
        float | None, typer.Option(help="Length of the scale bar in µm; 0 = none.", min=0)
    ] = None,
    channels: Annotated[
        list[str] | None, typer.Option("--channel", help="Channel to show; all by default.")
    ] = None,
    fps: Annotated[float, typer.Option(help="Pictures a second.", min=0.1, max=120)] = 10,
    follow: Annotated[
        bool, typer.Option("--follow", help="The window goes with the cell.")
    ] = False,
    size: Annotated[
        int, typer.Option(help="Longer side of a film in pixels, about.", min=64, max=4096)
    ] = 720,
    columns: Annotated[int, typer.Option(help="Panels in a row of a strip.", min=1, max=40)] = 8,
    times: Annotated[bool, typer.Option("--time/--no-time", help="Time stamps.")] = True,
    study: Annotated[
        Path | None, typer.Option(help="The study of a run, where it lies elsewhere.")
    ] = None,
    position: Position = None,
    z: Slices = None,
    force: Force = False,
) -> None:
    """Write a film or a strip of frames, with outlines, scale bar and times. Needs no screen.

    Example: `lamella film movies/results --movie WT__1 --cell 1 --every 2 -o cell.mp4`
    """
    from lamella.cli import show
    from lamella.run.browse.film import Film, film_any
    from lamella.run.browse.roles import roles_of

    how = Film(
        frames=frames, every=every, layers=roles_of(layers), um_bar=um_bar,
        channels=tuple(channels or ()), fps=fps, follow=follow, longest_px=size, times=times,
        columns=columns,
    )  # fmt: skip
    with show.frame_bar(f"drawing {out.name}") as advance:
        done = film_any(
            source, out, how, movie=movie, object_name=name, cell=cell, study=study,
            take=taken(position, z), force=force, advance=advance,
        )  # fmt: skip
    bar = "no scale bar" if done.bar_um is None else f"scale bar {done.bar_um:g} µm"
    if done.bar_px is not None:
        bar += f" ({done.bar_px} px)"
    width, height = done.size_px
    show.out.print(
        f"{done.path}: {show.counted(done.n_frames, 'frame')} of {width} × {height} px, {bar}",
        soft_wrap=True,
    )
