"""A program that opens a run in a window ten times, and each time closes it amid some long work.

Given the folder of a study, its run in ``results``: ``python -m worlds.closing STUDY``.
"""

import sys
import threading
from pathlib import Path

_OPEN_MS = 400
_AMID_MS = (1, 40, 250)


def measuring(viewer, docked, out):
    from lamella.napari.desk import desk_of
    from lamella.run.editing import Delete

    correct = docked["Correct cells"]
    assert correct.begin()
    t = desk_of(viewer).frame
    cell = int(correct.session.cells.frame(t).max())
    assert correct.do(Delete(cell=cell, first=t, last=t))
    correct.saving.measures = True
    correct.save()
    assert correct.busy


def thumbnails(viewer, docked, out):
    browser = docked["Study browser"]
    browser.preset.setCurrentIndex(1)
    browser.refresh()
    browser.view.scrollToBottom()


def trial_on_the_movie(viewer, docked, out):
    docked["Settings"].start_movie()
    assert docked["Settings"].job.busy


def trial_on_the_frame(viewer, docked, out):
    panel = docked["Settings"]
    panel.forms["measure.lamellipodium"].fields["percentile"].setValue(80)
    assert panel.trialist.busy


def film(viewer, docked, out):
    made = docked["Film"]
    made.path.setText(str(out / f"{len(list(out.iterdir()))}.gif"))
    made.begin()
    assert made.job.busy


def report(viewer, docked, out):
    docked["Suspicious events"].update_button.click()
    assert docked["Suspicious events"].job.busy


def lesson(viewer, docked, out):
    docked["Learn"].look()
    assert docked["Learn"].job.busy


def seeds(viewer, docked, out):
    made = docked["Seeds and strokes"]
    made.seed.click()
    viewer.layers["seeds"].add([[0, 20, 20], [0, 60, 60]])
    made.more.setValue(8)
    made.begin()
    assert made.job.busy


def index(viewer, docked, out):
    from lamella.napari.desk import desk_of

    desk_of(viewer).run_changed.emit()


WORKS = (
    measuring, thumbnails, trial_on_the_movie, trial_on_the_frame, film, report, lesson, seeds,
    index, film,
)  # fmt: skip


def main(study):
    import napari
    from qtpy.QtCore import QTimer

    from lamella.napari.window import open_window

    out = study / "films"
    out.mkdir()
    for n, work in enumerate(WORKS):
        viewer = open_window(study / "results", movie="wt1", frame=0)
        docked = {name.split(" (")[0]: each for name, each in viewer.window.dock_widgets.items()}
        begun = []

        def begin(work=work, viewer=viewer, docked=docked, n=n, begun=begun):
            begun.append(work)
            try:
                work(viewer, docked, out)
            finally:
                QTimer.singleShot(_AMID_MS[n % len(_AMID_MS)], viewer.close)

        QTimer.singleShot(_OPEN_MS, begin)
        napari.run()
        assert begun
        sys.stdout.write(f"closed amid {work.__name__}\n")
    # Dummies are threads of Qt, which ends them when they had nothing to do for a while.
    idle = (threading.main_thread(), *(t for t in threading.enumerate() if "Dummy" in t.name))
    left = [each.name for each in threading.enumerate() if each not in idle]
    sys.stdout.write(f"left: {left}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
