"""The widget Film, pressed with the mouse: what is shown is what is written."""

import pytest
from PIL import Image

from lamella.napari.desk import desk_of, layers_of

pytest.importorskip("napari")


@pytest.fixture
def widget(viewer, qtbot, look_at):
    from lamella.napari.film import FilmWidget

    made = FilmWidget(viewer)
    qtbot.addWidget(made)
    made.show()
    look_at("KI__low__1")
    return made


def test_a_film_of_the_cell_is_written(widget, viewer, qtbot, tmp_path):
    from qtpy.QtCore import Qt

    widget.kind.setCurrentText("film that plays anywhere (.gif)")
    assert widget.path.text().endswith("KI__low__1_cell1.gif")
    widget.path.setText(str(tmp_path / "cell.gif"))
    widget.first.setValue(2)
    widget.last.setValue(7)
    widget.every.setValue(2)
    layers_of(viewer).of_role("track").visible = False
    assert "track" not in widget.settings().layers
    assert {"outline", "centre", "polarity"} <= set(widget.settings().layers)
    qtbot.mouseClick(widget.write, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "Written" in widget.message.text(), timeout=60_000)
    with Image.open(tmp_path / "cell.gif") as film:
        assert film.n_frames == 3
    qtbot.mouseClick(widget.write, Qt.MouseButton.LeftButton)
    assert "is there already: Save as … asks" in widget.message.text()
    assert not widget.job.busy


def test_among_many_tracks_the_film_has_that_of_the_cell(widget, viewer, monkeypatch):
    monkeypatch.setattr("lamella.napari.drawings.MANY_TRACKS", 0)
    desk_of(viewer).look_at("KI__high__1", cell=1)
    assert not layers_of(viewer).of_role("track").visible
    assert "track" in widget.settings().layers
    widget.closely.setChecked(False)
    assert "track" not in widget.settings().layers


def test_a_strip_of_a_whole_movie_has_eight_panels(widget, viewer, qtbot, tmp_path):
    from qtpy.QtCore import Qt

    widget.kind.setCurrentText("strip of frames (.png, 300 dpi)")
    widget.path.setText(str(tmp_path / "cell.png"))
    assert widget.every.text() == "by itself"
    qtbot.mouseClick(widget.write, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "(8 frames" in widget.message.text(), timeout=60_000)


def test_without_a_movie_it_says_so(viewer, qtbot):
    from lamella.napari.film import FilmWidget

    widget = FilmWidget(viewer)
    qtbot.addWidget(widget)
    widget.begin()
    assert "No movie of a run is open" in widget.message.text()


def test_a_file_is_replaced_once_where_the_dialog_asked(
    widget, viewer, qtbot, tmp_path, monkeypatch
):
    from qtpy.QtCore import Qt
    from qtpy.QtWidgets import QFileDialog

    out = tmp_path / "cell.gif"
    out.write_bytes(b"old")
    widget.kind.setCurrentText("film that plays anywhere (.gif)")
    widget.last.setValue(2)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *given: (str(out), ""))
    qtbot.mouseClick(widget.choose, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(widget.write, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "Written" in widget.message.text(), timeout=60_000)
    written = out.read_bytes()
    assert written.startswith(b"GIF")
    widget.last.setValue(1)
    qtbot.mouseClick(widget.write, Qt.MouseButton.LeftButton)
    assert "is there already" in widget.message.text()
    assert out.read_bytes() == written
