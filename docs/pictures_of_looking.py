"""Pictures of looking: the whole window, the study browser, events, a film and a strip."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import viewer_studies as studies
from PIL import Image, ImageDraw, ImageFont
from viewer_window import WIDE_PX, main_window, middle_of, open_at, raised, save, settle

_CELL = {"movie": "KI__low__1", "cell": 1, "frame": 20}
_RADIUS_PX = 15
_MARK = (214, 39, 110)


def window(out: Path) -> None:
    """The whole window at a cell, with numbers at its parts."""
    with open_at(out, studies.demo_run(), "Study browser", **_CELL) as opened:
        from lamella.napari.desk import layers_of

        layers_of(opened.viewer).of_role("edge velocity").visible = True
        opened.panel.view.expandAll()
        opened.panel.select(("KI__low__1", "cell", 1))
        opened.zoom(1.5, cell=1)
        places = _places(opened.viewer)
        opened.shoot("window", lambda picture: _number(picture, places))


def browser(out: Path) -> None:
    """The study browser with the fastest cells of one condition."""
    with open_at(out, studies.demo_run(), "Study browser") as opened:
        panel = opened.panel
        panel.choices.preset.setCurrentText("Fastest")
        panel.choices.condition.setCurrentText("KI")
        panel.choices.most.setValue(10)
        panel.refresh()
        first = panel.model.index(0, 0)
        panel.view.setCurrentIndex(first)
        panel.view.clicked.emit(first)
        opened.desk.frame = 12
        opened.zoom(1.5, cell=1)
        opened.shoot("browser")


def events(out: Path) -> None:
    """Suspicious events, the first of them decided; a third is about to be left out."""
    with open_at(out, studies.demo_run(), "Suspicious events") as opened:
        panel = opened.panel
        panel.form.who.setText("you")
        panel.review.decide(1, "accept", who="you")
        panel.review.decide(2, "exclude", reason="out of focus", who="you")
        panel.refresh()
        opened.zoom(1.2)
        panel.show_event(0)
        panel.form.reason.setCurrentText("leaves the field")
        opened.shoot("quality")


def film(out: Path) -> None:
    """The panel Film beside a cell, with what its film will show switched on."""
    from lamella.napari.desk import layers_of

    with open_at(out, studies.demo_run(), "Film", **_CELL) as opened:
        layers_of(opened.viewer).of_role("edge velocity").visible = True
        opened.panel.path.setText("cell.mp4")
        opened.zoom(1.6, cell=1)
        opened.shoot("film")


def strip(out: Path) -> None:
    """A strip of frames, as it is written."""
    from lamella.run.browse.film import Film, film_any

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "strip.png"
        how = Film(layers=("edge velocity", "track", "polarity"))
        film_any(studies.demo_run(), file, how, movie=_CELL["movie"], cell=_CELL["cell"])
        with Image.open(file) as picture:
            shown = picture.convert("RGB")
        shown.thumbnail((WIDE_PX, WIDE_PX))
        save(shown, out / "strip.webp")


def _places(viewer: Any) -> list[tuple[int, int]]:
    """Where the parts of the window are, in the order of their numbers on the page."""
    from qtpy.QtCore import QPoint
    from qtpy.QtWidgets import QDockWidget, QTabBar

    raised(viewer, "Study browser")
    settle(0.3)
    main = main_window(viewer)
    docks = {each.windowTitle(): each for each in main.findChildren(QDockWidget)}
    middle = middle_of(viewer)
    tabs = [each for each in main.findChildren(QTabBar) if each.parent() is main]
    bar = max((each for each in tabs if each.isVisible()), key=lambda each: each.height())

    def at(part: Any, x: float, y: float) -> tuple[int, int]:
        spot = part.mapTo(main, QPoint(round(part.width() * x), round(part.height() * y)))
        return spot.x(), spot.y()

    return [
        at(middle.canvas.native, 0.08, 0.06),
        at(middle.dims, 0.75, 0.2),
        at(docks["layer list"], 0.6, 0.13),
        at(docks["layer controls"], 0.5, 0.75),
        at(bar, 0.4, 0.93),
        at(docks["Study browser"], 0.5, 0.96),
    ]


def _number(picture: Image.Image, places: list[tuple[int, int]]) -> None:
    """Write a number at each place."""
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(size=20)
    for number, (x, y) in enumerate(places, start=1):
        box = (x - _RADIUS_PX, y - _RADIUS_PX, x + _RADIUS_PX, y + _RADIUS_PX)
        draw.ellipse(box, fill=_MARK, outline="white", width=2)
        draw.text((x, y), str(number), fill="white", font=font, anchor="mm")


PICTURES: dict[str, Callable[[Path], None]] = {
    "window": window, "browser": browser, "quality": events, "film": film, "strip": strip,
}  # fmt: skip
