"""The way of the README, command by command."""

import re

import numpy as np
import pandas as pd
import pytest
from planted_drift import planted, ramp, shifts

from lamella.cli import show
from lamella.core.movie import Scale, regular_times
from lamella.io import open_labels, open_movie, tiff
from lamella.phantom import CellPhantom, StudyPhantom
from lamella.run.demo import make_demo


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    out = tmp_path_factory.mktemp("study") / "demo"
    cell = CellPhantom(field_px=(96, 96), area_um2=120, speed_um_per_min=0.8)
    phantom = StudyPhantom(cells_per_session=1, n_frames=6, n_aborted=0, empty_rate=0, cell=cell)
    make_demo(out, phantom=phantom)
    return out


def test_from_a_folder_to_a_report(lamella, demo, tmp_path):
    study = tmp_path / "study"
    code, out, _ = lamella(
        "init", demo / "movies", "-p", "{condition}/{session}/{cell}.tif", "-o", study
    )
    assert code == 0
    assert "KI__high__1" in out
    assert "6 movies" in out
    code, out, _ = lamella("check", study)
    assert (code, "6 of 6 movies can be processed" in out) == (0, True)
    code, out, err = lamella("run", study)
    assert code == 0, err
    assert "6 movies done (42 stages run, 0 up to date before)" in out
    results = study / "results"
    cells = pd.read_csv(results / "tables" / "cells.csv")
    assert cells["condition"].tolist() == ["KI", "KI", "KO", "KO", "WT", "WT"]
    assert (cells["n_valid_frames"] > 3).all()
    labels = open_labels(results / "movies" / "WT__low__1" / "labels" / "cell.ome.tif")
    movie = open_movie(demo / "movies" / "WT" / "low" / "1.tif")
    assert labels.frames.shape == movie.channel().shape
    page = (results / "report.html").read_text()
    (results / "report.html").unlink()
    code, out, _ = lamella("report", results)
    assert (results / "report.html").read_text() == page
    costs = pd.read_csv(results / "status.csv")[["movie", "stage", "seconds", "peak_mb"]]
    code, out, _ = lamella("run", study)
    assert "(0 stages run, 42 up to date before)" in out
    assert (results / "report.html").read_text() == page
    status = pd.read_csv(results / "status.csv")
    assert set(status["state"]) == {"cached"}
    pd.testing.assert_frame_equal(status[list(costs)], costs)  # what they took when they ran


def test_only_some_movies(lamella, demo, tmp_path):
    out = tmp_path / "results"
    code, told, _ = lamella("run", demo, "-o", out, "--only", "WT__low__1", "--only", "KI__low__1")
    assert (code, "2 movies done" in told) == (0, True)
    assert pd.read_csv(out / "tables" / "cells.csv")["movie"].tolist() == [
        "KI__low__1",
        "WT__low__1",
    ]
    status = pd.read_csv(out / "status.csv")
    assert (status["state"] == "skipped").sum() == 4
    # What the others took stays known while they are not looked at.
    took = status.loc[status["movie"] == "WT__low__1", ["stage", "seconds", "peak_mb"]]
    lamella("run", demo, "-o", out, "--only", "KI__low__1")
    lamella("run", demo, "-o", out, "--only", "WT__low__1")
    status = pd.read_csv(out / "status.csv")
    again = status[(status["movie"] == "WT__low__1") & (status["state"] == "cached")]
    assert again[[*took]].values.tolist() == took.values.tolist()
    assert status.loc[status["movie"] == "KI__low__1", "state"].tolist()[1:] == ["cached"] * 7


def test_segment_measure_compare(lamella, demo, tmp_path):
    movie, otsu = demo / "movies" / "WT" / "high" / "1.tif", ("-m", "multiotsu")
    for folder in ("a", "b"):
        code, out, _ = lamella("segment", movie, "-o", tmp_path / folder / "cell.tif", *otsu)
        assert code == 0
        assert ": 6 frames, 0 without any object" in re.sub(r"\d+ frames", "6 frames", out)
    again = ("segment", movie, "-o", tmp_path / "b" / "cell.tif", *otsu, "--set", "edge_px=0")
    code, *_ = lamella(*again)
    assert code == 2
    code, *_ = lamella(*again, "--force")
    assert code == 0
    code, *_ = lamella("measure", movie, tmp_path / "a" / "cell.tif", "-o", tmp_path / "m")
    assert code == 0
    cells = pd.read_csv(tmp_path / "m" / "cells.csv")
    assert (len(cells), bool(cells["mean_speed_um_per_min"].notna().all())) == (1, True)
    code, out, _ = lamella("compare", tmp_path / "a", tmp_path / "b", "-o", tmp_path / "c")
    assert code == 0
    summary = pd.read_csv(tmp_path / "c" / "comparison_summary.csv")
    assert 0.85 < summary["mean_iou"].iloc[-1] < 1


def test_suggest(lamella, demo, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    movie = demo / "movies" / "WT" / "high" / "1.tif"
    code, out, err = lamella("suggest", movie, "--frames", 2)
    assert code == 0, err
    assert out.startswith("suggest_1.html: 7 ways to segment 1.tif")
    page = (tmp_path / "suggest_1.html").read_text()
    assert f"lamella segment {movie} -o labels.tif --method multiotsu" in page
    code, _, err = lamella("suggest", movie)
    assert (code, "--force" in err) == (2, True)
    code, *_ = lamella("suggest", movie, "--force", "-o", tmp_path / "suggest_1.html")
    assert code == 0
    code, _, err = lamella("suggest", movie, "-o", tmp_path / "x.html", "--channel", "none")
    assert (code, "no channel named" in err, (tmp_path / "x.html").exists()) == (2, True, False)


def test_segment_a_still_of_a_folder_of_frames(lamella, tmp_path):
    from PIL import Image

    phantom = CellPhantom(field_px=(96, 96), area_um2=120, n_frames=3, photoelectrons=400).make()
    for t in (0, 1, 2):
        (tmp_path / "frames").mkdir(exist_ok=True)
        Image.fromarray(phantom.movie.frame(t)).save(tmp_path / "frames" / f"t{t + 9}.png")
    labels = tmp_path / "labels.tif"
    code, _, err = lamella("segment", tmp_path / "frames", "-o", labels, "-m", "multiotsu")
    assert code == 0, err
    labels = open_labels(tmp_path / "labels.tif").frames.asarray()
    truth = phantom.truth.frames.asarray()
    assert np.count_nonzero((labels > 0) ^ (truth > 0)) < 0.05 * np.count_nonzero(truth)


def test_stats_on_any_table(lamella, tmp_path):
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"genotype": ["a", "b"] * 10, "v": rng.normal(size=20), "well": range(20)})
    table.to_csv(tmp_path / "t.csv", index=False)
    words = ["stats", tmp_path / "t.csv", "--value", "v", "--condition", "genotype",
             "--unit", "well"]  # fmt: skip
    code, out, _ = lamella(*words, "-o", tmp_path / "s", "--reference", "a")
    assert code == 0
    effects = pd.read_csv(tmp_path / "s" / "effects.csv")
    a, b = (table.loc[table["genotype"] == g, "v"] for g in "ab")
    d = (b.mean() - a.mean()) / np.sqrt((a.var() + b.var()) / 2)
    assert effects["cohens_d"].iloc[0] == pytest.approx(d)
    assert f"{d:.4f}" in out
    assert (tmp_path / "s" / "figures" / "effect_sizes.png").stat().st_size > 1000
    code, _, err = lamella(*words, "-o", tmp_path / "s")
    assert (code, "--force" in err) == (2, True)
    code, _, err = lamella("stats", tmp_path / "t.csv", "--value", "w", "--condition", "genotype",
                           "-o", tmp_path / "z")  # fmt: skip
    assert (code, "v" in err) == (2, True)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["run", "nowhere"], "no such file"),
        (["segment", "nowhere.tif", "-o", "x.tif"], "nowhere.tif"),
        (["segment", "a.tif", "-o", "x.tif", "--method", "magic"], "no such method"),
        (["compare", "nowhere", "here", "-o", "x"], "no such folder"),
        (["stats", "nowhere.csv", "--value", "v", "--condition", "c", "-o", "x"], "nowhere.csv"),
        (["report", "nowhere"], "not the folder of a finished run"),
        (["frobnicate"], "No such command"),
        (["init", "."], "pattern"),
    ],
)
def test_wrong_usage_is_one_clear_error_and_exit_code_2(
    lamella, words, told, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    code, _, err = lamella(*words)
    assert code == 2
    assert told in err
    assert "Traceback" not in err
    assert not list(tmp_path.iterdir())


def test_segment_by_motion_unless_told_otherwise(lamella, demo, tmp_path):
    movie = demo / "movies" / "WT" / "high" / "1.tif"
    code, out, err = lamella("segment", movie, "-o", tmp_path / "cell.tif")
    assert code == 0, err
    assert "0 without any object" in out
    assert "motion: frames compared 2 apart" in err


class TestDrift:
    @pytest.fixture(scope="class")
    @classmethod
    def drifting(cls, tmp_path_factory):
        folder = tmp_path_factory.mktemp("drift")
        world = planted(shifts(ramp(4, (6, -4))), side=160, light=5000, grains=10, seed=1)
        path = folder / "movie.tif"
        tiff.write_movie(path, {"phase": world.frames}, scale=Scale(0.5, regular_times(4, 2.0)))
        return path

    def test_the_movie_and_its_table(self, lamella, drifting, tmp_path):
        out = tmp_path / "still.ome.tif"
        code, told, err = lamella("drift", drifting, "-o", out, "--edges", "crop")
        assert (code, err) == (0, "")
        assert "4 frames, 0 of them not estimable" in told
        table = pd.read_csv(tmp_path / "still_drift.csv")
        assert table[["drift_y_px", "drift_x_px"]].iloc[-1].tolist() == pytest.approx(
            [6, -4], abs=0.2
        )
        assert table["drift_estimable"].all()
        still = open_movie(out)
        assert still.frame_shape[0] == pytest.approx(154, abs=1)
        assert still.scale.pixel_size_um == 0.5
        code, _, err = lamella("drift", drifting, "-o", out)
        assert (code, "use --force to replace it" in err) == (2, True)
        code, _, _ = lamella("drift", drifting, "-o", out, "--force", "--set", "fill=7")
        assert code == 0
        assert open_movie(out).frame_shape == (160, 160)

    def test_wrong_settings_are_named(self, lamella, drifting, tmp_path):
        for words, wanted in (
            (("--model", "bent"), "model: 'bent' is not accepted"),
            (("--set", "edge=crop"), "did you mean 'edges'?"),
            (("--set", "fill"), "write --set key=value"),
        ):
            code, _, err = lamella("drift", drifting, "-o", tmp_path / "x.ome.tif", *words)
            assert code == 2
            assert wanted in err

    def test_the_input_is_never_replaced(self, lamella, drifting):
        code, _, err = lamella("drift", drifting, "-o", drifting, "--force")
        assert (code, "it is the input" in err) == (2, True)


def test_what_is_the_same_of_many_movies_is_told_once(monkeypatch):
    lines = []
    monkeypatch.setattr(show, "tell", lambda kind, text: lines.append(f"{kind}: {text}"))
    told = [(f"A{i}", f"/raw/A{i}.tif: no background") for i in range(5)]
    told += [(f"B{i}", f"/raw/B{i}.tif: {70 + i}% in channel {i}, of 9 frames") for i in (3, 1, 2)]
    told += [(f"C{i}", f"/raw/C{i}.tif: {70 + i}% in channel 8, of 9 frames") for i in (3, 1, 2, 0)]
    told += [("A1", "/raw/A1.tif: saturated in 3 cells"), ("A2", "two words: said of it")]
    show.tell_of_movies("warning", told)
    assert lines == [
        "warning: 5 movies (A0, A1, A2 …): no background",
        "warning: B3: /raw/B3.tif: 73% in channel 3, of 9 frames",
        "warning: B1: /raw/B1.tif: 71% in channel 1, of 9 frames",
        "warning: B2: /raw/B2.tif: 72% in channel 2, of 9 frames",
        "warning: 4 movies (C3, C1, C2 …): 70 to 73% in channel 8, of 9 frames",
        "warning: A1: /raw/A1.tif: saturated in 3 cells",
        "warning: A2: two words: said of it",
    ]
