"""Topic s: how time grows with frames, pixels and cells."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from region_speed import field
from timing import paired, told
from tracking_speed import Discs

from lamella.core.frames import ArrayFrames
from lamella.core.labels import Labels
from lamella.core.movie import Movie, Scale
from lamella.measure import Edge, Lamellipodium, Migration, Protrusion, measure
from lamella.measure.region import region_table
from lamella.phantom import ColonyPhantom
from lamella.segment import Motion, MultiOtsu
from lamella.segment.motion.survey import FINE, Plan
from lamella.track import Lap
from lamella.track.chaining import Survey
from lamella.track.objects import survey

_FRAMES, _SIDES, _CELLS = (25, 50, 100, 200), (256, 512, 1024, 2048), (125, 250, 500, 1000)
_REPEATS = 3
_TARGET = 1.2
_UM, _MIN = 0.5, 1.0


class Growth(NamedTuple):
    """A path, what it is given more of, and its job for each size."""

    path: str
    of: str
    jobs: Mapping[int, Callable[[], object]]


def growths() -> list[str]:
    """Topic s."""
    lines = [
        "The same path on inputs of growing size, all sizes in turns in one process. *Exponent*: "
        "slope of the logarithm of time over that of size; 1 is in proportion, and a table that "
        "has to be kept in step with what grows may not be above it by much. *Per one* is the time "
        "of the largest by its size.",
        "",
        "| path | grows in | sizes | smallest | largest | per one | exponent | target |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # phantoms that are small on purpose
        for path, of, jobs in (*_in_frames(), *_in_pixels(), *_in_cells()):
            timed = paired({str(n): job for n, job in jobs.items()}, repeats=_REPEATS)
            best = np.array([each.min() for each in timed.values()])
            sizes = np.array(list(jobs), float)
            slope = float(np.polyfit(np.log(sizes), np.log(best), 1)[0])
            lines.append(
                f"| {path} | {of} | {_listed(list(jobs))} | {told(best[0])} | {told(best[-1])} "
                f"| {_small(best[-1] / sizes[-1])} | {slope:.2f} | ≤ {_TARGET} |"
            )
    return lines


def _in_frames() -> list[Growth]:
    made = ColonyPhantom(
        field_px=(256, 256), n_frames=_FRAMES[-1], n_cells=12, n_divisions=0, area_um2=110,
        pixel_size_um=_UM, seed=4,
    ).make()  # fmt: skip
    images, masks = made.movie.channel().asarray(), made.truth.frames.asarray()

    def measured(n: int) -> Callable[[], object]:
        movie = Movie.from_array(images[:n], pixel_size_um=_UM, interval_min=_MIN)
        labels = Labels("cell", ArrayFrames(masks[:n]))
        return lambda: measure(movie, labels, [Migration(), Lamellipodium(), Edge(), Protrusion()])

    def linked(n: int) -> Callable[[], object]:
        objects = survey(ArrayFrames(masks[:n]))
        return lambda: Survey(objects, Scale()).chained(Lap())

    return [
        Growth("measure: all groups", "frames", {n: measured(n) for n in _FRAMES}),
        Growth("link by lap", "frames", {n: linked(n) for n in _FRAMES}),
    ]


def _in_pixels() -> list[Growth]:
    def images(side: int) -> NDArray[np.uint16]:
        made = ColonyPhantom(
            field_px=(side, side), n_frames=2, n_cells=max(2, (side // 128) ** 2), n_divisions=0,
            area_um2=200, pixel_size_um=_UM, open_field=True, seed=3,
        ).make()  # fmt: skip
        return made.movie.channel().asarray()

    films = {side: images(side) for side in _SIDES}
    plan = Plan(1, FINE, moving=True)
    return [
        Growth(
            "segment by thresholds",
            "pixels",
            {side**2: lambda i=each: MultiOtsu().segment(i[0]) for side, each in films.items()},
        ),
        Growth(
            "segment by motion",
            "pixels",
            {
                side**2: lambda i=each: Motion().segment(ArrayFrames(i), 1, plan)
                for side, each in films.items()
            },
        ),
    ]


def _in_cells() -> list[Growth]:
    labels, images = field(seed=7)
    surveyed = {n: survey(Discs(40, n_cells=n)) for n in _CELLS}
    few = {n: np.where(labels <= n, labels, 0).astype(labels.dtype) for n in _CELLS}
    return [
        Growth(
            "link by lap, 40 frames of one field",
            "cells",
            {n: lambda o=each: Survey(o, Scale()).chained(Lap()) for n, each in surveyed.items()},
        ),
        Growth(
            "measure regions of one field",
            "cells",
            {n: lambda m=each: region_table(m, images) for n, each in few.items()},
        ),
    ]


def _listed(sizes: Sequence[int]) -> str:
    return ", ".join(f"{n:,}".replace(",", " ") for n in sizes)


def _small(seconds: float) -> str:
    return f"{1e9 * seconds:.0f} ns" if seconds < 1e-6 else told(seconds)


if __name__ == "__main__":
    print("\n".join(growths()))
