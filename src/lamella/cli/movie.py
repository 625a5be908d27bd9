"""Commands on single movies: segment, suggest, drift, measure, compare."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lamella.cli import HOW_GOOD, ONE_MOVIE, app
from lamella.cli.options import Axes, Force, PixelSize, known_number

if TYPE_CHECKING:
    from pandas import DataFrame


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
            source, out, drift=step, axes=axes, force=force, advance=advance
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


@app.command(rich_help_panel=HOW_GOOD)
def compare(
    a: Annotated[Path, typer.Argument(metavar="A", help="Folder of masks, or a label movie.")],
    b: Annotated[
        Path, typer.Argument(metavar="B", help="Folder of masks with the same names, or a movie.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the tables.")],
    pattern: Annotated[str, typer.Option(help="Which files of two folders to compare.")] = "*.tif",
    force: Force = False,
) -> None:
    """Compare two folders of masks, or two label movies: overlap, edges, areas, counts of objects.

    What became of the objects of A in B is counted: matched, new, lost, split, merged. Of two
    label movies the objects are compared too, a row for every pair that match.

    Example: `lamella compare cellpose otsu -o compared --pattern "*_mask.tif"`
    """
    from lamella.cli import show
    from lamella.run.compare import (
        COUNTS,
        OBJECTS,
        PER_FRAME,
        SUMMARY,
        compare_files,
        compare_folders,
    )  # fmt: skip

    written = [PER_FRAME, SUMMARY, COUNTS]
    told = ""
    if a.is_file() and b.is_file():
        made = compare_files(a, b, out, force=force)
    else:
        with show.frame_bar("comparing") as advance:
            made = compare_folders(a, b, out, pattern=pattern, force=force, advance=advance)
    if made.objects is not None:
        written.append(OBJECTS)
        iou = made.objects["iou"]
        only_a, only_b = (int((made.objects[side] == 0).sum()) for side in ("label_b", "label_a"))
        told = (
            f"{iou.count()} pairs of objects with an IoU of 0.5 or more, on average "
            f"{iou.mean():.4g}; {only_a} objects only in A, {only_b} only in B"
        )
    columns = ["name", "n_frames", "mean_iou", "mean_dice", "mean_boundary_iou", "mean_hd95_px"]
    show.show_table(
        columns,
        [
            [f"{v:.4g}" if isinstance(v, float) else str(v) for v in row]
            for row in made.summary[columns].to_numpy().tolist()
        ],
    )
    if len(made.counts):
        _print_counts(made.counts)
    if told:
        show.out.print(told, soft_wrap=True)
    for fault in made.faults:
        show.tell("failed", str(fault))
    if len(made.summary):
        names = [str(out / name) for name in written]
        show.out.print(f"wrote {', '.join(names[:-1])} and {names[-1]}", soft_wrap=True)
    if made.faults:
        raise typer.Exit(1)


def _print_counts(counts: DataFrame) -> None:
    """Objects before and after and what became of them, a line for every file and one for all."""
    from lamella.cli import show

    each = counts.groupby("name", sort=False).sum(numeric_only=True)
    show.out.print("\nobjects in A → in B, and what became of them:")
    show.show_table(
        ["name", "A → B", "matched", "new", "lost", "split", "merged"],
        [
            [
                str(name), f"{row['n_a']} → {row['n_b']}", str(row["matched"]), str(row["new"]),
                str(row["lost"]), _became(row["split"], row["split_into"]),
                _became(row["merged"], row["merged_into"]),
            ]
            for name, row in each.iterrows()
        ],
    )  # fmt: skip


def _became(before: int, after: int) -> str:
    return f"{before} → {after}" if before or after else "0"
