"""Guided segmentation in a study, and by `lamella segment`; sets of objects in order."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from guided_truth import stained_field

from faults.studies import lamella
from lamella.core.frames import ArrayFrames
from lamella.core.movie import Scale
from lamella.io import open_labels, tiff
from lamella.run.corrections import corrected_file
from lamella.run.order import circle_in, in_order


@pytest.fixture(scope="module")
def field():
    return stained_field(81, side=192, n_cells=16)


@pytest.fixture
def folder(tmp_path, field):
    """A still with two channels, its nuclei as labels, and samples.csv."""
    scale = Scale(0.5)
    channels = {"GFP": ArrayFrames(field.stain[None]), "DAPI": ArrayFrames(field.dna[None])}
    tiff.write_movie(tmp_path / "a.ome.tif", channels, scale=scale)
    nuclei = ArrayFrames(field.nuclei[None].astype(np.uint16))
    tiff.write_labels(tmp_path / "nuclei.tif", nuclei, scale=scale, name="nucleus")
    (tmp_path / "samples.csv").write_text("movie,path,condition\na,a.ome.tif,x\n")
    return tmp_path


def labels(path):
    return open_labels(path).frames.frame(0)


@pytest.mark.parametrize("nuclei", [["--nuclei", "nuclei.tif"], ["--set", "channel=DAPI"]])
def test_segment(folder, field, monkeypatch, nuclei):
    monkeypatch.chdir(folder)
    said = lamella("segment", "a.ome.tif", "-o", "cells.tif", "-m", "guided", *nuclei)
    assert said.code == 0, said.err
    found = labels("cells.tif")
    n = len(np.unique(field.nuclei)) - 1
    assert len(np.unique(found)) - 1 == n
    assert re.search(r"\d+ whole objects, median diameter [\d.]+ px \([\d.]+ µm\)", said.out)
    if nuclei[0] == "--nuclei":
        assert (found[field.nuclei > 0] == field.nuclei[field.nuclei > 0]).all()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ([], "--method guided: it has no nuclei; give either --nuclei LABELS.tif or --set chan"),
        (["--set", "channel=DAPI", "--nuclei", "nuclei.tif"], "it has nuclei from two places"),
        (["--set", "nuclei=x"], "--set nuclei=x: sets of objects have names in a study only"),
        (["--set", "channel=X"], "no channel named 'X'"),
        (["--set", "channel=DAPI", "--declump", "distance"], "guided cells are single already"),
        (["--set", "channel=DAPI", "--set", "by_distnce=1"], "did you mean 'by_distance'"),
        (["--nuclei", "short.tif"], r"labels 'nucleus' .*they are \(2,"),
    ],
)
def test_faults_of_the_command(folder, monkeypatch, options, told):
    monkeypatch.chdir(folder)
    short = ArrayFrames(np.repeat(labels("nuclei.tif")[None], 2, axis=0))
    tiff.write_labels(folder / "short.tif", short, scale=Scale(), name="nucleus")
    said = lamella("segment", "a.ome.tif", "-o", "cells.tif", "-m", "guided", *options)
    assert said.code != 0
    assert re.search(told, said.err), said.err
    assert not (folder / "cells.tif").exists()


def test_without_a_pixel_size_um_cannot_be_reached(folder, monkeypatch):
    monkeypatch.chdir(folder)
    tiff.write_movie(folder / "bare.tif", {"GFP": ArrayFrames(labels("nuclei.tif")[None])},
                     scale=Scale())  # fmt: skip
    options = ("-m", "guided", "--nuclei", "nuclei.tif", "--set", "reach_um=3")
    said = lamella("segment", "bare.tif", "-o", "cells.tif", *options)
    assert said.code != 0
    assert "reach_um = 3: no pixel size is known; state it, or set reach_px" in said.err


CELL = """
[objects.cell]
channel = "GFP"
[objects.cell.segment]
method = "guided"
"""
NUCLEUS = """
[objects.nucleus]
channel = "DAPI"
[objects.nucleus.segment]
method = "multiotsu"
smallest_px = 30
[objects.nucleus.declump]
method = "distance"
[objects.nucleus.track]
method = "lap"
[objects.cell.track]
method = "lap"
"""


def test_a_study_finds_nuclei_before_the_cells_that_they_lead(folder):
    """The cells stand first in study.toml, and need nuclei whose clumps are split."""
    (folder / "study.toml").write_text(CELL + 'nuclei = "nucleus"\nreach_um = 20\n' + NUCLEUS)
    said = lamella("run", folder)
    assert said.code == 0, said.err
    made = folder / "results" / "movies" / "a"
    cells = labels(made / "segmented" / "cell.ome.tif")
    nuclei = labels(made / "declumped" / "nucleus.ome.tif")
    assert nuclei.max() >= 12
    np.testing.assert_array_equal(cells[nuclei > 0], nuclei[nuclei > 0])
    stages = json.loads((made / "manifest.json").read_text())["stages"]
    assert stages["segment/cell"]["found"]["diameter"]["n"] > 5
    diameter = stages["declump/nucleus"]["found"]["diameter"]
    assert diameter["low"] < diameter["px"] < diameter["high"]
    # Only what depends on it runs again: the reach changes cells, other nuclei change both.
    text = (folder / "study.toml").read_text()
    for old, new, again in (
        ("reach_um = 20", "reach_um = 3", {"segment/cell"}),
        ("smallest_px = 30", "smallest_px = 31", {"segment/cell", "segment/nucleus"}),
    ):
        text = text.replace(old, new)
        (folder / "study.toml").write_text(text)
        assert lamella("run", folder).code == 0
        status = (folder / "results" / "status.csv").read_text().splitlines()
        done = {line.split(",")[1] for line in status if ",done," in line}
        assert {stage for stage in done if stage.startswith("segment/")} == again


class TestCorrectedNuclei:
    """Nuclei that a person has mended lead the cells; nothing else of the nuclei is found again."""

    @pytest.fixture
    def made(self, folder):
        text = CELL + 'nuclei = "nucleus"\nreach_um = 20\n' + NUCLEUS
        (folder / "study.toml").write_text("outlines = false\n" + text)
        said = lamella("run", folder)
        assert said.code == 0, said.err
        return folder / "results" / "movies" / "a"

    def again(self, folder):
        assert lamella("run", folder).code == 0
        status = pd.read_csv(folder / "results" / "status.csv").set_index("stage")["state"]
        return {name for name in status.index[status == "done"] if name[:3] in ("seg", "dec")}

    def correct(self, made, nuclei):
        tiff.write_labels(
            corrected_file(made, "nucleus"), ArrayFrames(nuclei[None]), scale=Scale(0.5)
        )

    def test_lead_the_cells(self, folder, made):
        found = labels(made / "labels" / "nucleus.ome.tif")
        before = labels(made / "segmented" / "cell.ome.tif")
        gone, *kept = np.unique(found)[1:].tolist()
        mended = np.where(found == gone, 0, found)
        bare = np.argwhere(before == 0)
        y, x = next(p for p in bare.tolist() if not before[p[0] : p[0] + 5, p[1] : p[1] + 5].any())
        mended[y : y + 5, x : x + 5] = 900
        self.correct(made, mended)
        assert self.again(folder) == {"segment/cell"}
        cells = labels(made / "segmented" / "cell.ome.tif")
        assert set(np.unique(cells)) == {0, *kept, 900}
        np.testing.assert_array_equal(cells[mended > 0], mended[mended > 0])
        assert self.again(folder) == set()
        corrected_file(made, "nucleus").unlink()
        assert self.again(folder) == {"segment/cell"}
        np.testing.assert_array_equal(labels(made / "segmented" / "cell.ome.tif"), before)

    def test_of_another_size(self, folder, made):
        self.correct(made, labels(made / "labels" / "nucleus.ome.tif")[:, :-3])
        said = lamella("run", folder)
        assert said.code == 1
        assert "labels 'nucleus' of" in said.err
        assert "they are (1, 192, 189) (T, Y, X), the movie is (1, 192, 192)" in said.err


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (CELL, r"\[objects.cell.segment\] nuclei: it is missing; add \[objects.nucleus\], or set"),
        (CELL + 'nuclei = "nucleos"\n' + NUCLEUS, "'nucleos' is no other set of objects; set it"),
        (CELL + 'channel = "Hoechst"\n', "no channel named 'Hoechst'"),
        (
            CELL + 'nuclei = "nucleus"\n' + NUCLEUS
            + '[objects.cell.declump]\nmethod = "distance"\n',
            r"\[objects.cell.declump\]: guided cells are single already",
        ),
        (
            CELL + 'nuclei = "nucleus"\n' + NUCLEUS.replace("multiotsu", "guided").replace(
                "smallest_px = 30", 'nuclei = "cell"').replace("[objects.nucleus.declump]\n"
                'method = "distance"', ""),
            "cell → nucleus → cell: each waits for the nuclei of the next",
        ),
    ],
)  # fmt: skip
def test_faults_of_a_study(folder, text, told):
    (folder / "study.toml").write_text(text)
    said = lamella("check", folder)
    assert said.code != 0
    assert re.search(told, said.err + said.out), said.err + said.out


def test_order():
    assert in_order({"a": ["c"], "b": [], "c": ["b"]}) == ["b", "c", "a"]
    assert in_order({"a": [], "b": []}) == ["a", "b"]
    assert circle_in({"a": ["c"], "b": [], "c": ["b"]}) is None
    assert circle_in({"x": ["a"], "a": ["b"], "b": ["a"]}) == ["a", "b", "a"]
