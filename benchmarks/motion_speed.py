"""Topic g: time and memory of one mask by `Motion`, against a literal port of the published way."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from published_motion import literal_port
from timing import paired, ratio, told

from lamella.core.frames import ArrayFrames
from lamella.phantom import Camera, ColonyPhantom
from lamella.segment import Motion
from lamella.segment.motion.survey import COARSE, FINE, Plan, Scale

SCALES = (FINE, COARSE)
PAIRS = 5
_LAG = 1
_SPEED_TARGET, _MEMORY_TARGET = 6, 12


class Size(NamedTuple):
    """A field of the published timings."""

    field_px: tuple[int, int]
    camera: Camera

    @property
    def name(self) -> str:
        bits = 8 * self.camera.frame_dtype.itemsize
        return f"{self.field_px[0]}×{self.field_px[1]}, {bits} bit"

    @property
    def pixels(self) -> int:
        return self.field_px[0] * self.field_px[1]


SIZES = (
    Size((1216, 1920), Camera(bit_depth=8, gain=0.08, offset=5)),
    Size((2050, 2050), Camera()),
)


def one_mask() -> list[str]:
    """Topic g."""
    lines = [
        "The mask of one frame from a pair of frames, in memory: `Motion.segment` with the plan as "
        "decided for the movie (both scales of pooling), against `literal_port` of "
        "`benchmarks/published_motion.py` (Farnebäck's flow, rank entropy, Gaussian naive Bayes). "
        "Phantom of a crowded field in phase contrast, with photon noise. *Both sides*: a frame "
        "inside a movie is compared with one before and one after. The paper tells 7 s for a pair "
        "of 1216×1920 and 45 s for one of 2050×2050 on a laptop.",
        "",
        "Memory: most that the process holds during the call over what it held before (`VmHWM` and "
        "`VmRSS` of Linux), so everything that numpy, OpenCV and scikit-image take, the result "
        "included and the frames themselves not; in a process of its own that has made a small "
        "mask before. In units of the field as float32.",
        "",
        "| field | pooling | literal port | Motion | literal port ÷ Motion | target | ns per pixel "
        "| both sides | memory (planes) | target |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for size in SIZES:
        images = film(size)
        pair, three = ArrayFrames(images[:2]), ArrayFrames(images)
        for scale in SCALES:
            plan = Plan(_LAG, scale, moving=True)
            if not Motion().segment(pair, 1, plan).any():
                raise AssertionError(f"no cells found in {size.name}")
            seconds = paired(
                {
                    "port": lambda i=images: literal_port(i[0], i[1]),
                    "pair": lambda p=pair, plan=plan: Motion().segment(p, 1, plan),
                    "both": lambda f=three, plan=plan: Motion().segment(f, 1, plan),
                },
                repeats=PAIRS,
            )
            lines.append(
                f"| {size.name} | {scale.name} | {told(seconds['port'])} "
                f"| {told(seconds['pair'])} | {ratio(seconds['port'], seconds['pair']):.1f} "
                f"| ≥ {_SPEED_TARGET} | {1e9 * np.median(seconds['pair']) / size.pixels:.0f} "
                f"| {told(seconds['both'])} | {_told_planes(peak_planes(images, scale))} "
                f"| ≤ {_MEMORY_TARGET} |"
            )
    return lines


def film(size: Size) -> NDArray[Any]:
    """Three frames of a crowded field."""
    made = ColonyPhantom(
        field_px=size.field_px,
        camera=size.camera,
        n_cells=150,
        n_divisions=0,
        n_frames=3,
        area_um2=600,
        look="phase",
        photoelectrons=1500,
        background_photoelectrons=0,
        open_field=True,
        seed=3,
    ).make()
    return made.movie.channel().asarray()


def peak_planes(images: NDArray[Any], scale: Scale) -> Iterator[float]:
    """Memory of one mask in float32 planes: from a pair, then with frames on both sides."""
    if not Path("/proc/self/status").exists():
        return
    with tempfile.TemporaryDirectory() as folder:
        for n in (2, 3):
            file = Path(folder) / f"{n}.npy"
            np.save(file, images[:n])
            told_by_child = subprocess.run(
                [sys.executable, __file__, str(file), scale.name],
                capture_output=True,
                text=True,
                check=True,
            ).stdout
            yield float(told_by_child) / (4 * images[0].size)


def _told_planes(planes: Iterator[float]) -> str:
    told_planes = [f"{n:.1f}" for n in planes]
    return f"{told_planes[0]}, both sides {told_planes[1]}" if told_planes else "not measured"


def _measure_memory(file: str, scale_name: str) -> int:
    """Bytes that one mask takes in this process."""
    images = np.load(file)
    plan = Plan(_LAG, next(s for s in SCALES if s.name == scale_name), moving=True)
    # Imports, compiled code and caches are not the mask's.
    Motion().segment(ArrayFrames(images[:, :128, :128].copy()), 1, plan)
    before = _status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the high-water mark starts anew
    Motion().segment(ArrayFrames(images), 1, plan)
    return _status("VmHWM") - before


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return 1024 * int(next(line for line in lines if line.startswith(name)).split()[1])


if __name__ == "__main__":
    print(_measure_memory(*sys.argv[1:3]))
