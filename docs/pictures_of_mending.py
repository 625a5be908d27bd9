"""Pictures of correcting cells, and of what learns from it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import viewer_studies as studies
from viewer_window import open_at, until

_COLONY = {"movie": "wt1", "frame": 5}


def correct(out: Path) -> None:
    """Two cells about to be split, of which the first is clicked on; then some edits."""
    from lamella.run.editing import Cut, Delete
    from lamella.run.editing.clicks import Click, Scope

    with open_at(out, studies.colony_run(), "Correct cells", **_COLONY) as opened:
        panel = opened.panel
        panel.begin()
        cells = panel.session.cells
        cell = max(cells.cells, key=lambda each: int((cells.frame(5) == each).sum()))
        places = np.argwhere(cells.frame(5) == cell)
        first, second = (Click(5, *map(float, places[n]), cell) for n in (40, -40))
        panel.tools.button("Split").click()
        panel.click(first)
        opened.zoom(1.5)
        opened.shoot("correct")
        panel.edits.why = "two cells that touch"
        panel.tools.scope = Scope.ON
        panel.click(second)
        others = sorted(c for c in cells.cells if c != cell and len(cells.frames_of(c)) > 8)
        panel.edits.why = "debris"
        panel.do(Delete(cell=others[0], first=7, last=7))
        panel.edits.why = ""
        panel.do(Cut(cell=others[1], frame=4))
        panel.tools.put_down()
        opened.shoot("correct-edits")
        panel.session.discard()


def marks(out: Path) -> None:
    """A stroke in each of five cells and on the background, and what is found from them."""
    with open_at(out, studies.colony_run(), "Seeds and strokes", movie="wt1", frame=0) as opened:
        panel = opened.panel
        truth = opened.desk.tracked().painted().frame(0)
        panel.stroke.click()
        strokes = opened.viewer.layers["strokes"]
        for cell in np.unique(truth[truth > 0]):
            y, x = (round(float(each.mean())) for each in np.nonzero(truth == cell))
            for step in range(-3, 4):
                strokes.paint((y + step // 2, x + step), strokes.selected_label)
            panel.next_cell.click()
        panel.ground.click()
        height, width = truth.shape
        for x in range(10, width - 10, 3):
            strokes.paint((8, x), strokes.selected_label)
            strokes.paint((height - 9, x), strokes.selected_label)
        panel.find_cells.click()
        until(lambda: not panel.job.busy)
        opened.viewer.layers["cells"].visible = False
        opened.viewer.layers["proposed"].contour = 1
        opened.zoom(1.5)
        opened.shoot("marks")


def teach(out: Path) -> None:
    """A model that was taught, on a held-out frame."""
    with open_at(out, studies.corrected_run(), "Learn") as opened:
        panel = opened.panel
        until(lambda: not panel.job.busy)
        panel.begin()
        until(lambda: panel.result.table.rowCount() > 0)
        panel.result.next.click()
        opened.viewer.reset_view()
        opened.shoot("teach")


PICTURES: dict[str, Callable[[Path], None]] = {"correct": correct, "marks": marks, "teach": teach}
