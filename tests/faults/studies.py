"""Studies of tiny phantoms, and the command line run on them.

    ┌ good1 ┐ ┌ good2 ┐ ┌ good3 ┐ ┌ what a test plants ┐

Good movies are 6 frames of 64 × 64 pixels with one cell in each; a study is a folder with raw/,
samples.csv and study.toml.
"""

from __future__ import annotations

import contextlib
import io
import sys
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.cli import main
from lamella.core.errors import LamellaWarning
from lamella.core.movie import Movie, Scale, regular_times
from lamella.io import write_movie
from lamella.phantom import CellPhantom

GOOD = ("good1", "good2", "good3")
# One figure instead of nine.
BARE = 'title = "Faults"\n[statistics]\nmeasures = ["area_um2"]\n'
SEGMENT = '[objects.cell.segment]\nmethod = "multiotsu"\n'
SETTINGS = BARE.replace("[statistics]", SEGMENT + "[statistics]")
BARE_LEAN = BARE.replace(
    "[statistics]",
    "outlines = false\n[measure]\nlamellipodium = false\nprotrusion = false\nedge = false\n"
    "walks = false\n[statistics]",
)
"""Of a run that takes a tenth of the time: it finds, tracks and measures by two groups."""
LEAN = BARE_LEAN + SEGMENT
HEADER = "movie,path,condition,session,pixel_size_um\n"
LAMELLA = (sys.executable, "-m", "lamella.cli")


class Said(NamedTuple):
    """What a command came to."""

    code: int
    out: str
    err: str


def lamella(*arguments: object) -> Said:
    """Run a command in this process, through the same door as a user."""
    out, err = io.StringIO(), io.StringIO()
    code = 0
    before, sys.argv = sys.argv, ["lamella", *map(str, arguments)]
    try:
        with warnings.catch_warnings(), _caught(out, err):
            warnings.simplefilter("always", LamellaWarning)  # shown, as a user sees them
            main()
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        sys.argv = before
    return Said(code, out.getvalue(), err.getvalue())


@contextlib.contextmanager
def _caught(out: io.StringIO, err: io.StringIO) -> Iterator[None]:
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        yield


def cell_movie(seed: int = 1, **changes: Any) -> Movie:
    """A phantom of one cell; `changes` are settings of `CellPhantom`."""
    settings = {"n_frames": 6, "field_px": (64, 64), "area_um2": 90, "pixel_size_um": 0.5}
    return CellPhantom(**{**settings, "seed": seed, **changes}).make().movie


def pixels(seed: int = 1, **changes: Any) -> NDArray[Any]:
    """The same as an array, (T, Y, X) uint16, that may be written into."""
    return cell_movie(seed, **changes).channel().asarray()


def write_pixels(
    path: Path, array: NDArray[Any], *, pixel_size_um: float | None = 0.5, **options: Any
) -> None:
    """Frames (T, Y, X) as an OME-TIFF that states its scale."""
    movie = Movie.from_array(array)
    times = regular_times(len(array), 1.0)
    write_movie(path, movie.channels, scale=Scale(pixel_size_um, times), **options)


def make_study(
    folder: Path,
    *,
    good: Sequence[str] = GOOD,
    rows: Sequence[str] = (),
    settings: str = SETTINGS,
) -> Path:
    """A study of good movies, and `rows` to be added to its samples.csv."""
    lines = []
    for seed, name in enumerate(good, start=1):
        path = folder / "raw" / f"{name}.tif"
        movie = cell_movie(seed)
        write_movie(path, movie.channels, scale=movie.scale)
        lines.append(f"{name},raw/{name}.tif,{'KO' if seed % 2 else 'WT'},1,")
    (folder / "study.toml").write_text(settings, encoding="utf-8")
    (folder / "samples.csv").write_text(HEADER + "\n".join([*lines, *rows]) + "\n")
    return folder


def row(name: str) -> str:
    """The row of samples.csv of raw/NAME.tif."""
    return f"{name},raw/{name}.tif,WT,1,"


def status(study: Path) -> pd.DataFrame:
    """status.csv of the study's results."""
    return pd.read_csv(study / "results" / "status.csv", keep_default_na=False)


def measured(study: Path) -> set[str]:
    """The movies in tables/cells.csv."""
    return set(pd.read_csv(study / "results" / "tables" / "cells.csv")["movie"])


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def noise(n_frames: int = 6, seed: int = 0) -> NDArray[np.uint16]:
    """A bare field: camera offset and noise."""
    return np.random.default_rng(seed).poisson(100, (n_frames, 64, 64)).astype(np.uint16)
