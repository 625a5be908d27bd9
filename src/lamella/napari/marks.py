"""Seeds and strokes: a few marks of a person become the cells of a frame, and of those after it."""

from __future__ import annotations

from typing import Any

import napari.viewer
import numpy as np
from napari.layers import Image, Labels, Points
from numpy.typing import NDArray
from qtpy.QtWidgets import (
    QComboBox,
    QFormLayout,
    QGridLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from lamella.core.errors import InputError, LamellaError
from lamella.core.frames import Frames
from lamella.napari.desk import desk_of
from lamella.napari.layer_frames import frames_of
from lamella.napari.looks import laid_on_movie
from lamella.napari.parts import JobLine, Step, Work
from lamella.napari.proposed import take
from lamella.report.words import count
from lamella.segment.by_hand import (
    Look,
    labels_from_before,
    labels_from_scribbles,
    labels_from_seeds,
)

SEEDS, STROKES, PROPOSED = "seeds", "strokes", "proposed"
_GROUND, _FIRST_CELL = 1, 2
_Found = dict[int, NDArray[np.uint32]]
"""Labels (Y, X) by frame."""
_LOOKS: dict[str, Look | None] = {
    "as the frame shows": None,
    "bright": "bright",
    "dark": "dark",
    "rough (phase contrast)": "rough",
}
_HELP = (
    "Click once into every cell, or draw a short stroke in every cell and one on the background. "
    "Then press Find cells, mend the proposal with napari’s own brush where it is wrong, and "
    "take it."
)


class Marks(QWidget):
    """Marks of a person, what is found from them, and a button that takes it as corrections.

    Parameters
    ----------
    viewer : napari.Viewer
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self._viewer, self.desk = viewer, desk_of(viewer)
        self.proposed: _Found = {}
        """By frame: cells that were found and not yet taken."""
        self._build()
        viewer.dims.events.current_step.connect(self._show)
        self._of = self._place  # the movie and objects that the marks are of
        self.desk.place_changed.connect(self._forget)

    def _build(self) -> None:
        words = QLabel(_HELP)
        words.setWordWrap(True)
        self.seed, self.stroke = QPushButton("Place seeds"), QPushButton("Draw strokes")
        self.next_cell, self.ground = QPushButton("Next cell"), QPushButton("Background")
        self.find_cells, self.take = QPushButton("Find cells"), QPushButton("Take as corrections")
        self.clear = QPushButton("Clear marks")
        self.look, self.more = QComboBox(), QSpinBox()
        self.look.addItems(list(_LOOKS))
        self.more.setRange(0, 10_000)
        for widget, tip, deed in (
            (self.seed, "A layer of points: click once into every cell of this frame", self._seeds),
            (self.stroke, "A layer to draw on: strokes in cells and on the background", self._draw),
            (self.next_cell, "The next stroke is of another cell (key M)", self._next_cell),
            (self.ground, "The next stroke is on the background", self._background),
            (self.find_cells, "Find the cells of this frame from the marks", self.begin),
            (self.take, "Lay the cells over those of their frames, as edits that can be undone "
             "one by one; cells that were not marked stay", self.take_all),
            (self.clear, "Remove seeds, strokes and what is proposed", self._clear),
        ):  # fmt: skip
            widget.setToolTip(tip)
            widget.clicked.connect(deed)
        self.look.setToolTip("How cells stand out from the ground; for seeds")
        self.more.setToolTip(
            "In so many frames after this one, too: each is found where the frame before has it"
        )
        self.job = JobLine()
        grid = QGridLayout()
        for place, widget in enumerate((self.seed, self.stroke, self.next_cell, self.ground)):
            grid.addWidget(widget, place // 2, place % 2)
        form = QFormLayout()
        form.addRow("Cells are", self.look)
        form.addRow("Further frames", self.more)
        rows = QVBoxLayout(self)
        rows.addWidget(words)
        rows.addLayout(grid)
        rows.addLayout(form)
        for below in (self.find_cells, self.take, self.clear, self.job):
            rows.addWidget(below)
        rows.addStretch(1)
        self.take.setEnabled(False)

    def begin(self) -> None:
        """Find the cells of the frame that is shown, and of those after it where asked."""
        t = self.desk.frame
        try:
            frames = self._frames()  # the window's thread alone looks at layers
            image = _frame_of(frames, t)
            marks = self._marks(t)
        except LamellaError as error:
            self.job.message.warn(error)
            return
        look = _LOOKS[self.look.currentText()]
        last = min(t + self.more.value(), frames.span[-1])
        of = self._of = self._place

        found: _Found = {}

        def finding() -> Work:
            yield Step(0, last - t + 1, f"frame {t}")
            if isinstance(marks, tuple):
                found[t] = labels_from_seeds(image, marks[0], look=look)
            else:
                found[t] = labels_from_scribbles(image, marks, background=_GROUND)
            for later in range(t + 1, last + 1):
                yield Step(later - t, last - t + 1, f"frame {later}")
                try:
                    found[later] = labels_from_before(frames.frame(later), found[later - 1])
                except LamellaError as error:
                    return f"Then, in frame {later}: {error}"
            return ""

        def stopped() -> str:
            self._found(found, of)
            return f"Stopped. {_proposed(found)}" if found and of == self._place else "Stopped."

        def done(then: str) -> None:
            self._found(found, of, then=then)

        if not self.job.start(finding(), done=done, stopped=stopped):
            self.job.message.warn("Cells are still being looked for: wait, or stop it.")

    def take_all(self) -> None:
        """Take what is proposed as corrections of the movie looked at."""
        if self.desk.editing is None:
            self.desk.correction_wanted.emit()  # opens the movie for correcting, as the tools do
        try:
            for t in sorted(self.proposed):
                take(self.desk, t, self.proposed[t])
                del self.proposed[t]
        except LamellaError as error:
            self.job.message.warn(error)
        else:
            self._clear()
            self.job.message.say("Taken. Undo, name and save them in the window Correct cells.")
        self._show()

    def _found(self, found: _Found, of: Any, *, then: str = "") -> None:
        """Propose what was found, and tell what came then, where it did not come to the end."""
        if of != self._place:  # found in another movie than the one looked at by now
            return
        self.proposed |= found
        if then:
            self.job.message.warn(f"{_proposed(found)} {then}")
        else:
            self.job.message.say(_proposed(found))
        self._show()

    def _show(self) -> None:
        """The proposal of the frame that is shown, if there is one."""
        self.take.setEnabled(bool(self.proposed))
        layer = self._layer(PROPOSED)
        if not self.proposed:
            if layer is not None:
                self._viewer.layers.remove(layer)
            return
        some = next(iter(self.proposed.values()))
        now = self.proposed.get(self.desk.frame, np.zeros_like(some))
        if layer is None:
            made = Labels(now, name=PROPOSED, opacity=0.6, **self._laid(2))
            self._viewer.add_layer(made)
        else:
            layer.data = now

    def _seeds(self) -> None:
        layer = self._layer(SEEDS)
        if layer is None:
            ndim = max(2, min(3, self._viewer.dims.ndim))
            layer = Points(
                ndim=ndim, name=SEEDS, size=6, face_color="#f0e442", border_color="black",
                **self._laid(ndim),
            )  # fmt: skip
            self._viewer.add_layer(layer)
        self._viewer.layers.selection.active = layer
        layer.mode = "add"

    def _draw(self) -> None:
        layer = self._layer(STROKES)
        if layer is None:
            try:
                shape = _frame_of(self._frames(), self.desk.frame).shape
            except LamellaError as error:
                self.job.message.warn(error)
                return
            layer = Labels(np.zeros(shape, np.uint16), name=STROKES, **self._laid(2))
            layer.brush_size = 4
            layer.selected_label = _FIRST_CELL
            self._viewer.add_layer(layer)
        # napari's own M would begin with the number of the background; correcting takes it, too.
        layer.bind_key("M", lambda layer: self._next_cell(), overwrite=True)
        self._viewer.layers.selection.active = layer
        layer.mode = "paint"

    def _next_cell(self) -> None:
        self._draw()
        layer = self._layer(STROKES)
        if layer is not None:
            layer.selected_label = max(_FIRST_CELL, int(layer.data.max()) + 1)

    def _background(self) -> None:
        self._draw()
        layer = self._layer(STROKES)
        if layer is not None:
            layer.selected_label = _GROUND

    def _marks(self, t: int) -> Any:
        """Strokes, or else seeds of the frame in a tuple."""
        strokes = self._layer(STROKES)
        if strokes is not None and strokes.data.any():
            return np.array(strokes.data)
        seeds = self._layer(SEEDS)
        points = np.zeros((0, 2)) if seeds is None else np.asarray(seeds.data)
        if points.shape[1] > 2:
            points = points[np.round(points[:, 0]) == t][:, -2:]
        if not len(points):
            raise InputError(
                f"frame {t}", "it has no seed and no stroke", "place seeds or draw strokes first"
            )
        return (points,)

    def _frames(self) -> Frames:
        """The raw frames: of the movie looked at, else of the first image that is shown."""
        desk = self.desk
        if desk.movie is not None and desk.run is not None:
            each = desk.run.study.settings.objects.get(desk.object_name or "")
            return desk.movie.movie.channel(None if each is None else each.channel)
        ndim = min(3, self._viewer.dims.ndim)
        for layer in self._viewer.layers:
            if isinstance(layer, Image) and layer.visible and not layer.rgb and layer.ndim == ndim:
                return frames_of(layer.data, layer.name)
        raise InputError("napari", "no movie is shown", "open a run or a movie first")

    @property
    def _place(self) -> tuple[Any, str | None]:
        """The movie and the set of objects that are looked at."""
        movie = self.desk.movie
        return None if movie is None else movie.folder, self.desk.object_name

    def _laid(self, ndim: int) -> dict[str, Any]:
        """Marks are in pixels of the frame, wherever and however large it is shown."""
        return laid_on_movie(self._viewer, ndim=ndim)

    def _layer(self, name: str) -> Any:
        return next((each for each in self._viewer.layers if each.name == name), None)

    def _forget(self) -> None:
        """Another movie is looked at: marks and proposals are of the one before."""
        if self._of == self._place:  # only another cell of it
            return
        self._of = self._place
        self.job.stop()
        if self.proposed or self._layer(SEEDS) or self._layer(STROKES):
            self._clear()

    def _clear(self) -> None:
        self.proposed = {}
        for name in (SEEDS, STROKES, PROPOSED):
            layer = self._layer(name)
            if layer is not None:
                self._viewer.layers.remove(layer)
        self._show()


def _proposed(found: _Found) -> str:
    """Such as ``2 cells proposed in 5 frames.``; a cell that is followed is one."""
    cells = {cell for labels in found.values() for cell in np.unique(labels[labels > 0]).tolist()}
    where = "this frame" if len(found) == 1 else f"{len(found)} frames"
    return f"{count(len(cells), 'cell')} proposed in {where}."


def _frame_of(frames: Frames, t: int) -> NDArray[Any]:
    if t not in frames.span:
        raise InputError("the movie", f"it has no frame {t}", "choose another")
    return np.asarray(frames.frame(t))
