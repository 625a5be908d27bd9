"""The whole way of a person, by real clicks and keys in the window that `lamella view` opens.

A window was killed amid an edit; what it had is recovered, more is corrected and saved, the movie
is measured again, and a network learns from it.
"""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from hand import Hand, main_window
from lamella.core.table import Col
from lamella.io import open_labels, read_table
from lamella.run.corrections import corrected_file, edits_of, original_file
from worlds.suspicious import add_events

pytest.importorskip("napari")
pytest.importorskip("torch")

KILLED = """
import os, signal, sys
from pathlib import Path
import numpy as np
from lamella.run.browse import OpenedRun
from lamella.run.editing import EditSession, Paint
session = EditSession(OpenedRun(Path(sys.argv[1])), "wt1", "cell")
square = np.zeros(session.cells.frame(3).shape, bool)
square[4:10, 4:10] = True
session.do(Paint.of(square, frame=3, cell=77))
os.kill(os.getpid(), signal.SIGKILL)
"""
QUICK = ("epochs_frozen=0", "epochs=1", "patches_per_epoch=4", "patches.patch_px=64")
RESULTS = "results/movies"


@pytest.fixture
def study(colony):
    """A colony with events to look at, and what somebody had not saved when the power went."""
    add_events(colony / "results")
    command = [sys.executable, "-c", KILLED, str(colony / "results")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ})
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    return colony


@pytest.fixture
def window(own_settings, qtbot, study):
    """The window of `lamella view`."""
    from lamella.napari.window import open_window

    made = open_window(study / "results")
    made.window.resize(1500, 950)
    qtbot.waitExposed(main_window(made))
    yield made
    made.close()


def panel(window, name):
    """A panel, brought in front."""
    from qtpy.QtWidgets import QDockWidget

    (dock,) = [
        each for each in main_window(window).findChildren(QDockWidget)
        if each.windowTitle() == name
    ]  # fmt: skip
    dock.raise_()
    return window.window.dock_widgets[f"{name} (lamella)"]


def press(qtbot, button):
    from qtpy.QtCore import Qt

    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_the_whole_way(window, study, qtbot):
    from qtpy.QtCore import Qt

    from lamella.napari.desk import desk_of

    desk, others = desk_of(window), tree_of(study / RESULTS / "ko1")

    # Find a cell.
    browser = panel(window, "Study browser")
    qtbot.keyClicks(browser.choices.line, "movie = wt1")
    qtbot.keyClick(browser.choices.line, Qt.Key.Key_Return)
    browser.view.setFocus()
    qtbot.keyClick(browser.view, Qt.Key.Key_Down)
    qtbot.keyClick(browser.view, Qt.Key.Key_Return)
    assert desk.movie.name == "wt1"
    assert desk.cell in desk.movie.tracks("cell").first_last

    # Go to what is suspicious.
    events = panel(window, "Suspicious events")
    press(qtbot, events.onward)
    while desk.movie.name != "wt1":
        press(qtbot, events.onward)
    row = events.review.events.loc[events.current]
    assert (desk.cell, desk.frame) == (row[Col.CELL], row[Col.FRAME])

    # Take up what was not saved, and correct.
    correct = panel(window, "Correct cells")
    press(qtbot, correct.saving.begin)
    assert "1 edit of yours not saved" in correct.left._words.text()
    press(qtbot, correct.left.take_up)
    hand = Hand(correct, window, qtbot)
    assert (hand.cells.frame(3) == 77).sum() == 36
    split_and_merge(hand)
    relink_and_undo(hand)
    n_edits = correct.session.unsaved
    hand.key(Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: correct.session.unsaved == 0 and not correct.busy, timeout=120_000)

    # Kept beside the original, logged, measured, and nothing else was touched.
    folder = study / RESULTS / "wt1"
    before = open_labels(original_file(folder, "cell"), name="cell").frames.asarray()
    after = open_labels(corrected_file(folder, "cell"), name="cell").frames.asarray()
    assert {t for t in range(12) if (before[t] != after[t]).any()} == {3, 11}
    assert len(edits_of(folder, "cell")) == n_edits
    rows = read_table(study / "results/tables/frames.parquet")
    corrected = rows[rows[Col.CORRECTED]]
    assert set(corrected[Col.MOVIE]) == {"wt1"}
    assert set(corrected[Col.FRAME]) == {3, 11}
    assert 77 in set(corrected[Col.CELL])
    assert tree_of(study / RESULTS / "ko1") == others

    # Learn from it, and look at the after.
    learn = panel(window, "Learn")
    learn.options = QUICK
    learn.learner.setCurrentIndex(1)
    qtbot.waitUntil(lambda: learn.train.isEnabled(), timeout=30_000)
    press(qtbot, learn.train)
    qtbot.waitUntil(lambda: learn.result.isVisible(), timeout=240_000)
    press(qtbot, learn.result.next)
    for side in ("before", "after", "corrected"):
        assert window.layers[side].data.shape == before.shape[1:]
    settings = (study / "study.toml").read_text()
    press(qtbot, learn.result.reject)
    assert (study / "study.toml").read_text() == settings


def split_and_merge(hand):
    """A cell is split in frame 11 by two clicks; a piece and another cell become one."""
    from qtpy.QtCore import Qt

    hand.go(11)
    cell = max(hand.cells.cells, key=lambda c: (hand.cells.frame(11) == c).sum())
    whole = hand.cells.frame(11) == cell
    ys, xs = np.nonzero(whole)
    one, two = np.argsort(ys + 0.01 * xs)[[3, -4]]
    hand.key(Qt.Key.Key_S)
    hand.click(ys[one], xs[one])
    hand.click(ys[two], xs[two])
    (new,) = hand.widget.session.edits[-1].edit.new
    assert {*hand.cells.frame(11)[whole]} == {cell, new}
    other = next(c for c in hand.cells.cells if c not in (cell, new) and c in hand.cells.frame(11))
    hand.key(Qt.Key.Key_J)
    hand.click(*hand.inside(other, 11))
    hand.click(*hand.inside(new, 11))
    assert new not in hand.cells.frame(11)
    assert other in hand.cells.frame(11)[whole]


def relink_and_undo(hand):
    """Two cells are exchanged from a frame on, which is taken back."""
    from qtpy.QtCore import Qt

    one, two = sorted(c for c in hand.cells.cells if len(hand.cells.frames_of(c)) == 12)[:2]
    before = hand.cells.frame(7).copy()
    hand.key(Qt.Key.Key_R)
    hand.go(6)
    hand.click(*hand.inside(one, 6))
    hand.go(7)
    there = hand.inside(two, 7)
    hand.click(*there)
    assert hand.cells.frame(7)[there] == one
    hand.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert np.array_equal(hand.cells.frame(7), before)


def tree_of(folder):
    """Every file of a folder, and when it was written."""
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
