"""What ImageJ's *Subtract Background* makes of some images; writes subtract_background.npz.

    PYTHONPATH=tests python tests/oracles/imagej/subtract_background.py SAMPLE.tif

SAMPLE.tif is a 16-bit field of cells of which a corner is kept; without it, one is made here. Needs
ImageJ (Debian's packages imagej, xvfb, xauth); tests that read the file do not.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import tifffile

HERE = Path(__file__).parent
FILE = HERE / "subtract_background.npz"
JAR = Path("/usr/share/java/ij.jar")
INSTALLED = JAR.is_file() and bool(shutil.which("java") and shutil.which("xvfb-run"))

RADII = (10, 25, 50, 150)
OPTIONS = ("", "light", "sliding", "disable", "light sliding", "sliding disable", "light disable",
           "create", "create light sliding disable")  # fmt: skip


def cells(shape, *, dtype, seed, top):
    """Bright discs on a slanted, dim ground, with noise; some lie in the corners."""
    rng = np.random.default_rng(seed)
    y, x = np.indices(shape)
    image = 0.1 * top * (1 + 0.6 * y / shape[0] + 0.3 * np.sin(x / 40))
    anywhere = rng.uniform(0, shape, (shape[0] * shape[1] // 900, 2))
    places = [(0, 0), (shape[0], shape[1] // 2), *anywhere]
    for v, u in places:
        radius = rng.uniform(3, 14)
        image[np.hypot(y - v, x - u) < radius] += rng.uniform(0.05, 0.5) * top
    image += rng.normal(0, 0.01 * top, shape)
    image = np.clip(image, 0, top)
    return (image if np.dtype(dtype).kind == "f" else np.round(image)).astype(dtype)


def odd_images(seed=8):
    """Images that nobody measures cells in, and that a method must not stumble over."""
    rng = np.random.default_rng(seed)
    step = np.full((30, 41), 20, np.uint8)
    step[12:, 25:] = 230
    return {
        "row": rng.integers(0, 4000, (1, 70)).astype(np.uint16),
        "column": rng.integers(0, 250, (70, 9)).astype(np.uint8),
        "tiny": rng.integers(0, 60000, (9, 10)).astype(np.uint16),
        "five": rng.integers(0, 255, (7, 5)).astype(np.uint8),
        "constant": np.full((33, 20), 77, np.uint8),
        "white": np.full((20, 33), 65535, np.uint16),
        "step": step,
        "ramp": np.tile(np.linspace(-3, 900, 45).astype(np.float32), (21, 1)),
    }


def small_images(sample=None):
    """Images to be kept with what ImageJ makes of them."""
    field = cells((60, 52), dtype=np.uint16, seed=1, top=40000)
    if sample is not None:
        field = np.ascontiguousarray(tifffile.imread(sample)[100:160, 200:252])
    return {
        "field": field,
        "byte": cells((57, 70), dtype=np.uint8, seed=2, top=255),
        "float": cells((40, 33), dtype=np.float32, seed=3, top=1.5),
        **odd_images(),
    }


def cases(images):
    """Every image with every radius and option; small odd ones with fewer.

    ImageJ leaves an image as it is where it is narrower than the blocks that it reduces it by (7 ×
    5 px at radius 150): there is nothing to compare.
    """
    for name, radius, options in product(images, RADII, OPTIONS):
        if name in ("field", "byte", "float"):
            if radius in (25, 50) or options in ("", "light", "sliding"):
                yield name, radius, options
        elif radius == 25 or options not in OPTIONS[:4]:
            continue
        elif name != "five" or radius != 150 or options == "sliding":
            yield name, radius, options


def by_imagej(images, wanted):
    """What real ImageJ makes of each (name, radius, options), and what it says of its times."""
    wanted = list(wanted)
    with TemporaryDirectory() as place:
        folder = Path(place)
        for name, image in images.items():
            tifffile.imwrite(folder / f"{name}.tif", image, imagej=True)
        lines = [
            f"{folder / name}.tif|rolling={radius} {options}|{folder / f'out{i}.tif'}"
            for i, (name, radius, options) in enumerate(wanted)
        ]
        (folder / "list").write_text("\n".join(lines))
        macro = HERE / "subtract_background.ijm"
        command = [
            "xvfb-run",
            "-a",
            "java",
            "-Xmx2g",
            "-jar",
            JAR,
            "-batch",
            macro,
            folder / "list",
        ]
        subprocess.run(list(map(str, command)), timeout=300, check=True, capture_output=True)
        made = {case: tifffile.imread(folder / f"out{i}.tif") for i, case in enumerate(wanted)}
        return made, (folder / "list.log").read_text()


def main():
    images = small_images(sys.argv[1] if len(sys.argv) > 1 else None)
    made, told = by_imagej(images, cases(images))
    kept = {f"image/{name}": image for name, image in images.items()}
    for (name, radius, options), image in made.items():
        kept[f"{name}/{radius}/{options}"] = image
    np.savez_compressed(FILE, **kept)
    sys.stdout.write(f"{told.splitlines()[0]}: {len(made)} images, {FILE.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
