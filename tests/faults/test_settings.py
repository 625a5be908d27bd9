"""Wrong usage and wrong settings: exit code 2, one clear line, nothing started, nothing made."""

from __future__ import annotations

import re
import subprocess

import pytest

from faults.studies import GOOD, LAMELLA, contents, lamella, make_study, row, status

SEGMENT = '[objects.cell.segment]\nmethod = "multiotsu"\n'

# What stands in study.toml, and what is said of it.
WRONG = {
    "misspelt": (
        SEGMENT + "clases = 2\n",
        [r"error: study.toml: \[objects.cell.segment\] clases: unknown .*did you mean 'classes'\?"],
    ),
    "several": (
        SEGMENT + "clases = 2\n[measure.sightings]\nmin_iuo = 1\n[statistic]\n[scale]\naxis = 1\n",
        [
            r"\[objects.cell.segment\] clases: unknown setting; did you mean 'classes'\?",
            r"\[measure.sightings\] min_iuo: unknown setting; did you mean 'min_iou'\?",
            r"study.toml: statistic: unknown setting; did you mean 'statistics'\?",
            r"\[scale\] axis: unknown setting; did you mean 'axes'\?",
        ],
    ),
    "method": ('[objects.cell.segment]\nmethod = "multiotzu"\n', ["'multiotzu' .*'multiotsu'"]),
    "value": (
        "[scale]\npixel_size_um = -1\n",
        [r"\[scale\] pixel_size_um: -1 is not acc.*0"],
    ),
    "no_toml": (
        "[scale\npixel_size_um = 1\n",
        ["study.toml: it is not TOML .*line 1.*; mend"],
    ),
    "reference": (
        '[statistics]\nreference = "wt"\n',
        [r"\[statistics\] reference: no movie has the condition 'wt'; the conditions are KO, WT"],
    ),
}


@pytest.mark.parametrize("case", WRONG)
@pytest.mark.parametrize("command", ["run", "check"])
def test_settings(tmp_path, case, command):
    settings, said = WRONG[case]
    study = make_study(tmp_path, good=["good1", "good2"], settings=settings)
    came = lamella(command, study)
    assert came.code == 2
    for line in said:
        assert re.search(line, came.err), came.err
    assert len(came.err.splitlines()) == len(said)
    assert not (study / "results").exists()


def test_all_lines_are_told_by_the_real_command(tmp_path):
    settings, said = WRONG["several"]
    study = make_study(tmp_path, good=["good1", "good2"], settings=settings)
    command = [*LAMELLA, "run", str(study)]
    came = subprocess.run(command, capture_output=True, text=True, check=False)
    assert came.returncode == 2
    assert not came.stdout
    assert len(came.stderr.splitlines()) == len(said)
    assert (
        "Traceback"
        in subprocess.run(
            [*LAMELLA, "--debug", "run", str(study)], capture_output=True, text=True, check=False
        ).stderr
    )


# A file of the study, its content (None: it is not there), and what is said.
UNREADABLE = [
    ("study.toml", None, "study.toml: there is no such file; make one with: lamella init"),
    ("samples.csv", None, "samples.csv: there is no such file; make one with: lamella init"),
    ("samples.csv", b"", "samples.csv: it lists no movie; add one row"),
    ("samples.csv", b"movie,file\na,a.tif\n", "it has no column path, only movie, file; add"),
    (
        "samples.csv",
        b"path,condtion\na.tif,WT\n",
        "unknown columns condtion; did you mean 'condition'. The col",
    ),
    ("samples.csv", b"path;condition\na.tif;WT\n", "it is separated by semicolons; save it sep"),
    ("samples.csv", b"path,condition\na.tif,\xb5\n", r"it is not .*; save it as CSV \(UTF-8\)"),
]


@pytest.mark.parametrize(("file", "content", "said"), UNREADABLE)
def test_files_of_a_study(tmp_path, file, content, said):
    study = make_study(tmp_path, good=["good1"])
    (study / file).unlink()
    if content is not None:
        (study / file).write_bytes(content)
    came = lamella("run", study)
    assert came.code == 2
    assert re.search(said, came.err), came.err
    assert not (study / "results").exists()


def test_a_study_that_is_not_there(tmp_path):
    for command in ("run", "check"):
        came = lamella(command, tmp_path / "none")
        assert came.code == 2
        assert re.search("none: there is no such file.*; make one with: lamella init", came.err)
    assert not list(tmp_path.iterdir())


def test_only_names_a_movie_that_is_not_there(tmp_path):
    study = make_study(tmp_path, good=["good1", "good2"])
    came = lamella("run", study, "--only", "godo1")
    assert came.code == 2
    assert "--only: no movie named godo1; the study has good1, good2" in came.err
    assert not (study / "results").exists()


def test_a_row_twice_costs_the_second(tmp_path, no_report):
    study = make_study(
        tmp_path, rows=[row("good1"), "Good2,raw/good2.tif,WT,1,", "good3,raw/good1.tif,WT,1,"]
    )
    said = [
        r"good1: samples.csv line 5 \(good1\): the same movie twice \(first on line 2\); delete",
        r"Good2: samples.csv line 6 \(Good2\): the same movie twice \(first on line 3\); delete",
        r"good3: samples.csv line 7 \(good3\): .* twice \(first on line 4\); delete the row or ren",
    ]
    for command, kind in (("check", "fault"), ("run", "failed")):
        came = lamella(command, study)
        assert came.code == 1
        for line in said:
            assert re.search(f"^{kind}: {line}", came.err, re.M), came.err
    assert "3 movies done" in came.out
    table = status(study)
    assert (table["state"] == "failed").sum() == 3
    assert set(table[table["stage"] == "tables"]["movie"]) == {*GOOD}


def test_a_movie_of_other_scale_is_told(tmp_path, no_report):
    study = make_study(tmp_path, good=["good1", "good2"], rows=["other,raw/good1b.tif,WT,1,0.4"])
    (study / "raw" / "good1b.tif").write_bytes((study / "raw" / "good1.tif").read_bytes())
    said = "the movies have different pixel sizes: 0.5 µm in 2; 0.4 µm: other"
    assert f"note: {said}" in lamella("check", study).err
    ran = lamella("run", study)
    assert ran.code == 0
    assert f"warning: {said}" in ran.err


@pytest.mark.filterwarnings("default:.*alone:lamella.core.errors.LamellaWarning")
def test_nothing_is_overwritten_without_force(tmp_path):
    study = make_study(tmp_path / "study", good=["good1"])
    movie, masks = study / "raw" / "good1.tif", tmp_path / "masks"
    commands = [
        ("init", study / "raw", "-p", "{cell}.tif", "-o", tmp_path / "new"),
        ("segment", movie, "-o", masks / "good1.tif", "-m", "multiotsu"),
        ("measure", movie, masks / "good1.tif", "-o", tmp_path / "measured"),
        ("compare", masks, masks, "-o", tmp_path / "compared"),
        ("stats", tmp_path / "measured" / "cells.csv", "--value", "area_um2",
         "--condition", "object", "-o", tmp_path / "stats"),
    ]  # fmt: skip
    for command in commands:
        assert lamella(*command).code == 0
    before = contents(tmp_path)
    for command in commands:
        came = lamella(*command)
        assert came.code == 2
        assert re.search("error: .*: it is there already; use --force to replace it", came.err)
    assert contents(tmp_path) == before
    for command in commands:
        assert lamella(*command, "--force").code == 0
