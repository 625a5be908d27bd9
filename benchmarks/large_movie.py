"""Topic u: a movie of 20 GB in OME-Zarr, from segmenting to tables, and what each process holds."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import ndimage

from lamella.core.frames import ArrayFrames, MappedFrames
from lamella.core.movie import Scale, regular_times
from lamella.core.table import Col
from lamella.io.ome_zarr import write_ome_zarr
from lamella.phantom import ColonyPhantom

FRAMES, SIDE, WORKERS = 2500, 2048, 2
_LOOP, _UM, _MIN = 48, 0.318, 1.0
_TARGET_MB = 1500
_STUDY = """\
title = "One large movie"
[objects.cell.segment]
method = "multiotsu"
[objects.cell.track]
method = "lap"
[statistics]
measures = ["area_um2", "mean_speed_um_per_min"]
"""


def running(n_frames: int = FRAMES) -> list[str]:
    """Topic u."""
    size = n_frames * SIDE**2 * 2
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        free = shutil.disk_usage(folder).free
        if free < 1.6 * size:
            raise SystemExit(f"{free / 1e9:.0f} GB free, {1.6 * size / 1e9:.0f} GB needed")
        movie = folder / "large.ome.zarr"
        started = time.perf_counter()
        n_cells = _write(movie, n_frames)
        writing = time.perf_counter() - started
        stored = sum(file.stat().st_size for file in movie.rglob("*") if file.is_file())
        (folder / "samples.csv").write_text(
            "movie,path,condition,session\nlarge,large.ome.zarr,WT,1\n", encoding="utf-8"
        )
        (folder / "study.toml").write_text(_STUDY, encoding="utf-8")
        wall, peaks = _run(folder)
        status = pd.read_csv(folder / "results" / "status.csv")
        cells = pd.read_csv(folder / "results" / "tables" / "cells.csv")
    if len(cells) < n_cells:
        raise SystemExit(f"{len(cells)} cells were found of {n_cells}")
    coordinator, *others = peaks
    return [
        f"{n_frames} frames of {SIDE}×{SIDE} uint16, {size / 1e9:.1f} GB of pixels "
        f"({stored / 1e9:.1f} GB in OME-Zarr 0.5 with its pyramid, written in {writing:.0f} s), "
        f"{n_cells} cells that stand apart; `lamella run --workers {WORKERS}`, thresholds, lap, "
        "all groups, outlines, report. The movie is cut into chunks of frames that both workers "
        "share.",
        "",
        f"{wall / 60:.0f} min in all. Peak memory of the two processes that held most, workers or "
        f"the one that makes the report: {', '.join(f'{mb:.0f} MB' for mb in others)} (target < "
        f"{_TARGET_MB} MB for a worker), of the one that hands out the work {coordinator:.0f} MB.",
        "",
        "| stage | work of all workers |",
        "| --- | --- |",
        *(f"| {row[Col.STAGE]} | {row[Col.SECONDS]:.0f} s |" for _, row in status.iterrows()),
    ]


def _write(path: Path, n_frames: int) -> int:
    """Cells on closed paths, filmed over and over; how many stand apart in the first frame."""
    made = ColonyPhantom(
        field_px=(SIDE, SIDE), n_frames=_LOOP, n_cells=30, n_divisions=0, area_um2=900,
        pixel_size_um=_UM, seed=21, open_field=True,
    ).make()  # fmt: skip
    _, apart = ndimage.label(made.truth.frames.frame(0) > 0)
    images = made.movie.channel().asarray()
    loop = np.concatenate([images, images[::-1]])
    like = np.broadcast_to(loop[:1], (n_frames, SIDE, SIDE))
    frames = MappedFrames(ArrayFrames(like), lambda t: loop[t % len(loop)])
    scale = Scale(_UM, regular_times(n_frames, _MIN))
    write_ome_zarr(path, {"ch0": frames}, scale=scale)
    return int(apart)


def _run(folder: Path) -> tuple[float, list[float]]:
    """Seconds, and the peaks of all processes in MB: that of the first, then the largest."""
    command = [sys.executable, "-m", "lamella.cli", "run", str(folder), "--workers", str(WORKERS)]
    started = time.perf_counter()
    peaks: dict[int, float] = {}
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True) as process:
        try:
            while process.poll() is None:
                for pid in _session(process.pid):
                    peaks[pid] = max(peaks.get(pid, 0.0), _peak_mb(pid))
                time.sleep(0.5)
        except BaseException:
            os.killpg(process.pid, signal.SIGTERM)
            raise
    if process.returncode:
        raise SystemExit("the run failed")
    first = peaks.pop(process.pid)
    return time.perf_counter() - started, [first, *sorted(peaks.values(), reverse=True)[:WORKERS]]


def _session(leader: int) -> list[int]:
    """Processes that were started by this one, itself among them."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            rest = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        if int(rest[3]) == leader:
            found.append(int(stat.parent.name))
    return found


def _peak_mb(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024
    except (OSError, StopIteration):
        return 0.0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=FRAMES)
    print("\n".join(running(parser.parse_args().frames)))
