"""The study browser, driven as a person does: open, filter, sort, click, and go on by keys."""

import time

import pytest

from lamella.core.table import Col
from lamella.io import read_table, write_table
from lamella.run.review import decisions_of
from lamella.track.events import KINDS
from worlds.run_folders import many_cells

pytest.importorskip("napari")

from qtpy.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from qtpy.QtGui import QDropEvent
from qtpy.QtWidgets import QApplication, QMenu

from lamella.napari.browser import StudyBrowser
from lamella.napari.cell_choices import LIST
from lamella.napari.cell_model import ROW_PX
from lamella.napari.cell_pictures import CellPictures
from lamella.napari.desk import desk_of
from lamella.run.browse import OpenedRun
from lamella.run.browse.thumbnails import Thumbnails


@pytest.fixture
def browser(viewer, qtbot):
    made = StudyBrowser(viewer)
    qtbot.addWidget(made)
    made.resize(700, 700)
    made.show()
    return made


def _rows(browser):
    model = browser.model
    return [model.key_of(model.index(k, 0)) for k in range(model.rowCount())]


def _click(qtbot, browser, place):
    browser.view.scrollTo(place)
    middle = browser.view.visualRect(place).center()
    qtbot.mouseClick(browser.view.viewport(), Qt.MouseButton.LeftButton, pos=middle)


def _choose(qtbot, box, text):
    """By keys, as a person does."""
    box.setFocus()
    while box.currentText() != text:
        before = box.currentIndex()
        qtbot.keyClick(box, Qt.Key.Key_Down)
        assert box.currentIndex() == before + 1, f"no {text}"


def _choose_up(qtbot, box, text):
    box.setFocus()
    while box.currentText() != text:
        assert box.currentIndex() > 0, f"no {text}"
        qtbot.keyClick(box, Qt.Key.Key_Up)


def test_a_tree_from_conditions_to_cells(browser, qtbot, colony):
    desk_of(browser.desk.viewer).open_run(colony / "results")
    model = browser.model
    assert [model.data(model.index(k, 0)).split()[0] for k in range(model.rowCount())] == [
        "WT", "KO"
    ]  # fmt: skip
    session = model.index(0, 0, model.index(0, 0))
    movie = model.index(0, 0, session)
    assert model.movie_of(movie) == "wt1"
    assert model.key_of(movie) is None
    cell = model.index(0, 0, movie)
    browser.view.expandAll()
    _click(qtbot, browser, cell)
    desk = browser.desk
    assert (desk.movie.name, desk.object_name, desk.cell) == model.key_of(cell)
    assert model.parent(cell) == movie
    assert not model.hasChildren(cell)


def test_the_ten_fastest_of_a_condition_by_hand(browser, qtbot, tmp_path):
    study = many_cells(tmp_path / "study", movies=12, cells_each=20)
    browser.open_run(study / "results")
    _choose(qtbot, browser.choices.preset, "Fastest")
    _choose(qtbot, browser.choices.condition, "KI")
    browser.activateWindow()
    edit = browser.choices.most.lineEdit()
    qtbot.mouseClick(edit, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(edit.hasSelectedText)
    qtbot.keyClicks(edit, "10")
    qtbot.keyClick(browser.choices.most, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: browser.model.rowCount() == 10)
    table = browser.index.table
    wanted = table[table[Col.CONDITION] == "KI"].nlargest(10, Col.MEAN_SPEED)
    assert [key[0] for key in _rows(browser)] == wanted[Col.MOVIE].tolist()
    assert [key[2] for key in _rows(browser)] == wanted[Col.CELL].tolist()
    assert browser.told.text() == "10 of 240 cells"


def test_a_line_filters_and_its_errors_teach(browser, qtbot, cells):
    browser.open_run(cells / "results")
    qtbot.keyClicks(browser.choices.line, "condition = KI and area > 1")
    qtbot.keyClick(browser.choices.line, Qt.Key.Key_Return)
    assert {key[0][:2] for key in _rows(browser)} == {"KI"}
    browser.choices.line.clear()
    qtbot.keyClicks(browser.choices.line, "aera > 1")
    qtbot.keyClick(browser.choices.line, Qt.Key.Key_Return)
    assert "did you mean area" in browser.message.text()
    assert {key[0][:2] for key in _rows(browser)} == {"KI"}  # as it was
    browser.choices.line.clear()
    qtbot.keyClicks(browser.choices.text, "WT__low")
    qtbot.waitUntil(lambda: [key[0] for key in _rows(browser)] == ["WT__low__1"])
    assert browser.message.text() == ""
    qtbot.keyClicks(browser.choices.text, "zzz")
    qtbot.waitUntil(lambda: "No cell is like that" in browser.message.text())


def test_a_click_on_a_head_sorts(browser, qtbot, cells):
    browser.open_run(cells / "results")
    header = browser.view.header()

    def click(column):
        at = header.sectionViewportPosition(column) + 20
        place = QPoint(at, header.height() // 2)
        qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)

    click(1)
    speeds = browser.index.table.set_index(Col.MOVIE)[browser.model.columns[1]]
    down = [speeds[key[0]] for key in _rows(browser)]
    assert down == sorted(down, reverse=True)
    click(1)
    assert [speeds[key[0]] for key in _rows(browser)] == down[::-1]
    click(0)
    assert not browser.model.flat


def test_what_a_preset_ranks_by_stands_beside_the_names(browser, qtbot, cells):
    browser.open_run(cells / "results")
    browser.resize(420, 700)
    header, columns = browser.view.header(), browser.model.columns
    plain = [*range(len(columns))]

    def order():
        return [header.logicalIndex(place) for place in plain]

    assert order() == plain
    browser.view.horizontalScrollBar().setValue(browser.view.horizontalScrollBar().maximum())
    for preset, name in (
        ("Worst segmented", Col.OUTLINE_SCORE), ("Most events", Col.N_EVENTS),
        ("Short or aborted", Col.N_VALID_FRAMES),
    ):  # fmt: skip
        browser.choices.preset.setCurrentText(LIST)
        _choose(qtbot, browser.choices.preset, preset)
        column = columns.index(name)
        assert order()[:2] == [0, column]
        assert header.sortIndicatorSection() == column
        left = header.sectionViewportPosition(column)
        assert 0 <= left <= browser.view.viewport().width() - header.sectionSize(column)
        values = browser.index.table.set_index(Col.MOVIE)[name]
        shown = [values[key[0]] for key in _rows(browser)]
        up = header.sortIndicatorOrder() == Qt.SortOrder.AscendingOrder
        assert shown == sorted(shown, reverse=not up)
    _choose_up(qtbot, browser.choices.preset, LIST)
    assert order() == plain
    assert header.sortIndicatorSection() == -1


def test_kinds_of_events_are_read_whole(browser, qtbot, cells):
    browser.open_run(cells / "results")
    column = browser.model.columns.index(Col.N_EVENTS)
    longest = max(browser.view.fontMetrics().horizontalAdvance(f"12 · {kind.replace('_', ' ')}")
                  for kind in KINDS)  # fmt: skip
    assert browser.view.header().sectionSize(column) >= longest


def test_enter_looks_at_a_cell_and_what_is_selected_follows(browser, qtbot, cells):
    browser.open_run(cells / "results")
    _choose(qtbot, browser.choices.preset, LIST)
    view = browser.view
    view.setFocus()
    view.setCurrentIndex(browser.model.index(0, 0))
    qtbot.keyClick(view, Qt.Key.Key_Down)
    qtbot.keyClick(view, Qt.Key.Key_Return)
    assert browser.desk.movie.name == _rows(browser)[1][0]
    browser.desk.look_at("WT__low__1", object_name="cell", cell=1)
    assert browser.model.key_of(view.currentIndex()) == ("WT__low__1", "cell", 1)


def test_the_selection_stays_when_tables_are_written_anew(browser, qtbot, cells):
    out = cells / "results"
    browser.open_run(out)
    _choose(qtbot, browser.choices.condition, "KO")
    browser.select(("KO__low__1", "cell", 1))
    table = read_table(out / "tables/cells.parquet")
    table[Col.MEAN_SPEED] *= 2
    write_table(out / "tables/cells.parquet", table)
    before = browser.index.table[Col.MEAN_SPEED].max()
    browser.desk.run_changed.emit()
    assert browser.index.table[Col.MEAN_SPEED].max() == 2 * before
    assert browser.model.key_of(browser.view.currentIndex()) == ("KO__low__1", "cell", 1)
    assert browser.choices.condition.currentText() == "KO"


def test_thumbnails_come_for_what_is_seen(browser, qtbot, cells):
    browser.open_run(cells / "results")
    _choose(qtbot, browser.choices.preset, LIST)
    blank = browser._pictures[0].blank.toImage()

    def drawn():
        place = browser.model.index(0, 0)
        shown = browser.model.data(place, Qt.ItemDataRole.DecorationRole).toImage()
        return shown != blank

    qtbot.waitUntil(drawn, timeout=10_000)
    (cells / "results/movies/KO__low__1/cell_strips.webp").unlink()
    cut = Thumbnails(browser.desk.run)
    picture = cut.of("KO__low__1", "cell", 1)  # from the raw frames
    assert picture.std() > 10
    (cells / browser.desk.run.movie("KO__low__1").sample.path).unlink()
    assert Thumbnails(browser.desk.run).of("KO__low__1", "cell", 1) is None


def test_a_folder_is_dropped_and_what_is_none_is_told(browser, qtbot, cells, tmp_path):
    for folder in (tmp_path, cells / "results"):
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(str(folder))])
        event = QDropEvent(
            QPointF(9, 9), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )  # fmt: skip
        browser.dropEvent(event)
        if folder == tmp_path:
            assert "not the folder of a run" in browser.message.text()
    assert browser.model.rowCount() == 3


def test_a_movie_that_is_gone_is_told_whole_in_the_panel(browser, qtbot, cells):
    browser.open_run(cells / "results")
    _choose(qtbot, browser.choices.preset, LIST)
    place = browser.model.index(0, 0)
    key = browser.model.key_of(place)
    movie = cells / browser.desk.run.movie(key[0]).sample.path
    away = movie.rename(movie.with_suffix(".away"))
    _click(qtbot, browser, place)
    told = browser.message.text()
    assert str(movie) in told
    assert "there is no such file or folder; check the path" in told
    _click(qtbot, browser, place)
    assert browser.message.text() == told
    away.rename(movie)
    _click(qtbot, browser, place)  # the disk is there again
    assert browser.message.text() == ""
    assert len(browser.desk.viewer.layers)


def test_ten_thousand_cells_open_and_only_seen_rows_are_asked_for(browser, qtbot, tmp_path):
    study = many_cells(tmp_path / "study", movies=200, cells_each=50)
    start = time.perf_counter()
    browser.open_run(study / "results")
    _choose(qtbot, browser.choices.preset, LIST)
    qtbot.wait(50)
    took = time.perf_counter() - start
    assert browser.model.rowCount() == 10_000
    asked = set()
    real = browser.model.data

    def data(index, role=0):
        asked.add(index.row())
        return real(index, role)

    browser.model.data = data
    browser.view.scrollToBottom()
    browser.view.viewport().repaint()
    assert max(asked) == 9999
    assert len(asked) < 8 * browser.view.viewport().height() / ROW_PX
    assert took < 20  # far above what it takes


def test_a_picture_that_fails_does_not_end_the_others(qtbot, viewer, cells, monkeypatch):
    from lamella.napari.cell_pictures import CellPictures
    from lamella.run.browse import OpenedRun
    from lamella.run.browse.thumbnails import Thumbnails

    real = Thumbnails.of

    def of(self, movie, name, cell):
        if movie == "KO__low__1":
            raise ValueError(movie)
        return real(self, movie, name, cell)

    monkeypatch.setattr(Thumbnails, "of", of)
    pictures = CellPictures(Thumbnails(OpenedRun(cells / "results")))
    drawn = []
    pictures.drawn.connect(drawn.append)
    try:
        for movie in ("WT__low__1", "KO__low__1", "KI__low__1"):
            pictures.of((movie, "cell", 1))
        qtbot.waitUntil(lambda: len(drawn) == 3, timeout=10_000)
        blank = pictures.blank.toImage()
        assert pictures.of(("KO__low__1", "cell", 1)).toImage() == blank
        assert pictures.of(("WT__low__1", "cell", 1)).toImage() != blank
    finally:
        pictures.stop()


def test_a_cell_without_an_area_has_a_picture(cells):
    from lamella.run.browse import OpenedRun
    from lamella.run.browse.thumbnails import Thumbnails

    folder = cells / "results/movies/KO__low__1"
    (folder / "cell_strips.webp").unlink()
    table = read_table(folder / "frames.parquet")
    write_table(folder / "frames.parquet", table.drop(columns=Col.AREA_PX))
    assert Thumbnails(OpenedRun(cells / "results")).of("KO__low__1", "cell", 1).std() > 5


def test_a_cell_is_left_out_by_the_menu(browser, qtbot, cells, monkeypatch):
    browser.open_run(cells / "results")
    _choose(qtbot, browser.choices.preset, LIST)
    place = browser.model.index(2, 0)
    key = browser.model.key_of(place)
    monkeypatch.setattr(
        StudyBrowser, "_ask_reason", lambda self, key: self.leave_out(key, "dead or dying")
    )
    browser.view.customContextMenuRequested.emit(browser.view.visualRect(place).center())
    menu = browser.findChild(QMenu)
    qtbot.waitUntil(menu.isVisible)
    qtbot.keyClick(menu, Qt.Key.Key_Down)
    qtbot.keyClick(menu, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: browser.message.text() != "")
    assert "will be left out: dead or dying" in browser.message.text()
    row = browser.index.table.iloc[browser.index.row_of(*key)]
    assert row[Col.WHY_NOT_COUNTED] == "will be left out: dead or dying"
    assert browser.model.columns[0] == ""
    place = browser.model.index(2, 0)
    assert "will be left out" in browser.model.data(place, Qt.ItemDataRole.ToolTipRole)
    for row in {*range(browser.model.rowCount())} - {2}:
        other = browser.model.index(row, 0)
        assert "in no statistics" not in browser.model.data(other, Qt.ItemDataRole.ToolTipRole)
        assert browser.model.data(other, Qt.ItemDataRole.ForegroundRole) is None
    (kept,) = decisions_of(cells / "results/movies" / key[0])
    assert (kept.verdict, kept.cell, kept.kind) == ("exclude", key[2], "")


def test_no_reason_is_chosen_beforehand(browser, qtbot, cells):
    browser.open_run(cells / "results")
    _choose(qtbot, browser.choices.preset, LIST)
    key = browser.model.key_of(browser.model.index(2, 0))
    offered = []

    def enter():
        dialog = QApplication.activeModalWidget()
        offered.append(dialog.textValue())
        qtbot.keyClick(dialog, Qt.Key.Key_Return)

    QTimer.singleShot(200, enter)
    browser._ask_reason(key)
    assert offered == [""]
    assert "choose a reason" in browser.message.text()
    assert not decisions_of(cells / "results/movies" / key[0])


def test_pictures_end_though_their_window_is_gone(viewer, qtbot, cells):
    pictures = CellPictures(Thumbnails(OpenedRun(cells / "results")))
    pictures.of(("KO__low__1", "cell", 1))
    clock, gone = pictures._clock, []
    clock.destroyed.connect(lambda: gone.append(True))
    clock.deleteLater()
    qtbot.waitUntil(lambda: bool(gone))
    pictures.stop()
    assert not pictures._wishes.open
