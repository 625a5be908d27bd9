"""Commands on the light that is measured: background, illumination."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lamella.cli import A_STUDY, ONE_MOVIE, app
from lamella.cli.options import Axes, Force, PixelSize, Position, Slices, known_number, taken


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
    position: Position = None,
    z: Slices = None,
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
            take=taken(position, z),
            pixel_size_um=known_number(pixel_size_um, "--pixel-size-um"),
            force=force,
            advance=advance,
        )
    told = f"; {cut.share:.2g} of the pixels were cut off at 0" if cut.n_cut and not light else ""
    what = "the background" if create_background else "without background"
    show.out.print(f"{out}: {what}{told}", soft_wrap=True)


@app.command(rich_help_panel=A_STUDY)
def illumination(
    sources: Annotated[
        list[Path],
        typer.Argument(metavar="STUDY | FILES…", help="A study, or images under one lamp."),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the flat fields.")],
    channel: Annotated[
        list[str] | None, typer.Option(help="Channel; several times for several, all by default.")
    ] = None,
    dark: Annotated[float | None, typer.Option(help="Grey value without light.")] = None,
    options: Annotated[
        list[str] | None, typer.Option("--set", help="Setting of [illumination], `key=value`.")
    ] = None,
    axes: Axes = None,
) -> None:
    """Estimate the uneven illumination of many fields: a flat field and its picture per channel.

    Example: `lamella illumination edu/*.tif -o flat --dark 100`
    """
    from lamella.cli import show
    from lamella.run.illumination import illumination_from, illumination_of_files
    from lamella.run.illumination import illumination_of_study as of_study

    chosen = tuple(channel) if channel else None
    with show.frame_bar("estimating illumination") as advance:
        if len(sources) == 1 and (sources[0].is_dir() or sources[0].suffix == ".toml"):
            made = of_study(
                sources[0], out, options=options or [], channels=chosen, dark=dark, advance=advance
            )
        else:
            step = illumination_from(options or [], channels=chosen, dark=dark)
            made = illumination_of_files(sources, out, step=step, axes=axes, advance=advance)
    rows = []
    for each in made:
        told = each.told
        span = f"{told['darkest']:.3g}–{told['brightest']:.3g}"
        unsure = show.number(told["uncertainty_rms"])
        rows.append([each.group or "all", each.channel, str(told["n_fields"]), span, unsure])
    show.show_table(["session", "channel", "fields", "light", "uncertain by"], rows)
    show.out.print(f"wrote {show.counted(len(made), 'flat field')} in {out}", soft_wrap=True)
