"""Pictures of the window that corrects cells: a phantom where two cells were taken for one."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

_SIZE = (1400, 860)
_SETTINGS = """\
title = "Colonies"
[objects.cell]
centre = false
[objects.cell.segment]
method = "labels"
pattern = "masks/{stem}.tif"
[objects.cell.track]
method = "lap"
"""


def correct(out: Path) -> None:
    """Two cells about to be split: the first click is done."""
    _draw(out, "correct", _about_to_split)


def correct_edits(out: Path) -> None:
    """Some edits in the list, not yet saved."""
    _draw(out, "correct-edits", _with_edits)


def _draw(out: Path, name: str, prepare: Callable[[Any, Any], None]) -> None:
    with tempfile.TemporaryDirectory() as place:
        run = _colony(Path(place))
        for theme in ("light", "dark"):
            _window(run, out / f"{name}-{theme}.webp", theme, prepare)


def _window(run: Path, file: Path, theme: str, prepare: Callable[[Any, Any], None]) -> None:
    from PIL import Image
    from qtpy.QtWidgets import QApplication

    import napari
    from lamella.napari.correct import Correct
    from lamella.napari.desk import desk_of

    viewer = napari.Viewer(show=False)
    viewer.theme = theme
    viewer.show()
    viewer.window.resize(*_SIZE)
    desk = desk_of(viewer)
    desk.open_run(run)
    desk.look_at("wt1")
    scale = desk.movie.movie.scale.um
    if not any(layer.metadata.get("lamella") for layer in viewer.layers):
        viewer.add_image(desk.movie.movie.channel().asarray(), name="wt1", scale=(1, scale, scale))
    widget = Correct(viewer)
    viewer.window.add_dock_widget(widget, name="Correct cells", area="right")
    widget.begin()
    viewer.window.resize(*_SIZE)
    prepare(viewer, widget)
    for _ in range(20):
        QApplication.processEvents()
    viewer.reset_view()
    viewer.camera.zoom *= 1.5
    for _ in range(5):
        QApplication.processEvents()
    drawn = viewer.window.screenshot(canvas_only=False, flash=False)
    image = Image.fromarray(drawn).convert("RGB")
    image.thumbnail((1400, 1400))
    image.save(file, "WEBP", quality=82)
    widget.session.discard()
    widget.end()
    viewer.close()


def _about_to_split(viewer: Any, widget: Any) -> None:
    from lamella.run.editing.clicks import Click

    viewer.dims.set_current_step(0, 5)
    cells = widget.session.cells
    cell = max(cells.cells, key=lambda c: int((cells.frame(5) == c).sum()))
    y, x = np.argwhere(cells.frame(5) == cell)[40]
    widget.tools.button("Split").click()
    widget.click(Click(5, float(y), float(x), cell))


def _with_edits(viewer: Any, widget: Any) -> None:
    from lamella.run.editing import Cut, Delete, Split

    viewer.dims.set_current_step(0, 5)
    cells = widget.session.cells
    cell = max(cells.cells, key=lambda c: int((cells.frame(5) == c).sum()))
    places = np.argwhere(cells.frame(5) == cell)
    ends = tuple(tuple(map(float, p)) for p in (places[40], places[-40]))
    widget.edits.why = "two cells that touch"
    widget.do(Split(frame=5, cell=cell, seeds=ends, last=6, until_lost=True))
    others = sorted(c for c in cells.cells if c != cell and len(cells.frames_of(c)) > 8)
    widget.edits.why = "debris"
    widget.do(Delete(cell=others[0], first=7, last=7))
    widget.edits.why = ""
    widget.do(Cut(cell=others[1], frame=4))


def _colony(folder: Path) -> Path:
    """A run of one movie in which two cells are one object for a while."""
    from lamella.core.errors import LamellaWarning
    from lamella.core.frames import ArrayFrames
    from lamella.io import tiff
    from lamella.phantom import ColonyPhantom
    from lamella.run.execute import run_study
    from lamella.run.study import open_study

    made = ColonyPhantom(
        n_cells=14, n_frames=12, field_px=(200, 220), area_um2=110, pixel_size_um=0.5,
        interval_min=2.0, speed_um_per_min=0.3, cohesion_per_min=0.01, seed=4,
    ).make()  # fmt: skip
    masks = made.truth.frames.asarray()
    touching = _touching(masks[5])
    for t in (5, 6):
        masks[t][masks[t] == touching[1]] = touching[0]
    scale = made.movie.scale
    tiff.write_movie(folder / "raw/wt1.tif", made.movie.channels, scale=scale)
    tiff.write_labels(folder / "masks/wt1.tif", ArrayFrames(masks), scale=scale)
    (folder / "samples.csv").write_text(
        "movie,path,condition,session\nwt1,raw/wt1.tif,WT,day1\n", encoding="utf-8"
    )
    (folder / "study.toml").write_text(_SETTINGS, encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LamellaWarning)
        run_study(open_study(folder), folder / "results")
    return folder / "results"


def _touching(image: Any) -> tuple[int, int]:
    """The two cells with the longest border."""
    borders: dict[tuple[int, int], int] = {}
    for a, b in ((image[:, :-1], image[:, 1:]), (image[:-1], image[1:])):
        both = (a != b) & (a > 0) & (b > 0)
        for one, two in zip(a[both].tolist(), b[both].tolist(), strict=True):
            pair = (min(one, two), max(one, two))
            borders[pair] = borders.get(pair, 0) + 1
    return max(borders, key=lambda pair: borders[pair])
