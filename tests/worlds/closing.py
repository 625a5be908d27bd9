"""A program that opens a run in a window, and closes it amid some long work; then for the next one.

Given the folder of a study, its run in ``results``, some frames of it corrected, and names of
`WORKS`: ``python -m worlds.closing STUDY measuring film``.
"""

import gc
import sys
import threading
import time
from pathlib import Path

_OPEN_MS, _LOOK_S = 100, 30


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
    browser.choices.preset.setCurrentIndex(1)
    browser.refresh()
    pictures = browser._pictures[-1]
    cells = browser.index.table[["movie", "object", "cell"]]
    for movie, name, cell in cells.itertuples(index=False):  # as a view does that shows them all
        pictures.of((str(movie), str(name), int(cell)))
    assert pictures._wishes.open


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


def training(viewer, docked, out):
    from qtpy.QtWidgets import QApplication

    learn, until = docked["Learn"], time.monotonic() + _LOOK_S
    while learn.job.busy and time.monotonic() < until:
        QApplication.processEvents()
    learn.begin()
    assert learn.job.busy


WORKS = {
    "measuring": (measuring, 1),
    "thumbnails": (thumbnails, 40),
    "trial on the movie": (trial_on_the_movie, 250),
    "trial on the frame": (trial_on_the_frame, 1),
    "film": (film, 40),
    "report": (report, 250),
    "lesson": (lesson, 1),
    "seeds": (seeds, 40),
    "index": (index, 250),
    "training": (training, 250),
}
"""What is under way, and after how many ms of it the window is closed."""


def main(study, names):
    import napari
    from qtpy.QtCore import QTimer

    from lamella.napari.window import open_window

    out = study / "films"
    out.mkdir()
    gc.freeze()  # what was imported is not looked through again at every closing
    faults = []
    for name in names:
        work, amid_ms = WORKS[name]
        viewer = open_window(study / "results", movie="wt1", frame=0)
        docks = viewer.window.dock_widgets.items()
        docked = {title.split(" (")[0]: each for title, each in docks}
        begun = []

        def begin(work=work, viewer=viewer, docked=docked, amid_ms=amid_ms, begun=begun):
            begun.append(work)
            try:
                work(viewer, docked, out)
            except Exception as error:  # napari would show it, and go on
                faults.append(f"{work.__name__}: {error!r}")
            finally:
                QTimer.singleShot(amid_ms, viewer.close)

        QTimer.singleShot(_OPEN_MS, begin)
        napari.run()
        assert begun
        sys.stdout.write(f"closed amid {name}\n")
    # Dummies are threads of Qt, which ends them when they had nothing to do for a while.
    idle = (threading.main_thread(), *(t for t in threading.enumerate() if "Dummy" in t.name))
    left = [each.name for each in threading.enumerate() if each not in idle]
    sys.stdout.write(f"left: {left}\n")
    sys.exit("\n".join(faults) or None)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
