"""Where a run spends its time, in small: each against a reference kernel in the same process.

`python benchmarks/hot_paths.py` shows how the paths stand to what hot_paths.toml holds, and
`--write` writes that file anew. A test of the suite refuses a path that has become twice as slow.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import tomli_w
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from lamella.core.frames import ArrayFrames
from lamella.core.labels import Labels
from lamella.core.movie import Movie, Scale
from lamella.io import open_movie, write_labels, write_movie
from lamella.kernels.contour import hausdorff_percentile
from lamella.kernels.distance import distance_inside
from lamella.kernels.regions import find_regions
from lamella.kernels.rolling_ball import ball_background
from lamella.kernels.tips import find_tips
from lamella.measure import Compartment, Edge, Lamellipodium, Migration, Protrusion, measure
from lamella.measure.region import region_table
from lamella.phantom import ColonyPhantom
from lamella.segment import Guided, Motion, MultiOtsu
from lamella.segment.motion.survey import FINE, Plan
from lamella.statistics import Contrasts
from lamella.track import Lap
from lamella.track.chaining import Survey
from lamella.track.objects import survey

Job = Callable[[], object]

STORED = Path(__file__).with_suffix(".toml")
SLOWER = 2.0
"""A path has regressed when it takes more than so many times as long as it took."""

_ROUNDS, _LEAST_S = 5, 0.01
_UM, _MIN = 0.5, 1.0
_HEAD = """\
# How many times as long as the reference kernel every hot path takes, on an idle machine.
# Written by: python benchmarks/hot_paths.py --write

"""


def reference() -> Job:
    """A kernel of fixed work that is not ours: filtering, sorting and adding up half a megabyte."""
    image = np.random.default_rng(0).normal(size=(384, 384)).astype(np.float32)

    def work() -> float:
        smooth = gaussian_filter(image, 2.0)
        return float(np.sort(smooth, axis=None)[::7].sum() + np.hypot(smooth, image).sum())

    return work


def hot_paths(folder: Path) -> dict[str, Job]:
    """The paths by name, with what they need made ready; files go into `folder`."""
    images, masks = _colony()
    movie = Movie.from_array(images, pixel_size_um=_UM, interval_min=_MIN)
    labels = Labels("cell", ArrayFrames(masks))
    few = Movie.from_array(images[:3], pixel_size_um=_UM, interval_min=_MIN)
    few_labels = Labels("cell", ArrayFrames(masks[:3]))
    pair, plan = ArrayFrames(images[:2]), Plan(1, FINE, moving=True)
    nuclei = _shrunk(masks[0])
    wide = masks.repeat(2, axis=0)[: len(masks)]
    objects = survey(ArrayFrames(wide))
    outline = [_outline(seed) for seed in (1, 2)]
    inside = masks[0] == _largest(masks[0])
    write_movie(folder / "movie.ome.tif", movie.channels, scale=movie.scale)
    write_labels(folder / "labels.ome.tif", labels.frames, scale=movie.scale)
    cells = _cells_table()
    return {
        "read a movie": lambda: _read(folder / "movie.ome.tif"),
        "write labels": lambda: write_labels(
            folder / "written.ome.tif", labels.frames, scale=movie.scale
        ),
        "rolling ball": lambda: ball_background(images[0], radius_px=25),
        "segment by thresholds": lambda: MultiOtsu().segment(images[0]),
        "segment by motion": lambda: Motion().segment(pair, 1, plan),
        "segment from nuclei": lambda: Guided().segment(images[0], nuclei),
        "find regions": lambda: [find_regions(mask) for mask in masks],
        "link by lap": lambda: Survey(objects, Scale()).chained(Lap()),
        "measure migration": lambda: measure(movie, labels, [Migration()]),
        "measure lamellipodium": lambda: measure(few, few_labels, [Lamellipodium()]),
        "measure edge": lambda: measure(few, few_labels, [Edge()]),
        "measure protrusions": lambda: measure(few, few_labels, [Protrusion()]),
        "measure regions": lambda: region_table(masks[0], {"a": images[0]}),
        "measure compartments": lambda: measure(
            Movie.from_array(images[:1], pixel_size_um=_UM),
            Labels.from_array(masks[:1]),
            [Compartment()],
            others={"nucleus": Labels.from_array(nuclei[None], name="nucleus")},
        ),
        "tips of a cell": lambda: find_tips(inside, distance_inside(inside), stand_out=3),
        "distance of outlines": lambda: hausdorff_percentile(*outline),
        "effects of a study": lambda: Contrasts(reference="WT", measures=("area_um2",))(cells),
    }


def ratios(
    jobs: Mapping[str, Job], *, kernel: Job | None = None, rounds: int = _ROUNDS
) -> dict[str, float]:
    """How many times as long as the reference kernel each job takes.

    Kernel and job go in turns, and the least time of each counts: other work on the machine only
    ever adds to it.
    """
    kernel = kernel or reference()
    calls = _calls(kernel)
    found = {}
    for name, job in jobs.items():
        own = _calls(job)
        pairs = [(_seconds(job, own), _seconds(kernel, calls)) for _ in range(rounds)]
        found[name] = min(ours for ours, _ in pairs) / min(theirs for _, theirs in pairs)
    return found


def stored() -> dict[str, float]:
    """The ratios of hot_paths.toml."""
    return dict(tomllib.loads(STORED.read_text(encoding="utf-8")))


def slowed(found: Mapping[str, float], known: Mapping[str, float]) -> dict[str, float]:
    """The paths that take more than `SLOWER` times as long as is known, and how many times."""
    times = {name: found[name] / known[name] for name in found}
    return {name: each for name, each in times.items() if each > SLOWER}


def _calls(job: Job) -> int:
    """So many calls take long enough to be timed together."""
    job()  # compiles, or loads what is compiled
    return max(1, round(_LEAST_S / _seconds(job, 1)))


def _seconds(job: Job, calls: int) -> float:
    """Of one call."""
    started = time.perf_counter()
    for _ in range(calls):
        job()
    return (time.perf_counter() - started) / calls


def _colony() -> tuple[NDArray[Any], NDArray[Any]]:
    phantom = ColonyPhantom(
        field_px=(256, 256), n_frames=12, n_cells=12, n_divisions=0, area_um2=110,
        pixel_size_um=_UM, seed=4,
    ).make()  # fmt: skip
    return phantom.movie.channel().asarray(), phantom.truth.frames.asarray()


def _shrunk(mask: NDArray[Any]) -> NDArray[Any]:
    """Nuclei: what lies deep in the cells, under their numbers."""
    deep = np.zeros(mask.shape, bool)
    for label in np.unique(mask)[1:]:
        distance = distance_inside(mask == label)
        deep |= distance > 0.55 * distance.max()
    return np.where(deep, mask, 0)


def _largest(mask: NDArray[Any]) -> int:
    return int(np.bincount(mask.ravel())[1:].argmax()) + 1


def _outline(seed: int) -> NDArray[Any]:
    angle = np.linspace(0, 2 * np.pi, 3000, endpoint=False)
    radius = 400 * (1 + 0.15 * np.cos(3 * angle + seed))
    return np.rint(radius[:, None] * np.stack([np.sin(angle), np.cos(angle)], 1)) + 600


def _read(path: Path) -> None:
    frames = open_movie(path).channel()
    for t in frames.span:
        frames.frame(t)


def _cells_table() -> pd.DataFrame:
    """Cells of two conditions in three sessions, five movies each."""
    rng = np.random.default_rng(5)
    rows = [
        (f"{c}{s}{m}", "cell", cell, c, str(s), f"{c}{s}{m}", rng.normal(300 + 20 * (c < "L"), 40))
        for c in ("WT", "KO") for s in range(3) for m in range(5) for cell in range(1, 7)
    ]  # fmt: skip
    names = ["movie", "object", "cell", "condition", "session", "unit", "area_um2"]
    return pd.DataFrame(rows, columns=names)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write hot_paths.toml anew")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        jobs = hot_paths(Path(folder))
        if chosen.write:
            several = pd.DataFrame([ratios(jobs) for _ in range(5)]).median()
            rounded = {name: float(f"{value:.3g}") for name, value in several.items()}
            STORED.write_text(_HEAD + tomli_w.dumps(rounded), encoding="utf-8")
        known, found = stored(), ratios(jobs)
    for name, each in found.items():
        print(f"{name:24} {each:8.3f} of the kernel, {each / known[name]:.2f} of what is known")
    sys.exit(1 if slowed(found, known) else 0)


if __name__ == "__main__":
    main()
