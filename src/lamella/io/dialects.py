"""What the tables of other trackers call their columns, and what they count in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Units = Literal["px", "um"]
ROLES = ("track", "frame", "time", "y", "x", "label", "parent", "filled")
"""What a column can be: `filled` is true where the tracker itself made up the row."""
_NEEDED = ("track", "y", "x")


@dataclass(frozen=True)
class Dialect:
    """The table that one program writes.

    Parameters
    ----------
    program : str
        Its name, for the user.
    names : mapping of str to tuple of str
        Role to the names that the column has, the first that is there wins. Compared without
        regard to case; a trailing ``*`` stands for anything.
    marks : tuple of str
        Further columns that tell this table from others.
    units : "px", "um" or None
        What places are in; None = the table does not tell.
    first_frame : int
        Number of the movie's first frame.
    corner : bool
        Places are counted from the corner of the first pixel, not from its centre.
    """

    program: str
    names: Mapping[str, tuple[str, ...]]
    marks: tuple[str, ...] = ()
    units: Units | None = None
    first_frame: int = 0
    corner: bool = False

    def columns(self, header: Sequence[str]) -> dict[str, str] | None:
        """Role to column, where all that is needed is there; else None."""
        if any(_find((mark,), header) is None for mark in self.marks):
            return None
        found = {role: _find(names, header) for role, names in self.names.items()}
        given = {role: name for role, name in found.items() if name is not None}
        complete = all(role in given for role in _NEEDED) and ("frame" in given or "time" in given)
        return given if complete else None


def _find(names: Sequence[str], header: Sequence[str]) -> str | None:
    for name in names:
        pattern = re.compile(re.escape(name).replace(r"\*", ".*"), re.IGNORECASE)
        for column in header:
            if pattern.fullmatch(column):
                return column
    return None


_POSITION = {"x": ("POSITION_X",), "y": ("POSITION_Y",)}

DIALECTS: tuple[Dialect, ...] = (
    Dialect(
        "Lamella",
        {
            "track": ("cell",), "frame": ("frame",), "y": ("y_px",), "x": ("x_px",),
            "label": ("label",), "parent": ("parent",),
        },
        units="px",
    ),
    Dialect(
        "celldetective",
        {
            "track": ("TRACK_ID",), "frame": ("FRAME",), **_POSITION, "parent": ("parent",),
            "filled": ("dummy",), "label": ("class_id",),
        },
        marks=("generation", "root"),
        units="px",
    ),
    Dialect(  # its units stand in the fourth line of the file
        "TrackMate (or CellTracksColab)",
        {
            "track": ("Unique_ID", "TRACK_ID"), "frame": ("FRAME",), **_POSITION,
            "time": ("POSITION_T",),
        },
    ),
    Dialect(
        "CellProfiler",
        {
            "track": ("TrackObjects_Label_*", "TrackObjects_Label", "*_TrackObjects_Label_*"),
            "frame": ("Metadata_Frame", "ImageNumber", "Image_ImageNumber"),
            "x": ("Location_Center_X", "*_Location_Center_X", "AreaShape_Center_X"),
            "y": ("Location_Center_Y", "*_Location_Center_Y", "AreaShape_Center_Y"),
            "label": ("ObjectNumber", "*_ObjectNumber"),
        },
        units="px",
        first_frame=1,
    ),
    Dialect(
        "trackpy",
        {"track": ("particle",), "frame": ("frame",), "y": ("y",), "x": ("x",)},
        units="px",
    ),
    Dialect(
        "btrack",
        {
            "track": ("ID",), "frame": ("t",), "y": ("y",), "x": ("x",), "parent": ("parent",),
            "filled": ("dummy",),
        },
        marks=("root", "generation"),
        units="px",
    ),
    Dialect(
        "napari",
        {
            "track": ("track_id",), "frame": ("t",), "y": ("y",), "x": ("x",),
            "label": ("label",), "parent": ("parent_track_id",), "time": ("time_min",),
        },
        units="px",
    ),
    Dialect(
        "Imaris",
        {
            "track": ("TrackID",), "frame": ("Time",), "y": ("Position Y",), "x": ("Position X",),
        },
        marks=("Unit", "Category"),
        units="um",
        first_frame=1,
        corner=True,
    ),
    Dialect(
        "QuPath",
        {
            "track": ("Track ID", "TrackID", "Track", "Name"),
            "frame": ("Frame", "T", "Time point"),
            "y": ("Centroid Y µm", "Centroid Y μm"), "x": ("Centroid X µm", "Centroid X μm"),
        },
        units="um",
        corner=True,
    ),
    Dialect(
        "QuPath",
        {
            "track": ("Track ID", "TrackID", "Track", "Name"),
            "frame": ("Frame", "T", "Time point"),
            "y": ("Centroid Y px",), "x": ("Centroid X px",),
        },
        units="px",
        corner=True,
    ),
    Dialect(
        "ImageJ's Manual Tracking",
        {
            "track": ("Track n*",), "frame": ("Slice n*",), "y": ("Y",), "x": ("X",),
        },
        units="px",
        first_frame=1,
    ),
    Dialect(  # a time, in units that nobody knows
        "celltrackR",
        {"track": ("id",), "time": ("t",), "y": ("y",), "x": ("x",)},
    ),
    Dialect(
        "unknown",
        {
            "track": (
                "track_id", "trackid", "track id", "track", "trajectory", "trajectory_id",
                "cell_id", "cellid", "cell id", "cell", "particle", "particleid", "tid", "id",
            ),
            "frame": (
                "frame", "frame_id", "frameid", "frame number", "frame_number", "timepoint",
                "time_point", "slice", "t",
            ),
            "time": ("time", "time_min", "time_s", "time (s)", "time (min)", "time [s]"),
            "y": ("y_px", "y", "pos_y", "position_y", "centroid_y", "y_coordinate", "centroid-0"),
            "x": ("x_px", "x", "pos_x", "position_x", "centroid_x", "x_coordinate", "centroid-1"),
            "label": ("label",),
            "parent": ("parent_track_id", "parent_id", "parent"),
        },
    ),
)  # fmt: skip
"""In the order in which they are tried: the most telling names first."""


def speaker_of(header: Sequence[str]) -> tuple[Dialect, dict[str, str]] | None:
    """The first program that would write such a header, and role to column; None = nobody known."""
    for dialect in DIALECTS:
        columns = dialect.columns(header)
        if columns is not None:
            return dialect, columns
    return None
