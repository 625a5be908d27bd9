"""What ImageJ measures of objects of every kind; writes results.npz.

    PYTHONPATH=tests:src python tests/oracles/imagej/results.py

Needs ImageJ (Debian's packages imagej, xvfb, xauth); tests that read the file do not.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import tifffile

from oracles.imagej.subtract_background import JAR

HERE = Path(__file__).parent
FILE = HERE / "results.npz"
SIDE, UM = 120, 0.25


def crowd(seed):
    """Labels of blobs that touch one another and the border, with holes, pieces, lone pixels."""
    rng = np.random.default_rng(seed)
    frame = np.zeros((SIDE, SIDE), np.uint16)
    y, x = np.indices(frame.shape)
    for cell in range(1, 13):
        at, half = rng.integers(0, SIDE, 2), rng.integers(1, 30, 2)
        frame[((y - at[0]) / half[0]) ** 2 + ((x - at[1]) / half[1]) ** 2 <= 1] = cell
    frame[rng.random(frame.shape) < 0.02] = 0
    frame[3, 3] = 20
    return frame


def movie():
    """Labels and a 16-bit image of two frames."""
    labels = np.stack([crowd(11), crowd(12)])
    y, x = np.indices((SIDE, SIDE))
    light = np.random.default_rng(1).poisson(300, labels.shape) + 5 * y + 3 * x
    return labels, (light + (labels > 0) * 200).astype(np.uint16)


def write_image(path, image):
    """As ImageJ writes a stack of a movie."""
    metadata = {"axes": "TYX", "unit": "um", "finterval": 60}
    tifffile.imwrite(path, image, imagej=True, resolution=(1 / UM, 1 / UM), metadata=metadata)


def measured(image, rois, folder, ours=None):
    """Text of the Results.csv of real ImageJ; `ours` is opened and saved over by it."""
    out = folder / "Results.csv"
    argument = "|".join(map(str, [image, rois, out, *([ours] if ours else [])]))
    command = ["xvfb-run", "-a", "java", "-Xmx1g", "-jar", str(JAR), "-macro"]
    subprocess.run([*command, str(HERE / "results.ijm"), argument], timeout=120, check=True,
                   capture_output=True)  # fmt: skip
    return out.read_text()


def main():
    from lamella.core.labels import Labels
    from lamella.io.imagej_roi import write_imagej_roi
    from lamella.io.track_ids import tracked_from_ids

    labels, image = movie()
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_image(folder / "cells.tif", image)
        write_imagej_roi(folder / "rois.zip", tracked_from_ids(Labels.from_array(labels)))
        text = measured(folder / "cells.tif", folder / "rois.zip", folder)
    np.savez_compressed(FILE, labels=labels, image=image, results=text)


if __name__ == "__main__":
    main()
