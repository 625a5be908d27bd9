"""What is done again, and what is not, when something has changed."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from faults.studies import BARE, HEADER, SETTINGS, cell_movie, contents, lamella, make_study, status
from lamella.core.errors import OutputError
from lamella.io import write_movie
from lamella.io.documents import read_json
from lamella.run import execute
from lamella.run.cache import MANIFEST, Done, Manifest

MEASURED = ["measure/cell", "tables", "outlines/cell"]
AFTER_TRACK = ["track/cell", "centre/cell", "picture/cell", *MEASURED]
ALL = ["segment/cell", *AFTER_TRACK]

GROUPS = ("migration", "walks", "region", "lamellipodium", "protrusion", "edge")
EVERY = ("sightings", *GROUPS)
LIGHT = ("region", "lamellipodium", "edge")

# What is added to study.toml, the stages that it makes run again, and of which groups.
CHANGES = {
    "nothing": ("", [], ()),
    "reference": ('reference = "WT"', [], ()),
    "migration": ("[measure.migration]\nturn_deg = 45", MEASURED, ("migration",)),
    "walks": ("[measure.walks]\nmin_step_um = 0.1", MEASURED, ("walks",)),
    "percentile": ("[measure.lamellipodium]\npercentile = 60", MEASURED, ("lamellipodium",)),
    "protrusion": ("[measure.protrusion]\nmin_beyond_um = 4", MEASURED, ("protrusion",)),
    "edge": ("[measure.edge]\npositions = 60", MEASURED, ("edge",)),
    "sightings": ("[measure.sightings]\nmin_iou = 0.4", MEASURED, EVERY),
    "no_lamellipodium": ("[measure]\nlamellipodium = false", ["tables", "outlines/cell"], ()),
    "only_walks": (
        "[measure]\nlamellipodium = false\nmigration = false\nprotrusion = false\nedge = false",
        ["tables", "outlines/cell"],
        (),
    ),
    "background": ('[measure.background]\nmethod = "offset"\noffset = 90', MEASURED, LIGHT),
    "bleaching": ('[measure.bleaching]\nmethod = "ratio"', MEASURED, LIGHT),
    "outlines": ("[outlines]\nerror_px = 2", ["outlines/cell"], ()),
    "drift": ("[drift]", ["drift", *MEASURED], EVERY),
    "centre": ("[objects.cell]\ncentre = false", [], ()),
    "segment": ('[objects.cell.segment]\nmethod = "multiotsu"\nclasses = 2', ALL, EVERY),
    "declump": (
        '[objects.cell.declump]\nmethod = "distance"',
        ["declump/cell", *AFTER_TRACK],
        EVERY,
    ),
    "tracker": ('[objects.cell.track]\nmethod = "lap"', AFTER_TRACK, EVERY),
    "fill_gaps": ("[objects.cell]\nfill_gaps = 1", AFTER_TRACK, EVERY),
    "min_steps": ("min_steps = 3", [], ()),
    "pixel_size": ("[scale]\npixel_size_um = 0.51", AFTER_TRACK, EVERY),
}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A study that was run; nobody writes into it."""
    made = make_study(tmp_path_factory.mktemp("finished"), good=["good1", "good2"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(execute, "write_report", lambda out: out / "report.html")
        assert lamella("run", made).code == 0
    return made


@pytest.fixture
def study(finished, tmp_path, no_report):
    """A copy of it, with the times of its files."""
    return shutil.copytree(finished, tmp_path / "study")


def _ran(study: Path, movie: str = "good1") -> list[str]:
    """The stages that were run, by status.csv; all others stand there as cached."""
    table = status(study)
    table = table[table["movie"] == movie]
    assert set(table["state"]) <= {"done", "cached"}
    return list(table[table["state"] == "done"]["stage"])


def _times(study: Path) -> dict[str, int]:
    """When the results of the movies were written."""
    movies = study / "results" / "movies"
    files = (path for path in movies.rglob("*") if path.is_file() and path.name != MANIFEST)
    return {path.relative_to(movies).as_posix(): path.stat().st_mtime_ns for path in files}


@pytest.mark.parametrize("change", CHANGES)
def test_a_setting_runs_again_what_depends_on_it(study, change):
    settings, expected, groups = CHANGES[change]
    before = _times(study)
    before_it = BARE if change == "segment" else SETTINGS
    (study / "study.toml").write_text(before_it + settings + "\n")
    assert lamella("run", study).code == 0
    assert _ran(study) == expected
    after = _times(study)
    rewritten = {name for name in before if after.get(name) != before[name]}
    assert bool(rewritten) == bool(expected)
    measures = [Path(name).name.split(".") for name in rewritten if "/measures/" in name]
    assert {group for _, group, *_ in measures} == set(groups)


def test_the_manifest_says_whether_bleaching_was_undone_and_how(study):
    def told():
        manifest = read_json(study / "results" / "movies" / "good1" / MANIFEST)
        stage = manifest["stages"]["measure/cell/lamellipodium"]
        return stage["found"].get("bleaching"), stage["provenance"].get("bleaching")

    assert told() == (None, None)
    (study / "study.toml").write_text(SETTINGS + CHANGES["bleaching"][0] + "\n")
    lamella("run", study)
    found, step = told()
    assert {each["method"] for each in found.values()} == {"ratio"}
    assert step["step"] == "SimpleRatio"


def test_the_title_and_a_condition_touch_no_movie(study):
    before = _times(study)
    (study / "study.toml").write_text(SETTINGS.replace("Faults", "Other"))
    samples = (study / "samples.csv").read_text()
    (study / "samples.csv").write_text(samples.replace(",KO,", ",mutant,"))
    assert lamella("run", study).code == 0
    assert _ran(study) == _ran(study, "good2") == []
    assert _times(study) == before
    assert "mutant" in (study / "results" / "tables" / "cells.csv").read_text()


def test_going_back_gives_the_first_results(study):
    first = contents(study / "results" / "tables")
    (study / "study.toml").write_text(SETTINGS + "[measure.lamellipodium]\npercentile = 60\n")
    lamella("run", study)
    assert contents(study / "results" / "tables") != first
    (study / "study.toml").write_text(SETTINGS)
    lamella("run", study)
    assert contents(study / "results" / "tables") == first


def test_a_deleted_file_is_made_again(study):
    kept = contents(study / "results" / "movies" / "good1")
    for name, stage in {
        "segmented/cell.ome.tif": "segment/cell",
        "labels/cell.ome.tif": "track/cell",
        "events/cell.parquet": "track/cell",
        "centered.ome.tif": "centre/cell",
        "filmstrip_cell.png": "picture/cell",
        "cell_strips.webp": "picture/cell",
        "measures/cell.migration.parquet": "measure/cell",
        "cells.parquet": "tables",
    }.items():
        (study / "results" / "movies" / "good1" / name).unlink()
        assert lamella("run", study).code == 0
        assert _ran(study) == [stage]
        assert _ran(study, "good2") == []
    assert contents(study / "results" / "movies" / "good1") == kept


def test_a_touched_or_edited_movie_runs_again(study):
    path = study / "raw" / "good1.tif"
    os.utime(path)
    lamella("run", study)
    assert (_ran(study), _ran(study, "good2")) == (ALL, [])
    movie = cell_movie(9)
    write_movie(path, movie.channels, scale=movie.scale)
    lamella("run", study)
    assert (_ran(study), _ran(study, "good2")) == (ALL, [])


def test_a_manifest_that_is_not_ours_is_no_guide(study):
    manifest = study / "results" / "movies" / "good1" / MANIFEST
    for text in ("", "[]", '{"stages": {"segment/cell": {}}}', '{"stages": {"tables": {"a": 1}}}'):
        manifest.write_text(text)
        assert lamella("run", study).code == 0
        assert _ran(study) == ALL


def test_a_movie_out_of_the_list_is_out_of_the_tables(study):
    rows = (study / "samples.csv").read_text().splitlines()
    (study / "samples.csv").write_text(HEADER + rows[1] + "\n")
    lamella("run", study)
    assert "good2" not in (study / "results" / "tables" / "cells.csv").read_text()


def test_results_replaced_and_not_recorded_are_not_trusted(tmp_path):
    """A kill between the two, then the old settings again: the old key must be gone."""
    manifest = Manifest(tmp_path)
    (tmp_path / "labels.tif").write_text("old")
    manifest.record({"track": Done("old key", ("labels.tif",))})
    assert Manifest(tmp_path).holds("track", "old key")
    manifest.forget("track")
    (tmp_path / "labels.tif").write_text("new")
    # Killed here.
    assert not Manifest(tmp_path).holds("track", "old key")
    assert not Manifest(tmp_path).holds("track", "new key")


def test_a_stage_is_forgotten_before_it_is_run(study, monkeypatch):
    """Work that fails half-way, its files replaced, leaves no key behind."""
    from lamella.run.work import StageWork

    work = StageWork._track

    def replaced_then_full(self, *arguments):
        work(self, *arguments)
        raise OutputError("tracks", "the disk is full", "free some space")

    settings = BARE + '[objects.cell.segment]\nmethod = "multiotsu"\nclasses = 2\n'
    (study / "study.toml").write_text(settings)
    monkeypatch.setattr(StageWork, "_track", replaced_then_full)
    assert lamella("run", study).code == 1
    monkeypatch.undo()
    (study / "study.toml").write_text(SETTINGS)
    assert lamella("run", study).code == 0
    assert "track/cell" in _ran(study)
