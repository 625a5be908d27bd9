"""Commands on the light that is measured: background."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lamella.cli import ONE_MOVIE, app
from lamella.cli.options import Axes, Force, PixelSize, known_number


@app.command(rich_help_panel=ONE_MOVIE)
def background(
    source: Annotated[
        Path,
        typer.Argument(metavar="INPUT", help="A still or a movie: file, or folder of frames."),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="OME-TIFF to write.")],
    method: Annotated[str, typer.Option("--method", "-m", help="rolling_ball.")] = "rolling_ball",
    radius_px: Annotated[
        float | None,
        typer.Option(help="Radius of the ball, larger than the largest object; 50 by default."),
    ] = None,
    radius_um: Annotated[float | None, typer.Option(help="The radius in µm instead.")] = None,
    light: Annotated[bool, typer.Option("--light", help="Light background, dark objects.")] = False,
    sliding: Annotated[
        bool, typer.Option("--sliding", help="Sliding paraboloid instead of a rolling ball.")
    ] = False,
    no_smoothing: Annotated[
        bool, typer.Option("--no-smoothing", help="Do not smooth (3 × 3 px) before looking for it.")
    ] = False,
    create_background: Annotated[
        bool, typer.Option("--create-background", help="Write the background itself.")
    ] = False,
    channel: Annotated[
        str | None, typer.Option(help="The one channel to write; by default all.")
    ] = None,
    pixel_size_um: PixelSize = None,
    axes: Axes = None,
    force: Force = False,
) -> None:
    """Subtract the background as ImageJ does, pixel for pixel; pixel type and scale are kept.

    Example: `lamella background edu.tif -o edu_flat.tif --radius-px 50`
    """
    from lamella.cli import show
    from lamella.run.background import ball_from, subtract_background

    step = ball_from(
        method,
        radius_px=radius_px,
        radius_um=radius_um,
        light=light,
        sliding=sliding,
        smoothing=not no_smoothing,
    )
    with show.frame_bar(f"background of {source.name}") as advance:
        cut = subtract_background(
            source,
            out,
            step=step,
            create=create_background,
            channel=channel,
            axes=axes,
            pixel_size_um=known_number(pixel_size_um, "--pixel-size-um"),
            force=force,
            advance=advance,
        )
    told = f"; {cut.share:.2g} of the pixels were cut off at 0" if cut.n_cut and not light else ""
    what = "the background" if create_background else "without background"
    show.out.print(f"{out}: {what}{told}", soft_wrap=True)
