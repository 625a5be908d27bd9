"""Pictures of the study browser and of suspicious events."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from PIL import Image

DEMO = os.environ.get("LAMELLA_DEMO_STUDY", "")
"""A study of `lamella demo` that has been run, where there is one: it is copied."""

THEMES = ("light", "dark")
WIDE_PX, HIGH_PX = 1400, 860
MOST_BYTES = 150_000


def rest(seconds: float) -> None:
    """Let the window do what it has to do."""
    from qtpy.QtWidgets import QApplication

    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        QApplication.processEvents()
        time.sleep(0.01)


def shot(viewer: Any, file: Path, *, wait_s: float = 1.5) -> None:
    """Let the window come to rest, then write what it shows."""
    rest(wait_s)
    picture = Image.fromarray(viewer.window.screenshot(canvas_only=False)).convert("RGB")
    picture.thumbnail((WIDE_PX, WIDE_PX))
    for quality in (90, 80, 65, 50):
        picture.save(file, quality=quality, method=6)
        if file.stat().st_size < MOST_BYTES:
            return


def demo_run(folder: Path) -> Path:
    """The small study of `lamella demo`, run; made once."""
    from lamella.run.demo import make_demo
    from lamella.run.execute import run_study
    from lamella.run.study import open_study

    if not (folder / "results/report.html").is_file():
        make_demo(folder)
        run_study(open_study(folder), folder / "results")
    return folder / "results"


def browse_and_decide(out: Path) -> None:
    """The study browser with the fastest cells of a condition; events, some of them decided."""
    import napari
    from lamella.napari.browser import StudyBrowser
    from lamella.napari.desk import desk_of
    from lamella.napari.quality import SuspiciousEvents

    with tempfile.TemporaryDirectory() as place:
        run = shutil.copytree(DEMO, Path(place) / "demo") if DEMO else Path(place) / "demo"
        results = demo_run(run)
        for theme in THEMES:
            viewer = napari.Viewer()
            viewer.theme = theme
            viewer.window.resize(WIDE_PX, HIGH_PX)
            desk = desk_of(viewer)
            browser, events = StudyBrowser(viewer), SuspiciousEvents(viewer)
            for name, widget in (("Study browser", browser), ("Suspicious events", events)):
                viewer.window.add_dock_widget(widget, name=name, area="right", tabify=True)
            desk.open_run(results)
            browser.preset.setCurrentText("Fastest")
            browser.most.setValue(10)
            browser.refresh()
            rest(0.3)
            browser.parentWidget().raise_()
            browser.view.setCurrentIndex(browser.model.index(1, 0))
            key = browser.model.key_of(browser.model.index(1, 0))
            desk.look_at(key[0], object_name=key[1], cell=key[2], frame=3)
            _show_movie(viewer, desk)
            shot(viewer, out / f"browser-{theme}.webp")
            if theme == THEMES[0]:
                events.review.decide(1, "accept", who="you")
                events.review.decide(2, "exclude", reason="out of focus", who="you")
                events.refresh()
            events.parentWidget().raise_()
            events.who.setText("you")
            events.show_event(0)
            _show_movie(viewer, desk)
            events.reason.setCurrentText("leaves the field")
            shot(viewer, out / f"quality-{theme}.webp")
            viewer.close()


def _show_movie(viewer: Any, desk: Any) -> None:
    """The movie that is looked at, where no layers of it are there yet."""
    from lamella.napari.lazy import LazyStack

    if not any("lamella" in layer.metadata for layer in viewer.layers):
        frame = desk.frame
        viewer.layers.clear()
        viewer.add_image(LazyStack(desk.movie.movie.channel()), name=desk.movie.name)
        viewer.reset_view()
        desk.frame = frame
