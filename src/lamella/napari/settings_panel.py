"""Try other settings: on the frame that is shown at once, on the movie, then into study.toml."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
from lamella.napari.parts import JobLine, MessageLine
from lamella.napari.settings_form import SettingsForm
from lamella.napari.told_work import told_work
from lamella.napari.trial_layers import TrialLayers, as_table
from lamella.report.words import number
from lamella.run.at_hand import Tell
from lamella.run.diameter import fed_by
from lamella.run.settings_draft import SettingsDraft
from lamella.run.settings_fields import tables_for
from lamella.run.stopping import Asked
from lamella.run.trial_frame import FrameTrial
from lamella.run.trial_movie import MovieTrial, try_on_movie

if TYPE_CHECKING:
    import napari.viewer

    from lamella.run.browse import OpenedMovie

_TABS = ("Segmentation", "Clumps", "Tracking", "Trust", "Lamellipodium", "Movement")


class SettingsPanel(QWidget):
    """The settings of the study, for the objects that are looked at.

    Parameters
    ----------
    viewer : napari.Viewer
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self.desk, self.layers = desk_of(viewer), TrialLayers(viewer)
        self.draft: SettingsDraft | None = None
        self.forms: dict[str, SettingsForm] = {}
        """By the name of their table, such as ``objects.cell.segment``."""
        self._set: str | None = None
        self._place: tuple[OpenedMovie | None, str | None] = (None, None)
        self._movie_trial: MovieTrial | None = None
        self._worst_frame = 0
        self.trialist = FrameTrialist(self)
        self.trialist.tried.connect(self._show)
        self.trialist.failed.connect(self._tell_failure)
        self._build(viewer)
        self.desk.run_changed.connect(self._another_run)
        self.desk.place_changed.connect(self._look)
        self.desk.labels_changed.connect(self._cells_changed)
        viewer.dims.events.current_step.connect(self._another_frame)
        self._read()

    def _build(self, viewer: napari.viewer.Viewer) -> None:
        self._title, self.tabs = QLabel(), QTabWidget()
        self.live = QCheckBox("Show the effect on this frame at once")
        self.live.setChecked(True)
        self.live.setToolTip("Layers 'trial' and 'trial lamellipodium' show what would be found")
        self.live.toggled.connect(lambda _: self._try_frame())
        self.effect, self.notes = QLabel(), MessageLine()
        self.message, self.job = MessageLine(), JobLine()
        self.effect.setWordWrap(True)
        self.effect.setToolTip("As it is → as it would be")
        self.lines = DiameterLines(viewer)
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
        self.worst.clicked.connect(lambda: setattr(self.desk, "frame", self._worst_frame))
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
        run, draft = self.desk.run, self.draft
        self._place = None, None  # what was tried is held against cells and settings of before
        same = run is not None and draft is not None and draft.file.parent == run.study.folder
        if same and draft is not None and draft.changed:
            self._look()
        else:
            self._read()

    def _read(self) -> None:
        """Read study.toml anew; changes that were not written are dropped."""
        self.draft, self._set, self._place = None, None, (None, None)
        self.message.say("")
        if self.desk.run is not None:
            try:
                self.draft = SettingsDraft(self.desk.run.study.folder)
            except LamellaError as error:
                self.message.warn(error)
        self._look()

    def _look(self) -> None:
        """Another movie or set of objects is looked at."""
        desk, draft, name = self.desk, self.draft, self.desk.object_name
        usable = draft is not None and name is not None
        if self._place != (desk.movie, name):  # else another cell of it, whose trials are the same
            self._place = desk.movie, name
            self.trialist.look_at(desk.movie, name)
            self._forget_trials()
        if desk.movie is not None:
            try:
                self.lines.look_at(desk.movie.movie.scale.pixel_size_um)
            except LamellaError as error:
                self.message.warn(error)
        for widget in (self.tabs, self.lines, self.live, self.try_movie, self.write_button):
            widget.setEnabled(usable)
        if draft is None or name is None:
            self._title.setText("Open a run, and choose a movie in the study browser.")
        elif name != self._set:
            self._fill(draft, name)
        self._changed()

    def _fill(self, draft: SettingsDraft, name: str) -> None:
        self._set = name
        self._title.setText(f"<b>{draft.file.name}</b>, objects: {name}")
        at = self.tabs.currentIndex()
        self.tabs.clear()
        self.forms = {}
        for words, table in zip(_TABS, tables_for(name), strict=True):
            form = SettingsForm(draft, table)
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
        self.try_movie.setEnabled(not faults and self.desk.movie is not None)
        self._try_frame()

    def _another_frame(self) -> None:
        self.layers.hide_frame()
        self._try_frame()

    def _try_frame(self) -> None:
        draft, desk = self.draft, self.desk
        self.trialist.give_up()
        if draft is None or desk.movie is None or draft.faults():
            self._hide_frame_trial()  # it was of other settings than these
            return
        settings = draft.settings
        if not self.live.isChecked() or settings == desk.movie.run.study.settings:
            self._hide_frame_trial()
            return
        self.effect.setText(f"{self.effect.text().removesuffix(' …')} …".strip())
        self.trialist.ask(settings, desk.frame, desk.cell, present=self._edited_frame())

    def _hide_frame_trial(self) -> None:
        self.layers.hide_frame()
        self.effect.setText("")
        self.notes.say("")

    def _edited_frame(self) -> Image | None:
        """Cells of the frame with edits that are not saved; None while nobody edits."""
        if self.desk.editing is None:  # read here: only the window's thread may ask who edits
            return None
        return painted(self.desk.editing.tracked()).frames.frame(self.desk.frame).copy()

    def _cells_changed(self, first: int, last: int) -> None:
        self.trialist.cells_changed()
        if not 0 <= last < self.desk.frame and first <= self.desk.frame:
            self._try_frame()

    def _show(self, trial: FrameTrial) -> None:
        self.layers.show_frame(trial)
        self.effect.setText(as_table(trial.changes, f"Frame {trial.frame}"))
        self.notes.say("\n".join(trial.notes))

    def _tell_failure(self, error: Exception) -> None:
        self.effect.setText("")
        self.notes.warn(error)

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
        draft, desk = self.draft, self.desk
        if draft is None or desk.movie is None or desk.object_name is None:
            return
        opened, name = desk.movie, desk.object_name
        if self.job.busy:
            self.message.warn("Another trial goes on: wait until it is done, or stop it.")
            return
        try:
            settings = draft.settings
        except LamellaError as error:
            self.message.warn(error)
            return
        self._drop_movie_trial()

        def trying(tell: Tell, stopped: Asked) -> MovieTrial:
            return try_on_movie(opened, name, settings, tell=tell, stopped=stopped)

        self.job.start(told_work(trying), done=lambda trial: self._show_movie(trial, opened, name))

    def _show_movie(self, trial: MovieTrial, opened: OpenedMovie, name: str) -> None:
        if (opened, name) != self._place:
            trial.close()
            self.job.message.say(
                f"The trial of {opened.name} is done, and put aside: you look at something else. "
                "Go there and try once more."
            )
            return
        self._movie_trial = trial
        self.layers.show_movie(trial.labels)
        told = f"Whole movie, IoU with the present cells {number(trial.mean_iou)}"
        self.job.message.say("")
        self.effect.setText(as_table(trial.changes, told))
        notes = list(trial.notes)
        if self.desk.editing is not None:
            notes.append("Compared with the cells as they were last saved.")
        self.notes.say("\n".join(notes))
        self.worst.setVisible(trial.worst is not None)
        if trial.worst is not None:
            self._worst_frame, iou = trial.worst
            self.worst.setText(f"Go to the worst frame: {self._worst_frame}, IoU {number(iou)}")

    def _forget_trials(self) -> None:
        """What was tried is of another movie, or of other objects."""
        self._hide_frame_trial()
        self._drop_movie_trial()

    def _drop_movie_trial(self) -> None:
        self.layers.remove_movie()
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
