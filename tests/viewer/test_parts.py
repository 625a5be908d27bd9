"""Long work in a window: it tells how far it is, can be stopped, and its errors are readable."""

from threading import Event

import pytest

from lamella.core.errors import InputError

pytest.importorskip("napari")


@pytest.fixture
def line(viewer, qtbot):
    from lamella.napari.parts import JobLine

    made = JobLine()
    qtbot.addWidget(made)
    made.show()
    return made


def _three(told):
    from lamella.napari.parts import Step

    for n in range(3):
        told.append(n)
        yield Step(n, 3, f"frame {n}")
    return "all"


def _for_ever():
    from lamella.napari.parts import Step

    while True:
        yield Step(0, 0, "waiting")


def _waits(gate):
    from lamella.napari.parts import Step

    yield Step(0, 2, "one")
    gate.wait(10)
    yield Step(1, 2, "two")


def _fails(error):
    from lamella.napari.parts import Step

    yield Step(0, 1, "a")
    raise error


def test_work_ends_with_its_result(line, qtbot):
    told, got = [], []
    assert line.start(_three(told), done=got.append)
    assert line.busy
    assert not line.start(_three(told), done=got.append)  # one at a time
    qtbot.waitUntil(lambda: got == ["all"])
    assert told == [0, 1, 2]
    assert not line.busy


def test_work_is_stopped(line, qtbot):
    got = []
    line.start(_for_ever(), done=got.append)
    qtbot.waitUntil(lambda: line._bar.format() == "waiting")
    line._stop.click()
    qtbot.waitUntil(lambda: not line.busy)
    assert (got, line.message.text()) == ([], "Stopped.")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (InputError("a.tif", "it is <empty>", "give another"), "a.tif: it is &lt;empty&gt;; give"),
        (KeyError("x"), "KeyError"),
    ],
)
def test_errors_are_shown(line, qtbot, error, words):
    line.start(_fails(error), done=print)
    with qtbot.captureExceptions():
        qtbot.waitUntil(lambda: not line.busy)
    assert words in line.message.text()
    assert line.message.isVisible()


def test_work_that_ends_after_its_window_touches_nothing(viewer, qtbot):
    from lamella.napari.parts import JobLine

    shiboken = pytest.importorskip("shiboken6", reason="only Qt for Python tells how")
    line, gate, told = JobLine(), Event(), []
    line.start(_waits(gate), done=told.append)
    worker = line._worker
    shiboken.delete(line)
    with qtbot.captureExceptions() as wrong:
        gate.set()
        qtbot.waitUntil(lambda: not worker.is_running, timeout=10_000)
        qtbot.wait(20)  # what it told last is heard
    assert (told, wrong) == ([], [])


def test_work_ends_with_its_window(viewer, qtbot):
    from qtpy.QtCore import QEvent
    from qtpy.QtWidgets import QApplication, QWidget

    from lamella.napari.parts import JobLine

    window, ended, got = QWidget(), [], []
    made = JobLine()
    made.setParent(window)

    def work():
        try:
            yield from _for_ever()
        finally:
            ended.append(True)

    made.start(work(), done=got.append)
    qtbot.waitUntil(lambda: made._bar.format() == "waiting")
    window.deleteLater()
    QApplication.sendPostedEvents(window, QEvent.Type.DeferredDelete)
    qtbot.waitUntil(lambda: ended == [True])
    assert got == []


def test_words_are_shown_as_they_were_written(viewer, qtbot):
    """Without tags Qt would take them for plain text, and show what was escaped."""
    from qtpy.QtCore import Qt
    from qtpy.QtGui import QTextDocument

    from lamella.napari.parts import MessageLine

    line = MessageLine()
    qtbot.addWidget(line)
    for show in (line.say, line.warn):
        show('can\'t be < 1 "px"')
        assert line.textFormat() == Qt.TextFormat.RichText
        shown = QTextDocument()
        shown.setHtml(line.text())
        assert shown.toPlainText().endswith('can\'t be < 1 "px"')
