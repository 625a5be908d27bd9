"""A person presses Train, looks at the held-out frames, and accepts, rejects or deletes."""

import shutil

import numpy as np
import pytest
from filelock import Timeout
from qtpy.QtCore import Qt

from lamella.run.learn import proposals_of
from lamella.run.study import open_study
from worlds.taught import TINY, correct, corrected_study, truth

pytest.importorskip("napari")
pytest.importorskip("torch")

RECURRENT = 'method = "recurrent"\nmodel = "untaught.safetensors"'


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return corrected_study(tmp_path_factory.mktemp("learn") / "study", RECURRENT)


@pytest.fixture
def study(made, tmp_path):
    return shutil.copytree(made, tmp_path / "study")


@pytest.fixture
def widget(viewer, qtbot):
    from lamella.napari.learn import Learn

    made = Learn(viewer)
    made.options = TINY
    viewer.window.add_dock_widget(made, name="Learn")
    viewer.show()
    yield made
    made.job.stop()
    qtbot.waitUntil(lambda: not made.job.busy, timeout=20_000)


def press(qtbot, button):
    assert button.isVisible()
    assert button.isEnabled()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def decide(widget, qtbot, button):
    """Deciding goes on in the background: weights are held against their card."""
    press(qtbot, button)
    assert widget.job.busy
    assert not widget.result.isEnabled()
    qtbot.waitUntil(lambda: not widget.job.busy and widget.result.isEnabled(), timeout=20_000)


def opened(widget, study, qtbot):
    widget.desk.open_run(study / "results")
    qtbot.waitUntil(lambda: not widget.job.busy, timeout=20_000)


def test_train_look_accept(widget, study, viewer, qtbot):
    assert widget.words.text() == "Open a run first."
    assert not widget.train.isEnabled()
    opened(widget, study, qtbot)
    assert "12 corrected frames with 12 cells in 3 movies" in widget.words.text()
    assert not widget.result.isVisible()
    press(qtbot, widget.train)
    assert widget.job.busy
    assert not widget.train.isEnabled()
    qtbot.waitUntil(lambda: len(widget.curve.losses) > 1, timeout=60_000)
    qtbot.waitUntil(lambda: not widget.job.busy, timeout=120_000)
    assert len(widget.curve.losses) == 6
    result = widget.result
    assert result.isVisible()
    assert "nothing can be claimed" in result.words.text()
    assert result.table.rowCount() == 4

    press(qtbot, result.next)
    frame = result.proposal.frame(0)
    assert "before" in viewer.layers
    for side in ("before", "after", "corrected"):
        assert np.array_equal(viewer.layers[side].data, getattr(frame, side))
    assert viewer.layers["after"].translate[1] > frame.after.shape[1]
    press(qtbot, result.next)
    assert np.array_equal(viewer.layers["corrected"].data, result.proposal.frame(1).corrected)
    press(qtbot, result.back)
    press(qtbot, result.back)
    assert result.table.currentRow() == 3
    press(qtbot, result.close_view)
    assert len(viewer.layers) == 0

    decide(widget, qtbot, result.accept)
    segment = open_study(study).settings.objects["cell"].segment
    assert segment.model == "models/cell_1"
    assert widget.desk.run.study.settings.objects["cell"].segment.model == "models/cell_1"
    qtbot.waitUntil(lambda: not widget.job.busy, timeout=20_000)
    assert result.models.currentText() == "cell_1: accepted"
    assert not result.accept.isEnabled()


def test_pictures_hide_what_was_shown_and_give_it_back(widget, study, viewer, qtbot):
    opened(widget, study, qtbot)
    press(qtbot, widget.train)
    qtbot.waitUntil(lambda: widget.result.isVisible(), timeout=120_000)
    layer = viewer.add_image(np.zeros((8, 96, 96)), name="movie", scale=(1, 0.5, 0.5))
    viewer.text_overlay.visible = True
    press(qtbot, widget.result.next)
    assert not layer.visible
    assert not viewer.text_overlay.visible  # the time of another movie
    widget.desk.run_changed.emit()  # a movie was measured again: the same models
    qtbot.waitUntil(lambda: not widget.job.busy, timeout=20_000)
    assert "after" in viewer.layers
    shown = viewer.layers["after"]
    assert [tuple(each.scale) for each in widget.result.view.layers] == [(0.318, 0.318)] * 5
    assert shown.translate[1] > 0.318 * shown.data.shape[1]
    press(qtbot, widget.result.next)
    assert viewer.layers["after"] is shown  # filled anew: to add another takes seconds
    assert np.array_equal(shown.data, widget.result.proposal.frame(1).after)
    press(qtbot, widget.result.close_view)
    assert layer.visible
    assert viewer.text_overlay.visible
    press(qtbot, widget.result.next)
    widget.desk.look_at("m1")
    assert "after" not in viewer.layers
    assert layer.visible
    before = (study / "study.toml").read_bytes()
    decide(widget, qtbot, widget.result.reject)
    assert widget.result.models.currentText() == "cell_1: rejected"
    assert proposals_of(open_study(study), "cell")[0].decision == "rejected"
    assert (study / "study.toml").read_bytes() == before


def test_stop_leaves_no_model_and_train_goes_on(widget, study, qtbot):
    opened(widget, study, qtbot)
    widget.options = (*TINY, "epochs=5000", "patience=false")
    press(qtbot, widget.train)
    qtbot.waitUntil(lambda: len(widget.curve.losses) > 2, timeout=60_000)
    press(qtbot, widget.job._stop)
    qtbot.waitUntil(lambda: not widget.job.busy, timeout=20_000)
    assert widget.job.message.text() == "Stopped."
    assert not (study / "models/cell_1").exists()
    assert (study / "models/cell_1_work/checkpoint.safetensors").is_file()
    assert not widget.result.isVisible()
    assert widget.train.isEnabled()
    before = len(widget.curve.losses)
    press(qtbot, widget.train)
    qtbot.waitUntil(lambda: len(widget.curve.losses) > before, timeout=60_000)


def test_nothing_was_corrected(widget, study, qtbot):
    for k in range(3):
        shutil.rmtree(study / f"results/movies/m{k}/corrections")
    opened(widget, study, qtbot)
    assert widget.words.text() == (
        "No frame of 'cell' has been corrected yet.\n\n"
        "Correct some frames first: every cell in a frame, a few frames a movie."
    )
    assert not widget.train.isEnabled()
    assert not widget.job.message.text()
    correct(study, "m0", {t: truth(0, t) for t in (1, 7)})
    press(qtbot, widget.again)
    qtbot.waitUntil(lambda: widget.train.isEnabled(), timeout=20_000)
    assert "2 corrected frames" in widget.words.text()
    correct(study, "m1", {t: truth(1, t) for t in (1, 5, 7)})
    widget.desk.corrections_saved.emit()
    assert widget.job.busy
    correct(study, "m2", {t: truth(2, t) for t in (1, 5)})
    widget.desk.corrections_saved.emit()  # while it still looks
    qtbot.waitUntil(lambda: not widget.job.busy, timeout=20_000)
    assert "7 corrected frames with 7 cells in 3 movies" in widget.words.text()


def test_what_learns_by_itself_is_named(widget, study, qtbot):
    """Thresholds cannot learn: the box says what does."""
    opened(widget, study, qtbot)
    assert widget.learner.currentText() == "the one that fits: the recurrent network"
    file = study / "study.toml"
    file.write_text(file.read_text().replace(RECURRENT, 'method = "multiotsu"'))
    opened(widget, study, qtbot)
    assert widget.learner.currentText() == "the one that fits: the recurrent network"
    assert "which cannot learn" in widget.words.text()
    widget.learner.setCurrentIndex(widget.learner.findText("Cellpose"))
    qtbot.waitUntil(lambda: not widget.job.busy, timeout=20_000)
    assert widget.lesson.network == "cellpose"


def test_what_is_chosen_while_something_goes_on_is_looked_at_afterwards(
    widget, study, tmp_path, qtbot
):
    """A training of one run, while another is opened, teaches nothing of the other."""
    other = shutil.copytree(study, tmp_path / "other")
    for k in (1, 2):
        shutil.rmtree(other / f"results/movies/m{k}/corrections")
    opened(widget, study, qtbot)
    press(qtbot, widget.train)
    widget.desk.open_run(other / "results")
    assert widget.job.busy
    qtbot.waitUntil(
        lambda: not widget.job.busy and "4 corrected" in widget.words.text(), timeout=120_000
    )
    assert (study / "models/cell_1").is_dir()
    assert widget.lesson.run is widget.desk.run
    assert "4 corrected frames with 4 cells in 1 movie" in widget.words.text()
    assert "The new model is models/cell_1" in widget.job.message.text()
    assert not widget.result.isVisible()


def test_accepting_leaves_the_movie_open(widget, study, viewer, qtbot):
    opened(widget, study, qtbot)
    press(qtbot, widget.train)
    qtbot.waitUntil(lambda: widget.result.isVisible(), timeout=120_000)
    widget.desk.look_at("m1", frame=3)
    decide(widget, qtbot, widget.result.accept)
    assert widget.desk.movie.name == "m1"
    assert widget.desk.frame == 3
    assert widget.desk.run.study.settings.objects["cell"].segment.model == "models/cell_1"
    assert "lamella run" in widget.result.message.text()


def test_a_damaged_model_is_told_of_or_left_away(widget, study, qtbot):
    opened(widget, study, qtbot)
    press(qtbot, widget.train)
    qtbot.waitUntil(lambda: widget.result.isVisible(), timeout=120_000)
    folder = study / "models/cell_1"
    (folder / "before_after.csv").unlink()
    press(qtbot, widget.again)
    qtbot.waitUntil(lambda: not widget.job.busy, timeout=20_000)
    assert "before_after.csv" in widget.result.message.text()
    (folder / "card.json").write_text("{")
    press(qtbot, widget.again)
    qtbot.waitUntil(lambda: not widget.job.busy, timeout=20_000)
    assert not widget.result.isVisible()


def test_a_training_ends_with_its_window(study, screen, qtbot, tmp_path, monkeypatch):
    """The program lives on, as in a notebook."""
    import napari

    from lamella.napari.learn import Learn
    from lamella.run.learn.places import lock_of

    monkeypatch.setenv("NAPARI_CONFIG", str(tmp_path / "napari.yaml"))
    viewer = napari.Viewer(show=False)
    widget = Learn(viewer)
    widget.options = (*TINY, "epochs=5000", "patience=false")
    viewer.window.add_dock_widget(widget, name="Learn")
    viewer.show()
    opened(widget, study, qtbot)
    losses = widget.curve
    press(qtbot, widget.train)
    qtbot.waitUntil(lambda: len(losses.losses) > 1, timeout=60_000)
    lock = lock_of(study / "models/cell_1")
    with pytest.raises(Timeout):
        lock.acquire()
    viewer.close()

    def ended():
        with lock:
            return True

    qtbot.waitUntil(lambda: _true_without(ended, Timeout), timeout=20_000)
    assert not (study / "models/cell_1").exists()


def _true_without(asked, error):
    try:
        return asked()
    except error:
        return False
