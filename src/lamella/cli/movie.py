"""Commands on single movies: segment, suggest, drift, measure."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lamella.cli import ONE_MOVIE, app
from lamella.cli.options import Axes, Force, PixelSize, Position, Slices, known_number, taken


@app.command(rich_help_panel=ONE_MOVIE)
def segment(
    source: Annotated[
        Path, typer.Argument(metavar="INPUT", help="A movie: file, or folder of frames.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Label TIFF to write.")],
    method: Annotated[
        str,
        typer.Option(
            "--method",
            "-m",
            help="motion, multiotsu, cellpose, recurrent, guided, labels or external.",
        ),
    ] = "motion",
    options: Annotated[
        list[str] | None, typer.Option("--set", help="Setting of the method, `key=value`.")
    ] = None,
    declump: Annotated[
        str | None, typer.Option(help="Split clumps of cells by distance, intensity or nucleus.")
    ] = None,
    declump_options: Annotated[
        list[str] | None, typer.Option("--declump-set", help="Setting of --declump, `key=value`.")
    ] = None,
    nuclei: Annotated[
        Path | None,
        typer.Option(help="Label TIFF of nuclei, for --method guided or --declump nucleus."),
    ] = None,
    normalise: Annotated[
        str | None,
        typer.Option(help="Stretch frames first: adaptive, always or never; as the method needs."),
    ] = None,
    channel: Annotated[
        str | None, typer.Option(help="Channel to segment; the first by default.")
    ] = None,
    axes: Axes = None,
    position: Position = None,
    z: Slices = None,
    force: Force = False,
) -> None:
    """Segment one movie; many movies are a study. `lamella suggest` helps to choose a method.

    Example: `lamella segment cell.tif -o labels.tif -m multiotsu --set foreground=dark`

    Cells from their nuclei: `lamella segment field.tif -o cells.tif -m guided --channel actin --set
    channel=DNA`
    """
    from lamella.cli import show
    from lamella.core.errors import SettingsError
    from lamella.preprocess import Normalise
    from lamella.run.diameter import in_words
    from lamella.run.single import declumper_from, segment_movie, segmenter_from

    if normalise not in (None, "adaptive", "always", "never"):
        raise SettingsError(
            f"--normalise {normalise}", "there is no such rule", "use adaptive, always or never"
        )
    segmenter = segmenter_from(method, options or [])
    if declump is None and declump_options:
        raise SettingsError(
            "--declump-set", "nothing is split", "add --declump, such as --declump distance"
        )
    splitter = declumper_from(declump, declump_options or []) if declump is not None else None
    with show.frame_bar(f"segmenting {source.name}") as advance:
        done = segment_movie(
            source,
            out,
            segmenter=segmenter,
            declump=splitter,
            nuclei=nuclei,
            normalise=Normalise(rule=normalise) if normalise else None,
            channel=channel,
            axes=axes,
            take=taken(position, z),
            force=force,
            advance=advance,
        )
    if done.told:
        show.tell("note", f"{segmenter.method}: {done.told}")
    tally = done.tally
    show.out.print(
        f"{out}: {show.counted(len(tally.objects), 'frame')}, {tally.n_empty} without any object; "
        f"{tally.in_words()}\n{in_words(tally.diameter, done.pixel_size_um)}",
        soft_wrap=True,
    )


@app.command(rich_help_panel=ONE_MOVIE)
def diameter(
    source: Annotated[
        Path, typer.Argument(metavar="INPUT", help="A movie or image: file, or folder of frames.")
    ],
    channel: Annotated[
        str | None, typer.Option(help="Channel to look at; the first by default.")
    ] = None,
    foreground: Annotated[
        str, typer.Option(help="What objects are: bright, dark, or either.")
    ] = "bright",
    pixel_size_um: PixelSize = None,
    axes: Axes = None,
    position: Position = None,
    z: Slices = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Estimate how wide nuclei or cells are, in a first pass over a few frames.

    Example: `lamella diameter field.tif --channel DNA`
    """
    from lamella.cli import show
    from lamella.io import as_json as json_of
    from lamella.run.diameter import as_json as told_in_json
    from lamella.run.diameter import estimate_in, in_words

    found, name, pixel = estimate_in(
        source,
        channel=channel,
        foreground=foreground,
        axes=axes,
        take=taken(position, z),
        pixel_size_um=known_number(pixel_size_um, "--pixel-size-um"),
    )
    if as_json:
        typer.echo(json_of(told_in_json(found.diameter)))
        return
    seen = show.counted(len(found.frames), "frame")
    debris = found.n_found - found.n_at_border - found.diameter.n
    show.out.print(
        f"{source}: {in_words(found.diameter, pixel)}\nfound by Otsu's thresholds in channel "
        f"{name} of {seen}, those that touch split at their necks; {found.n_at_border} cut by the "
        f"border and {debris} less than half as wide left out",
        soft_wrap=True,
    )


@app.command(rich_help_panel=ONE_MOVIE)
def suggest(
    source: Annotated[
        Path, typer.Argument(metavar="MOVIE", help="A movie: file, or folder of frames.")
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Page to write; `suggest_<movie>.html` by default."),
    ] = None,
    frames: Annotated[int, typer.Option(help="Frames to look at, spread over the movie.")] = 4,
    channel: Annotated[
        str | None, typer.Option(help="Channel to segment; the first by default.")
    ] = None,
    axes: Axes = None,
    position: Position = None,
    z: Slices = None,
    force: Force = False,
) -> None:
    """Try every installed method on a few frames, and show them side by side to choose from.

    Example: `lamella suggest cell.tif`
    """
    from lamella.cli import show
    from lamella.run.suggest import suggest_methods, suggestions_file

    out = out or suggestions_file(source)
    with show.work_bar("reading") as advance:
        choices = suggest_methods(
            source,
            out,
            n_frames=frames,
            channel=channel,
            axes=axes,
            take=taken(position, z),
            force=force,
            advance=advance,
        )
    for choice in choices:
        if choice.fault:
            show.tell("note", f"{choice.name}: {choice.fault}")
    ran = [choice for choice in choices if not choice.fault]
    show.out.print(f"{out}: {len(ran)} ways to segment {source.name}, pick one by looking",
                   soft_wrap=True)  # fmt: skip
    if not ran:
        raise typer.Exit(1)
    if not any(choice.found for choice in ran):
        show.tell("note", "none found anything; the page says what to try")


@app.command(rich_help_panel=ONE_MOVIE)
def drift(
    source: Annotated[
        Path, typer.Argument(metavar="INPUT", help="A movie: file, or folder of frames.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="OME-TIFF of the registered movie.")],
    model: Annotated[
        str | None, typer.Option(help="What the stage did: translation, rigid or affine.")
    ] = None,
    by: Annotated[
        str | None, typer.Option(help="How the search starts: phase, or features (large turns).")
    ] = None,
    edges: Annotated[
        str | None, typer.Option(help="Pixels that leave the view: mask (0 there) or crop.")
    ] = None,
    channel: Annotated[
        str | None, typer.Option(help="Channel to estimate from; the first by default.")
    ] = None,
    options: Annotated[
        list[str] | None, typer.Option("--set", help="Any other setting, `key=value`.")
    ] = None,
    axes: Axes = None,
    position: Position = None,
    z: Slices = None,
    force: Force = False,
) -> None:
    """Undo the drift of the stage in one movie; a table beside it tells the drift of every frame.

    Example: `lamella drift cell.tif -o still.ome.tif --model rigid --edges crop`
    """
    from lamella.cli import show
    from lamella.run.register import drift_from, register_movie

    step = drift_from(options or [], model=model, by=by, edges=edges, channel=channel)
    with show.frame_bar(f"registering {source.name}") as advance:
        registration, table = register_movie(
            source,
            out,
            drift=step,
            axes=axes,
            take=taken(position, z),
            force=force,
            advance=advance,
        )
    n_unknown = int((~registration.estimable).sum())
    show.out.print(
        f"{out}: {len(registration)} frames, {n_unknown} of them not estimable; drift in {table}",
        soft_wrap=True,
    )


@app.command(rich_help_panel=ONE_MOVIE)
def measure(
    movie: Annotated[Path, typer.Argument(help="Raw movie: file, folder or {channel} pattern.")],
    labels: Annotated[
        Path, typer.Argument(help="Labels of the same frames (track ids), or folder of `track`.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for frames.csv and cells.csv.")],
    pixel_size_um: PixelSize = None,
    interval_min: Annotated[str | None, typer.Option(help="Minutes per frame.")] = None,
    nuclei: Annotated[
        Path | None, typer.Option(help="Label TIFF of nuclei: measures nucleus and cytoplasm.")
    ] = None,
    largest: Annotated[
        bool, typer.Option("--largest", help="One cell: the largest object of every frame.")
    ] = False,
    groups: Annotated[
        str | None, typer.Option(help="Groups of measures, such as migration,edge; all by default.")
    ] = None,
    options: Annotated[
        list[str] | None,
        typer.Option("--set", help="Setting of [measure], `group.key=value`."),
    ] = None,
    study: Annotated[
        Path | None,
        typer.Option(help="Take the settings of [measure] from this study (not its [scale])."),
    ] = None,
    figures: Annotated[
        bool,
        typer.Option("--figures", help="Draw edges, protrusions and cortex into OUT/figures."),
    ] = False,
    axes: Axes = None,
    position: Position = None,
    z: Slices = None,
    force: Force = False,
) -> None:
    """Measure the cells of one movie: frames.csv, cells.csv, and what their columns mean.

    Labels are track ids: a cell has the same number in every frame. Those of `lamella segment` are
    not yet: for a movie of a single cell add `--largest`, for one of many run `lamella track` and
    give its folder.

    Groups of measures are migration, walks, lamellipodium, protrusion and edge, and compartment
    where `--nuclei` gives the labels of the nuclei; finer ones have
    tables of their own, such as tips.csv and edge.csv. `--figures` draws the cells that were
    followed longest: PNG, up to 4 cells.

    Example: `lamella measure cell.tif labels.tif -o measured --largest --figures --set
    background.method=percentile`
    """
    from lamella.cli import show
    from lamella.run.measure import measure_movie, measures_from

    settings = measures_from(options or [], groups=groups, study=study)
    with show.frame_bar("measuring") as advance:
        measured, files = measure_movie(
            movie,
            labels,
            out,
            settings=settings,
            axes=axes,
            take=taken(position, z),
            pixel_size_um=known_number(pixel_size_um, "--pixel-size-um"),
            interval_min=known_number(interval_min, "--interval-min"),
            nuclei=nuclei,
            largest=largest,
            figures=figures,
            force=force,
            advance=advance,
        )
    if measured.scale.pixel_size_um is None:
        show.tell("note", "no pixel size is known: measures in µm are missing")
    if measured.scale.time_min is None:
        show.tell("note", "no interval is known: steps are per frame, no speeds")
    tables = [name for name in files if "/" not in name]
    told = f"wrote {', '.join(tables)} in {out}"
    if figures:
        told += f", {show.counted(len(files) - len(tables), 'figure')} in {out / 'figures'}"
    show.out.print(told, soft_wrap=True)
