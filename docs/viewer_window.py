"""The window of `lamella view` as the pictures of docs/viewer.md show it, and what writes them."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

WIDE_PX, HIGH_PX = 1400, 860
THEMES = ("light", "dark")
_MOST_BYTES = 150_000
_QUALITIES = (90, 80, 65, 50)


@dataclass(frozen=True)
class Window:
    """A window that is open, and the panel that is in front."""

    viewer: Any
    panel: Any
    """None where no panel was asked for."""
    out: Path

    @property
    def desk(self) -> Any:
        """What the panels of the window share."""
        from lamella.napari.desk import desk_of

        return desk_of(self.viewer)

    def zoom(self, times: float, cell: int | None = None) -> None:
        """Show the whole field so many times larger, with a cell in the middle where one is given.

        Parameters
        ----------
        cell : int, optional
            Of the set of objects that is looked at, in the frame that is shown.
        """
        settle(0.3)
        self.viewer.reset_view()
        self.viewer.camera.zoom *= times
        if cell is not None:
            y, x = np.nonzero(self.desk.tracked().painted().frame(self.desk.frame) == cell)
            self.desk.centre_on(float(y.mean()), float(x.mean()))

    def shoot(self, name: str, mark: Callable[[Image.Image], None] | None = None) -> None:
        """Write ``<name>-light.webp`` and ``<name>-dark.webp``.

        Parameters
        ----------
        mark : callable, optional
            Draws something on the picture.
        """
        for theme in THEMES:
            self.viewer.theme = theme
            settle(1.5)
            picture = self.picture()
            if mark is not None:
                mark(picture)
            save(picture, self.out / f"{name}-{theme}.webp")

    def picture(self) -> Image.Image:
        """What stands on the screen: the window, with the dialog over it, where one is open."""
        main = main_window(self.viewer)
        picture = Image.fromarray(self.viewer.window.screenshot(canvas_only=False, flash=False))
        picture = picture.convert("RGB")
        for dialog in _dialogs(main):
            shown = _image_of(dialog)
            at = ((picture.width - shown.width) // 2, (picture.height - shown.height) // 2)
            picture.paste((110, 110, 110), (at[0] - 1, at[1] - 1, at[0] + shown.width + 1,
                                            at[1] + shown.height + 1))  # fmt: skip
            picture.paste(shown, at)
        picture.thumbnail((WIDE_PX, HIGH_PX))
        return picture


@contextmanager
def open_at(out: Path, target: Path, tab: str | None = None, **to: Any) -> Iterator[Window]:
    """The window of ``lamella view``, with the tab of this name in front; closed afterwards.

    Parameters
    ----------
    out : Path
        Where pictures go.
    target : Path
        What is opened, mostly a run.
    to
        Movie, cell and frame, as `lamella.napari.window.open_window` takes them.
    """
    with tempfile.TemporaryDirectory() as place:
        os.environ["NAPARI_CONFIG"] = str(Path(place) / "napari.yaml")  # nobody's own settings
        from lamella.napari.window import open_window

        viewer = open_window(target, **to)
        viewer.window.resize(WIDE_PX, HIGH_PX)
        window = Window(viewer, None if tab is None else raised(viewer, tab), out)
        settle(1.0)
        viewer.reset_view()
        try:
            yield window
        finally:
            viewer.close()
            settle(0.3)


def main_window(viewer: Any) -> Any:
    """Qt's window of a viewer."""
    return viewer.window._qt_window  # noqa: SLF001  napari has no public way to it


def middle_of(viewer: Any) -> Any:
    """What lies amid a window: the canvas, and the slider below it."""
    return viewer.window._qt_viewer  # noqa: SLF001  nor to this


def raised(viewer: Any, tab: str) -> Any:
    """The panel behind a tab, after its tab was brought to the front."""
    from qtpy.QtWidgets import QDockWidget

    docks = main_window(viewer).findChildren(QDockWidget)
    dock = next(each for each in docks if each.windowTitle() == tab)
    dock.show()
    dock.raise_()
    settle(0.3)
    return _panel_in(dock)


def _panel_in(dock: Any) -> Any:
    from qtpy.QtWidgets import QWidget

    inside = [dock.widget(), *dock.widget().findChildren(QWidget)]
    return next(each for each in inside if type(each).__module__.startswith("lamella."))


def settle(seconds: float = 0.5) -> None:
    """Let the window live for a while."""
    ends = time.monotonic() + seconds
    until(lambda: time.monotonic() > ends, most_s=seconds + 5)


def until(done: Callable[[], bool], *, most_s: float = 900) -> None:
    """Let the window live until something is so.

    Raises
    ------
    TimeoutError
    """
    from qtpy.QtCore import QEvent
    from qtpy.QtWidgets import QApplication

    began = time.monotonic()
    while not done():
        if time.monotonic() - began > most_s:
            raise TimeoutError("the window does not get there")
        QApplication.processEvents()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)  # else old widgets stay
        time.sleep(0.01)


def save(picture: Image.Image, file: Path) -> None:
    """Write a picture, as fine as fits into the size that the pages allow."""
    for quality in _QUALITIES:
        picture.save(file, quality=quality, method=6)
        if file.stat().st_size <= _MOST_BYTES:
            return


def _dialogs(main: Any) -> list[Any]:
    from qtpy.QtWidgets import QDialog

    return [each for each in main.findChildren(QDialog) if each.isVisible() and each.isWindow()]


def _image_of(widget: Any) -> Image.Image:
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "widget.png"
        widget.grab().save(str(file))
        with Image.open(file) as image:
            return image.convert("RGB")
