"""The command that writes a movie in another container."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from lamella.cli import OTHERS, app
from lamella.cli.options import Axes, Force, PixelSize, Position, Slices, known_number, taken

if TYPE_CHECKING:
    from lamella.io.ome_zarr import Version


@app.command(rich_help_panel=OTHERS)
def convert(
    source: Annotated[Path, typer.Argument(metavar="MOVIE", help="Any movie that Lamella reads.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="What to write: .ome.zarr or .ome.tif.")],
    labels: Annotated[
        list[str] | None,
        typer.Option("--labels", help="Labels to go into an OME-Zarr: `name=labels.tif`."),
    ] = None,
    version: Annotated[str, typer.Option(help="Of OME-Zarr: 0.4 or 0.5.")] = "0.5",
    channel: Annotated[str | None, typer.Option(help="The one to write; by default all.")] = None,
    pixel_size_um: PixelSize = None,
    interval_min: Annotated[str | None, typer.Option(help="Minutes per frame.")] = None,
    axes: Axes = None,
    position: Position = None,
    z: Slices = None,
    force: Force = False,
) -> None:
    """Write a movie as OME-Zarr, with a pyramid and its labels, or as OME-TIFF.

    Example: `lamella convert plate.czi --position A1 --z max -o A1.ome.zarr`
    """
    from lamella.cli import show
    from lamella.core.errors import SettingsError
    from lamella.run.convert import convert_movie

    sets: dict[str, Path] = {}
    for text in labels or []:
        name, mark, path = text.partition("=")
        if not mark or not name or not path:
            raise SettingsError(f"--labels {text}", "it names no labels", "write name=labels.tif")
        sets[name] = Path(path)
    with show.frame_bar(f"writing {out.name}") as advance:
        movie = convert_movie(
            source,
            out,
            labels=sets,
            version=cast("Version", version),
            axes=axes,
            take=taken(position, z, channel),
            pixel_size_um=known_number(pixel_size_um, "--pixel-size-um"),
            interval_min=known_number(interval_min, "--interval-min"),
            force=force,
            advance=advance,
        )
    for note in movie.notes:
        show.tell("note", note)
    frames = show.counted(movie.n_frames, "frame")
    size = f"{movie.frame_shape[1]} × {movie.frame_shape[0]} px"
    show.out.print(f"{out}: {frames} of {size} ({', '.join(movie.channel_names)})", soft_wrap=True)
