"""The demo: a small synthetic study on disk, as it would come from a microscope."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lamella.core.errors import OutputError
from lamella.io import tiff
from lamella.io.atomic import whole_file
from lamella.phantom import StudyPhantom
from lamella.run.init import find_movies, write_study
from lamella.run.study import SETTINGS_FILE

_MARK = ".lamella-demo"
_PATTERN = "{condition}/{session}/{cell}.tif"


def make_demo(
    out: Path,
    *,
    phantom: StudyPhantom | None = None,
    advance: Callable[[int, int], object] = lambda done, total: None,
) -> None:
    """Write the movies of a synthetic study, and its study.toml and samples.csv.

    A folder that holds the demo already is left as it is: the same seed makes the same movies.

    Raises
    ------
    OutputError
        When the folder holds something else.
    """
    if (out / _MARK).exists() and (out / SETTINGS_FILE).exists():
        return
    if out.exists() and any(out.iterdir()) and not (out / _MARK).exists():
        raise OutputError(str(out), "the folder is not empty", "choose a new folder")
    with whole_file(out / _MARK) as part:
        part.write_text("This folder was made by `lamella demo`; it may be deleted.\n")
    study = phantom or StudyPhantom()
    for done, movie in enumerate(study, start=1):
        name = movie.name.rpartition("_")[2]
        tiff.write_movie(
            out / "movies" / movie.condition / movie.session / f"{name}.tif",
            movie.phantom.movie.channels,
            scale=movie.phantom.movie.scale,
        )
        advance(done, len(study))
    found = find_movies(out / "movies", _PATTERN)
    write_study(
        out / "movies", found, out, title="Lamella demo", reference="WT", method="multiotsu"
    )
