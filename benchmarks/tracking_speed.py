"""Topic h: linking many cells over many frames, against laptrack with its plain distance."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.frames import Frames, Image
from lamella.core.movie import Scale
from lamella.core.table import Col
from lamella.track import Lap
from lamella.track.chaining import Survey
from lamella.track.objects import Objects, survey

CELLS, FRAMES = 500, (125, 250, 500, 1000)
LAPTRACK_FRAMES = 1000
_FIELD_PX, _RADIUS_PX, _STEP_PX, _CUTOFF_PX = 1500, 8, 3.0, 15.0
_MEMORY_TARGET_MB, _TARGET = 2000, 1.2
_REPEATS = 5


class Discs(Frames):
    """Cells as discs that wander in a field; where they meet, one lies over the other."""

    def __init__(self, n_frames: int, *, n_cells: int = CELLS, seed: int = 1) -> None:
        rng = np.random.default_rng(seed)
        place = rng.uniform(0, _FIELD_PX, (n_cells, 2))
        self.places = np.empty((n_frames, n_cells, 2))
        for t in range(n_frames):
            self.places[t] = place
            place = np.abs(place + rng.normal(0, _STEP_PX / np.sqrt(2), place.shape))
            place = _FIELD_PX - np.abs(_FIELD_PX - place)
        self.span = range(n_frames)
        self.frame_shape = (_FIELD_PX, _FIELD_PX)
        self.dtype = np.dtype(np.uint16)

    def frame(self, t: int) -> Image:
        out: NDArray[np.uint16] = np.zeros(self.frame_shape, np.uint16)
        numbers = np.random.default_rng(t).permutation(self.places.shape[1]) + 1
        for (y, x), k in zip(self.places[t], numbers, strict=True):
            cv2.circle(out, (round(x), round(y)), _RADIUS_PX, int(k), -1)
        return out


def linking() -> list[str]:
    """Topic h."""
    lines = [
        f"{CELLS} cells that wander in a field of {_FIELD_PX}², {_STEP_PX:g} px a frame, discs of "
        f"{2 * _RADIUS_PX} px. *Lap*: distance, area and overlap, the movement learnt from the "
        "movie, gaps, touches and divisions; from the objects of the frames, found before. "
        f"*laptrack*: squared distance alone, up to {_CUTOFF_PX:g} px, gaps of 2 frames, no "
        "divisions. Lap is the median of "
        f"{_REPEATS}; laptrack ran once. *Memory*: most that a process of its own holds, reading "
        "the labels included.",
        "",
        "| frames | Lap | per frame | laptrack | Lap ÷ laptrack | target | right links | memory "
        "| target |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for n in FRAMES:
        discs = Discs(n)
        objects = survey(discs)
        seconds = np.median([_timed(lambda o=objects: _chain(o)) for _ in range(_REPEATS)])
        right = _right(discs, objects)
        peak = int(subprocess.check_output([sys.executable, __file__, str(n)], text=True))
        theirs, share, target = "", "", ""
        if n == LAPTRACK_FRAMES:
            spent = _timed(lambda o=objects: _laptrack(o))
            theirs, share = f"{spent:.0f} s", f"{seconds / spent:.3f}"
            target = f"≤ {_TARGET}"
        lines.append(
            f"| {n} | {seconds:.2f} s | {1e3 * seconds / n:.1f} ms | {theirs} | {share} | {target} "
            f"| {right:.2%} | {peak} MB | < {_MEMORY_TARGET_MB} MB |"
        )
    return lines


def _chain(objects: Objects) -> object:
    return Survey(objects, Scale()).chained(Lap())


def _laptrack(objects: Objects) -> object:
    from laptrack import LapTrack

    spots = pd.DataFrame(
        {
            Col.FRAME: objects.frame,
            Col.Y_PX: objects.place[:, 0],
            Col.X_PX: objects.place[:, 1],
        }
    )
    cutoff = _CUTOFF_PX**2
    tracker = LapTrack(cutoff=cutoff, gap_closing_cutoff=cutoff, gap_closing_max_frame_count=2)
    return tracker.predict_dataframe(spots, [Col.Y_PX, Col.X_PX], frame_col=Col.FRAME)


def _timed(job: Callable[[], object]) -> float:
    started = time.perf_counter()
    job()
    return time.perf_counter() - started


def _right(discs: Discs, objects: Objects) -> float:
    """Share of the links that join objects of one cell, whose number is known by the drawing."""
    links = Lap()(discs, state=Survey(objects, Scale())).links
    cells = np.empty(len(links), np.int64)
    for t, rows in links.groupby(Col.FRAME).indices.items():
        numbers = np.random.default_rng(t).permutation(discs.places.shape[1]) + 1
        cell_of = np.empty(len(numbers) + 1, np.int64)
        cell_of[numbers] = np.arange(len(numbers))
        cells[rows] = cell_of[links[Col.LABEL].to_numpy()[rows]]
    same = np.diff(links[Col.CELL].to_numpy()) == 0
    return float((np.diff(cells)[same] == 0).mean())


def _peak_mb(n_frames: int) -> int:
    import resource

    _chain(survey(Discs(n_frames)))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1024**2 if sys.platform == "darwin" else 1024))


if __name__ == "__main__":
    print(_peak_mb(int(sys.argv[1])))
