"""Teach from corrections: one button trains, the held-out frames decide, a person accepts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import napari.viewer
from qtpy.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QMessageBox,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from lamella.napari.before_after import BeforeAfter
from lamella.napari.desk import desk_of
from lamella.napari.loss_curve import LossCurve
from lamella.napari.parts import JobLine, Step, Work
from lamella.run.learn import (
    Effort,
    Lesson,
    NetworkName,
    Proposal,
    Training,
    accept,
    forget,
    lesson_of,
    network_for,
    proposals_of,
    reject,
    uses,
)
from lamella.run.study import Study, open_study

_FITS = "the one that fits"
_NETWORKS: dict[NetworkName, str] = {"recurrent": "the recurrent network", "cellpose": "Cellpose"}
_EFFORTS: dict[str, Effort] = {"quick": "quick", "thorough": "thorough"}
_WIDTH_PX = 390


class Learn(QWidget):
    """What there is to learn from, a button that trains, and what came of it.

    Parameters
    ----------
    viewer : napari.Viewer
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self.desk = desk_of(viewer)
        self.lesson: Lesson | None = None
        self.options: tuple[str, ...] = ()
        """Further settings of the training, ``key=value`` as `lamella train` takes them."""
        self._build(viewer)
        self._now: Training | None = None
        self._look_again = False
        self.job.stepped.connect(self._hear)
        self.desk.run_changed.connect(self.look)
        self.desk.corrections_saved.connect(self.look)
        self.look()

    def _build(self, viewer: napari.viewer.Viewer) -> None:
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.again = QPushButton("Look again")
        self.again.setToolTip("Count the corrected frames anew, after more were saved")
        self.again.clicked.connect(self.look)
        self.objects, self.learner, self.effort = QComboBox(), QComboBox(), QComboBox()
        self.objects.setToolTip("The set of objects whose corrections are learnt from")
        self.objects.currentTextChanged.connect(lambda _: self.look())
        self.learner.addItem(_FITS, None)
        for network, words in _NETWORKS.items():
            self.learner.addItem(words, network)
        self.learner.setToolTip(
            "The network that learns. By itself the one that finds the cells now. Thresholds and "
            "motion cannot learn: then the recurrent network that comes with Lamella learns in "
            "their place"
        )
        self.learner.currentIndexChanged.connect(lambda _: self.look())
        self.effort.addItems(list(_EFFORTS))
        self.effort.setToolTip("quick: a few minutes, to see whether it helps; thorough: longer")
        self.train = QPushButton("Train")
        self.train.setToolTip(
            "Teach a copy of the network from the corrected frames, in a process of its own. "
            "Nothing changes in the study before you accept"
        )
        self.train.clicked.connect(self.begin)
        self.job, self.curve = JobLine(), LossCurve()
        self.job.ended.connect(self._settle)
        self.result = BeforeAfter(viewer, self.desk)
        self.result.accepted.connect(self._accept)
        self.result.rejected.connect(self._reject)
        self.result.forgotten.connect(self._forget)
        self.setMinimumWidth(_WIDTH_PX)
        form = QFormLayout()
        form.addRow("Objects", self.objects)
        form.addRow("Learns", self.learner)
        form.addRow("How long", self.effort)
        buttons = QHBoxLayout()
        buttons.addWidget(self.train, 1)
        buttons.addWidget(self.again)
        rows = QVBoxLayout(self)
        rows.addWidget(self.words)
        rows.addLayout(form)
        rows.addLayout(buttons)
        for each in (self.job, self.curve, self.result):
            rows.addWidget(each)
        rows.addStretch(1)

    def look(self) -> None:
        """Count what there is to learn from, and show the newest model."""
        self._look_again = self.job.busy
        if self.job.busy:  # whatever is chosen or saved meanwhile is looked at when that has ended
            return
        run = self.desk.run
        if run is None:
            self._cannot("Open a run first.")
            self.result.set_proposals([])
            return
        names = list(run.study.settings.objects)
        if [self.objects.itemText(n) for n in range(self.objects.count())] != names:
            self.objects.blockSignals(True)
            self.objects.clear()
            self.objects.addItems(names)
            self.objects.setCurrentText(self.desk.object_name or names[0])
            self.objects.blockSignals(False)
        name, network = self.objects.currentText(), self.learner.currentData()

        def looking() -> Work:
            yield Step(0, 0, "looking for corrected frames")
            return lesson_of(run, name, network=network)

        self.lesson = None
        self.job.start(looking(), done=self._show_lesson)
        self._allow()
        self._show_proposals()

    def begin(self) -> None:
        """Train."""
        if self.lesson is None:
            return
        training = Training(
            self.lesson, effort=_EFFORTS[self.effort.currentText()], options=self.options
        )
        self.curve.show_losses(())
        self._now = training
        self.job.start(self._training(training), done=self._trained)
        self._allow()

    def _training(self, training: Training) -> Work:
        """Ends with the widget, also where the program lives on, as in a notebook."""
        steps, gone = training.steps(), self.job.gone
        try:
            while not gone.is_set():
                told = next(steps)
                yield Step(told.done, told.total, told.words)
        except StopIteration as end:
            return end.value
        finally:
            steps.close()

    def _settle(self) -> None:
        """Work has ended: another run, or others of its cells, may have been chosen meanwhile."""
        if not self.result.isEnabled():  # decided on, or deleted, or a part of it
            self.result.setEnabled(True)
            self._show_proposals()
        if self._look_again:
            told = self.job.message.text()  # how it ended: nobody may have read it yet
            self.look()
            self.job.message.setText(told)
            self.job.message.setVisible(bool(told))
        self._allow()

    def _hear(self) -> None:
        if self._now is not None and len(self._now.losses) > len(self.curve.losses):
            self.curve.show_losses(self._now.losses)

    def _allow(self) -> None:
        """Train, where there is something to learn from and nothing else goes on."""
        self.train.setEnabled(
            self.lesson is not None and not self.lesson.faults and not self.job.busy
        )

    def _show_lesson(self, lesson: Lesson) -> None:
        self.lesson = lesson
        self.learner.setItemText(
            0, f"{_FITS}: {_NETWORKS[network_for(lesson.run, lesson.object_name)]}"
        )
        lacking = lesson.lacking
        said = [lesson.held_out, lesson.hint] if lacking is None else [_sentence(lacking.remedy)]
        self.words.setText("\n\n".join(each for each in (lesson.words, *said) if each))
        self._allow()
        if lesson.missing:
            self.job.message.warn("\n".join(map(str, lesson.missing)))

    def _cannot(self, words: str) -> None:
        self.lesson = None
        self.words.setText(words)
        self._allow()

    def _trained(self, proposal: Proposal) -> None:
        losses = proposal.losses[["epoch", "train_loss", "held_out_loss"]]
        self.curve.show_losses([(int(a), float(b), float(c)) for a, b, c in losses.to_numpy()])
        self.job.message.say(f"The new model is {_place(proposal)}. Nothing uses it yet.")
        self._show_proposals()

    def _show_proposals(self) -> None:
        run = self.desk.run
        if run is not None:
            self.result.set_proposals(proposals_of(run.study, self.objects.currentText()))

    def _accept(self, proposal: Proposal) -> None:
        def accepting(study: Study) -> tuple[Study, str]:
            return accept(proposal, study), (
                f"study.toml uses the new model now. To segment with it: lamella run "
                f"{study.folder}. Frames corrected by hand stay as they are."
            )

        self._decide("accept the model", accepting)

    def _reject(self, proposal: Proposal) -> None:
        def rejecting(study: Study) -> tuple[Study, str]:
            used = uses(study, proposal)
            follows = "study.toml is as it was before" if used else "nothing uses it"
            told = f"Rejected. It is kept as {_place(proposal)}; {follows}."
            return reject(proposal, study), told

        self._decide("reject the model", rejecting)

    def _decide(self, words: str, deed: Callable[[Study], tuple[Study, str]]) -> None:
        """In the background: weights are large, and are held against their card.

        The movie that is looked at, and edits of it, stay open.
        """
        run = self.desk.run
        if run is None:
            return

        def deciding() -> Work:
            yield Step(0, 0, words)
            return deed(open_study(run.study.folder))

        def decided(told: tuple[Study, str]) -> None:
            run.study, said = told
            self.desk.run_changed.emit()
            self._show_proposals()
            self.result.message.say(said)

        self._start_alone(deciding(), decided)

    def _start_alone(self, work: Work, done: Callable[[Any], None]) -> None:
        """Nobody decides on a model while that is being done."""
        if not self.job.start(work, done=done):
            self.job.message.warn("Something else goes on: wait until it is done, or stop it.")
            return
        self.result.setEnabled(False)
        self._allow()

    def _forget(self, proposal: Proposal) -> None:
        run = self.desk.run
        asked = QMessageBox.question(
            self, "Delete the model?", f"{proposal.folder} will be deleted for good."
        )
        if run is None or asked != QMessageBox.StandardButton.Yes:
            return
        self._delete(proposal, run.study.folder)

    def _delete(self, proposal: Proposal, study: Path) -> None:
        """In the background: what a long training left is large."""

        def deleting() -> Work:
            yield Step(0, 0, f"delete {proposal.folder.name}")
            forget(proposal, open_study(study))

        self._start_alone(deleting(), lambda _: self.job.message.say("Deleted."))


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."


def _place(proposal: Proposal) -> str:
    """Where a model lies, as a person finds it."""
    return f"{proposal.folder.parent.name}/{proposal.folder.name} in the study’s folder"
