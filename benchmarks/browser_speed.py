"""How fast a study of 10 000 cells opens in the study browser, beside a table filled at once.

Needs a screen (or `xvfb-run`). Every way of opening runs in processes of its own, in turns.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

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
            many_cells(Path(folder) / "study", movies=movies, cells_each=each)
            pairs = [
                [_measured(Path(folder) / "study/results", way) for way in ("Lamella", "table")]
                for _ in range(ROUNDS)
            ]
        ours, theirs = (statistics.median(times) for times in zip(*pairs, strict=True))
        ratio = statistics.median(table / lamella for lamella, table in pairs)
        lines.append(f"| {name} | {ours:.2f} | {theirs:.2f} | {ratio:.1f} | < 2 s |")
    return lines


def _measured(run: Path, way: str) -> float:
    command = [sys.executable, "-c", _CHILD, str(run), way]
    if not os.environ.get("DISPLAY"):
        command = ["xvfb-run", "-a", "-s", "-screen 0 1600x1000x24", *command]
    with tempfile.TemporaryDirectory() as settings:
        env = os.environ | {"NAPARI_CONFIG": f"{settings}/napari.yaml"}
        done = subprocess.run(
            command, env=env, capture_output=True, text=True, check=True, timeout=300
        )
    return float(json.loads(done.stdout.splitlines()[-1]))
