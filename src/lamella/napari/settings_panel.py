"""Try other settings: on the frame that is shown at once, on the movie, then into study.toml."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from napari.utils.colormaps import DirectLabelColormap
from qtpy.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from lamella.core.errors import LamellaError
from lamella.core.frames import Image
from lamella.measure import painted
from lamella.napari.desk import desk_of
from lamella.napari.diameter_lines import DiameterLines
from lamella.napari.diff_dialog import DiffDialog
from lamella.napari.frame_trial import FrameTrialist
from lamella.napari.lazy import LazyStack
from lamella.napari.looks import laid_on_movie
from lamella.napari.parts import JobLine, MessageLine
from lamella.napari.settings_form import SettingsForm
from lamella.napari.told_work import told_work
from lamella.report.words import number
from lamella.run.diameter import fed_by
from lamella.run.settings_draft import SettingsDraft
from lamella.run.settings_fields import tables_for
from lamella.run.trial_frame import Change, FrameTrial
from lamella.run.trial_movie import MovieTrial, try_on_movie

if TYPE_CHECKING:
    import napari.viewer

TRIAL, TRIAL_LAMELLIPODIUM, TRIAL_MOVIE = "trial", "trial lamellipodium", "trial, whole movie"
_TABS = ("Segmentation", "Clumps", "Tracking", "Trust", "Lamellipodium", "Movement")
_CELLS = (0.9, 0.15, 0.75, 1.0)
_LAMELLIPODIUM = (1.0, 0.85, 0.1, 0.8)


class SettingsPanel(QWidget):
    """The settings of the study, for the objects that are looked at.

    Parameters
    ----------
    viewer : napari.Viewer
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self._viewer, self._desk = viewer, desk_of(viewer)
        self.draft: SettingsDraft | None = None
        self.forms: dict[str, SettingsForm] = {}
        """By the name of their table, such as ``objects.cell.segment``."""
        self._set: str | None = None
        self._movie_trial: MovieTrial | None = None
        self._worst_frame = 0
        self.trialist = FrameTrialist(self)
        self.trialist.tried.connect(self._show)
        self.trialist.failed.connect(self._tell_failure)
        self._build()
        self._desk.run_changed.connect(self._another_run)
        self._desk.place_changed.connect(self._look)
        self._desk.labels_changed.connect(self._cells_changed)
        viewer.dims.events.current_step.connect(self._another_frame)
        self._read()

    def _build(self) -> None:
        self._title, self.tabs = QLabel(), QTabWidget()
        self.live = QCheckBox("Show the effect on this frame at once")
        self.live.setChecked(True)
        self.live.setToolTip("Layers 'trial' and 'trial lamellipodium' show what would be found")
        self.live.toggled.connect(lambda _: self._try_frame())
        self.effect, self.notes = QLabel(), MessageLine()
        self.message, self.job = MessageLine(), JobLine()
        self.effect.setWordWrap(True)
        self.effect.setToolTip("As it is → as it would be")
        self.lines = DiameterLines(self._viewer)
        self.lines.wanted.connect(self.use_diameter)
        self.try_movie = QPushButton("Try on this movie")
        self.try_movie.setToolTip("Process the whole movie with these settings, beside the run")
        self.write_button = QPushButton("Write to study.toml…")
        self.write_button.setToolTip("Show which lines would change, then write them")
        self.undo_button = QPushButton("Undo all")
        self.undo_button.setToolTip("Back to what stands in study.toml, read again")
        self.worst = QPushButton("Go to the worst frame")
        self.worst.setToolTip("Where the trial and the present cells agree least")
        self.worst.hide()
        self.try_movie.clicked.connect(self.start_movie)
        self.write_button.clicked.connect(self.ask)
        self.undo_button.clicked.connect(self._read)
        self.worst.clicked.connect(lambda: setattr(self._desk, "frame", self._worst_frame))
        buttons = QHBoxLayout()
        for button in (self.try_movie, self.write_button, self.undo_button):
            buttons.addWidget(button)
        rows = QVBoxLayout(self)
        rows.addWidget(self._title)
        rows.addWidget(self.tabs, 1)
        for above in (self.lines, self.live, self.effect, self.notes):
            rows.addWidget(above)
        rows.addLayout(buttons)
        for below in (self.job, self.worst, self.message):
            rows.addWidget(below)
        self.setMinimumWidth(400)

    def _another_run(self) -> None:
        """Tables that were written anew take nobody's unwritten settings away."""
        run, draft = self._desk.run, self.draft
        same = run is not None and draft is not None and draft.file.parent == run.study.folder
        if same and draft is not None and draft.changed:
            self._look()
        else:
            self._read()

    def _read(self) -> None:
        """Read study.toml anew; changes that were not written are dropped."""
        self.draft, self._set = None, None
        self.message.say("")
        if self._desk.run is not None:
            try:
                self.draft = SettingsDraft(self._desk.run.study.folder)
            except LamellaError as error:
                self.message.warn(error)
        self._look()

    def _look(self) -> None:
        """Another movie or set of objects is looked at."""
        desk = self._desk
        usable = self.draft is not None and desk.object_name is not None
        self.trialist.look_at(desk.movie, desk.object_name)
        self._drop_movie_trial()
        if desk.movie is not None:
            try:
                self.lines.pixel_size_um = desk.movie.movie.scale.pixel_size_um
            except LamellaError as error:
                self.message.warn(error)
        for widget in (self.tabs, self.lines, self.live, self.try_movie, self.write_button):
            widget.setEnabled(usable)
        if not usable:
            self._title.setText("Open a run, and choose a movie in the study browser.")
        elif desk.object_name != self._set:
            self._fill()
        self._changed()

    def _fill(self) -> None:
        assert self.draft is not None and self._desk.object_name is not None  # noqa: S101, PT018
        self._set = self._desk.object_name
        self._title.setText(f"<b>{self.draft.file.name}</b>, objects: {self._set}")
        at = self.tabs.currentIndex()
        self.tabs.clear()
        self.forms = {}
        for words, table in zip(_TABS, tables_for(self._set), strict=True):
            form = SettingsForm(self.draft, table)
            form.changed.connect(self._changed)
            self.forms[table.name] = form
            scrolled = QScrollArea()
            scrolled.setWidgetResizable(True)
            scrolled.setFrameShape(QScrollArea.Shape.NoFrame)
            scrolled.setWidget(form)
            self.tabs.addTab(scrolled, words)
            self.tabs.setTabToolTip(self.tabs.count() - 1, f"{table.title}: [{table.name}]")
        self.tabs.setCurrentIndex(max(0, at))

    def _changed(self) -> None:
        """A setting was changed: mark what is wrong, else try it."""
        draft = self.draft
        if draft is None or self._set is None:
            return
        faults = draft.faults()
        for name, form in self.forms.items():
            told = {
                fault.where.rpartition("] ")[2] for fault in faults if f"[{name}]" in fault.where
            }
            form.mark(told)
        self.message.say("")
        if faults:
            self.message.warn("\n".join(map(str, faults)))
        self.write_button.setEnabled(draft.changed and not faults)
        self.try_movie.setEnabled(not faults and self._desk.movie is not None)
        self._try_frame()

    def _another_frame(self) -> None:
        for name in (TRIAL, TRIAL_LAMELLIPODIUM):
            if name in self._viewer.layers:
                self._viewer.layers[name].visible = False  # it is of another frame
        self._try_frame()

    def _try_frame(self) -> None:
        draft, desk = self.draft, self._desk
        self.trialist.give_up()
        if draft is None or desk.movie is None or draft.faults():
            return
        settings = draft.settings
        if not self.live.isChecked() or settings == desk.movie.run.study.settings:
            self._remove(TRIAL, TRIAL_LAMELLIPODIUM)
            self.effect.setText("")
            self.notes.say("")
            return
        self.effect.setText(f"{self.effect.text().removesuffix(' …')} …".strip())
        self.trialist.ask(settings, desk.frame, desk.cell, present=self._edited_frame())

    def _edited_frame(self) -> Image | None:
        """Cells of the frame with edits that are not saved; None while nobody edits."""
        if self._desk.editing is None:  # read here: only the window's thread may ask who edits
            return None
        return painted(self._desk.editing.tracked()).frames.frame(self._desk.frame).copy()

    def _cells_changed(self, first: int, last: int) -> None:
        self.trialist.cells_changed()
        if not 0 <= last < self._desk.frame and first <= self._desk.frame:
            self._try_frame()

    def _show(self, trial: FrameTrial) -> None:
        self._layer(TRIAL, _in_16_bits(trial.labels), _CELLS, contour=2)
        lamellipodium = _in_16_bits(trial.lamellipodium)
        self._layer(TRIAL_LAMELLIPODIUM, lamellipodium, _LAMELLIPODIUM, contour=0)
        self.effect.setText(_as_table(trial.changes, f"Frame {trial.frame}"))
        self.notes.say("\n".join(trial.notes))

    def _tell_failure(self, error: Exception) -> None:
        self.effect.setText("")
        self.notes.warn(error)

    def _layer(self, name: str, labels: Any, colour: tuple[float, ...], *, contour: int) -> None:
        """A 2-D layer over the frame that is shown; the one of this name is used again."""
        if name in self._viewer.layers:
            layer = self._viewer.layers[name]
            layer.data, layer.visible = labels, True
            return
        chosen = list(self._viewer.layers.selection)
        layer = self._viewer.add_labels(
            labels,
            name=name,
            colormap=DirectLabelColormap(color_dict={None: colour, 0: (0, 0, 0, 0)}),
            opacity=0.9 if contour else 0.35,
            **laid_on_movie(self._viewer, ndim=labels.ndim),
        )
        layer.contour, layer.editable = contour, False
        self._viewer.layers.selection = set(chosen) or {layer}

    def _remove(self, *names: str) -> None:
        for name in names:
            if name in self._viewer.layers:
                self._viewer.layers.remove(name)

    def use_diameter(self, diameter_px: float) -> None:
        """Put a measured diameter into the settings that go by one."""
        if self.draft is None or self._set is None or self.draft.faults():
            return
        fed = fed_by(self.draft.settings.objects[self._set], diameter_px)
        if not fed:
            self.message.say(
                "The chosen methods go by no diameter: segmentation with cellpose does "
                "(diameter_px), and splitting of clumps (half_width_px)."
            )
            return
        for (table, name), value in fed.items():
            self.draft.set_value(("objects", self._set, table), name, value)
            self.forms[f"objects.{self._set}.{table}"].show_draft()
        self._changed()

    def start_movie(self) -> None:
        """Process the movie with these settings in the background."""
        draft, desk = self.draft, self._desk
        if draft is None or desk.movie is None or desk.object_name is None:
            return
        opened, name = desk.movie, desk.object_name
        try:
            settings = draft.settings
        except LamellaError as error:
            self.message.warn(error)
            return
        self._drop_movie_trial()
        work = told_work(lambda tell: try_on_movie(opened, name, settings, tell=tell))
        self.job.start(work, done=self._show_movie)

    def _show_movie(self, trial: MovieTrial) -> None:
        self._movie_trial = trial
        self._layer(TRIAL_MOVIE, LazyStack(trial.labels), (0.1, 0.8, 0.4, 1.0), contour=2)
        told = f"Whole movie, IoU with the present cells {number(trial.mean_iou)}"
        self.job.message.say("")
        self.effect.setText(_as_table(trial.changes, told))
        notes = list(trial.notes)
        if self._desk.editing is not None:
            notes.append("Compared with the cells as they were last saved.")
        self.notes.say("\n".join(notes))
        self.worst.setVisible(trial.worst is not None)
        if trial.worst is not None:
            self._worst_frame, iou = trial.worst
            self.worst.setText(f"Go to the worst frame: {self._worst_frame}, IoU {number(iou)}")

    def _drop_movie_trial(self) -> None:
        self._remove(TRIAL_MOVIE)
        self.worst.hide()
        if self._movie_trial is not None:
            self._movie_trial.close()
            self._movie_trial = None

    def ask(self) -> None:
        """Show which lines of study.toml would change, and write them if that is wanted."""
        if self.draft is None:
            return
        try:
            self.dialog = DiffDialog(self.draft.diff, parent=self)
        except LamellaError as error:
            self.message.warn(error)
            return
        self.dialog.accepted.connect(self.write)
        self.dialog.open()

    def write(self) -> None:
        """Write the changed settings into study.toml."""
        if self.draft is None:
            return
        try:
            self.draft.write()
        except LamellaError as error:
            self.message.warn(error)
            return
        self._changed()
        self.message.say(
            f"Written to {self.draft.file}. The results are still those of the last run; "
            f"to make them anew: lamella run {self.draft.file.parent}"
        )


def _as_table(changes: tuple[Change, ...], head: str) -> str:
    """Numbers as they are and as they would be, in words."""
    rows = []
    for change in changes:
        before, after = (number(_whole(v)) for v in (change.before, change.after))
        told = before if before == after else f"{before} → <b>{after}</b>"
        rows.append(f"<tr><td>{change.what}&nbsp;&nbsp;</td><td>{told}</td></tr>")
    return f"<p><b>{head}</b>: present → trial</p><table>{''.join(rows)}</table>"


def _in_16_bits(labels: Any) -> Any:
    """Labels of one type for all layers: napari compiles its colours anew for every other type."""
    most = np.iinfo(np.uint16).max
    wrapped = (labels.astype(np.int64) - 1) % most + 1  # neighbours stay apart, 0 stays 0
    return np.where(labels > 0, wrapped, 0).astype(np.uint16)


def _whole(value: float) -> float:
    return int(value) if np.isfinite(value) and float(value).is_integer() else value
