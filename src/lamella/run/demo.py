"""The demos: small synthetic studies on disk, as they would come from a microscope."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from lamella.core.errors import OutputError
from lamella.core.table import Col
from lamella.io import tiff
from lamella.io.atomic import whole_file
from lamella.io.tables import write_table
from lamella.phantom import PlatePhantom, StudyPhantom, plate_truth
from lamella.run.init import find_movies, write_study
from lamella.run.samples import SAMPLES_FILE
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
    if not _begun(out):
        return
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


def make_plate_demo(
    out: Path,
    *,
    phantom: PlatePhantom | None = None,
    advance: Callable[[int, int], object] = lambda done, total: None,
) -> None:
    """Write the fields of a synthetic plate, a file per channel, and its study.

    Beside samples.csv and study.toml lie platemap.csv (`well`, `condition`) and truth.csv: every
    nucleus, where it lies and whether it is positive. A folder that holds the demo already is left
    as it is.

    Raises
    ------
    OutputError
        When the folder holds something else.
    """
    if not _begun(out):
        return
    plate = phantom or PlatePhantom()
    rows, truths = [], []
    for done, field in enumerate(plate, start=1):
        for channel, frames in field.movie.channels.items():
            tiff.write_movie(
                out / "images" / f"{field.name}_{channel}.tif",
                {channel: frames},
                scale=field.movie.scale,
            )
        rows.append(
            {
                Col.MOVIE: field.name,
                Col.PATH: f"images/{field.name}_{{channel}}.tif",
                Col.CONDITION: field.condition,
                Col.SESSION: field.plate,
                Col.WELL: field.well,
                Col.FIELD: field.field,
                Col.REPLICATE: field.replicate,
            }
        )
        truths.append(field)
        advance(done, len(plate))
    samples = pd.DataFrame(rows)
    write_table(out / "truth.csv", plate_truth(truths))
    wells = samples[[Col.SESSION, Col.WELL, Col.CONDITION, Col.REPLICATE]].drop_duplicates()
    write_table(out / "platemap.csv", wells)
    write_table(out / SAMPLES_FILE, samples)
    with whole_file(out / SETTINGS_FILE) as part:
        part.write_text(_PLATE_SETTINGS, encoding="utf-8")


def _begun(out: Path) -> bool:
    """Mark the folder as a demo's; False where it holds a whole one already."""
    if (out / _MARK).exists() and (out / SETTINGS_FILE).exists():
        return False
    if out.exists() and any(out.iterdir()) and not (out / _MARK).exists():
        raise OutputError(str(out), "the folder is not empty", "choose a new folder")
    with whole_file(out / _MARK) as part:
        part.write_text("This folder was made by `lamella demo`; it may be deleted.\n")
    return True


_PLATE_SETTINGS = """\
title = "Lamella plate demo"
outlines = false

[objects.nucleus]
channel = "DNA"
centre = false

[objects.nucleus.segment]
method = "multiotsu"
classes = 2
smallest_px = 40

[objects.nucleus.declump]
method = "distance"

[objects.nucleus.track]
method = "lap"

[measure]
migration = false
walks = false
lamellipodium = false
protrusion = false
edge = false

[measure.region]

[measure.background]
method = "rolling_ball"
radius_px = 50

# How EdU-positive is told: on every plate, brighter than 99 % of the nuclei of wells without EdU.
[positives.edu]
measure = "intensity_mean__EdU"
object = "nucleus"

[positives.edu.threshold]
method = "controls"
condition = "no_edu"

[statistics]
reference = "vehicle"
leave_out = ["no_edu"]
unit = "well"
adjust = "joint"          # Dunnett's test: every drug against the same vehicle
"""
