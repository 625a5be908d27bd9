"""Pictures of docs/viewer.md: plots beside the movie, front and back, other settings."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from PIL import Image

MOVIE = "WT__high__1"


def time_plots(out: Path) -> None:
    """The five usual plots beside the movie, the cursor amid it."""
    from lamella.napari.plots import TimePlots

    def drive(viewer: Any, widget: Any) -> None:
        viewer.dims.set_current_step(0, 17)

    _both(out, "time-plots", TimePlots, drive)


def front_back(out: Path) -> None:
    """Front and back by polarity, drawn and in numbers."""
    from lamella.napari.front_back import FrontBack

    def drive(viewer: Any, widget: Any) -> None:
        viewer.dims.set_current_step(0, 17)
        widget.shown["polarity"].setChecked(True)

    _both(out, "front-back", FrontBack, drive)


def settings_panel(out: Path) -> None:
    """Another percentile on the frame that is shown."""
    from lamella.napari.settings_panel import SettingsPanel

    def drive(viewer: Any, widget: Any) -> None:
        viewer.dims.set_current_step(0, 17)
        widget.tabs.setCurrentIndex(4)
        widget.forms["measure.lamellipodium"].fields["percentile"].setValue(70)
        _until(lambda: "trial" in viewer.layers and not widget.trialist.busy)

    _both(out, "settings-panel", SettingsPanel, drive)


def settings_diff(out: Path) -> None:
    """The lines of study.toml that would change."""
    from lamella.napari.settings_panel import SettingsPanel

    with _window(SettingsPanel, "light") as (_, widget):
        form = widget.forms["measure.lamellipodium"]
        form.fields["percentile"].setValue(70)
        form.fields["closing_px"].setValue(1)
        for theme in ("light", "dark"):
            widget.window().setStyleSheet(_style(theme))
            widget.ask()
            _settle(0.5)
            _save(widget.dialog.grab(), out / f"settings-diff-{theme}.webp")
            widget.dialog.reject()


@cache
def _study() -> Path:
    """A study with one movie of one cell, run."""
    from lamella.phantom import StudyPhantom
    from lamella.run import execute
    from lamella.run.demo import make_demo
    from lamella.run.study import open_study

    study = Path(mkdtemp(prefix="lamella-pictures-")) / "migration"
    make_demo(study, phantom=StudyPhantom(cells_per_session=1, n_frames=32))
    execute.run_study(open_study(study), study / "results", only=[MOVIE])
    return study


def _both(out: Path, name: str, kind: Any, drive: Callable[[Any, Any], None]) -> None:
    for theme in ("light", "dark"):
        with _window(kind, theme) as (viewer, widget):
            drive(viewer, widget)
            _settle(1.0)
            shot = viewer.window.screenshot(canvas_only=False, flash=False)
            _write(Image.fromarray(shot), out / f"{name}-{theme}.webp")


@contextmanager
def _window(kind: Any, theme: str) -> Iterator[tuple[Any, Any]]:
    import napari
    from lamella.napari.desk import desk_of
    from lamella.napari.lazy import LazyStack

    viewer = napari.Viewer(show=False)
    viewer.theme = theme
    widget = kind(viewer)
    desk = desk_of(viewer)
    desk.open_run(_study() / "results")
    desk.look_at(MOVIE, cell=1)
    viewer.add_image(LazyStack(desk.movie.movie.channel()), name=MOVIE, colormap="gray")
    viewer.add_labels(LazyStack(desk.tracked().painted()), name="cells", opacity=0.8).contour = 1
    viewer.layers.selection.active = viewer.layers[MOVIE]
    dock = viewer.window.add_dock_widget(widget, area="right", name=_title(kind))
    viewer.show()
    viewer.window.resize(1400, 880)
    dock.parent().resizeDocks([dock], [560], _horizontal())
    _settle(0.5)
    viewer.reset_view()
    viewer.camera.zoom *= 1.6
    row = desk.movie.rows("frames", object_name="cell", cell=1).iloc[17]
    viewer.camera.center = (0, row["y_px"], row["x_px"])
    yield viewer, widget
    viewer.close()


def _title(kind: Any) -> str:
    titles = {"TimePlots": "Plots beside the movie", "FrontBack": "Front and back"}
    return titles.get(kind.__name__, "Try other settings")


def _horizontal() -> Any:
    from qtpy.QtCore import Qt

    return Qt.Orientation.Horizontal


def _style(theme: str) -> str:
    from napari.qt import get_stylesheet

    return get_stylesheet(theme)


def _settle(seconds: float) -> None:
    end = time.monotonic() + seconds
    _until(lambda: time.monotonic() > end)


def _until(done: Callable[[], bool], seconds: float = 60) -> None:
    from qtpy.QtWidgets import QApplication

    end = time.monotonic() + seconds
    while not done() and time.monotonic() < end:
        QApplication.processEvents()
        time.sleep(0.01)


def _save(pixmap: Any, path: Path) -> None:
    png = path.with_suffix(".png")
    pixmap.save(str(png))
    with Image.open(png) as image:
        _write(image.convert("RGB"), path)
    png.unlink()


def _write(image: Image.Image, path: Path) -> None:
    image = image.convert("RGB")
    if image.width > 1400:
        image = image.resize((1400, round(image.height * 1400 / image.width)))
    image.save(path, quality=82, method=6)
