"""The formats that tracked objects come in and go out in: what each is called, and what it keeps.

A format of another file is one more entry of `FORMATS`; reading, writing, recognising, warnings of
what is lost, the table of the documentation and the tests of round trips follow from it.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from lamella.core.errors import InputError, LamellaError, SettingsError
from lamella.core.movie import Scale
from lamella.core.tracked import Tracked
from lamella.io import keeps as io_keeps
from lamella.io import ome_zarr
from lamella.io.ctc import is_ctc, read_ctc, write_ctc
from lamella.io.delimited import open_delimited
from lamella.io.geff import is_geff, read_geff, write_geff
from lamella.io.image_folder import SUFFIXES as IMAGES
from lamella.io.imagej_roi import is_imagej_roi, read_imagej_roi, write_imagej_roi
from lamella.io.keeps import (
    BETWEEN_CELLS,
    EQUAL_BY_ROWS,
    EQUAL_OR_FULL,
    EQUAL_OR_FULL_BY_ROWS,
    EQUAL_STEPS,
    IN_WORDS,
    TO_THE_LAST_LIFE,
    Keeps,
)
from lamella.io.link_rows import LARGEST_ID
from lamella.io.napari_tracks import write_napari_csv
from lamella.io.opening import open_labels, open_movie
from lamella.io.quimp import is_quimp, read_quimp
from lamella.io.readers import SUFFIXES
from lamella.io.tiff import write_labels
from lamella.io.track_folder import is_track_folder, read_track_folder, write_track_folder
from lamella.io.track_ids import tracked_from_ids
from lamella.io.track_table import NEEDED, read_track_table, write_track_table
from lamella.io.tracker_csv import read_tracker_csv
from lamella.io.trackmate import is_trackmate, read_trackmate, write_trackmate

_TABLES = (".csv", ".tsv", ".txt", ".tab")


@dataclass(frozen=True)
class Format:
    """A format of tracked objects.

    Parameters
    ----------
    name : str
        What users call it, as in ``--to NAME``.
    title : str
        What it is.
    suffix : str
        How its files end; empty for folders that may have any name.
    recognises : function of Path
        Whether a file or folder that exists is of this format, by its content.
    read, write : functions, or None
        ``read(path, *, n_frames, frame_shape, scale) -> Tracked``, ``write(path, tracked)``.
    options : frozenset of str
        Further keywords that `read` takes.
    needs_shapes : bool
        Whether places alone cannot be written.
    told_by_writer : frozenset of str
        Fields of `keeps` whose losses `write` warns of, with counts of its own.
    keeps_of_places : Keeps, optional
        What is kept where there are no shapes, where that is less.
    folder : bool
        Whether what ends in `suffix` is a folder.
    """

    name: str
    title: str
    suffix: str
    recognises: Callable[[Path], bool]
    read: Callable[..., Tracked] | None
    write: Callable[[Path, Tracked], Any] | None
    keeps: Keeps
    options: frozenset[str] = frozenset()
    needs_shapes: bool = False
    told_by_writer: frozenset[str] = frozenset()
    keeps_of_places: Keeps | None = None
    folder: bool = False

    @property
    def is_folder(self) -> bool:
        """Whether a folder is written, and no file."""
        return self.folder or not self.suffix


def recognise(path: str | os.PathLike[str]) -> Format:
    """The format of a file or folder, by its content.

    Raises
    ------
    InputError
        When there is no such file, or it is of no known format.
    """
    path = Path(path)
    if not path.exists():
        raise InputError(str(path), "there is no such file or folder", "check the path")
    for each in FORMATS:
        if each.read is not None and each.recognises(path):
            return each
    inside = [c.name for c in path.iterdir() if c.is_dir() and is_geff(c)] if path.is_dir() else []
    if inside:
        raise InputError(
            str(path), f"it holds a graph in {', '.join(inside[:5])}", "give the path of the graph"
        )
    if path.suffix.lower() == ".xml":
        raise InputError(
            str(path),
            "it is XML, but not TrackMate's: there is no <TrackMate> at its beginning",
            "save it in TrackMate (not the tracks alone, as ISBI XML or 'Export tracks')",
        )
    known = ", ".join(f"{each.name} ({each.title})" for each in FORMATS if each.read)
    raise InputError(str(path), "it is of no format that can be read", f"readable are {known}")


def format_called(name: str, *, to_write: bool = False) -> Format:
    """The format of a name; raises the SettingsError that lists them otherwise."""
    able = [each for each in FORMATS if (each.write if to_write else each.read) is not None]
    for each in able:
        if each.name == name:
            return each
    option = "--to" if to_write else "--format"
    names = [each.name for each in able]
    if name in {each.name for each in FORMATS}:
        what = "it is only read, not written" if to_write else "it is only written, not read"
    else:
        what = "there is no such format"
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"use one of {', '.join(names)}"
    raise SettingsError(f"{option} {name}", what, hint)


def losses(tracked: Tracked, to: Format) -> list[str]:
    """What these objects have and the format does not keep, each with its count, in words.

    What its writer warns of itself is not told here.
    """
    keeps = to.keeps
    if tracked.labels is None and to.keeps_of_places is not None:
        keeps = to.keeps_of_places
    lost = io_keeps.losses(tracked, keeps)
    return [words for name, words in lost.items() if name not in to.told_by_writer]


def formats_table() -> str:
    """The table of what each format keeps, in Markdown."""
    head = ["", *(f"`{each.name}`" for each in FORMATS)]
    lines = [head, ["---"] * len(head)]
    goes = {(True, True): "in and out", (True, False): "in", (False, True): "out"}
    way = [goes[each.read is not None, each.write is not None] for each in FORMATS]
    lines.append(["goes", *way])
    for field in fields(Keeps):
        values = [getattr(each.keeps, field.name) for each in FORMATS]
        lines.append([IN_WORDS[field.name], *map(_cell, values)])
    return "\n".join(f"| {' | '.join(line)} |".replace("|  |", "| |") for line in lines) + "\n"


def _cell(value: bool | str | int) -> str:
    if isinstance(value, bool):
        return "yes" if value else "–"
    return f"{value:,}".replace(",", " ") if isinstance(value, int) else value


# Label movies


def _is_labels(path: Path) -> bool:
    if path.is_dir():
        return any(each.suffix.lower() in IMAGES for each in path.iterdir())
    return path.suffix.lower() in SUFFIXES


def _read_labels(
    path: Path,
    *,
    n_frames: int | None = None,
    frame_shape: tuple[int, int] | None = None,
    scale: Scale | None = None,
) -> Tracked:
    size = None if scale is None else scale.pixel_size_um
    return tracked_from_ids(
        open_labels(path),
        scale=open_movie(path, pixel_size_um=size).scale,
        source=str(path),
        notes=("numbers are taken for track ids; label movies know no parents",),
    )


def _write_labels(path: Path, tracked: Tracked) -> None:
    painted = tracked.painted()
    if painted is None:
        raise InputError(tracked.source, "it has no shapes", "give --labels")
    write_labels(path, painted, scale=tracked.scale)


def _write_ome_zarr(path: Path, tracked: Tracked) -> None:
    painted = tracked.painted()
    if painted is None:
        raise InputError(tracked.source, "it has no shapes", "give --labels")
    ome_zarr.write_labels_zarr(path, painted, scale=tracked.scale)


# Folders of the Challenge


def _read_ctc(
    path: Path,
    *,
    n_frames: int | None = None,
    frame_shape: tuple[int, int] | None = None,
    scale: Scale | None = None,
    persistent_ids: bool = False,
) -> Tracked:
    return read_ctc(path, persistent_ids=persistent_ids, scale=scale)


# Tables


def _has_columns(path: Path, names: tuple[str, ...]) -> bool:
    if not path.is_file() or path.suffix.lower() not in _TABLES:
        return False
    try:
        table = open_delimited(path)
    except LamellaError:
        return False
    # With another delimiter somebody else has written it anew: read as any table is.
    return table.delimiter == "," and set(names) <= set(table.header)


def _is_table(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() in _TABLES


_POINTS = {"shapes": False, "holes": False, "pieces": False}
_OUR_TABLE = Keeps(
    **_POINTS, gaps=True, divisions=True, merges=True, scale=True,
    time=EQUAL_OR_FULL_BY_ROWS, frame_size=False, empty_frames=TO_THE_LAST_LIFE,
    lives=True, filled=True, largest_id=LARGEST_ID,
)  # fmt: skip

FORMATS: tuple[Format, ...] = (
    Format(
        "geff", "GEFF, a graph in a zarr folder", "", is_geff, read_geff, write_geff,
        Keeps(**_POINTS, gaps=True, divisions=True, merges=True, scale=True, time=True,
              frame_size=True, empty_frames=True,
              lives=True, filled=True, largest_id=LARGEST_ID),
    ),
    Format(
        "lamella", "labels and tracks.csv in a folder, as `lamella import` leaves them", "",
        is_track_folder, read_track_folder, write_track_folder,
        Keeps(shapes=True, holes=True, pieces=True, gaps=True, divisions=True, merges=True,
              scale=True, time=True, frame_size=True, empty_frames=True,
              lives=True, filled=True, largest_id=LARGEST_ID),
        keeps_of_places=_OUR_TABLE,
    ),
    Format(
        "ctc", "a folder of the Cell Tracking Challenge", "", is_ctc, _read_ctc, write_ctc,
        Keeps(shapes=True, holes=True, pieces=True,
              gaps="the cell goes on as its own child", divisions=True, merges=False,
              scale=False, time=False, frame_size=True, empty_frames=True,
              lives=False, filled=False, largest_id=65_535),
        options=frozenset({"persistent_ids"}), needs_shapes=True,
        told_by_writer=frozenset({"gaps", "merges"}),
    ),
    Format(
        "trackmate", "TrackMate XML", ".xml", is_trackmate, read_trackmate, write_trackmate,
        Keeps(shapes="one outline an object", holes=False, pieces="the largest", gaps=True,
              divisions=True, merges=True, scale=True,
              time=EQUAL_OR_FULL, frame_size=True, empty_frames=True,
              lives=False, filled=False, largest_id=LARGEST_ID),
        options=frozenset({"all_tracks", "lone_spots", "discs"}),
        told_by_writer=frozenset({"shapes", "holes", "pieces"}),
    ),
    Format(
        "imagej", "ImageJ ROIs: RoiSet.zip, or one .roi", ".zip", is_imagej_roi, read_imagej_roi,
        write_imagej_roi,
        Keeps(shapes=True, holes=True, pieces=True, gaps=True, divisions=True, merges=True,
              scale=False, time=False, frame_size=False, empty_frames=BETWEEN_CELLS,
              lives=False, filled=False, largest_id=LARGEST_ID),
        options=frozenset({"n_channels", "channel"}), needs_shapes=True,
    ),
    Format(
        "quimp", "outlines of QuimP: .QCONF, or .paQP with its .snQP", ".QCONF", is_quimp,
        read_quimp, None,
        Keeps(shapes="outlines, to the pixel", holes=False, pieces=False, gaps=True,
              divisions=False, merges=False, scale=True, time=EQUAL_STEPS,
              frame_size="in .QCONF", empty_frames=True, lives=False, filled=False,
              largest_id=LARGEST_ID),
        options=frozenset({"offsets"}),
    ),
    Format(
        "ome-zarr", "a label movie of track ids in OME-Zarr", ".zarr", ome_zarr.is_ome_zarr,
        _read_labels, _write_ome_zarr,
        Keeps(shapes=True, holes=True, pieces=True, gaps=True, divisions=False, merges=False,
              scale=True, time=True, frame_size=True, empty_frames=True,
              lives=False, filled=False, largest_id=LARGEST_ID),
        needs_shapes=True, folder=True,
    ),
    Format(
        "labels", "a label movie of track ids: TIFF, or a folder of frames", ".tif", _is_labels,
        _read_labels, _write_labels,
        Keeps(shapes=True, holes=True, pieces=True, gaps=True, divisions=False, merges=False,
              scale=True, time=True, frame_size=True, empty_frames=True,
              lives=False, filled=False, largest_id=LARGEST_ID),
        needs_shapes=True,
    ),
    Format(
        "tracks", "our table tracks.csv", ".csv", lambda path: _has_columns(path, NEEDED),
        read_track_table, write_track_table,
        _OUR_TABLE,
    ),
    Format(
        "napari", "a table of napari's tracks layer", ".csv",
        lambda path: _has_columns(path, ("track_id", "t", "y", "x")), read_tracker_csv,
        write_napari_csv,
        Keeps(**_POINTS, gaps=True, divisions=True, merges=True, scale=False,
              time=EQUAL_BY_ROWS, frame_size=False, empty_frames=BETWEEN_CELLS,
              lives=False, filled=False, largest_id=LARGEST_ID),
        options=frozenset({"columns", "units", "first_frame"}),
    ),
    Format(
        "csv", "a table of another tracker, by the names of its columns", ".csv", _is_table,
        read_tracker_csv, None,
        Keeps(**_POINTS, gaps=True, divisions="where there is a column of parents",
              merges="where there is a column of parents", scale=False, time=EQUAL_BY_ROWS,
              frame_size=False, empty_frames=BETWEEN_CELLS,
              lives=False, filled=False, largest_id=LARGEST_ID),
        options=frozenset({"columns", "units", "first_frame"}),
    ),
)  # fmt: skip
"""In the order in which they are tried: what tells most about itself first."""
