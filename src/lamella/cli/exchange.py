"""Commands between programs: export and import of tracked objects."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from lamella.cli import OTHERS, app
from lamella.cli.options import Force, Position, Slices, known_number, taken

if TYPE_CHECKING:
    from lamella.core.take import Take
    from lamella.run.exchange import Exchanged, Given

_Source = Annotated[
    Path,
    typer.Argument(metavar="INPUT", help="Labels, a folder of tracks, GEFF, a table, a run …"),
]
_Like = Annotated[
    Path | None, typer.Option(help="The movie: its frames, frame size and scale are taken.")
]
_Axes = Annotated[
    str | None, typer.Option("--axes", help="Override what the file of --like says, such as TYX.")
]
_Shape = Annotated[str | None, typer.Option(help="Frame size in pixels, Y,X.")]
_Pixel = Annotated[str | None, typer.Option(help="µm per pixel.")]
_Interval = Annotated[str | None, typer.Option(help="Minutes per frame.")]
_Labels = Annotated[
    Path | None, typer.Option(help="Label movie; places get the object under them.")
]
_Distance = Annotated[float, typer.Option(help="… or the nearest within so many pixels.")]
_Columns = Annotated[
    list[str] | None,
    typer.Option("--column", help="What a column of a table is, such as `track=ParticleID`."),
]
_Units = Annotated[str | None, typer.Option(help="Unit of the places of a table: px or um.")]
_First = Annotated[
    int | None, typer.Option(help="Number that a table gives to the movie's first frame.")
]
_Persistent = Annotated[
    bool, typer.Option("--persistent-ids", help="Masks without a list of tracks: ids are tracks.")
]
_Offsets = Annotated[
    Path | None,
    typer.Option(help="manifest.json of a run's movie, for objects on its centred movie."),
]
_Format = Annotated[
    str | None, typer.Option("--format", help="Format of the input; recognised by default.")
]
_Settings = Annotated[
    list[str] | None,
    typer.Option("--set", help="Any other option of the input's format, `key=value`."),
]


_Object = Annotated[
    str | None,
    typer.Option("--object", help="Set of objects of a run; all with --rois, else cell."),
]


@app.command(rich_help_panel=OTHERS)
def export(
    source: _Source,
    out: Annotated[Path, typer.Option("--out", "-o", help="File or folder to write.")],
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            help="ctc, geff, imagej, labels, lamella, napari, ome-zarr, trackmate or tracks; of a "
            "run also imagej-results (Results.csv) or excel (a workbook); of a recurrent network "
            "onnx or bioimageio (a package of the BioImage Model Zoo).",
        ),
    ] = None,
    rois: Annotated[
        bool, typer.Option("--rois", help="A zip of ImageJ ROIs per image, in the folder OUT.")
    ] = False,
    movie: Annotated[
        str | None, typer.Option(help="Movie of a run; all, a file each in OUT, by default.")
    ] = None,
    name: _Object = None,
    by: Annotated[
        Literal["image", "condition"],
        typer.Option("--by", help="What a file of imagej-results holds."),
    ] = "image",
    decimals: Annotated[
        int, typer.Option(help="Decimal places of imagej-results, as ImageJ has them: 0 to 9.")
    ] = 3,
    like: _Like = None,
    axes: _Axes = None,
    position: Position = None,
    z: Slices = None,
    frame_shape: _Shape = None,
    pixel_size_um: _Pixel = None,
    interval_min: _Interval = None,
    labels: _Labels = None,
    max_distance_px: _Distance = 5.0,
    columns: _Columns = None,
    units: _Units = None,
    first_frame: _First = None,
    persistent_ids: _Persistent = False,
    offsets: _Offsets = None,
    settings: _Settings = None,
    source_format: _Format = None,
    authors: Annotated[
        list[str] | None, typer.Option("--author", help="bioimageio: who made the model.")
    ] = None,
    licence: Annotated[
        str | None, typer.Option(help="bioimageio: of the model, such as CC-BY-4.0.")
    ] = None,
    force: Force = False,
) -> None:
    """Write tracked objects for another program; what its format cannot keep is told.

    Example: `lamella export movies/results --movie WT__1 --to geff -o WT__1.geff`

    With ROIs for Fiji of every image: `lamella export movies/results --rois -o rois`

    A recurrent network, `shipped` or one's own: `lamella export shipped --to onnx -o net.onnx`
    """
    from lamella.run.exchange import export_tracked
    from lamella.run.roi_export import export_rois

    if rois == (to is not None):
        raise typer.BadParameter("say either --to FORMAT or --rois")
    if to in _NETWORKS:
        _export_network(source, out, to=to, authors=authors or [], licence=licence, like=like,
                        axes=axes, take=taken(position, z), force=force)  # fmt: skip
        return
    if authors or licence is not None:
        raise typer.BadParameter("--author and --licence go with --to bioimageio")
    given = _given(like, axes, taken(position, z), frame_shape, pixel_size_um, interval_min,
                   labels, max_distance_px, columns, units, first_frame, persistent_ids, offsets,
                   settings)  # fmt: skip
    if to in _TABLES:
        _export_tables(
            to, source, out, by=by, movie=movie, name=name, decimals=decimals, force=force
        )
        return
    if to is None:
        made = export_rois(source, out, given=given, source_format=source_format, movie=movie,
                           name=name, force=force)  # fmt: skip
    else:
        made = export_tracked(source, out, to=to, given=given, source_format=source_format,
                              movie=movie, name=name or "cell", force=force)  # fmt: skip
    for done in made:
        _tell(done)


_TABLES = ("excel", "imagej-results")
_NETWORKS = ("bioimageio", "onnx")


def _export_network(
    model: Path,
    out: Path,
    *,
    to: str,
    authors: list[str],
    licence: str | None,
    like: Path | None,
    axes: str | None,
    take: Take,
    force: bool,
) -> None:
    """A network, for programs that run networks."""
    from lamella.cli import show
    from lamella.run.model_export import export_model

    made = export_model(str(model), out, to=to, authors=authors, licence=licence, like=like,
                        axes=axes, take=take, force=force)  # fmt: skip
    show.out.print(
        f"wrote {made.path}: {show.counted(made.window, 'frame')} in, sides multiples of "
        f"{made.multiple} px; {', '.join(made.outputs)} out",
        soft_wrap=True,
    )


def _export_tables(
    to: str,
    source: Path,
    out: Path,
    *,
    by: Literal["image", "condition"],
    movie: str | None,
    name: str | None,
    decimals: int,
    force: bool,
) -> None:
    """What was measured, as tables for people."""
    from lamella.cli import show
    from lamella.run.imagej_results import export_imagej_results
    from lamella.run.workbook import export_workbook

    if to == "excel":
        if movie is not None or name is not None:
            raise typer.BadParameter("a workbook holds all movies and objects of a run")
        sheets = export_workbook(source, out, force=force)
        show.out.print(f"wrote {out}: {', '.join(sheets)}", soft_wrap=True)
        return
    for file in export_imagej_results(source, out, by=by, movie=movie, name=name,
                                      decimals=decimals, force=force):  # fmt: skip
        show.out.print(f"{file.path}: {show.counted(file.n_rows, 'row')}", soft_wrap=True)


@app.command("import", rich_help_panel=OTHERS)
def import_(
    source: Annotated[
        Path | None,
        typer.Argument(metavar="INPUT", help="Labels, a folder of tracks, GEFF, a table …"),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for labels.ome.tif and tracks.csv.")
    ] = None,
    rois: Annotated[
        Path | None,
        typer.Option(help="Folder of ROI zips that were corrected in Fiji, for --into."),
    ] = None,
    into: Annotated[
        Path | None, typer.Option(help="Run whose labels the ROIs of --rois replace.")
    ] = None,
    name: Annotated[
        str | None, typer.Option("--object", help="Set of objects that the ROIs are of.")
    ] = None,
    like: _Like = None,
    axes: _Axes = None,
    position: Position = None,
    z: Slices = None,
    frame_shape: _Shape = None,
    pixel_size_um: _Pixel = None,
    interval_min: _Interval = None,
    labels: _Labels = None,
    max_distance_px: _Distance = 5.0,
    columns: _Columns = None,
    units: _Units = None,
    first_frame: _First = None,
    persistent_ids: _Persistent = False,
    offsets: _Offsets = None,
    settings: _Settings = None,
    source_format: _Format = None,
    force: Force = False,
) -> None:
    """Bring in what another program has tracked: labels.ome.tif, to measure with, and tracks.csv.

    Example: `lamella import spots.csv -o tracked --like cell.tif --labels masks.tif`

    ROIs that were corrected in Fiji go back into a run: `lamella import --rois rois --into results`
    """
    from lamella.run.exchange import import_tracked

    if rois is not None or into is not None:
        if rois is None or into is None or source is not None or out is not None:
            raise typer.BadParameter("corrected ROIs are imported with --rois FOLDER --into RUN")
        _import_rois(rois, into, name)
        return
    if source is None or out is None or name is not None:
        raise typer.BadParameter("say INPUT and --out, or --rois and --into")
    given = _given(like, axes, taken(position, z), frame_shape, pixel_size_um, interval_min,
                   labels, max_distance_px, columns, units, first_frame, persistent_ids, offsets,
                   settings)  # fmt: skip
    _tell(import_tracked(source, out, given=given, source_format=source_format, force=force))


def _import_rois(rois: Path, run: Path, name: str | None) -> None:
    from lamella.cli import show
    from lamella.run.roi_import import import_rois

    imported = import_rois(rois, run, name=name)
    for each in imported.movies:
        what = "as they are: nothing is changed"
        if each.anything:
            numbers = (("changed", each.changed), ("new", each.added), ("removed", each.removed))
            told = [f"{len(ids)} {kind} ({_some(ids)})" for kind, ids in numbers if ids]
            back = "; they are as before all corrections again" if each.back else ""
            what = f"{', '.join(told)}{back}"
        show.out.print(f"{each.movie}: {each.name} {what}", soft_wrap=True)
    for fault in imported.faults:
        show.tell("failed", str(fault))
    if any(each.anything for each in imported.movies):
        show.out.print("run the study again to measure them; the labels as they were are kept")
    if imported.faults:
        raise typer.Exit(1)


def _some(ids: tuple[int, ...]) -> str:
    return ", ".join(map(str, ids[:8])) + (" …" if len(ids) > 8 else "")


def _given(
    like: Path | None,
    axes: str | None,
    take: Take,
    frame_shape: str | None,
    pixel_size_um: str | None,
    interval_min: str | None,
    labels: Path | None,
    max_distance_px: float,
    columns: list[str] | None,
    units: str | None,
    first_frame: int | None,
    persistent_ids: bool,
    offsets: Path | None,
    settings: list[str] | None,
) -> Given:
    from lamella.run.exchange import Given
    from lamella.run.options import values_of

    if units not in (None, "px", "um"):
        raise typer.BadParameter("--units is px or um")
    if not 0 <= max_distance_px < float("inf"):
        raise typer.BadParameter("--max-distance-px is a number of pixels")
    options: dict[str, Any] = values_of(settings or [])
    if columns:
        options["columns"] = _roles(columns)
    if units is not None:
        options["units"] = units
    if first_frame is not None:
        options["first_frame"] = first_frame
    if persistent_ids:
        options["persistent_ids"] = True
    return Given(
        like=like,
        axes=axes,
        take=take,
        frame_shape=_shape(frame_shape),
        pixel_size_um=known_number(pixel_size_um, "--pixel-size-um"),
        interval_min=known_number(interval_min, "--interval-min"),
        labels=labels,
        max_distance_px=max_distance_px,
        offsets=offsets,
        options=options,
    )


def _roles(columns: list[str]) -> dict[str, str]:
    found = {}
    for text in columns:
        role, equals, name = text.partition("=")
        if not equals or not name.strip():
            raise typer.BadParameter(f"--column {text} is no role=NAME, such as track=ParticleID")
        found[role.strip()] = name.strip()
    return found


def _shape(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    parts = text.replace("x", ",").split(",")
    if len(parts) != 2 or not all(part.strip().isdigit() and int(part) > 0 for part in parts):
        raise typer.BadParameter("--frame-shape is two whole numbers, Y,X")
    return int(parts[0]), int(parts[1])


def _tell(done: Exchanged) -> None:
    from lamella.cli import show

    for note in done.notes:
        show.tell("note", f"{done.tracked.source}: {note}")
    tracks = done.tracked.tracks
    divided = sum(len(found) > 1 for found in tracks.daughters.values())
    merged = sum(len(found) > 1 for found in tracks.parents.values())
    shapes = "with shapes" if done.with_shapes else "places without shapes"
    cells = show.counted(len(tracks.first_last), "cell")
    objects = show.counted(len(tracks.links), "object")
    frames = show.counted(done.tracked.n_frames, "frame")
    show.out.print(
        f"{done.path}: {cells} in {frames} ({objects}, {shapes}); {divided} divide, {merged} merge",
        soft_wrap=True,
    )
