"""Nothing that is not ours is ever written over or thrown away, and nothing stale is trusted."""

import shutil

import numpy as np
import pandas as pd
import pytest

from lamella.core.errors import FaultsError, OutputError, SettingsError
from lamella.phantom import CellPhantom, StudyPhantom
from lamella.run.check import check_study
from lamella.run.demo import make_demo
from lamella.run.execute import run_study
from lamella.run.single import segment_movie
from lamella.run.study import open_study
from lamella.segment import MultiOtsu


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    out = tmp_path_factory.mktemp("safety") / "demo"
    cell = CellPhantom(field_px=(80, 80), area_um2=90, speed_um_per_min=0.6)
    settings = {"conditions": {"WT": {}, "KO": {}}, "sessions": {"a": {"photoelectrons": 300}}}
    phantom = StudyPhantom(cells_per_session=1, n_frames=6, n_aborted=0, empty_rate=0, cell=cell,
                           **settings)  # fmt: skip
    make_demo(out, phantom=phantom)
    return out


def with_settings(demo, text, tmp_path):
    """The study of the demo with other settings."""
    folder = tmp_path / "study"
    folder.mkdir(exist_ok=True)
    samples = pd.read_csv(demo / "samples.csv")
    samples["path"] = [str(demo / path) for path in samples["path"]]
    samples.to_csv(folder / "samples.csv", index=False)
    (folder / "study.toml").write_text(text)
    return open_study(folder)


class TestTheDemo:
    def test_leaves_a_folder_of_movies_alone(self, tmp_path):
        raw = tmp_path / "movies" / "WT" / "low" / "1.tif"
        raw.parent.mkdir(parents=True)
        raw.write_bytes(b"raw")
        with pytest.raises(OutputError, match="not empty"):
            make_demo(tmp_path)
        assert raw.read_bytes() == b"raw"

    def test_does_not_take_another_study_for_its_own(self, tmp_path):
        (tmp_path / "study.toml").write_text("")
        with pytest.raises(OutputError, match="not empty"):
            make_demo(tmp_path)


def test_segmenting_never_replaces_the_movie(demo):
    movie = demo / "movies" / "WT" / "a" / "1.tif"
    before = movie.read_bytes()
    for out in (movie, movie / "labels.tif"):
        with pytest.raises(OutputError, match="it is the input"):
            segment_movie(movie, out, segmenter=MultiOtsu(), force=True)
    assert movie.read_bytes() == before


def test_starting_afresh_with_some_movies_leaves_the_others_and_corrections(demo, tmp_path):
    study, out = open_study(demo), tmp_path / "results"
    run_study(study, out)
    corrections = out / "movies" / "WT__a__1" / "corrections" / "cell.ome.tif"
    corrections.parent.mkdir()
    shutil.copy(out / "movies" / "WT__a__1" / "labels" / "cell.ome.tif", corrections)
    outcome = run_study(study, out, fresh=True, only=["WT__a__1"])
    states = {r.movie: r.state for r in outcome.results}
    assert states == {"WT__a__1": "done", "KO__a__1": "skipped"}
    assert corrections.exists()
    assert len(pd.read_csv(out / "tables" / "cells.csv")) == 2
    run_study(study, out, fresh=True)
    assert corrections.exists()


def test_a_renamed_set_of_objects_is_renamed_in_the_tables(demo, tmp_path):
    out = tmp_path / "results"
    run_study(with_settings(demo, "", tmp_path), out)
    run_study(with_settings(demo, "[objects.nucleus]\nchannel = 'fluorescence'", tmp_path), out)
    assert set(pd.read_csv(out / "tables" / "cells.csv")["object"]) == {"nucleus"}


@pytest.mark.parametrize("workers", [1, 2])
def test_an_external_function_cannot_end_the_run(demo, tmp_path, workers):
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "model.py").write_text("import sys\ndef f(x):\n    sys.exit(0)\n")
    settings = '[objects.cell.segment]\nmethod = "external"\nfunction = "model.py:f"'
    outcome = run_study(with_settings(demo, settings, tmp_path), tmp_path / "r", workers=workers)
    assert {r.movie for r in outcome.failed} == {"WT__a__1", "KO__a__1"}
    assert all("SystemExit" in r.message for r in outcome.failed)


@pytest.mark.parametrize(
    ("offset", "told"), [("{ GPF = 100 }", "no offset for channel"), ("{}", "no offset")]
)
def test_an_offset_for_a_channel_that_is_not_there_is_told(demo, tmp_path, offset, told):
    settings = f'[measure.background]\nmethod = "offset"\noffset = {offset}'
    checked = check_study(with_settings(demo, settings, tmp_path))
    assert all(told in each.fault for each in checked)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ('unit = "well"', "there is no column 'well'"),
        ('measures = ["speeed"]', "no measure is called 'speeed'"),
        ("margins = { speed = 0.1 }", "margins: no measure is called 'speed'"),
        ("margins = { max_speed_um_per_min = 0.1 }", "'max_speed_um_per_min' is not compared"),
        (
            'measures = ["area_um2"]\nkinds = { n_tips = "count" }',
            "kinds: 'n_tips' is not compared",
        ),
        ('reference = "wt"', "no movie has the condition 'wt'"),
        ('unit = "well"\nreference = "wt"', "condition 'wt'(.|\n)*column 'well'"),
    ],
)
def test_statistics_that_cannot_be_done_are_refused_before_the_start(
    demo, tmp_path, settings, told
):
    with pytest.raises((SettingsError, FaultsError), match=told):
        with_settings(demo, f"[statistics]\n{settings}", tmp_path)


def test_background_is_what_lies_outside_everything_that_was_segmented(tmp_path):
    """A neighbour that is not the tracked cell must not be taken for background."""
    from lamella.core.frames import ArrayFrames
    from lamella.core.movie import Scale, regular_times
    from lamella.io import tiff

    labels = np.zeros((3, 100, 100), np.uint16)
    labels[:, 5:95, 5:60], labels[:, 30:60, 75:95] = 1, 2  # the largest, and a neighbour
    image = np.where(labels == 1, 300, np.where(labels == 2, 900, 100)).astype(np.uint16)
    labels[:, 5:95, 5:60], labels[:, 30:60, 75:95] = 2, 1
    scale = Scale(0.5, regular_times(3, 1.0))
    tiff.write_movie(tmp_path / "a.tif", {"GFP": ArrayFrames(image)}, scale=scale)
    tiff.write_labels(tmp_path / "a_mask.tif", ArrayFrames(labels), scale=scale)
    (tmp_path / "samples.csv").write_text("path,condition\na.tif,x\n")
    (tmp_path / "study.toml").write_text(
        '[objects.cell.segment]\nmethod = "labels"\npattern = "{stem}_mask.tif"\n'
        '[measure.background]\nmethod = "percentile"\npercentile = 90\nmargin_px = 0\n'
    )
    run_study(open_study(tmp_path), tmp_path / "results")
    cells = pd.read_csv(tmp_path / "results" / "tables" / "cells.csv")
    assert cells["background"].tolist() == [100]
    assert cells["lam_mean"].tolist() == [200]
