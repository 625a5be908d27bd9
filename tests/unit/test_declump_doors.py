"""Splitting clumps in a study, and by `lamella segment`."""

import re

import numpy as np
import pytest

from faults.studies import lamella
from lamella.core.frames import ArrayFrames
from lamella.core.movie import Scale, regular_times
from lamella.io import open_labels, tiff
from worlds import colony


@pytest.fixture
def folder(tmp_path):
    """A movie of a colony with a channel of nuclei, its nuclei as labels, and a study of it."""
    _, image, nuclei = colony(5)
    scale = Scale(0.5, regular_times(5, 1.0))
    dapi = (nuclei > 0) * np.uint16(900) + np.uint16(50)
    channels = {"GFP": ArrayFrames(image), "DAPI": ArrayFrames(dapi)}
    tiff.write_movie(tmp_path / "a.ome.tif", channels, scale=scale)
    tiff.write_labels(tmp_path / "nuclei.tif", ArrayFrames(nuclei), scale=scale, name="nucleus")
    (tmp_path / "samples.csv").write_text("movie,path,condition\na,a.ome.tif,x\n")
    return tmp_path


SET = ("-m", "multiotsu", "--set", "edge_px=0", "--set", "classes=2")


def n_objects(path):
    return [len(np.unique(frame)) - 1 for frame in open_labels(path).frames]


@pytest.mark.parametrize(
    ("options", "n"),
    [
        ([], 1),
        (["--declump", "distance"], 4),
        (["--declump", "intensity", "--declump-set", "around=0"], 4),
        (["--declump", "nucleus", "--nuclei", "nuclei.tif"], 4),
        (
            ["--declump", "nucleus", "--declump-set", "channel=DAPI", "--declump-set",
             "find={method='multiotsu',smallest_px=9}"],
            4,
        ),
    ],
)  # fmt: skip
def test_segment(folder, monkeypatch, options, n):
    monkeypatch.chdir(folder)
    said = lamella("segment", "a.ome.tif", "-o", "cells.tif", *SET, *options)
    assert said.code == 0, said.err
    assert n_objects("cells.tif")[-1] == n


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--declump", "distanse"], r"--declump distanse: there is no such method; use one of"),
        (["--declump", "distance", "--declump-set", "nekc=1"], "did you mean 'neck'"),
        (["--declump-set", "neck=0.5"], "nothing is split; add --declump"),
        (["--declump", "distance", "--nuclei", "nuclei.tif"], "distance uses no nuclei; use"),
        (["--declump", "nucleus"], "it has no nuclei; give either --nuclei LABELS.tif or"),
        (["--declump", "nucleus", "--declump-set", "nuclei=x"], "give --nuclei LABELS.tif"),
        (["--declump", "nucleus", "--declump-set", "channel=X"], "no channel named 'X'"),
        (["--declump", "nucleus", "--nuclei", "short.tif"], r"labels 'nucleus' .*they are \(3,"),
    ],
)
def test_faults(folder, monkeypatch, options, told):
    monkeypatch.chdir(folder)
    short = ArrayFrames(open_labels("nuclei.tif").frames.asarray()[:3])
    tiff.write_labels(folder / "short.tif", short, scale=Scale(), name="nucleus")
    said = lamella("segment", "a.ome.tif", "-o", "cells.tif", *options)
    assert said.code != 0
    assert re.search(told, said.err), said.err
    assert len(said.err.strip().splitlines()) == 1
    assert not (folder / "cells.tif").exists()


NUCLEI = """
[objects.nucleus]
channel = "DAPI"
centre = false
[objects.nucleus.segment]
method = "multiotsu"
smallest_px = 9
[objects.nucleus.track]
method = "largest"
"""
CELL = (
    '[objects.cell]\nchannel = "GFP"\n[objects.cell.segment]\nmethod = "multiotsu"\nedge_px = 0\n'
)


def test_a_study_splits_by_the_nuclei_of_another_set(folder):
    declump = '[objects.cell.declump]\nmethod = "nucleus"\nnuclei = "nucleus"\n'
    (folder / "study.toml").write_text(CELL + declump + NUCLEI)
    said = lamella("run", folder)
    assert said.code == 0, said.err
    made = folder / "results" / "movies" / "a"
    assert n_objects(made / "segmented" / "cell.ome.tif")[-1] == 1
    assert n_objects(made / "declumped" / "cell.ome.tif")[-1] == 4
    # The largest of the single cells is tracked, not the clump.
    tracked = open_labels(made / "labels" / "cell.ome.tif").frames.frame(4)
    assert np.count_nonzero(tracked) < 0.4 * np.count_nonzero(
        open_labels(made / "segmented" / "cell.ome.tif").frames.frame(4)
    )


def test_a_study_without_that_set_or_channel_is_refused(folder):
    declump = '[objects.cell.declump]\nmethod = "nucleus"\n'
    (folder / "study.toml").write_text(CELL + declump + 'nuclei = "nucleus"\n')
    said = lamella("check", folder)
    assert said.code != 0
    assert "'nucleus' is no other set of objects; add [objects.nucleus]" in said.err
    (folder / "study.toml").write_text(CELL + declump + 'channel = "Hoechst"\n')
    said = lamella("check", folder)
    assert said.code != 0
    assert "no channel named 'Hoechst'" in said.err + said.out
