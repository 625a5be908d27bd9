"""The command that shows what each definition calls lamellipodium."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lamella.cli import ONE_MOVIE, app
from lamella.cli.options import Axes, Force, PixelSize, Position, Slices, known_number, taken


@app.command(rich_help_panel=ONE_MOVIE)
def sweep(
    movie: Annotated[Path, typer.Argument(help="Raw movie: file, folder or {channel} pattern.")],
    labels: Annotated[Path, typer.Argument(help="Labels of the same frames.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="PNG to write.")],
    frames: Annotated[int, typer.Option(help="Frames to show, spread over the movie.", min=1)] = 5,
    channel: Annotated[
        str | None, typer.Option(help="Channel to show; the first by default.")
    ] = None,
    cell: Annotated[
        int | None, typer.Option(help="Show this cell alone; all of them by default.")
    ] = None,
    pixel_size_um: PixelSize = None,
    options: Annotated[
        list[str] | None,
        typer.Option("--set", help="Setting of [measure], such as `lamellipodium.band_um=2`."),
    ] = None,
    study: Annotated[
        Path | None, typer.Option(help="Take the settings of [measure] from this study.")
    ] = None,
    axes: Axes = None,
    position: Position = None,
    z: Slices = None,
    force: Force = False,
) -> None:
    """Show what each definition calls lamellipodium on a few frames, to choose one by looking.

    Every row tells the lines of study.toml that choose it, and the column its ratio stands in.

    Example: `lamella sweep cell.tif labels.tif -o sweep.png --set background.method=percentile`
    """
    from lamella.cli import show
    from lamella.run.measure import measures_from
    from lamella.run.sweep import sweep_movie

    settings = measures_from(options or [], study=study)
    with show.frame_bar("drawing") as advance:
        n = sweep_movie(
            movie,
            labels,
            out,
            settings=settings,
            n_frames=frames,
            channel=channel,
            cell=cell,
            axes=axes,
            take=taken(position, z),
            pixel_size_um=known_number(pixel_size_um, "--pixel-size-um"),
            force=force,
            advance=advance,
        )
    show.out.print(f"{out}: {n} definitions, a row each", soft_wrap=True)
