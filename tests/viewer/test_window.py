"""`lamella view`: what it opens, and what it says where it cannot."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tifffile import TiffWriter

from lamella.core.errors import InputError, NotInstalledError
from lamella.core.frames import Frames
from lamella.io import open_movie
from lamella.napari.lazy import LazyStack
from lamella.run.browse import contrast_of, screen
from lamella.run.browse.contrast import SAMPLED

pytest.importorskip("napari")


class Counted(Frames):
    """Many large frames that exist only as they are read."""

    def __init__(self, n):
        self.span, self.frame_shape, self.dtype = range(n), (1448, 1448), np.dtype(np.uint16)
        self.read = []

    def frame(self, t):
        self.read.append(t)
        return np.full(self.frame_shape, t, np.uint16)


def test_a_large_movie_is_read_a_frame_at_a_time_and_little_is_kept():
    frames = Counted(1000)
    contrast_of(frames)
    assert len(frames.read) == SAMPLED
    stack = LazyStack(frames)
    for t in range(1000):
        assert stack[t][0, 0] == t
    assert stack.n_kept == stack.most_kept <= 256 * 2**20 // (1448 * 1448 * 2)
    read = len(frames.read)
    assert stack[999][0, 0] == 999  # kept
    assert len(frames.read) == read


def test_a_movie_opens_without_being_read(viewer, tmp_path, monkeypatch):
    from lamella.io.tiff_planes import TiffFrames
    from lamella.napari.window import open_window

    with TiffWriter(tmp_path / "long.ome.tif", ome=True) as tif:
        tif.write(np.zeros((300, 64, 64), np.uint16),
                  metadata={"axes": "TYX", "PhysicalSizeX": 0.5, "PhysicalSizeY": 0.5,
                            "TimeIncrement": 30.0})  # fmt: skip
    read = []
    plain = TiffFrames.frame
    monkeypatch.setattr(TiffFrames, "frame", lambda frames, t: read.append(t) or plain(frames, t))
    window = open_window(tmp_path / "long.ome.tif", frame=17, show=False)
    try:
        # Of these, three tell that it is no label movie, five the contrast, and what is shown.
        assert len(set(read)) <= 3 + SAMPLED + 2
        assert window.layers[0].data.shape == (300, 64, 64)
        assert window.dims.current_step[0] == 17
        assert window.text_overlay.text == "8.5 min"
        assert window.scale_bar.visible
    finally:
        window.close()


def test_a_run_opens_at_its_cell_with_our_widgets(viewer, cells):
    from lamella.napari.desk import desk_of
    from lamella.napari.window import open_window, widget_names

    window = open_window(cells / "results", movie="KI__low__1", cell=1, frame=3, show=False)
    try:
        desk = desk_of(window)
        assert (desk.movie.name, desk.cell, desk.frame) == ("KI__low__1", 1, 3)
        assert "Film" in widget_names()
        assert set(widget_names()) <= {name.split(" (")[0] for name in window.window.dock_widgets}
        assert "Lamella demo" in window.title
    finally:
        window.close()


def test_a_first_window_is_large_and_within_the_screen(own_settings, qtbot, cells):
    from qtpy.QtWidgets import QDockWidget

    from lamella.napari.docks import window_of
    from lamella.napari.window import open_window

    window = open_window(cells / "results")
    try:
        main = window_of(window.window.dock_widgets["Study browser (lamella)"])
        screen = main.screen().availableGeometry()
        qtbot.waitUntil(main.isVisible)
        assert screen.contains(main.frameGeometry())
        assert main.height() >= min(900, screen.height() - 40)
        docks = {dock.objectName(): dock for dock in main.findChildren(QDockWidget)}
        qtbot.waitUntil(lambda: docks["layer list"].height() > docks["layer controls"].height())
    finally:
        window.close()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nothing", "no such file or folder"),
        (".", r"it is a study, not its run; give the run: .*results"),
        ("study.toml", "neither a run nor a movie"),
    ],
)
def test_what_cannot_be_opened_is_said(viewer, cells, name, words):
    from lamella.napari.window import open_window

    with pytest.raises(InputError, match=words):
        open_window(cells / name, show=False)


def test_a_cell_that_is_not_there_is_said(viewer, cells):
    from lamella.napari.window import open_window

    with pytest.raises(InputError, match="there is no cell 9; its cells are 1"):
        open_window(cells / "results", movie="KI__low__1", cell=9, show=False)


def test_a_frame_that_is_not_there_is_said(viewer, cells):
    from lamella.napari.window import open_window

    with pytest.raises(InputError, match="there is no frame 700; its frames are 0 to 13"):
        open_window(cells / "results", movie="KI__low__1", frame=700, show=False)
    with pytest.raises(InputError, match="there is no frame 14; its frames are 0 to 13"):
        open_window(cells / "movies/KI/low/1.tif", frame=14, show=False)


def test_a_movie_that_is_gone_ends_the_command_only_where_it_was_asked_for(viewer, cells):
    from lamella.napari.desk import desk_of
    from lamella.napari.window import open_window

    first = desk_of(viewer).open_run(cells / "results").samples[0]
    (cells / first.path).unlink()
    with pytest.raises(InputError, match="there is no such file"):
        open_window(cells / "results", movie=first.movie, show=False)
    window = open_window(cells / "results", show=False)
    try:
        desk = desk_of(window)
        desk.look_at(desk.run.samples[1].movie)
        assert len(window.layers)
    finally:
        window.close()


def test_a_cell_without_a_frame_is_shown_where_it_is_first_seen(viewer, colony):
    from lamella.napari.desk import desk_of
    from lamella.napari.window import open_window

    window = open_window(colony / "results", movie="wt1", widgets=False, show=False)
    try:
        assert desk_of(window).frame == 0
        lives = desk_of(window).tracked().tracks.first_last
    finally:
        window.close()
    cell, (first, _) = max(lives.items(), key=lambda each: each[1][0])
    assert first > 0
    window = open_window(colony / "results", movie="wt1", cell=cell, widgets=False, show=False)
    try:
        assert desk_of(window).frame == first
    finally:
        window.close()


def test_labels_are_told_from_images(cells, finished_colony):
    from lamella.run.browse.recognised import looks_like_labels

    assert looks_like_labels(open_movie(finished_colony / "masks/wt1.tif"))
    assert not looks_like_labels(open_movie(finished_colony / "raw/wt1.tif"))
    assert not looks_like_labels(open_movie(cells / "movies/KI/low/1.tif"))


def test_files_are_called_as_elsewhere():
    from lamella.run.browse import recognised
    from lamella.run.stages import LOCK_FILE
    from lamella.run.study import SETTINGS_FILE

    assert (recognised._LOCK, recognised._STUDY) == (LOCK_FILE, SETTINGS_FILE)


class TestScreen:
    def test_the_minimum_is_that_of_the_extra(self):
        wanted = (Path(__file__).parents[2] / "pyproject.toml").read_text()
        assert f'"napari>={screen.OLDEST_NAPARI}"' in wanted

    def test_napari_absent_or_old(self, monkeypatch):
        monkeypatch.setattr(screen, "version", lambda name: "0.5.6")
        with pytest.raises(NotInstalledError, match=r"napari 0.5.6 is installed, and 0.6 or newer"):
            screen.refuse_no_napari()

        def absent(name):
            raise screen.PackageNotFoundError

        monkeypatch.setattr(screen, "version", absent)
        with pytest.raises(NotInstalledError, match=r'pip install "lamella\[napari\]"'):
            screen.refuse_no_napari()

    @pytest.mark.skipif(not sys.platform.startswith("linux"), reason="X is asked on Linux alone")
    @pytest.mark.parametrize(
        ("display", "words"),
        [("", "there is no screen"), (":987", "the screen :987 does not answer")],
    )
    def test_without_a_screen_the_command_ends_with_a_message(self, cells, display, words):
        if display and screen.find_library("xcb-cursor") is None:
            pytest.skip("Qt's libraries are missing, which is said first")
        env = {k: v for k, v in os.environ.items()
               if k not in ("WAYLAND_DISPLAY", "DISPLAY", "QT_QPA_PLATFORM")}  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-m", "lamella.cli", "view", str(cells / "results")],
            env=env | ({"DISPLAY": display} if display else {}),
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 2
        assert words in done.stderr
        assert "Traceback" not in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
