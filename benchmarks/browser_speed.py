"""How fast a study of 10 000 cells opens in the study browser, beside a table filled at once.

Needs a screen (or `xvfb-run`). Every way of opening runs in processes of its own, in turns.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

from in_a_window import measured

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

STUDIES = {"200 movies of 50 cells": (200, 50), "10 000 movies of one cell": (10_000, 1)}
ROUNDS = 5

_CHILD = """
import json, sys, time
from pathlib import Path
import pandas as pd
import napari
from qtpy.QtWidgets import QApplication, QTableWidget, QTableWidgetItem
from lamella.napari.browser import StudyBrowser
from lamella.napari.desk import desk_of
run, way = Path(sys.argv[1]), sys.argv[2]
viewer = napari.Viewer(show=False)
viewer.show()
desk = desk_of(viewer)
QApplication.processEvents()
start = time.perf_counter()
if way == "Lamella":
    widget = StudyBrowser(viewer)
    viewer.window.add_dock_widget(widget, area="right")
    desk.open_run(run)
    assert widget.model.rowCount() == 3 and len(widget.index) == 10_000
else:
    cells = pd.read_parquet(run / "tables/cells.parquet")
    widget = QTableWidget(*cells.shape)
    for column, name in enumerate(cells):
        for row, value in enumerate(cells[name]):
            widget.setItem(row, column, QTableWidgetItem(str(value)))
    viewer.window.add_dock_widget(widget, area="right")
for _ in range(5):
    QApplication.processEvents()
print(json.dumps(time.perf_counter() - start), flush=True)
import os
os._exit(0)
"""


def browsing() -> list[str]:
    """From the call until the list is painted."""
    from worlds.run_folders import many_cells  # of the tests

    lines = [
        "Tables of 10 000 cells in a docked window of napari, from the call until it is painted "
        f"(medians of {ROUNDS} processes each, in turns). The other way reads the same table and "
        "puts every value into a `QTableWidget`, without pictures, conditions or events.",
        "",
        "| study | Lamella (s) | all at once (s) | all at once ÷ Lamella | target |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, (movies, each) in STUDIES.items():
        with tempfile.TemporaryDirectory() as folder:
            run = many_cells(Path(folder) / "study", movies=movies, cells_each=each) / "results"
            pairs = [
                [measured(_CHILD, run, way, most_s=300) for way in ("Lamella", "table")]
                for _ in range(ROUNDS)
            ]
        ours, theirs = (statistics.median(times) for times in zip(*pairs, strict=True))
        ratio = statistics.median(table / lamella for lamella, table in pairs)
        lines.append(f"| {name} | {ours:.2f} | {theirs:.2f} | {ratio:.1f} | < 2 s |")
    return lines
