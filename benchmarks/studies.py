"""Topics d to f: what a whole study costs over its parts, in workers, and in memory."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import plain
from timing import told

from lamella.core.frames import ArrayFrames, MappedFrames
from lamella.core.movie import Scale, regular_times
from lamella.core.table import Col
from lamella.io.tiff import write_movie
from lamella.phantom import CellPhantom, StudyPhantom
from lamella.run.demo import make_demo
from lamella.run.derive import derive_tables
from lamella.run.execute import run_study
from lamella.run.init import find_movies, write_study
from lamella.run.report import write_report
from lamella.run.study import Study, open_study
from lamella.run.task import task_for

REPEATS = 5
BIG_FRAMES, BIG_SIDE = 8192, 512


def orchestration() -> list[str]:
    """Topic d."""
    over, whole_s, parts_s = [], [], []
    with _study(n_frames=60) as (study, folder):
        run_study(study, folder / "warm-up")
        for i in range(REPEATS):
            out = folder / f"run-{i}"
            started = time.perf_counter()
            run_study(study, out)
            whole = time.perf_counter() - started
            stages = float(pd.read_csv(out / "status.csv")[Col.SECONDS].sum())
            started = time.perf_counter()
            derive_tables(study, [task_for(study, s, out) for s in study.samples], out)
            write_report(out)
            parts = stages + time.perf_counter() - started
            over.append(whole / parts - 1)
            whole_s.append(whole)
            parts_s.append(parts)
        n_movies = len(study.samples)
    return [
        f"A study of {n_movies} movies of 60 frames of 256×256, one worker: the whole run against "
        "the sum of its parts (seconds of the stages in `status.csv`, plus the tables and the "
        "report made directly).",
        "",
        "| whole run | sum of the parts | over | target |",
        "| --- | --- | --- | --- |",
        f"| {told(np.array(whole_s))} | {told(np.array(parts_s))} | {np.median(over):.1%} "
        "| ≤ 5 % |",
    ]


def workers() -> list[str]:
    """Topic e."""
    seconds: dict[int, list[float]] = {1: [], 2: []}
    with _study(n_frames=300) as (study, folder):
        for _ in range(3):  # each takes a minute or two
            for n in seconds:
                started = time.perf_counter()
                run_study(study, folder / "run", workers=n, fresh=True)
                seconds[n].append(time.perf_counter() - started)
        n_movies = len(study.samples)
    one, two = (np.array(seconds[n]) for n in (1, 2))
    return [
        f"A study of {n_movies} movies of 300 frames of 256×256, run in full, start of the "
        "workers, tables and report included.",
        "",
        "| 1 worker | 2 workers | times as fast | target |",
        "| --- | --- | --- | --- |",
        f"| {told(one)} | {told(two)} | {np.median(one / two):.2f} | ≥ 1.7 |",
    ]


def memory() -> list[str]:
    """Topic f."""
    size = BIG_FRAMES * BIG_SIDE**2 * 2
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        free = shutil.disk_usage(folder).free
        if free < 4 * size:
            raise SystemExit(f"{free / 1e9:.0f} GB free, {4 * size / 1e9:.0f} GB needed")
        _write_big_movie(folder / "movies" / "WT" / "1" / "big.tif")
        found = find_movies(folder / "movies", "{condition}/{session}/{cell}.tif")
        write_study(folder / "movies", found, folder, title="Memory", reference="WT")
        command = ["-m", "lamella.cli", "run", str(folder), "--out", str(folder / "results")]
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, *command, "--workers", "1"], stdout=subprocess.DEVNULL
        )
        _, state, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        if state:
            raise SystemExit("the run failed")
        status = pd.read_csv(folder / "results" / "status.csv")
    peak = usage.ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)
    stages = [
        f"| {row[Col.STAGE]} | {row[Col.SECONDS]:.0f} s | {row[Col.PEAK_MB]:.0f} MB |"
        for _, row in status.iterrows()
    ]
    return [
        f"`lamella run` with one worker on a movie of {BIG_FRAMES} frames of {BIG_SIDE}×{BIG_SIDE} "
        f"uint16, {size / 1e9:.1f} GB in one BigTIFF, in a process of its own.",
        "",
        f"Peak memory {peak:.0f} MB (target < 600 MB), {wall:.0f} s in all.",
        "",
        "| stage | time | peak so far |",
        "| --- | --- | --- |",
        *stages,
    ]


@contextmanager
def _study(*, n_frames: int) -> Iterator[tuple[Study, Path]]:
    """18 movies on disk: 3 conditions, 2 sessions, 3 cells each."""
    phantom = StudyPhantom(
        cells_per_session=3,
        n_frames=n_frames,
        length_spread=0,
        n_aborted=0,
        cell=CellPhantom(field_px=(256, 256)),
    )
    with tempfile.TemporaryDirectory() as name:
        make_demo(Path(name), phantom=phantom)
        yield open_study(Path(name)), Path(name)


def _write_big_movie(path: Path) -> None:
    """A cell on a closed path of 64 frames, filmed over and over."""
    images, _ = plain.moving_cell(64, BIG_SIDE)
    loop = np.concatenate([images, images[::-1]])
    frames = MappedFrames(
        ArrayFrames(np.broadcast_to(loop[:1], (BIG_FRAMES, BIG_SIDE, BIG_SIDE))),
        lambda t: loop[t % len(loop)],
    )
    scale = Scale(0.318, regular_times(BIG_FRAMES, 1.0))
    write_movie(path, {"ch0": frames}, scale=scale, compress=False)
