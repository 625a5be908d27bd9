"""Corrections become a model, which is held against the one before it, and taken or sent away."""

import json
import shutil
import subprocess
import sys
import time
import tomllib
import warnings

import numpy as np
import pandas as pd
import pytest

from lamella.core.errors import (
    InputError,
    NotInstalledError,
    OutputError,
    SettingsError,
    UnexpectedError,
)
from lamella.core.table import Col
from lamella.io import open_labels
from lamella.io.model_folder import read_card
from lamella.run.browse import OpenedRun
from lamella.run.execute import run_study
from lamella.run.learn import (
    Proposal,
    Training,
    accept,
    forget,
    lesson_of,
    proposals_of,
    reject,
    verdict,
)
from lamella.run.learn import lesson as lessons
from lamella.run.learn.compare import compare
from lamella.run.learn.lineage import learnt_from, unknown_to
from lamella.run.learn.verdict import words_of
from lamella.run.study import open_study
from lamella.run.train import work_folder
from worlds.taught import TINY, correct, corrected_study, taught_study, truth

RECURRENT = (
    'method = "recurrent"\nmodel = "untaught.safetensors"  # of the lab\nseparate = "components"'
)


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    return corrected_study(tmp_path_factory.mktemp("learn") / "study", RECURRENT)


@pytest.fixture(scope="module")
def taught(begun):
    """The same, with a model that learnt from them; and what was told meanwhile."""
    steps = Training(lesson(begun), options=TINY, device="cpu").steps()
    told, made = [], None
    while made is None:
        try:
            told.append(next(steps))
        except StopIteration as end:
            made = end.value
    return begun, made, told


@pytest.fixture
def study(taught, tmp_path):
    """A copy to change, with its proposal."""
    folder = shutil.copytree(taught[0], tmp_path / "study")
    return folder, Proposal(folder / "models" / taught[1].folder.name)


def lesson(study, **more):
    return lesson_of(OpenedRun(study / "results"), "cell", **more)


def test_what_there_is_to_learn_from(begun):
    found = lesson(begun)
    assert [each.movie for each in found.movies] == ["m0", "m1", "m2"]
    assert found.movies[0].frames == (1, 3, 5, 7)
    assert (found.n_frames, found.n_cells, found.network) == (12, 12, "recurrent")
    assert found.can_learn
    assert found.base == str(begun / "untaught.safetensors")
    assert not found.faults
    assert not found.hint
    assert "12 corrected frames with 12 cells in 3 movies" in found.words


def test_the_model_is_better_on_what_was_held_out(taught):
    begun, made, told = taught
    assert made.folder == begun / "models/cell_1"
    (held,) = made.card["held_out"]
    assert made.frames == [(held, t) for t in (1, 3, 5, 7)]
    assert not made.of_one_movie
    mean = made.scores.groupby(Col.SEGMENTER)[Col.SEG].mean()
    assert mean["after"] > 0.6 > 0.3 > mean["before"]
    assert list(made.scores[Col.N_OBJECTS_TRUE]) == [1] * 8
    for n, (movie, t) in enumerate(made.frames):
        frame = made.frame(n)
        expected = truth(int(movie[1:]), t)
        assert np.array_equal(frame.corrected > 0, expected > 0)
        iou = ((frame.after > 0) & (expected > 0)).sum() / (
            (frame.after > 0) | (expected > 0)
        ).sum()
        row = made.scores[(made.scores[Col.FRAME] == t) & (made.scores[Col.SEGMENTER] == "after")]
        assert row[Col.IOU].item() == pytest.approx(iou, abs=1e-9)
    assert made.before == "recurrent, untaught.safetensors"
    assert "From 4 frames nothing can be claimed" in verdict(made)
    words = [each.words for each in told]
    assert words[0] == "looking at the corrections"
    assert any(each.startswith("epoch 3 of 5") for each in words)
    assert any(each.startswith("held-out frames after") for each in words)
    assert [epoch for epoch, *_ in told[-1].losses] == list(range(6))
    assert np.allclose(
        [row[1:] for row in told[-1].losses],
        made.losses[["train_loss", "held_out_loss"]],
        equal_nan=True,
    )


def test_before_and_after_are_what_runs_with_either_find(study):
    """A run of the study as it was, and one with the new model, leave just these masks."""
    folder, made = study
    (held,) = {movie for movie, _ in made.frames}
    shutil.rmtree(folder / "results/movies" / held / "corrections")
    accept(made, open_study(folder))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        run_study(open_study(folder), folder / "after", only=[held])
    for side, out in (("before", "results"), ("after", "after")):
        file = folder / out / "movies" / held / "segmented/cell.ome.tif"
        labels = open_labels(file, name="cell").frames
        for n, (_, t) in enumerate(made.frames):
            assert np.array_equal(getattr(made.frame(n), side), labels.frame(t)), (side, t)


def test_accepted_it_is_what_the_study_uses(study):
    folder, made = study
    before = (folder / "study.toml").read_text()
    now = accept(made, open_study(folder))
    segment = now.settings.objects["cell"].segment
    assert (segment.method, segment.model) == ("recurrent", "models/cell_1")
    assert segment.separate == "components"  # as it was
    text = (folder / "study.toml").read_text()
    for kept in ('title = "Taught"  # mine', "pixel_size_um = 0.318  # of the camera"):
        assert kept in text
    assert text != before
    assert Proposal(made.folder).decision == "accepted"
    assert read_card(made.folder)["decision"]["is"] == "accepted"
    with pytest.raises(OutputError, match=r"study\.toml uses it"):
        forget(made, now)
    accept(made, now)  # once more changes nothing, and what it replaced is not forgotten
    assert (folder / "study.toml").read_text() == text
    again = reject(Proposal(made.folder), open_study(folder))
    assert again.settings == open_study(folder).settings
    assert tomllib.loads((folder / "study.toml").read_text()) == tomllib.loads(before)
    for kept in ('title = "Taught"  # mine', "pixel_size_um = 0.318  # of the camera"):
        assert kept in (folder / "study.toml").read_text()
    forget(Proposal(made.folder), again)


def test_what_another_window_decided_counts(study):
    folder, made = study
    before = tomllib.loads((folder / "study.toml").read_text())
    stale = Proposal(made.folder)
    accept(made, open_study(folder))
    reject(stale, open_study(folder))
    assert tomllib.loads((folder / "study.toml").read_text()) == before
    assert Proposal(made.folder).decision == "rejected"


def test_an_acceptance_that_cannot_be_noted_is_none(study, monkeypatch):
    """The card tells what it took the place of: without it nobody could go back."""
    folder, made = study
    before = tomllib.loads((folder / "study.toml").read_text())

    def full(*args, **more):
        raise OutputError(str(made.folder), "the disk is full", "make room")

    monkeypatch.setattr("lamella.run.learn.proposal.write_json", full)
    with pytest.raises(OutputError, match="the disk is full"):
        accept(made, open_study(folder))
    assert tomllib.loads((folder / "study.toml").read_text()) == before


def test_a_model_that_other_objects_use_is_not_deleted(study):
    """Also where study.toml names the file of weights and not the folder."""
    folder, made = study
    file = folder / "study.toml"
    weights = next(made.folder.glob("*.safetensors")).name
    file.write_text(
        file.read_text() + f'[objects.nucleus.segment]\nmethod = "recurrent"\n'
        f'model = "models/cell_1/{weights}"\n'
    )
    for deed in (forget, reject):
        with pytest.raises(OutputError, match=r"study\.toml uses it"):
            deed(made, open_study(folder))
    assert made.folder.is_dir()


def test_a_model_that_was_deleted_is_not_put_back(study):
    folder, made = study
    accept(made, open_study(folder))
    second = Proposal(shutil.copytree(made.folder, folder / "models/cell_2"))
    second._told["segment"] = {**second.segment, "model": "models/cell_2"}
    accept(second, open_study(folder))
    forget(made, open_study(folder))
    text = (folder / "study.toml").read_text()
    with pytest.raises(OutputError, match="models/cell_1, was deleted since; accept another"):
        reject(second, open_study(folder))
    assert (folder / "study.toml").read_text() == text
    assert Proposal(second.folder).decision == "accepted"


def test_a_study_that_cannot_be_read_is_told_of(study):
    folder, made = study
    opened = open_study(folder)
    (folder / "study.toml").write_bytes(b"title = '\xe4'\n")
    with pytest.raises(SettingsError, match="it is not TOML"):
        accept(made, opened)
    (folder / "study.toml").unlink()
    with pytest.raises(OutputError):
        accept(made, opened)


def test_a_rejected_model_does_not_come_back(study):
    folder, first = study
    before = tomllib.loads((folder / "study.toml").read_text())
    second = folder / "models/cell_2"
    shutil.copytree(first.folder, second)
    told = json.loads((second / "proposal.json").read_text())
    told["segment"]["model"] = "models/cell_2"
    (second / "proposal.json").write_text(json.dumps(told))
    accept(first, open_study(folder))
    accept(Proposal(second), open_study(folder))
    reject(Proposal(first.folder), open_study(folder))
    assert open_study(folder).settings.objects["cell"].segment.model == "models/cell_2"
    reject(Proposal(second), open_study(folder))
    assert tomllib.loads((folder / "study.toml").read_text()) == before


def test_rejected_it_changes_nothing_and_can_be_deleted(study):
    folder, made = study
    before = (folder / "study.toml").read_bytes()
    reject(made, open_study(folder))
    assert Proposal(made.folder).decision == "rejected"
    assert [each.decision for each in proposals_of(open_study(folder), "cell")] == ["rejected"]
    forget(made, open_study(folder))
    assert not list((folder / "models").iterdir())
    assert (folder / "study.toml").read_bytes() == before


def test_stopped_it_leaves_nothing_half_written_and_goes_on(begun, tmp_path):
    folder = shutil.copytree(begun, tmp_path / "study", ignore=shutil.ignore_patterns("models"))
    training = Training(lesson(folder), options=(*TINY, "epochs=6"), device="cpu")
    steps = training.steps()
    for told in steps:
        if told.words.startswith("epoch 3 of"):
            break
    steps.close()
    work = work_folder(training.out)
    assert not training.out.exists()
    assert proposals_of(open_study(folder), "cell") == []
    assert (work / "checkpoint.safetensors").is_file()
    again = Training(lesson(folder), options=(*TINY, "epochs=6"), device="cpu")
    assert again.out == training.out
    epochs, more = [], again.steps()
    while True:
        try:
            told = next(more)
        except StopIteration as end:
            made = end.value
            break
        if told.words.startswith("epoch") and (not epochs or epochs[-1] != told.done):
            epochs.append(told.done)
    assert epochs[0] > 3  # what was learnt is not learnt again
    assert [row[0] for row in told.losses] == list(range(8))
    assert made.frames
    assert not list(folder.rglob(".*.part"))


def test_killed_outright_it_leaves_nothing_half_written(begun, tmp_path, monkeypatch):
    folder = shutil.copytree(begun, tmp_path / "study", ignore=shutil.ignore_patterns("models"))
    made = []
    popen = subprocess.Popen

    def watched(*args, **kwargs):
        made.append(popen(*args, **kwargs))
        return made[-1]

    monkeypatch.setattr(subprocess, "Popen", watched)
    training = Training(lesson(folder), options=TINY, device="cpu")
    steps = training.steps()
    while not next(steps).words.startswith("epoch 2 of"):
        pass
    made[0].kill()
    with pytest.raises(UnexpectedError, match=r"the system ended it \(signal 9\).*train again"):
        list(steps)
    assert not training.out.exists()
    assert proposals_of(open_study(folder), "cell") == []


def test_it_ends_with_the_window_that_began_it(begun, tmp_path):
    """Nobody is left who listens: the process ends, and what it learnt so far stays."""
    folder = shutil.copytree(begun, tmp_path / "study", ignore=shutil.ignore_patterns("models"))
    script = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from lamella.run.browse import OpenedRun\n"
        "from lamella.run.learn import Training, lesson_of\n"
        "from lamella.run.learn import training\n"
        f"lesson = lesson_of(OpenedRun(Path({str(folder / 'results')!r})), 'cell')\n"
        f"options = {(*TINY, 'epochs=5000', 'patience=false')!r}\n"
        "told = Training(lesson, options=options, device='cpu').steps()\n"
        "for each in told:\n"
        "    if each.words.startswith('epoch 2 '):\n"
        "        os._exit(0)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=120)
    checkpoint = work_folder(folder / "models/cell_1") / "checkpoint.safetensors"
    deadline, last = time.monotonic() + 20, -1
    while time.monotonic() < deadline:
        now = checkpoint.stat().st_mtime_ns
        if now == last:
            break
        last = now
        time.sleep(2)
    assert now == last, "it goes on"


def test_frames_of_one_movie_are_held_out_where_there_is_no_other(begun, tmp_path):
    folder = shutil.copytree(begun, tmp_path / "study", ignore=shutil.ignore_patterns("models"))
    for k in (1, 2):
        shutil.rmtree(folder / f"results/movies/m{k}/corrections")
    found = lesson(folder)
    assert "nothing of others" in found.held_out
    assert "4 frames can teach little" in found.hint
    *_, made = _ran(Training(found, options=TINY, device="cpu"))
    assert made.of_one_movie
    assert {movie for movie, _ in made.frames} == {"m0"}
    assert "nothing is known of other movies" in verdict(made)


def _ran(training):
    steps, told = training.steps(), []
    while True:
        try:
            told.append(next(steps))
        except StopIteration as end:
            return [*told, end.value]


def test_nothing_was_corrected(begun, tmp_path):
    folder = shutil.copytree(begun, tmp_path / "study", ignore=shutil.ignore_patterns("models"))
    for k in range(3):
        shutil.rmtree(folder / f"results/movies/m{k}/corrections")
    found = lesson(folder)
    assert found.words == "No frame of 'cell' has been corrected yet."
    with pytest.raises(InputError, match="nothing of 'cell' was corrected in it; correct some"):
        next(Training(found).steps())
    assert not (folder / "models").exists()


def test_one_corrected_frame_is_too_few(begun, tmp_path):
    folder = shutil.copytree(begun, tmp_path / "study", ignore=shutil.ignore_patterns("models"))
    for k in range(3):
        shutil.rmtree(folder / f"results/movies/m{k}/corrections")
    correct(folder, "m1", {2: truth(1, 2)})
    with pytest.raises(InputError, match="only one corrected frame shows a cell, and two"):
        next(Training(lesson(folder)).steps())
    # Two that lie side by side are no better, which only the training can tell.
    correct(folder, "m1", {2: truth(1, 2), 3: truth(1, 3)})
    with pytest.raises(SettingsError, match="annotate another movie, or frames that lie further"):
        _ran(Training(lesson(folder), options=TINY, device="cpu"))


def test_torch_is_absent(begun, monkeypatch):
    def absent(*packages):
        raise NotInstalledError("the recurrent network", "it needs torch", "pip install torch")

    monkeypatch.setattr(lessons, "refuse_without", absent)
    found = lesson(begun)
    with pytest.raises(NotInstalledError, match="it needs torch; pip install"):
        next(Training(found).steps())


def test_no_such_objects(begun):
    with pytest.raises(InputError, match="it has no objects 'nucleus'; it has cell"):
        lesson_of(OpenedRun(begun / "results"), "nucleus")


def test_what_an_earlier_lesson_learnt_from_is_no_longer_new(study):
    """A model that is accepted has learnt m0 and m1; then m0 is held out and m2 is learnt from."""
    folder, made = study
    (held,) = {movie for movie, _ in made.frames}
    known = sorted({"m0", "m1", "m2"} - {held})
    now = accept(made, open_study(folder))
    assert learnt_from(made.folder) == {(movie, t) for movie in known for t in (1, 3, 5, 7)}
    shutil.rmtree(folder / "results/movies" / known[1] / "corrections")
    found = lesson(folder)
    assert found.present_model == made.folder
    second = folder / "models/cell_2"
    shutil.copytree(made.folder, second)
    rows = pd.read_csv(second / "frames.csv")
    rows = rows[rows[Col.MOVIE] != known[1]]
    rows.to_csv(second / "frames.csv", index=False)
    card = json.loads((second / "card.json").read_text())
    for frames, told in (((known[0],), 4), ((held,), 0)):
        (second / "card.json").write_text(json.dumps({**card, "held_out": list(frames)}))
        compare(found, second, advance=lambda *each: None)
        again = Proposal(second)
        assert again.n_known == told
        assert {movie for movie, _ in again.frames} == set(frames)
        assert again.is_known == bool(told)
    assert "learnt from movies of all held-out frames" not in verdict(again)
    (second / "card.json").write_text(json.dumps({**card, "held_out": [known[0], held]}))
    compare(found, second, advance=lambda *each: None)
    again = Proposal(second)
    assert {movie for movie, _ in again.frames} == {held}
    assert "4 held-out frames of movies that an earlier training learnt from" in verdict(again)
    # The lineage goes on: what the third begins with is what the second and the first learnt.
    assert learnt_from(second / "weights.safetensors") >= learnt_from(made.folder)
    assert now.settings.objects["cell"].segment.model == "models/cell_1"


def test_nothing_is_claimed_of_frames_that_were_learnt_from(study):
    _, made = study
    told = json.loads((made.folder / "proposal.json").read_text())
    told["n_known"] = told["n_held_out"]
    (made.folder / "proposal.json").write_text(json.dumps(told))
    words = verdict(Proposal(made.folder))
    assert "learnt from movies of all held-out frames" in words
    assert "SEG" not in words


@pytest.mark.parametrize(
    ("of_one_movie", "new"), [(False, [("b", 0)]), (True, [("a", 16), ("b", 0)])]
)
def test_frames_beside_known_ones_are_known(of_one_movie, new):
    frames = [("a", 9), ("a", 15), ("a", 16), ("b", 0)]
    assert unknown_to({("a", 10)}, frames, of_one_movie=of_one_movie) == new


def test_two_windows_make_two_models(begun, tmp_path):
    folder = shutil.copytree(begun, tmp_path / "study", ignore=shutil.ignore_patterns("models"))
    both = [Training(lesson(folder), options=TINY, device="cpu") for _ in range(2)]
    assert both[0].out == both[1].out
    steps = both[0].steps()
    next(steps)
    with pytest.raises(OutputError, match="another training is making this model; begin once more"):
        next(both[1].steps())
    assert Training(lesson(folder)).out == folder / "models/cell_2"
    steps.close()
    assert Training(lesson(folder)).out == folder / "models/cell_1"


def test_own_settings_that_changed_since_the_training_stay(study):
    folder, made = study
    file = folder / "study.toml"
    file.write_text(file.read_text().replace('separate = "components"', "threshold = 0.3  # ours"))
    accept(made, open_study(folder))
    assert "threshold = 0.3  # ours" in file.read_text()
    segment = open_study(folder).settings.objects["cell"].segment
    assert (segment.model, segment.threshold) == ("models/cell_1", 0.3)


def test_other_weights_are_not_accepted(study):
    folder, made = study
    before = (folder / "study.toml").read_bytes()
    (made.folder / "weights.safetensors").write_bytes(b"else")
    with pytest.raises(InputError, match="these are not the weights"):
        accept(made, open_study(folder))
    assert (folder / "study.toml").read_bytes() == before


def test_damaged_models_are_left_away(study):
    folder, made = study
    (made.folder / "proposal.json").write_text("{}")
    assert proposals_of(open_study(folder), "cell") == []


def _table(before, after, movie=lambda n: "m"):
    rows = []
    for n, (one, two) in enumerate(zip(before, after, strict=True)):
        rows += [(movie(n), n, "before", one), (movie(n), n, "after", two)]
    return pd.DataFrame(rows, columns=["movie", "frame", "segmenter", "seg"])


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ([0.4, 0.5], [0.9, 0.9], "From 2 frames nothing can be claimed"),
        ([0.4, 0.5, 0.45, 0.5, 0.42], [0.8, 0.85, 0.9, 0.8, 0.86], "better, by more than the sca"),
        ([0.8, 0.85, 0.9, 0.8, 0.86], [0.4, 0.5, 0.45, 0.5, 0.42], "worse, by more than the scat"),
        ([0.4, 0.5, 0.9, 0.5, 0.2], [0.5, 0.4, 0.8, 0.7, 0.2], "no more than the scatter between"),
        ([np.nan], [np.nan], "tell nothing"),
    ],
)  # fmt: skip
def test_no_more_is_claimed_than_the_frames_tell(before, after, words):
    assert words in words_of(_table(before, after))


def test_movies_are_the_unit_where_there_are_enough_of_them():
    """Ten frames that all say the same, of five movies that say different things."""
    change = np.repeat([0.3, -0.25, 0.2, -0.3, 0.1], 10)
    before = np.full(50, 0.5)
    told = words_of(_table(before, before + change, movie=lambda n: f"m{n // 10}"))
    assert "in 3 of 5 movies" in told
    assert "no more than the scatter" in told


def test_cellpose_learns_on_from_frames_of_one_movie(small_cellpose, tmp_path):
    """Its own weights are the base, some frames of the one movie are held out, and nothing more."""
    folder = tmp_path / "study"
    folder.mkdir()
    shutil.copyfile(small_cellpose, folder / "small.pth")
    taught_study(folder, 'method = "cellpose"\nmodel = "small.pth"\ndiameter_px = 30', n_movies=1)
    correct(folder, "m0", {t: truth(0, t) for t in (0, 1, 7)})
    found = lesson(folder)
    assert (found.network, found.base) == ("cellpose", str(folder / "small.pth"))
    options = ("epochs=2", "patch_px=64", "batch_size=2", "patience=false")
    *told, made = _ran(Training(found, options=options, device="cpu"))
    assert made.of_one_movie
    assert {movie for movie, _ in made.frames} == {"m0"}
    assert made.segment["diameter_px"] == 30
    assert made.segment["model"] == "models/cell_1"
    assert made.scores[Col.SEG].min() > 0.5
    assert [row[0] for row in told[-1].losses] == [0, 2]
    accept(made, open_study(folder))
    assert open_study(folder).settings.objects["cell"].segment.model == "models/cell_1"
