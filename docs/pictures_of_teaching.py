"""Pictures of teaching from corrections, for docs/viewer.md."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

THEMES = ("light", "dark")
_WIDE_PX, _HIGH_PX, _MOST_BYTES = 1400, 900, 150_000
_N_FRAMES = 12


def teach(out: Path) -> None:
    """A model that was taught, on a held-out frame."""
    from lamella.napari.learn import Learn

    with tempfile.TemporaryDirectory() as folder:
        study = _corrected_study(Path(folder))
        for theme in THEMES:
            viewer = _viewer(theme)
            widget = Learn(viewer)
            viewer.window.add_dock_widget(widget, name="Teach from corrections", area="right")
            widget.desk.open_run(study / "results")
            _until(lambda widget=widget: not widget.job.busy)
            if theme == THEMES[0]:
                widget.begin()
                _until(lambda widget=widget: widget.result.table.rowCount() > 0)
            if widget.result.proposal is not None:
                losses = widget.result.proposal.losses
                columns = losses[["epoch", "train_loss", "held_out_loss"]].to_numpy()
                widget.curve.show_losses([(int(a), b, c) for a, b, c in columns])
            widget.result.next.click()
            _shot(viewer, out / f"teach-{theme}.webp")
            viewer.close()


def marks(out: Path) -> None:
    """Strokes in two cells and on the background, and what is found from them."""
    from lamella.napari.marks import Marks
    from lamella.phantom import ColonyPhantom

    phantom = ColonyPhantom(n_frames=2, n_cells=5, field_px=(220, 220), seed=4).make()
    image, truth = phantom.movie.channel().frame(0), phantom.truth.frames.frame(0)
    for theme in THEMES:
        viewer = _viewer(theme)
        viewer.add_image(image, name="movie")
        widget = Marks(viewer)
        viewer.window.add_dock_widget(widget, name="Seeds and strokes", area="right")
        widget.stroke.click()
        strokes = viewer.layers["strokes"]
        for number, cell in enumerate(np.unique(truth[truth > 0]), start=2):
            rows, columns = np.nonzero(truth == cell)
            y, x = int(rows.mean()), int(columns.mean())
            for step in range(-4, 5):
                strokes.paint((y + step // 2, x + step), number)
        for column in range(10, 210, 3):
            strokes.paint((8, column), 1)
            strokes.paint((211, column), 1)
        widget.find_cells.click()
        _until(lambda widget=widget: not widget.job.busy)
        viewer.layers["proposed"].contour = 2
        viewer.layers["proposed"].opacity = 1
        _shot(viewer, out / f"marks-{theme}.webp")
        viewer.close()


PICTURES: dict[str, Callable[[Path], None]] = {"teach": teach, "marks": marks}


def _corrected_study(folder: Path) -> Path:
    """The demo in phase contrast, where thresholds fail; three frames of every movie are mended."""
    from lamella.core.errors import LamellaWarning
    from lamella.core.frames import ArrayFrames
    from lamella.io import open_labels, open_movie, tiff
    from lamella.phantom import CellPhantom, StudyPhantom
    from lamella.run.corrections import EDITS, corrected_file, original_file
    from lamella.run.demo import make_demo
    from lamella.run.execute import run_study
    from lamella.run.study import open_study

    cell = CellPhantom(field_px=(160, 160), look="phase")
    phantom = StudyPhantom(cells_per_session=1, n_frames=_N_FRAMES, n_aborted=0, cell=cell)
    make_demo(folder, phantom=phantom)
    text = (folder / "study.toml").read_text(encoding="utf-8")
    text = text.replace('foreground = "bright"', 'foreground = "dark"', 1)
    (folder / "study.toml").write_text(text, encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LamellaWarning)
        run_study(open_study(folder), folder / "results")
    truths = {each.name.replace("_", "__"): each.phantom.truth.frames for each in phantom}
    for movie in sorted((folder / "results/movies").iterdir()):
        labels = movie / "labels/cell.ome.tif"
        truth = next(t for name, t in truths.items() if name == movie.name)
        after = open_labels(labels, name="cell").frames.asarray().copy()
        for t in (2, 5, 8):
            after[t] = truth.frame(t) > 0
        corrected_file(movie, "cell").parent.mkdir()
        shutil.copyfile(labels, original_file(movie, "cell"))
        scale = open_movie(labels).scale
        tiff.write_labels(corrected_file(movie, "cell"), ArrayFrames(after), scale=scale)
        edit = {"time": "2026-01-01T00:00:00+00:00", "object": "cell", "changed": [1], "added": [],
                "removed": [], "names": {}, "parents": {}, "filled": []}  # fmt: skip
        (movie / EDITS).write_text(json.dumps(edit) + "\n", encoding="utf-8")
    return folder


def _viewer(theme: str) -> Any:
    import napari

    viewer = napari.Viewer(show=True)
    viewer.theme = theme
    viewer.window.resize(_WIDE_PX, _HIGH_PX)
    _until(lambda: True, wait_s=0.5)
    return viewer


def _until(done: Callable[[], bool], *, wait_s: float = 0.3, most_s: float = 900) -> None:
    """Let the window live until something is so, and come to rest."""
    from qtpy.QtWidgets import QApplication

    began, rested = time.monotonic(), None
    while time.monotonic() - began < most_s:
        QApplication.processEvents()
        time.sleep(0.01)
        if rested is None and done():
            rested = time.monotonic()
        if rested is not None and time.monotonic() - rested > wait_s:
            return
    raise TimeoutError("the window does not get there")


def _shot(viewer: Any, file: Path) -> None:
    _until(lambda: True, wait_s=1.0)
    picture = Image.fromarray(viewer.window.screenshot(canvas_only=False)).convert("RGB")
    picture.thumbnail((_WIDE_PX, _WIDE_PX))
    for quality in (90, 80, 65, 50):
        picture.save(file, quality=quality, method=6)
        if file.stat().st_size < _MOST_BYTES:
            return
