"""The widget Film: what is looked at as MP4, GIF, or a strip of frames for a paper."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from lamella.core.errors import LamellaError
from lamella.napari.desk import desk_of, layers_of
from lamella.napari.parts import JobLine, MessageLine, Work
from lamella.napari.told_work import told_work
from lamella.run.at_hand import Tell
from lamella.run.browse.film import FILMS, STRIPS, Film, Filmed, film_run
from lamella.run.browse.roles import OWN_TRACK, POLARITY, ROLES, TRACK
from lamella.run.stopping import Asked

if TYPE_CHECKING:
    import napari.viewer

    from lamella.run.browse import OpenedMovie

_KINDS = {
    "film for slides (.mp4)": ".mp4",
    "film that plays anywhere (.gif)": ".gif",
    "strip of frames (.png, 300 dpi)": ".png",
    "strip of frames (.svg)": ".svg",
}
_BY_ITSELF = "by itself"


class FilmWidget(QWidget):
    """Writes the cell, or the field, that is looked at, with the layers that are switched on.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Written out in full in the signature: napari knows by this what to hand over.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self._viewer, self.desk = viewer, desk_of(viewer)
        self._asked: Path | None = None  # a file that the dialog may replace, since it asked
        self.kind = QComboBox()
        self.kind.addItems(list(_KINDS))
        self.kind.setToolTip("MP4 for slides and journals, GIF for web pages, strips for figures")
        self.closely = QCheckBox("the cell alone, closely")
        self.closely.setChecked(True)
        self.closely.setToolTip("Off: the whole field of view")
        self.follow = QCheckBox("window goes with the cell")
        self.follow.setToolTip("Off: the window stands still around the whole way of the cell")
        self.first, self.last, self.every = QSpinBox(), QSpinBox(), QSpinBox()
        self.every.setRange(0, 1000)
        self.every.setSpecialValueText(_BY_ITSELF)
        self.first.setToolTip("First frame of the film, from 0")
        self.last.setToolTip("Last frame of the film")
        self.every.setToolTip(
            "2 = only every second frame; by itself: all in a film, eight in a strip"
        )
        self.fps = QDoubleSpinBox()
        self.fps.setRange(0.5, 60)
        self.fps.setValue(10)
        self.fps.setSuffix(" pictures/s")
        self.fps.setToolTip("How fast the film runs")
        self.um_bar = QDoubleSpinBox()
        self.um_bar.setRange(0, 10_000)
        self.um_bar.setSuffix(" µm")
        self.um_bar.setSpecialValueText(_BY_ITSELF)
        self.um_bar.setToolTip("Length of the scale bar; by itself: a round number that fits")
        self.times = QCheckBox("time on every picture")
        self.times.setChecked(True)
        self.times.setToolTip("Writes the time since the first frame of the movie")
        self.path = QLineEdit()
        self.path.setToolTip("File to write")
        self.choose, self.write = QPushButton("Save as …"), QPushButton("Write")
        self.choose.setToolTip("Choose where the file goes")
        self.write.setToolTip("Draw and write it; the window can be used meanwhile")
        self.job, self.message = JobLine(), MessageLine()
        self._lay_out()
        self.choose.clicked.connect(self._ask)
        self.write.clicked.connect(self.begin)
        self.kind.currentTextChanged.connect(self._fit_name)
        self.desk.place_changed.connect(self._fit)
        self._fit()

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for words, widget in (
            ("Write", self.kind), ("Show", self.closely), ("", self.follow),
            ("From frame", self.first), ("to frame", self.last), ("every", self.every),
            ("Speed", self.fps), ("Scale bar", self.um_bar), ("", self.times),
            ("File", self.path), ("", self.choose), ("", self.write),
        ):  # fmt: skip
            form.addRow(words, widget)
        rows = QVBoxLayout(self)
        rows.addLayout(form)
        rows.addWidget(self.job)
        rows.addWidget(self.message)
        rows.addStretch(1)

    def settings(self) -> Film:
        """What the form says, with the layers that are switched on in the window."""
        layers = layers_of(self._viewer)
        shown = [role for role in ROLES if role != POLARITY and _visible(layers.of_role(role))]
        if any(
            _visible(layer)
            for layer in self._viewer.layers
            if str(layer.metadata.get("lamella", {}).get("role", "")).startswith(POLARITY)
        ):
            shown.append(POLARITY)
        if self.closely.isChecked() and _visible(layers.of_role(OWN_TRACK)):
            shown.append(TRACK)
        return Film(
            frames=f"{self.first.value()}:{self.last.value() + 1}",
            every=self.every.value() or None,
            layers=tuple(role for role in ROLES if role in shown),
            um_bar=self.um_bar.value() or None,
            fps=self.fps.value(),
            follow=self.follow.isChecked(),
            times=self.times.isChecked(),
        )

    def begin(self) -> None:
        """Write the file, in a thread of its own."""
        self.message.say("")
        movie = self.desk.movie
        if movie is None:
            self.message.warn("No movie of a run is open: lamella film MOVIE does it without one.")
            return
        if not self.path.text().strip():
            self._ask()
            if not self.path.text().strip():
                return
        out = Path(self.path.text().strip()).expanduser()
        if out.exists() and out != self._asked:
            self.message.warn(f"{out} is there already: Save as … asks whether to replace it.")
            return
        cell = self.desk.cell if self.closely.isChecked() else None
        try:
            given = movie, out, self.settings(), self.desk.object_name, cell
            work = _filming(*given, force=out == self._asked)
        except LamellaError as error:
            self.message.warn(error)
            return
        if self.job.start(work, done=self._tell):
            self._asked = None  # it was asked for this one film

    def _tell(self, done: Filmed) -> None:
        bar = "" if done.bar_um is None else f", scale bar {done.bar_um:g} µm"
        self.message.say(f"Written: {done.path} ({done.n_frames} frames{bar})")

    def _ask(self) -> None:
        suffix = self._suffix
        name, _ = QFileDialog.getSaveFileName(
            self, "Write film", self.path.text(), f"*{suffix}"
        )  # it asks before it replaces a file
        if name:
            chosen = Path(name)
            self._asked = chosen if chosen.suffix == suffix else None
            self.path.setText(str(chosen.with_suffix(suffix)))

    @property
    def _suffix(self) -> str:
        return _KINDS[self.kind.currentText()]

    def _fit_name(self) -> None:
        text = self.path.text()
        if text and Path(text).suffix.lower() in FILMS + STRIPS:
            self.path.setText(str(Path(text).with_suffix(self._suffix)))

    def _fit(self) -> None:
        movie = self.desk.movie
        if movie is None:
            return
        try:
            n_frames = movie.movie.n_frames
        except LamellaError as error:
            self.message.warn(error)
            return
        whole = self.last.value() in (0, self.last.maximum())
        for box in (self.first, self.last):
            box.setRange(0, n_frames - 1)
        if whole:
            self.last.setValue(n_frames - 1)
        cell = "" if self.desk.cell is None else f"_cell{self.desk.cell}"
        folder = Path(self.path.text()).parent if self.path.text() else Path.home()
        self.path.setText(str(folder / f"{movie.name}{cell}{self._suffix}"))


def _visible(layer: object) -> bool:
    return bool(getattr(layer, "visible", False))


def _filming(
    movie: OpenedMovie,
    out: Path,
    film: Film,
    object_name: str | None,
    cell: int | None,
    *,
    force: bool,
) -> Work:
    """The film in steps: it can be stopped after each picture.

    The file appears when all is written; until then, and where it was stopped, nothing is there.
    """

    def filming(tell: Tell, stopped: Asked) -> Filmed:
        tell("drawing", 0, 0)
        return film_run(
            movie,
            out,
            film,
            object_name=object_name,
            cell=cell,
            force=force,
            advance=lambda done, total: tell(f"frame {done} of {total}", done, total),
            stopped=stopped,
        )

    return told_work(filming)
