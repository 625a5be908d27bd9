"""Pictures of a cell as the viewer opens it, of the panel Film, and of a strip it writes."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import Any

_CELL = ("KI__low__1", 1, 20)
"""Movie, cell and frame of the pictures of one cell."""


def _demo(folder: Path) -> Path:
    """A run of the demo study."""
    from lamella.run.demo import make_demo
    from lamella.run.execute import run_study
    from lamella.run.study import open_study

    made = Path(os.environ.get("LAMELLA_DEMO_RUN", folder / "demo/results"))
    if not made.exists():
        make_demo(made.parent)
        run_study(open_study(made.parent), made)
    return made


def in_both_themes(name: str, out: Path, window: Any) -> None:
    """Write a window's picture in the dark and the light theme, and close it."""
    from PIL import Image
    from qtpy.QtWidgets import QApplication

    for theme in ("dark", "light"):
        window.theme = theme
        for _ in range(20):
            QApplication.processEvents()
            time.sleep(0.05)
        picture = Image.fromarray(window.window.screenshot(canvas_only=False, flash=False)[..., :3])
        picture.thumbnail((1400, 1400))
        picture.save(out / f"{name}-{theme}.webp", quality=80, method=6)
    window.close()


def _window(*, widgets: bool) -> Any:
    from lamella.napari.desk import layers_of
    from lamella.napari.window import open_window

    movie, cell, frame = _CELL
    with tempfile.TemporaryDirectory() as folder:
        run = _demo(Path(folder))
        window = open_window(run, movie=movie, cell=cell, frame=frame, widgets=widgets)
        window.window.resize(1400, 990)
        for role in ("lamellipodium", "edge velocity"):
            layers_of(window).of_role(role).visible = True
    return window


def cell_picture(out: Path) -> None:
    """A cell with all its layers."""
    in_both_themes("cell", out, _window(widgets=False))


def film_picture(out: Path) -> None:
    """The panel Film beside the cell."""
    window = _window(widgets=False)
    dock, widget = window.window.add_plugin_dock_widget("lamella", "Film")
    dock.setWindowTitle("Film")
    widget.path.setText("cell.mp4")
    in_both_themes("film", out, window)


def strip_picture(out: Path) -> None:
    """A strip of frames, as it is written."""
    from PIL import Image

    from lamella.run.browse.film import Film, film_any

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "strip.png"
        film = Film(layers=("edge velocity", "track", "polarity"))
        film_any(_demo(Path(folder)), file, film, movie=_CELL[0], cell=_CELL[1])
        picture = Image.open(file).convert("RGB")
        picture.thumbnail((1400, 1400))
        picture.save(out / "strip.webp", quality=85, method=6)
