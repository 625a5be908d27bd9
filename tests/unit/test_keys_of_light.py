"""A setting that is changed is followed by what depends on it, and by nothing else."""

import numpy as np
import pytest
import tifffile

from lamella.run.stages import keys_of
from lamella.run.study import open_study
from lamella.run.task import task_for

STUDY = """
[scale]
pixel_size_um = 0.5
interval_min = "unknown"
[objects.nucleus]
centre = false
segment = {method = "multiotsu", classes = 2}
track = {method = "lap"}
[objects.cell]
centre = false
segment = {method = "guided", nuclei = "nucleus"}
track = {method = "lap"}
[measure]
walks = false
lamellipodium = false
protrusion = false
edge = false
"""
BALL = '[measure.background]\nmethod = "rolling_ball"\nradius_px = 20\n'
OFFSET = '[measure.background]\nmethod = "offset"\noffset = 100\n'
GROUND = '[measure.background]\nmethod = "percentile"\n'
FILES = '[illumination]\nfiles = "{flat}/{channel}.tif"\n'
LIGHT = {f"measure/{of}/region" for of in ("cell", "nucleus")} | {"measure/cell/compartment"}
LAST = {"tables"}
ASIDE = {"outlines/cell", "outlines/nucleus"}
OF_CELL = {
    "segment/cell", "track/cell", "picture/nucleus", "measure/cell/sightings",
    "measure/cell/migration", "measure/cell/region", "measure/cell/compartment", "outlines/cell",
}  # fmt: skip
OF_BOTH = OF_CELL | {
    "segment/nucleus", "track/nucleus", "measure/nucleus/sightings", "measure/nucleus/migration",
    "measure/nucleus/region", "outlines/nucleus",
}  # fmt: skip


@pytest.fixture
def keys(tmp_path):
    """Keys of all stages of a study with more settings."""
    tifffile.imwrite(tmp_path / "a.tif", np.arange(400, dtype=np.uint16).reshape(20, 20))
    (tmp_path / "flat").mkdir()
    tifffile.imwrite(tmp_path / "flat" / "ch0.tif", np.full((20, 20), 900, np.uint16))
    (tmp_path / "samples.csv").write_text("movie,path,condition,session\na,a.tif,x,[1]\n")

    def of(more, study=STUDY):
        (tmp_path / "study.toml").write_text(study + more.replace("{flat}", str(tmp_path / "flat")))
        opened = open_study(tmp_path)
        return keys_of(task_for(opened, opened.samples[0], tmp_path / "out"))

    return of


@pytest.mark.parametrize(
    ("before", "after", "redone"),
    [
        (BALL, BALL.replace("20", "30"), LIGHT | LAST | ASIDE),
        (BALL, BALL + "smoothing = false\n", LIGHT | LAST | ASIDE),
        (BALL, "", LIGHT | LAST | ASIDE),
        ("", "[measure.compartment]\nring_um = 3.0\n",
         {"measure/cell/compartment", "outlines/cell"} | LAST),
        ("", "[measure.region]\nradial_parts = 2\n",
         {"measure/cell/region", "measure/nucleus/region"} | LAST | ASIDE),
        ("", '[measure.bleaching]\nmethod = "ratio"\n', LIGHT | LAST | ASIDE),
        (FILES, "", LIGHT | LAST | ASIDE),
        (FILES, FILES + "segmenting = true\n", OF_BOTH | LAST),
        (FILES, FILES + "degree = 3\nstatistic = \"mean\"\n", set()),
        (FILES + BALL, FILES + BALL.replace("20", "30"), LIGHT | LAST | ASIDE),
        (FILES + "segmenting = true\n" + BALL,
         FILES + "segmenting = true\n" + BALL.replace("20", "30"), LIGHT | LAST | ASIDE),
        (FILES + "segmenting = true\n" + OFFSET,
         FILES + "segmenting = true\n" + OFFSET.replace("100", "90"), OF_BOTH | LAST),
        (FILES + "segmenting = true\ndark = 5\n" + OFFSET,
         FILES + "segmenting = true\ndark = 5\n" + OFFSET.replace("100", "90"),
         LIGHT | LAST | ASIDE),
    ],
)  # fmt: skip
def test_what_is_redone(keys, before, after, redone):
    old, new = keys(before), keys(after)
    assert old.keys() == new.keys()
    assert {stage for stage, key in new.items() if old[stage] != key} == redone


def test_how_nuclei_are_found_decides_cells_and_the_ground(keys):
    other = STUDY.replace("classes = 2", "classes = 3")
    old, new = keys(""), keys("", other)
    assert {stage for stage, key in new.items() if old[stage] != key} == OF_BOTH | LAST
    given = STUDY.replace(
        '"guided", nuclei = "nucleus"', '"labels", pattern = "a.tif"'
    )  # cells of their own, whose light depends on the nuclei by the ground alone
    other = given.replace("classes = 2", "classes = 3")
    of_nuclei = OF_BOTH - OF_CELL | {"picture/nucleus", "measure/cell/compartment"}
    for ground, more in (("", set()), (GROUND, {"measure/cell/region"})):
        old, new = keys(ground, given), keys(ground, other)
        changed = {stage for stage, key in new.items() if old[stage] != key}
        assert changed == of_nuclei | more | LAST | {"outlines/cell"}


def test_masks_that_are_split_in_even_light_follow_the_flat_field(keys, tmp_path):
    given = STUDY.replace(
        'segment = {method = "multiotsu", classes = 2}',
        'segment = {method = "labels", pattern = "a.tif"}\ndeclump = {method = "intensity"}',
    )
    even = FILES + "segmenting = true\n"
    old = keys(even, given)
    tifffile.imwrite(tmp_path / "flat" / "ch0.tif", np.full((20, 20), 901, np.uint16))
    new = keys(even, given)
    assert old["segment/nucleus"] == new["segment/nucleus"]
    assert old["declump/nucleus"] != new["declump/nucleus"]
