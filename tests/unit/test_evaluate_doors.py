"""`lamella evaluate`, and `lamella compare` of two label movies."""

import json

import numpy as np
import pandas as pd
import pytest
import tifffile
from typer.testing import CliRunner

from lamella.cli import app
from lamella.core.errors import InputError, OutputError, SettingsError
from lamella.core.frames import ArrayFrames
from lamella.core.labels import Labels
from lamella.core.movie import Scale
from lamella.evaluate import compare_objects
from lamella.io import open_labels, write_labels
from lamella.io.ctc import write_ctc
from lamella.io.track_ids import tracked_from_ids
from lamella.run.evaluate import evaluate
from worlds import dividing_cell, two_cells_crossing

CONTRACT = ["SEG", "DET", "TRA", "F1", "precision", "recall", "IoU", "Dice", "AP50", "AP75"]
CONTRACT += ["AP50_95"]


def save(path, labels):
    write_labels(path, ArrayFrames(labels), scale=Scale())
    return path


def run(*arguments):
    from lamella.cli import evaluate, movie  # noqa: F401  they add their commands to the app

    return CliRunner().invoke(app, [str(each) for each in arguments])


@pytest.fixture
def movies(tmp_path):
    truth = two_cells_crossing()
    wrong = truth.copy()
    wrong[6:] = np.array([0, 2, 1])[truth[6:]]
    wrong[3][truth[3] == 1] = 0
    return save(tmp_path / "truth.tif", truth), save(tmp_path / "wrong.tif", wrong)


@pytest.fixture
def folders(tmp_path):
    labels, mothers = dividing_cell()
    parents = {daughter: (mother,) for daughter, mother in mothers.items()}
    write_ctc(
        tmp_path / "01_GT/TRA", tracked_from_ids(Labels.from_array(labels), parents), truth=True
    )
    write_ctc(tmp_path / "01_RES", tracked_from_ids(Labels.from_array(labels)))
    (tmp_path / "01_GT/SEG").mkdir()
    for t in (3, 8):
        tifffile.imwrite(tmp_path / f"01_GT/SEG/man_seg{t:03d}.tif", labels[t])
    return tmp_path / "01_GT", tmp_path / "01_RES"


def test_label_movies_have_every_score_that_needs_no_tracks(movies, tmp_path):
    out = tmp_path / "scores.json"
    done = run("evaluate", *movies, "-o", out, "--matches", tmp_path / "matches.csv")
    assert done.exit_code == 0, done.output
    values = json.loads(out.read_text())
    assert set(CONTRACT) <= set(values)
    assert values["TRA"] is None
    assert "--persistent-ids" in values["reasons"]["TRA"]
    assert values["SEG"] == pytest.approx(21 / 22)
    assert values["DET"] == pytest.approx(21 / 22)
    matches = pd.read_csv(tmp_path / "matches.csv")
    missed = matches[matches["kind"] == "missed"]
    assert missed[["frame", "reference_label", "result_label"]].to_numpy().tolist() == [[3, 1, 0]]
    assert "no TRA, AOGM" in done.output


def test_numbers_that_persist_give_tracks(movies, tmp_path):
    switches = tmp_path / "switches.csv"
    done = run("evaluate", *movies, "--persistent-ids", "--json", "--switches", switches)
    assert done.exit_code == 0, done.output
    values = json.loads(done.stdout)
    assert values["n_switches"] == 2
    assert values["TRA"] < values["DET"]
    assert values["reasons"] == {}
    assert list(pd.read_csv(switches)["frame"]) == [6, 6]


def test_folders_of_the_challenge(folders):
    made = evaluate(*folders)
    values = made.scores.values
    assert values["SEG"] == values["DET"] == 1
    assert (values["n_frames"], values["n_frames_with_shapes"]) == (10, 2)
    assert (values["n_objects_reference"], values["AOGM_EA"]) == (3, 2)
    assert values["TRA"] == pytest.approx(1 - 3 / (10 * 15 + 1.5 * 14))
    assert not made.notes


def test_a_truth_of_markers_alone_is_told(folders):
    made = evaluate(folders[0] / "TRA", folders[1])
    assert made.scores.values["n_frames_with_shapes"] == 10
    assert "it has no SEG" in made.notes[0]


def test_a_truth_without_tracks_gives_scores_of_shapes(folders):
    made = evaluate(folders[0] / "SEG", folders[1])
    assert made.scores.values["SEG"] == 1
    assert "some frames only" in made.scores.reasons["DET"]
    with pytest.raises(InputError, match="without frame 0, 1, 2"):
        evaluate(folders[0] / "SEG", folders[1], persistent_ids=True)


def test_a_folder_and_a_label_movie(folders, tmp_path):
    labels, _ = dividing_cell()
    movie = save(tmp_path / "labels.tif", labels)
    assert evaluate(folders[0], movie).scores.values["SEG"] == 1
    assert evaluate(folders[0], movie, persistent_ids=True).scores.values["AOGM_EA"] == 2


def test_files_are_not_replaced_unasked_and_inputs_never(movies, tmp_path):
    out = tmp_path / "scores.json"
    out.write_text("mine")
    with pytest.raises(OutputError, match="--force"):
        evaluate(*movies, out)
    evaluate(*movies, out, force=True)
    with pytest.raises(OutputError, match="it is the input"):
        evaluate(*movies, movies[0], force=True)
    failed = run("evaluate", *movies, "-o", tmp_path / "a.csv", "--matches", tmp_path / "a.csv")
    assert isinstance(failed.exception, SettingsError)


def test_tables_for_people(movies):
    done = run("evaluate", *movies)
    assert done.exit_code == 0
    assert "AP50_95" in done.output
    assert "frames with the most errors, of 1 with any:" in done.output


def test_objects_of_two_movies():
    a = np.zeros((2, 4, 10), np.uint16)
    b = a.copy()
    a[0, :, :4], b[0, :, 1:5] = 1, 7
    a[1, 0, 0], b[1, 3, 9] = 2, 3
    table = compare_objects(ArrayFrames(a), ArrayFrames(b), name="x")
    assert table[["frame", "label_a", "label_b"]].to_numpy().tolist() == [
        [0, 1, 7], [1, 2, 0], [1, 0, 3]
    ]  # fmt: skip
    row = table.iloc[0]
    assert (row["iou"], row["dice"]) == (12 / 20, 24 / 32)
    assert (row["centroid_distance_px"], row["area_ratio"], row["area_difference_px"]) == (1, 1, 0)
    assert table["iou"].isna().tolist() == [False, True, True]
    assert table["area_a_px"].tolist()[:2] == [16, 1]
    with pytest.raises(InputError, match=r"A is \(2, 4, 10\)"):
        compare_objects(ArrayFrames(a), ArrayFrames(b[:1]), name="x")
    none = np.zeros((1, 2, 2), np.uint8)
    assert len(compare_objects(ArrayFrames(none), ArrayFrames(none), name="x")) == 0


def test_compare_takes_two_label_movies(movies, tmp_path):
    done = run("compare", *movies, "-o", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert "21 pairs of objects" in done.output
    assert "1 objects only in A, 0 only in B" in done.output
    table = pd.read_csv(tmp_path / "out" / "comparison_objects.csv")
    assert len(table) == 22
    assert len(pd.read_csv(tmp_path / "out" / "comparison_per_frame.csv")) == len(
        open_labels(movies[0]).frames
    )
    again = run("compare", *movies, "-o", tmp_path / "out")
    assert isinstance(again.exception, OutputError)
