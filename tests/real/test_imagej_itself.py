"""ImageJ itself reads what we write and draws what we read; skipped where it is not installed.

Debian's packages imagej, xvfb and xauth are enough. A macro's error opens a dialog and would wait
for ever: hence the time limit.
"""

import shutil
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pytest
import roifile
import tifffile

from lamella.core.labels import Labels
from lamella.io.imagej_roi import read_imagej_roi, write_imagej_roi
from lamella.io.imagej_roi.shapes import shape_of
from lamella.io.track_ids import tracked_from_ids
from lamella.kernels.polygons import fill_polygons

JAR = Path("/usr/share/java/ij.jar")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (JAR.is_file() and shutil.which("java") and shutil.which("xvfb-run")),
        reason="ImageJ is not installed",
    ),
]
SIDE = 120

# Per ROI of the manager: its name, its place and its area as text, and the pixels that it fills.
PRINT_ALL = """
n = roiManager("count"); shown = getImageID(); areas = newArray(n);
newImage("filled", "8-bit black", getWidth(), getHeight(), n); filled = getImageID();
for (i = 0; i < n; i++) {
  selectImage(shown); run("Select None"); roiManager("select", i);
  Roi.getPosition(c, z, t); List.setMeasurements;
  place = "" + c + "," + z + "," + t + " " + getSliceNumber();
  print(f, Roi.getName + " " + place + " " + List.get("Area"));
  run("Select None");
  selectImage(filled); roiManager("select", i); setSlice(i + 1); setColor(255); fill();
}
selectImage(filled); run("Select None"); saveAs("Tiff", pixels);
"""


def imagej(folder, macro):
    """Run a macro in real ImageJ; rows (name, place, slice, area, pixels) of its ROIs."""
    script, out, pixels = (folder / name for name in ("macro.ijm", "out.txt", "pixels.tif"))
    script.write_text(
        f'setBatchMode(true); f = File.open("{out}"); pixels = "{pixels}"; roiManager("reset");\n'
        f'{macro}\n{PRINT_ALL}\nFile.close(f); run("Quit");\n'
    )
    command = ["xvfb-run", "-a", "java", "-Xmx1g", "-jar", str(JAR), "-batch", str(script)]
    subprocess.run(command, timeout=120, check=True, capture_output=True)
    rows = []
    for line, image in zip(out.read_text().splitlines(), tifffile.imread(pixels), strict=True):
        name, place, at, area = line.split(" ")
        rows.append((name, place, int(at), float(area), image > 0))
    return rows


def crowd(seed):
    """Blobs that touch, with holes and lone pixels."""
    rng = np.random.default_rng(seed)
    frame = np.zeros((SIDE, SIDE), np.uint16)
    y, x = np.mgrid[:SIDE, :SIDE]
    for cell in range(1, 13):
        at, half = rng.integers(0, SIDE, 2), rng.integers(1, 30, 2)
        frame[((y - at[0]) / half[0]) ** 2 + ((x - at[1]) / half[1]) ** 2 <= 1] = cell
    frame[rng.random(frame.shape) < 0.02] = 0
    return frame


def test_imagej_measures_the_areas_that_we_wrote(tmp_path):
    movie = np.stack([crowd(1), crowd(2), np.zeros((SIDE, SIDE), np.uint16), crowd(3)])
    write_imagej_roi(tmp_path / "ours.zip", tracked_from_ids(Labels.from_array(movie)))
    rows = imagej(
        tmp_path,
        f'newImage("m", "8-bit black", {SIDE}, {SIDE}, 4);\n'
        f'roiManager("Open", "{tmp_path / "ours.zip"}");',
    )
    objects = {(t, c): movie[t] == c for t in range(4) for c in np.unique(movie[t]) if c}
    assert len(rows) == len(objects) > 25
    for name, place, at, area, pixels in rows:
        cell, frame = (int(n) for n in name.removeprefix("cell").split("_t"))
        mask = objects[frame, cell]
        assert np.array_equal(pixels, mask), name
        assert area == mask.sum(), name
        assert at == frame + 1
        assert place == f"0,{frame + 1},0"


DRAW = f"""
newImage("m", "8-bit black", {SIDE}, {SIDE}, 1);
for (i = 0; i < 12; i++) {{
  makeEllipse(10 + 4*i, 20 + 3*i, 90 + 2*i, 80 - 3*i, 0.2 + 0.06*i); roiManager("add");
  makeRotatedRectangle(10.5 + 4*i, 20 + 3*i, 90 + 2*i, 80 - 3*i, 5 + 2.3*i); roiManager("add");
  makeOval(3 + i, 40 - 2*i, 1 + 7*i, 60 - 4*i); roiManager("add");
}}
makeRectangle(10, 20, 50, 60); roiManager("add");
makeRectangle(10.4, 20.6, 50.3, 60.8); roiManager("add");
makeOval(10.4, 20.6, 50.3, 60.8); roiManager("add");
makePolygon(10, 10, 60.5, 20.2, 90, 100, 30, 77); roiManager("add");
makeSelection("freehand", newArray(10, 60, 90, 30, 12), newArray(10, 20, 100, 77, 50));
roiManager("add");
makeSelection("traced", newArray(10, 60, 90, 30, 12), newArray(10, 20, 100, 77, 50));
roiManager("add");
makePolygon(10, 10, 60, 20, 90, 100, 30, 77); run("Fit Spline"); roiManager("add");
"""


def test_we_paint_what_imagej_drew_of_every_kind(tmp_path):
    rows = imagej(tmp_path, f'{DRAW}\nroiManager("Save", "{tmp_path / "drawn.zip"}");')
    rois = roifile.roiread(tmp_path / "drawn.zip")
    assert len(rois) == len(rows) == 43
    differ = []
    for roi, (*_, area, pixels) in zip(rois, rows, strict=True):
        stencil = shape_of(roi).stencil((SIDE, SIDE))
        ours = np.zeros((SIDE, SIDE), bool)
        ours[stencil.place] = stencil.inside
        assert pixels.sum() == area
        differ.append(int(np.count_nonzero(ours != pixels)))
    assert sum(n == 0 for n in differ) >= 40
    assert max(differ) <= 3  # centres that lie on an edge but for the rounding of the corners
    cells = read_imagej_roi(tmp_path / "drawn.zip", frame_shape=(SIDE, SIDE))
    assert cells.n_frames == 1


def test_polygons_and_composites_with_centres_on_their_edges(tmp_path):
    rng = np.random.default_rng(5)
    sets = [rng.integers(4, 2 * SIDE - 4, (rng.integers(1, 4), 5, 2)) / 2 for _ in range(40)]
    with zipfile.ZipFile(tmp_path / "half.zip", "w") as archive:
        for i, rings in enumerate(sets):
            archive.writestr(f"{i:03}.roi", composite(rings, f"half{i:03}").tobytes())
    rows = imagej(
        tmp_path,
        f'newImage("m", "8-bit black", {SIDE}, {SIDE}, 1);\n'
        f'roiManager("Open", "{tmp_path / "half.zip"}");',
    )
    assert len(rows) == len(sets)
    for rings, (name, *_, pixels) in zip(sets, rows, strict=True):
        stencil = fill_polygons([r[:, ::-1] - 0.5 for r in rings], frame_shape=(SIDE, SIDE))
        ours = np.zeros((SIDE, SIDE), bool)
        ours[stencil.place] = stencil.inside
        assert np.array_equal(ours, pixels), name


def composite(rings, name):
    path = [v for ring in rings for k, (x, y) in enumerate(ring) for v in (min(k, 1), x, y)]
    steps = []
    for k in range(len(rings)):
        steps += [*path[15 * k : 15 * k + 15], 4]
    roi = roifile.ImagejRoi(roitype=roifile.ROI_TYPE.RECT, name=name)
    roi.multi_coordinates = np.array(steps, np.float32)
    roi.shape_roi_size = len(steps)
    corners = np.concatenate(rings)
    roi.left, roi.top = (int(v) for v in np.floor(corners.min(axis=0)))
    roi.right, roi.bottom = (int(v) for v in np.ceil(corners.max(axis=0)))
    return roi
