"""ImageJ itself reads what we write and draws what we read; skipped where it is not installed.

Debian's packages imagej, xvfb and xauth are enough. A macro's error opens a dialog and would wait
for ever: hence the time limit.
"""

import io
import shutil
import subprocess
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import roifile
import tifffile

from lamella.core.frames import ArrayFrames
from lamella.core.labels import Labels
from lamella.core.movie import Scale
from lamella.io import open_labels, read_json, write_json, write_labels, write_table
from lamella.io.imagej_results import write_imagej_results
from lamella.io.imagej_roi import read_imagej_roi, write_imagej_roi
from lamella.io.imagej_roi.shapes import shape_of
from lamella.io.track_ids import tracked_from_ids
from lamella.kernels.polygons import fill_polygons
from lamella.run.execute import run_study
from lamella.run.roi_export import export_rois
from lamella.run.roi_import import import_rois
from lamella.run.study import open_study
from oracles.imagej.results import FILE, UM, measured, movie, write_image

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


CORRECT = """
open("{image}"); roiManager("reset"); roiManager("Open", "{rois}");
for (i = roiManager("count") - 1; i >= 0; i--) {{
  roiManager("select", i); name = Roi.getName;
  if (name == "nucleus3_t0001") roiManager("delete");
  if (name == "nucleus1_t0000") {{
    getSelectionBounds(x, y, w, h); Roi.move(x + 2, y + 1); roiManager("update");
  }}
  if (name == "nucleus2_t0001") roiManager("rename", "nucleus40_t0001");
}}
setSlice(2); makeOval(3, 4, 21, 15); roiManager("add"); roiManager("deselect");
roiManager("Save", "{rois}");
"""


def test_rois_of_a_run_lie_on_the_raw_image_and_come_back_corrected(tmp_path):
    """Moved, deleted, renamed and drawn in ImageJ: the labels are what ImageJ then fills."""
    labels = np.stack([crowd(4), crowd(6)])
    run = planted_run(tmp_path, labels)
    export_rois(run, tmp_path / "rois")
    zipped = tmp_path / "rois" / "m.zip"
    opened = f'open("{tmp_path / "m.tif"}"); roiManager("Open", "{zipped}");'
    rows = imagej(tmp_path, opened)
    assert len(rows) == sum(len(np.unique(frame)) - 1 for frame in labels) > 15
    for name, _, at, area, pixels in rows:
        cell, frame = (int(n) for n in name.removeprefix("nucleus").split("_t"))
        assert at == frame + 1
        assert np.array_equal(pixels, labels[frame] == cell), name
        assert area == pixels.sum() * UM**2
    assert not import_rois(tmp_path / "rois", run).movies[0].anything
    rows = imagej(tmp_path, CORRECT.format(image=tmp_path / "m.tif", rois=zipped))
    drawn = {name: pixels for name, *_, pixels in rows}
    assert "nucleus40_t0001" in drawn
    assert "nucleus3_t0001" not in drawn
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        (made,) = import_rois(tmp_path / "rois", run).movies
    assert any("names of ROIs are not of nucleus" in str(each.message) for each in caught)
    corrected = open_labels(run / "movies/m/corrections/nucleus.ome.tif").frames.asarray()
    want = np.zeros_like(labels)
    for name, _, at, _, pixels in rows:  # a later one over an earlier one
        ours = name.startswith("nucleus")
        cell = int(name.removeprefix("nucleus").split("_t")[0]) if ours else made.added[0]
        want[at - 1][pixels] = cell
    assert np.array_equal(corrected, want)
    assert made.added[0] not in np.unique(labels)
    assert made.added[-1] == 40
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        outcome = run_study(open_study(tmp_path), run)
    assert not outcome.failed
    again = open_labels(run / "movies/m/labels/nucleus.ome.tif").frames.asarray()
    assert np.array_equal(again, want)


def planted_run(folder, labels):
    """A run of a movie in ImageJ's own TIFF whose labels are given, numbers kept."""
    write_image(folder / "m.tif", (labels * 100).astype(np.uint16))
    write_labels(folder / "nucleus_m.tif", ArrayFrames(labels), scale=Scale())
    (folder / "samples.csv").write_text("movie,path,condition,session\nm,m.tif,wt,1\n")
    (folder / "study.toml").write_text(
        "outlines = false\n[scale]\ninterval_min = 1.0\n[measure]\nmigration = false\n"
        "walks = false\nlamellipodium = false\nprotrusion = false\nedge = false\nregion = false\n"
        '[objects.nucleus]\ncentre = false\n[objects.nucleus.segment]\nmethod = "labels"\n'
        'pattern = "nucleus_{movie}.tif"\n[objects.nucleus.track]\nmethod = "lap"\n'
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        outcome = run_study(open_study(folder), folder / "results")
    assert not outcome.failed, outcome.failed
    place = folder / "results/movies/m"
    # Numbers of tracking are its own; here those of the labels are looked for.
    write_labels(place / "labels/nucleus.ome.tif", ArrayFrames(labels), scale=Scale(UM))
    tracks = tracked_from_ids(Labels.from_array(labels)).tracks
    write_table(place / "tracks/nucleus.parquet", tracks.links)
    manifest = read_json(place / "manifest.json")
    found = manifest["stages"]["track/nucleus"]["found"]
    found["first_last"] = {str(c): list(life) for c, life in tracks.first_last.items()}
    found["parents"] = {}
    write_json(place / "manifest.json", manifest)
    return folder / "results"


def test_our_results_open_in_imagej_and_are_saved_as_they_were(tmp_path):
    """Re-saved by ImageJ, the file says the same, to the digits that ImageJ writes."""
    _, image = movie()
    write_image(tmp_path / "cells.tif", image)
    labels = Labels.from_array(movie()[0])
    write_imagej_roi(tmp_path / "rois.zip", tracked_from_ids(labels))
    theirs = pd.read_csv(io.StringIO(str(np.load(FILE)["results"])))
    table = theirs.drop(columns=[" "])
    write_imagej_results(tmp_path / "ours.csv", table)
    before = (tmp_path / "ours.csv").read_text()
    text = measured(tmp_path / "cells.tif", tmp_path / "rois.zip", tmp_path, tmp_path / "ours.csv")
    assert text == str(np.load(FILE)["results"])  # ImageJ measures what is stored
    resaved = pd.read_csv(tmp_path / "ours.csv")
    wrote = pd.read_csv(io.StringIO(before))
    # Of a table that it did not measure itself ImageJ counts no rows.
    assert list(resaved.columns) == list(wrote.columns[1:])
    pd.testing.assert_frame_equal(
        resaved, wrote.iloc[:, 1:], check_dtype=False, rtol=0, atol=1.001e-3
    )


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
