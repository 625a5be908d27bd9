"""What may be wrong with a movie or with its row of samples.csv: the table of faults.

`plant` writes raw/NAME.tif; `says` is what the command line and status.csv say of it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import tifffile

from faults.studies import cell_movie, noise, pixels, write_pixels
from lamella.io import write_movie


def _cut_off(path: Path) -> None:
    tifffile.imwrite(path, pixels(), imagej=True, metadata={"axes": "TYX"})
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _cut_off_compressed(path: Path) -> None:
    write_pixels(path, pixels())
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _z_stack(path: Path) -> None:
    tifffile.imwrite(path, pixels(), imagej=True, metadata={"axes": "ZYX"})


def _colour(path: Path) -> None:
    tifffile.imwrite(path, np.zeros((64, 64, 3), np.uint8), photometric="rgb")


def _nan(path: Path) -> None:
    frames = pixels().astype(np.float32)
    frames[-1, 3:5, 7] = np.nan
    write_pixels(path, frames)


def _odd_folder(path: Path) -> None:
    path.with_suffix("").mkdir()
    for t, side in enumerate((64, 64, 32)):
        tifffile.imwrite(path.with_suffix("") / f"t{t}.tif", np.zeros((side, side), np.uint16))


def _flat_frames(path: Path) -> None:
    frames = pixels()
    frames[2:4] = 0
    write_pixels(path, frames)


def _saturated(path: Path) -> None:
    frames = pixels()
    frames[frames > np.percentile(frames[0], 95)] = 65535
    write_pixels(path, frames)


def _one_frame(path: Path) -> None:
    write_pixels(path, pixels()[:1])


def _other_scale(path: Path) -> None:
    movie = cell_movie(5, pixel_size_um=0.6, area_um2=120)
    write_movie(path, movie.channels, scale=movie.scale)


class Fault(NamedTuple):
    """One fault; {file} in `says` stands for the path of the movie."""

    name: str
    plant: Callable[[Path], object]
    says: str
    exit: int = 1
    row: str = ""

    @property
    def state(self) -> str:
        return "failed" if self.exit else "done"


AGAIN = "copy it again from its source"
NONE_FOUND = "{file}: no cell was found in any of 6 frames; look at the segmentation settings"
FLAT = "see whether the camera or the export failed there"
ROW = r"samples.csv line 5 \(\S+\): "

FAULTS = [
    Fault("cut_off", _cut_off, "{file}: it is damaged or cut off .*; " + AGAIN),
    Fault("cut_packed", _cut_off_compressed, "{file}: it is damaged or cut off .*; " + AGAIN),
    Fault("empty", Path.touch, r"{file}: it is empty \(0 bytes\); " + AGAIN),
    Fault(
        "text",
        lambda path: path.write_text("cell,area\n1,20\n"),
        "{file}: it is not a TIFF file, but looks like text; .* can be saved as TIFF in Fiji",
    ),
    Fault("absent", lambda path: None, "{file}: there is no such file or folder; check the path"),
    Fault("z_stack", _z_stack, r'{file}: it is a z-stack .*6 slices.*axes = "TYX" in \[scale\]'),
    Fault("colour", _colour, "{file}: it is a colour image .*Split Channels"),
    Fault("nan", _nan, "{file}: frame 5 holds 2 pixels that are NaN .*; replace them .* exclude"),
    Fault(
        "no_scale",
        lambda path: tifffile.imwrite(path, pixels()),
        r"{file}: it does not state pixel_size_um and interval_min; set .* under \[scale\]",
    ),
    Fault(
        "complex",
        lambda path: tifffile.imwrite(path, pixels().astype(np.complex64)),
        "{file}: its pixels are of type complex64; save it with 8, 16 or 32-bit grey values",
    ),
    Fault(
        "odd_frames",
        _odd_folder,
        ".*t2.tif: it is 32×32 uint16, t0.tif is 64×64 uint16; keep only the frames of one movie",
        row="odd_frames,raw/odd_frames,WT,1,",
    ),
    Fault(
        "no_condition",
        _other_scale,
        ROW + "it has no condition; fill in the column condition",
        row="no_condition,raw/no_condition.tif,,1,",
    ),
    Fault(
        "no_path", lambda path: None, ROW + "it has no path; give the movie's", row="no_path,,WT,1,"
    ),
    Fault(
        "bad_scale",
        _other_scale,
        ROW + "pixel_size_um and interval_min must be positive numbers; correct them",
        row="bad_scale,raw/bad_scale.tif,WT,1,-0.3",
    ),
    Fault(
        "bad/name",
        lambda path: None,
        ROW + "the movie's name is not safe as a folder name; use letters",
        row="bad/name,raw/name.tif,WT,1,",
    ),
    Fault(
        "all_session",
        _other_scale,
        ROW + "a session is named 'all', which means every session; rename it",
        row="all_session,raw/all_session.tif,WT,all,",
    ),
    # From here on the movie is done, with a warning.
    Fault("no_cell", lambda path: write_pixels(path, noise()), NONE_FOUND, exit=0),
    Fault(
        "all_zero", lambda path: write_pixels(path, 0 * noise()), NONE_FOUND + ".*", exit=0
    ),
    Fault(
        "full",
        lambda path: write_pixels(path, 0 * noise() + 65535),
        "{file}: 6 of 6 frames hold one grey value, such as frame 0; " + FLAT,
        exit=0,
    ),
    Fault("flat", _flat_frames, "{file}: 2 of 6 frames hold .*, such as frame 2; " + FLAT, exit=0),
    Fault("saturated", _saturated, "{file}: more than 1 % of the cell is saturated in 6", exit=0),
    Fault("one_frame", _one_frame, "{file}: one frame: speed, path and .* missing", exit=0),
    Fault(
        "scale_differs",
        _other_scale,
        "{file}: file says 0.6 µm/px, settings say 0.5: settings used",
        exit=0,
        row="scale_differs,raw/scale_differs.tif,WT,1,0.5",
    ),
]  # fmt: skip
