"""What ImageJ measures of some regions; writes measure_regions.npz and two tables beside it.

    python tests/oracles/imagej/measure_regions.py SAMPLE.tif LABELS.tif ROIS.zip

The npz holds the label image and three images that are made here, measure_regions.csv what ImageJ
says of them. The files named above are a field of cells with its labels, and its polygons as
ImageJ selections: of them only what ImageJ says is kept, in measure_rois.csv. Needs ImageJ
(Debian's packages imagej, xvfb, xauth); tests that read the files do not.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import tifffile

HERE = Path(__file__).parent
JAR = Path("/usr/share/java/ij.jar")
SHAPE = (96, 128)


def odd_regions(seed=11):
    """Round, long, holed, ragged, cut, joined at a corner, in pieces, and single pixels."""
    y, x = np.indices(SHAPE)
    labels = np.zeros(SHAPE, np.uint16)

    def ellipse(label, cy, cx, a, b, degrees):
        turn = np.deg2rad(degrees)
        u = (x - cx) * np.cos(turn) + (y - cy) * np.sin(turn)
        v = (y - cy) * np.cos(turn) - (x - cx) * np.sin(turn)
        labels[(u / a) ** 2 + (v / b) ** 2 <= 1] = label

    ellipse(1, 14, 14, 12, 12, 0)
    ellipse(2, 15, 45, 16, 7, 30)
    ellipse(3, 14, 80, 10, 10, 0)
    labels[(y - 14) ** 2 + (x - 80) ** 2 <= 16] = 0  # a ring
    labels[4:14, 100:120] = 4
    labels[20, 105] = 5
    labels[24, 100:118] = 6
    labels[np.arange(28, 38), np.arange(100, 110)] = 7
    ellipse(8, 40, 10, 9, 14, 0)
    labels[40:60, 30:50] = 9
    labels[44:50, 34:40] = labels[52:55, 42:47] = 0  # two holes
    ellipse(10, 50, 70, 6, 6, 0)
    ellipse(10, 60, 82, 5, 3, 20)  # a second piece
    labels[30:36, 55:58] = labels[36:39, 58:64] = 11  # joined at a corner
    labels[70:72, 8:10] = 12
    ellipse(13, 90, 30, 14, 9, -20)
    labels[66:88, 90:120][np.random.default_rng(seed).random((22, 30)) < 0.6] = 14
    star = np.hypot(y - 78, x - 64) < 10 + 4 * np.cos(5 * np.arctan2(y - 78, x - 64))
    labels[star & (labels == 0)] = 15
    labels[92:96, 124:128] = 16
    labels[50:52, 110:113] = 17
    labels[51, 111] = 18
    return labels


def images(seed=12):
    """One light at 8 and 16 bit and in float32, there with values below 0."""
    y, x = np.indices(SHAPE)
    light = 80 + 60 * np.exp(-((x - 60) ** 2 + (y - 40) ** 2) / 2000) + 0.3 * x
    light += np.random.default_rng(seed).normal(0, 9, SHAPE)
    return {
        "u8": np.clip(light, 0, 255).astype(np.uint8),
        "u16": np.clip(light * 23.7, 0, 65535).astype(np.uint16),
        "f32": (light / 100 - 0.9).astype(np.float32),
    }


def imagej(pictures, labels, rois, out):
    """Run the macro; paths must be absolute. A macro's error would wait for ever."""
    given = "|".join([",".join(map(str, pictures)), str(labels), str(rois), str(out)])
    command = ["xvfb-run", "-a", "java", "-Xmx1g", "-jar", str(JAR), "-batch"]
    macro = str(HERE / "measure_regions.ijm")
    subprocess.run([*command, macro, given], timeout=120, check=True, capture_output=True)


def main(sample, labels_of_sample, rois):
    made = {"labels": odd_regions(), **images()}
    np.savez_compressed(HERE / "measure_regions.npz", **made)
    with TemporaryDirectory() as folder:
        files = {name: Path(folder) / f"{name}.tif" for name in made}
        for name, file in files.items():
            tifffile.imwrite(file, made[name])
        pictures = [files[name] for name in ("u8", "u16", "f32")]
        imagej(pictures, files["labels"], "none", HERE / "measure_regions.csv")
    given = (Path(each).resolve() for each in (labels_of_sample, rois))
    imagej([Path(sample).resolve()], *given, HERE / "measure_rois.csv")


if __name__ == "__main__":
    main(*sys.argv[1:])
