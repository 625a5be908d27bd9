"""Nucleus and cytoplasm in a study, and by `lamella measure`."""

import re

import numpy as np
import pandas as pd
import pytest

from faults.studies import lamella
from lamella.core.frames import ArrayFrames
from lamella.core.movie import Scale
from lamella.core.table import Col
from lamella.io import tiff
from lamella.io.documents import read_json
from lamella.run import execute
from worlds import nucleated_field
from worlds.nucleated import KINDS

STUDY = """
[scale]
pixel_size_um = 0.5
interval_min = "unknown"

[objects.cell]
channel = "GFP"
centre = false
segment = {method = "labels", pattern = "cells_{movie}.tif"}
track = {method = "lap"}

[objects.nucleus]
channel = "DNA"
centre = false
segment = {method = "labels", pattern = "nuclei_{movie}.tif"}
track = {method = "lap"}
"""
FIELDS = {"a": 4, "b": 5}


def field(seed):
    return nucleated_field(3, seed=seed, kinds=KINDS)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A study of two fields of two channels, cells and nuclei as labels."""
    for movie, seed in FIELDS.items():
        one = field(seed)
        dna = (one.nuclei > 0) * np.uint16(900) + np.uint16(50)
        scale = Scale(0.5)
        channels = {name: ArrayFrames(image[None])
                    for name, image in (("GFP", one.image()), ("DNA", dna))}  # fmt: skip
        tiff.write_movie(tmp_path / f"{movie}.ome.tif", channels, scale=scale)
        for what, labels in (("cells", one.cells), ("nuclei", one.nuclei)):
            path = tmp_path / f"{what}_{movie}.tif"
            tiff.write_labels(path, ArrayFrames(labels[None]), scale=scale, name=what)
    rows = ["movie,path,condition,session,well", "a,a.ome.tif,x,1,A1", "b,b.ome.tif,y,1,a02"]
    (tmp_path / "samples.csv").write_text("\n".join(rows))
    (tmp_path / "study.toml").write_text(STUDY)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(execute, "write_report", lambda out: out / "report.html")
    return tmp_path


def test_a_study_measures_cells_with_their_nuclei(folder):
    said = lamella("run", ".", "--out", "results")
    assert said.code == 0, said.err
    assert "have no nucleus" in said.err + said.out
    pairs = pd.read_csv(folder / "results/tables/cells_and_nuclei.csv")
    same = pd.read_parquet(folder / "results/tables/cells_and_nuclei.parquet")
    assert list(same.columns) == list(pairs.columns)
    check = pd.read_csv(folder / "results/tables/nuclei_check.csv").set_index(Col.MOVIE)
    for movie, seed in FIELDS.items():
        truth = field(seed).truth
        own = pairs[pairs[Col.MOVIE] == movie]
        assert len(own) == len(truth)
        assert set(own["well"]) == {"A01" if movie == "a" else "A02"}
        assert own[Col.NUCLEUS].notna().sum() == (truth["nucleus"] > 0).sum()
        without = own[own[Col.NUCLEUS].isna()]
        assert without[[c for c in own if c.startswith("nucleus_")]].isna().all(axis=None)
        assert without["cell_area_px"].notna().all()
        with_one = own[own[Col.NUCLEUS].notna()]
        ratio = with_one["cell_area_px"] / with_one["nucleus_area_px"]
        assert np.allclose(ratio, with_one[Col.CELL_NUCLEUS_AREA_RATIO])
        light = np.sort(truth["nucleus_light"].dropna().round())
        found = np.sort(with_one[Col.NUCLEUS_MEAN.of("GFP")])
        assert found == pytest.approx(light, abs=1)
        manifest = read_json(folder / f"results/movies/{movie}/manifest.json")
        counts = manifest["stages"]["measure/cell/compartment"]["found"]["nuclei"]
        assert counts[Col.N_CELLS_WITHOUT] == (truth["kind"] == "none").sum()
        assert check.loc[movie].to_dict() == counts
        assert "measure/nucleus/compartment" not in manifest["stages"]
    columns = pd.read_csv(folder / "results/tables/columns.csv").set_index("column")
    assert columns.loc["cell_area_px", "meaning"].startswith("Of the cell: ")
    assert set(pairs.columns) - set(columns.index) <= {"well"}


def test_the_compartments_wait_for_the_nuclei(folder):
    assert lamella("run", ".", "--out", "results").code == 0
    changed = STUDY.replace("[objects.nucleus]", "[objects.nucleus]\nfill_gaps = 1")
    (folder / "study.toml").write_text(changed)
    said = lamella("run", ".", "--out", "results")
    assert said.code == 0, said.err
    status = pd.read_csv(folder / "results/status.csv")
    manifest = read_json(folder / "results/movies/a/manifest.json")
    assert (status["state"] == "done").any()
    first = manifest["stages"]["measure/cell/compartment"]["key"]
    (folder / "study.toml").write_text(STUDY)
    lamella("run", ".", "--out", "results")
    manifest = read_json(folder / "results/movies/a/manifest.json")
    assert manifest["stages"]["measure/cell/compartment"]["key"] != first


def test_without_the_group_its_tables_go(folder):
    assert lamella("run", ".", "--out", "results").code == 0
    (folder / "study.toml").write_text(STUDY + "\n[measure]\ncompartment = false\n")
    assert lamella("run", ".", "--out", "results").code == 0
    assert not [*(folder / "results/tables").glob("cells_and_nuclei*")]
    assert not (folder / "results/tables/nuclei_check.csv").exists()


def test_nuclei_alone_have_no_tables_of_pairs(folder):
    nuclei = "[objects.nucleus]"
    (folder / "study.toml").write_text(
        STUDY[: STUDY.index("[objects.cell]")] + STUDY[STUDY.index(nuclei) :]
    )
    assert lamella("run", ".", "--out", "results").code == 0
    assert (folder / "results/tables/cells.csv").exists()
    assert not [*(folder / "results/tables").glob("cells_and_nuclei*")]
    assert not (folder / "results/tables/nuclei_check.csv").exists()


@pytest.mark.parametrize(
    ("added", "told"),
    [
        ('cells = "cells"', "it needs a set of objects 'cells', and there is cell, nucleus; add"),
        ('nuclei = "dna"', r"it needs a set of objects 'dna', and there is cell, nucleus; add \["),
        ("ring = 3", "unknown setting"),
    ],
)
def test_a_set_that_is_not_there_is_told_at_the_door(folder, added, told):
    (folder / "study.toml").write_text(f"{STUDY}\n[measure.compartment]\n{added}\n")
    said = lamella("run", ".", "--out", "results")
    assert said.code == 2
    assert re.search(told, said.err), said.err
    assert not (folder / "results/movies").exists()


def test_measure_with_nuclei(folder):
    said = lamella("measure", "a.ome.tif", "cells_a.tif", "--nuclei", "nuclei_a.tif", "-o", "one")
    assert said.code == 0, said.err
    assert "have no nucleus" in said.err
    cells = pd.read_csv("one/cells.csv")
    truth = field(FIELDS["a"]).truth
    kind = truth["kind"] != "two"
    assert cells[Col.NUCLEUS].fillna(0)[kind].tolist() == truth["nucleus"][kind].tolist()
    plain = lamella("measure", "a.ome.tif", "cells_a.tif", "-o", "two")
    assert plain.code == 0
    assert Col.NUCLEUS not in pd.read_csv("two/cells.csv")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--groups", "compartment"], "it needs nuclei; give their labels with --nuclei"),
        (["--groups", "migration", "--nuclei", "nuclei_a.tif"], "the group compartment is off"),
        (["--nuclei", "nuclei_short.tif"], "use labels of the same movie"),
        (["--nuclei", "no.tif"], "no.tif"),
    ],
)
def test_measure_tells_what_is_wrong(folder, options, told):
    short = ArrayFrames(field(4).nuclei[None, :-1])
    tiff.write_labels(folder / "nuclei_short.tif", short, scale=Scale(0.5), name="nuclei")
    said = lamella("measure", "a.ome.tif", "cells_a.tif", "-o", "one", *options)
    assert said.code == 2 if "--groups" in options else said.code in (1, 2)
    assert told in said.err, said.err
    assert not (folder / "one").exists()


def test_questions_of_a_whole_study(folder):
    """Channels come from what the two sets were found in; switched off, the tables go."""
    said = lamella("run", ".", "--out", "results")
    assert said.code == 0, said.err
    tables = folder / "results/tables"
    asked = pd.read_csv(tables / "questions.csv")
    assert {"A", "B", "C", "E", "F"} <= set(asked["question"])
    assert "D" not in set(asked["question"])  # no third signal
    leak = asked[(asked["question"] == "E") & (asked["condition"] == "all conditions")].iloc[0]
    columns = ("nucleus_intensity_mean__DNA", "cell_intensity_mean__GFP")
    assert (leak["x_column"], leak["y_column"]) == columns
    pairs = pd.read_csv(tables / "cells_and_nuclei.csv")
    known = pairs[list(columns)].notna().all(axis=1)
    assert leak["n_cells"] == known.sum()
    assert leak["n_cells_lacking"] == (~known).sum() > 0
    lines = pd.read_csv(tables / "question_lines.csv")
    units = pd.read_csv(tables / "question_units.csv")
    # All nuclei have the same light, on which no line can stand.
    assert np.isnan(leak["r"])
    assert set(lines["question"]) == {"B", "F"}
    assert set(units["condition"]) == {"x", "y"}

    (folder / "study.toml").write_text(STUDY + '\n[questions]\ncell_channel = "RFP"\n')
    said = lamella("run", ".", "--out", "results")
    assert "no channel 'RFP' was measured" in said.err
    (folder / "study.toml").write_text("questions = false\n" + STUDY)
    assert lamella("run", ".", "--out", "results").code == 0
    assert not (tables / "questions.csv").exists()
