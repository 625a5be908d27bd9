"""The command that explains a result: why."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lamella.cli import ONE_MOVIE, app
from lamella.cli.options import Axes, Force, Position, Slices, taken


@app.command(rich_help_panel=ONE_MOVIE)
def why(
    source: Annotated[
        Path, typer.Argument(metavar="MOVIE", help="A movie: file, or folder of frames.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the figure and the images.")],
    frame: Annotated[
        list[int] | None,
        typer.Option("--frame", help="Frame to explain, from 0; the middle one; may be repeated."),
    ] = None,
    at: Annotated[
        list[str] | None,
        typer.Option("--at", metavar="Y,X", help="Pixel to explain: row,column; may be repeated."),
    ] = None,
    all_frames: Annotated[
        bool, typer.Option("--all-frames", help="Self-labels and flow of every frame.")
    ] = False,
    options: Annotated[
        list[str] | None, typer.Option("--set", help="Setting of the method motion, `key=value`.")
    ] = None,
    channel: Annotated[
        str | None, typer.Option(help="Channel to segment; the first by default.")
    ] = None,
    axes: Axes = None,
    position: Position = None,
    z: Slices = None,
    force: Force = False,
) -> None:
    """Explain what the method motion finds, pixel by pixel, and in a figure.

    Why is this pixel cell? Writes a figure of the way from the frame to its cells, and as images
    what moved (self_labels, evidence), how like cell every pixel looks (odds), and how far texture
    has come (flow).

    Example: `lamella why cell.tif -o why --frame 12 --at 120,88`
    """
    from lamella.cli import show
    from lamella.core.errors import SettingsError
    from lamella.run.single import segmenter_from
    from lamella.run.why import explain_movie
    from lamella.segment import Motion

    places = []
    for text in at or []:
        y, _, x = text.partition(",")
        try:
            places.append((int(y), int(x)))
        except ValueError:
            raise SettingsError(
                f"--at {text}", "it is no pixel", "write row,column, such as --at 120,88"
            ) from None
    motion = segmenter_from("motion", options or [])
    assert isinstance(motion, Motion)  # noqa: S101  by its name
    with show.frame_bar(f"explaining {source.name}") as advance:
        found = explain_movie(
            source,
            out,
            motion=motion,
            frames_wanted=frame or (),
            at=places,
            all_frames=all_frames,
            channel=channel,
            axes=axes,
            take=taken(position, z),
            force=force,
            advance=advance,
        )
    for told in found:
        n = f"{told.n_objects} {'object' if told.n_objects == 1 else 'objects'}"
        show.out.print(f"frame {told.frame}: {n}; {told.figure}", soft_wrap=True)
        for sentence in told.sentences:
            show.out.print(f"  {sentence}", soft_wrap=True)
    show.out.print(
        f"wrote self_labels, evidence, odds and flow (.ome.tif) in {out}", soft_wrap=True
    )
