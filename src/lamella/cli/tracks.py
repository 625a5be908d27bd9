"""Commands on tracks: track."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lamella.cli import ONE_MOVIE, app
from lamella.cli.options import Force, Position, Slices, known_number, taken


@app.command(rich_help_panel=ONE_MOVIE)
def track(
    source: Annotated[
        Path, typer.Argument(metavar="LABELS", help="Labels: file, or folder of frames.")
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Folder for masks, tracks.csv and events.csv.")
    ],
    method: Annotated[
        str, typer.Option("--method", "-m", help="lap, overlap or largest (one cell a movie).")
    ] = "lap",
    options: Annotated[
        list[str] | None, typer.Option("--set", help="Setting of the method, `key=value`.")
    ] = None,
    image: Annotated[
        Path | None, typer.Option(help="The raw movie: intensity helps to tell cells apart.")
    ] = None,
    channel: Annotated[
        str | None, typer.Option(help="Channel of --image; the first by default.")
    ] = None,
    pixel_size_um: Annotated[
        str | None, typer.Option(help="µm per pixel where the files do not say.")
    ] = None,
    interval_min: Annotated[
        str | None, typer.Option(help="Minutes per frame where the files do not say.")
    ] = None,
    fill_gaps: Annotated[
        int, typer.Option(min=0, help="Fill gaps of at most so many frames with the shape between.")
    ] = 0,
    axes: Annotated[
        str | None, typer.Option("--axes", help="Override what the label file says, such as TYX.")
    ] = None,
    position: Position = None,
    z: Slices = None,
    force: Force = False,
) -> None:
    """Link labels over time: who is who, who divides, and where to look twice.

    Writes the layout of the Cell Tracking Challenge (`mask000.tif` …, `res_track.txt`),
    `tracks.csv`, and `events.csv` (what looks suspicious, the worst first). `lamella measure MOVIE
    DIR` goes on from there.

    Example: `lamella track labels.tif -o tracked --image colony.tif`
    """
    from lamella.cli import show
    from lamella.run.track import track_labels, tracker_from

    tracker = tracker_from(method, options or [])
    with show.frame_bar(f"tracking {source.name}") as advance:
        done = track_labels(
            source,
            out,
            tracker=tracker,
            image=image,
            channel=channel,
            axes=axes,
            take=taken(position, z),
            pixel_size_um=known_number(pixel_size_um, "--pixel-size-um"),
            interval_min=known_number(interval_min, "--interval-min"),
            fill_gaps=fill_gaps,
            force=force,
            advance=advance,
        )
    show.tell("note", done.words)
    kinds = ", ".join(f"{n} × {kind.replace('_', ' ')}" for kind, n in done.kinds.items())
    filled = len(done.tracks.interpolated)
    show.out.print(
        f"{out}: {show.counted(len(done.tracks.first_last), 'cell')} in "
        f"{show.counted(len(done.labels), 'frame')}, "
        f"{show.counted(done.n_divisions, 'division')}, {show.counted(done.n_gaps, 'gap')}"
        + (f", {show.counted(filled, 'shape')} filled in" if filled else ""),
        soft_wrap=True,
    )
    if done.drift.n_cells > 1:
        show.out.print(done.drift.words, soft_wrap=True)
    show.out.print(
        f"events to look at: {kinds or 'none'}"
        + (f" (see {out / 'events.csv'}, the worst first)" if kinds else ""),
        soft_wrap=True,
    )
