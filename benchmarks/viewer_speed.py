"""How fast a movie of 4 GB opens in the viewer and is scrubbed, beside napari's own reader.

Needs a screen (or `xvfb-run`) and 4 GB of disk. Every way of opening runs in a process of its own.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from in_a_window import measured

SHAPE = (1000, 1448, 1448)
STEPS = 150

_CHILD = """
import json, resource, sys, time
start = time.perf_counter()
import napari, napari.viewer, napari._qt.qt_main_window, napari._vispy
from qtpy.QtWidgets import QApplication
imported, used = time.perf_counter(), time.process_time()
path, way, steps = sys.argv[1], sys.argv[2], int(sys.argv[3])
if way == "Lamella":
    from pathlib import Path
    from lamella.napari.window import open_window
    viewer = open_window(Path(path))
else:
    viewer = napari.Viewer(show=False)
    viewer.open(path, plugin="napari")
    viewer.show()
app, drawn = QApplication.instance(), [0]
canvas = viewer.window._qt_viewer.canvas._scene_canvas
canvas.events.draw.connect(lambda event: drawn.__setitem__(0, drawn[0] + 1))
viewer.dims.set_current_step(0, 0)
while not drawn[0]:
    app.processEvents()
opened, used = time.perf_counter(), time.process_time() - used
for _ in range(10):
    app.processEvents()
began = time.perf_counter()
for t in range(steps):
    before = drawn[0]
    viewer.dims.set_current_step(0, (t * 7 + 11) % 1000)
    while drawn[0] == before:
        app.processEvents()
print(json.dumps({
    "import": imported - start, "open": opened - imported, "cpu": used,
    "fps": steps / (time.perf_counter() - began),
    "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}), flush=True)
import os
os._exit(0)
"""


def opening() -> list[str]:
    """From the call to the first frame drawn, frames a second on the slider, and memory."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.ome.tif"
        _write(path)
        found = {
            way: measured(_CHILD, path, way, STEPS, most_s=900) for way in ("Lamella", "napari")
        }
    lines = [
        f"{SHAPE[0]} frames of {SHAPE[1]} × {SHAPE[2]} px, uint16, BigTIFF OME without compression "
        f"({_gb():.1f} GB, just written, so that the system may hold it in memory); drawn by "
        "software, without a graphics card. Every frame shown is the seventh after the one before. "
        "napari's own reader reads the whole file. *At work* is the processor's time, "
        "which other work on the machine does not lengthen as it does the clock's.",
        "",
        "| opened by | import of napari (s) | to the first frame (s) | of it at work (s) "
        "| frames/s | peak memory (MB) |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for way, each in found.items():
        name = "Lamella" if way == "Lamella" else "napari's own reader"
        lines.append(
            f"| {name} | {each['import']:.2f} | {each['open']:.2f} "
            f"| {each['cpu']:.2f} | {each['fps']:.0f} "
            f"| {each['mb']:.0f} |"
        )
    return lines


def _gb() -> float:
    return SHAPE[0] * SHAPE[1] * SHAPE[2] * 2 / 1e9


def _write(path: Path) -> None:
    """Noise, shifted from frame to frame, and a bright cell that goes round."""
    import numpy as np
    from tifffile import TiffWriter

    n, height, width = SHAPE
    ground = np.random.default_rng(0).normal(400, 20, (height, width)).astype(np.uint16)
    y, x = np.mgrid[-80:80, -80:80]
    cell = (1500 * np.exp(-(y * y + x * x) / (2 * 30**2))).astype(np.uint16)

    def frames():
        for t in range(n):
            frame = np.roll(ground, 37 * t, axis=1)
            top, left = int(644 + 300 * np.sin(t / 100)), int(644 + 300 * np.cos(t / 100))
            frame[top : top + 160, left : left + 160] += cell
            yield frame

    metadata = {"axes": "TYX", "PhysicalSizeX": 0.318, "PhysicalSizeY": 0.318,
                "TimeIncrement": 60.0}  # fmt: skip
    with TiffWriter(path, bigtiff=True, ome=True) as tif:
        tif.write(frames(), shape=SHAPE, dtype=np.uint16, metadata=metadata)
