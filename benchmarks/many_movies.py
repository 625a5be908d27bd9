"""Topic v: what a study of thousands of movies costs besides the work on its movies."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from timing import told

from lamella.core.table import Col
from lamella.io import write_movie
from lamella.phantom import CellPhantom
from lamella.run.journal import read_journal
from lamella.run.samples import SAMPLES_FILE
from lamella.run.study import SETTINGS_FILE

N_MOVIES = 2000
_KINDS = 20
"""Phantoms that are different; the others are further names of their files."""
_SETTINGS = """\
title = "Many movies"
[objects.cell.segment]
method = "multiotsu"
[statistics]
reference = "WT"
"""


@dataclass(frozen=True)
class Ran:
    """One command in a process of its own."""

    seconds: float
    peak_mb: float
    """Of this process alone, not of its workers."""
    first_s: float
    """From its start to the first movie that is done; NaN where none was."""


def many_movies(n_movies: int = N_MOVIES) -> list[str]:
    """Topic v."""
    rows, walls = [], []
    with tempfile.TemporaryDirectory() as name:
        for workers in (1, 2):
            n = n_movies * workers // 2
            study = make_study(Path(name) / f"study-{workers}", n)
            out = study / "results"
            ran = lamella("run", study, "--workers", workers, first_in=out)
            status = pd.read_csv(out / "status.csv")
            steps = status[status[Col.STATE] == "done"]
            if steps[Col.MOVIE].nunique() != n:
                raise SystemExit("not every movie was done")
            worked = steps[Col.SECONDS].sum() / workers
            after = _of_tables_and_report(out)
            walls.append(ran.seconds)
            handed = (ran.seconds - after - worked) / len(steps)
            over = (ran.seconds - worked) / len(steps)
            rows.append(
                f"| {workers} | {n} | {told(ran.first_s)} | {told(ran.seconds)} | {told(worked)} "
                f"| {told(after)} | {1e3 * handed:.1f} ms | {1e3 * over:.1f} ms "
                f"| {ran.peak_mb:.0f} MB |"
            )
        again = lamella("run", study, "--workers", 2)
        page = lamella("report", out)
        index = python(
            "from pathlib import Path\n"
            "from lamella.run.browse.index import StudyIndex\n"
            "from lamella.run.browse.opened import OpenedRun\n"
            f"StudyIndex.of(OpenedRun(Path({str(out)!r})))"
        )
    return [
        f"Phantoms of 6 frames of 64×64 with one cell each, {len(steps) // n} stages a movie, by "
        "`lamella run` in a process of its own. *Stages*: the seconds of all stages ÷ workers. "
        "*Handed out*: the run from the start of the process to the last movie, less the stages, "
        "for every stage of a movie. *Over*: the same with tables, statistics and report (target "
        "< 10 ms). *Peak*: of the process that is started; its workers, and who makes tables and "
        "report, have their own (target < 500 MB).",
        "",
        "| workers | movies | first movie done | whole run | stages | tables and report "
        "| handed out | over | peak |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        *rows,
        "",
        f"Weak scaling, one worker with half the movies to two with all: "
        f"{walls[0] / walls[1]:.2f} (target ≥ 0.9). Run again with nothing to do: "
        f"{told(again.seconds)}, {again.peak_mb:.0f} MB. `lamella report`: "
        f"{told(page.seconds)}, {page.peak_mb:.0f} MB. Opened in the browser of a study: "
        f"{told(index.seconds)}, {index.peak_mb:.0f} MB.",
    ]


def _of_tables_and_report(out: Path) -> float:
    """Seconds of a run between its last movie and its end."""
    lines = read_journal(out)
    first = next(line["t"] for line in lines if line["what"] == "phase")
    return lines[-1]["t"] - first


def make_study(folder: Path, n_movies: int) -> Path:
    """A study of tiny movies: few that differ, under many names."""
    folder.mkdir(parents=True)
    for seed in range(min(_KINDS, n_movies)):
        phantom = CellPhantom(
            n_frames=6, field_px=(64, 64), area_um2=90, pixel_size_um=0.5, seed=seed
        )
        movie = phantom.make().movie
        write_movie(folder / "raw" / f"m{seed:05d}.tif", movie.channels, scale=movie.scale)
    lines = ["movie,path,condition,session"]
    for k in range(n_movies):
        file = folder / "raw" / f"m{k:05d}.tif"
        if not file.exists():
            os.link(folder / "raw" / f"m{k % _KINDS:05d}.tif", file)
        lines.append(f"m{k:05d},raw/{file.name},{('WT', 'KO', 'KI')[k % 3]},day{1 + k // 3 % 3}")
    (folder / SAMPLES_FILE).write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / SETTINGS_FILE).write_text(_SETTINGS, encoding="utf-8")
    return folder


def lamella(*arguments: object, first_in: Path | None = None) -> Ran:
    """A command line, measured."""
    return _measured([sys.executable, "-m", "lamella.cli", *map(str, arguments)], first_in)


def python(code: str) -> Ran:
    """A few lines, measured."""
    return _measured([sys.executable, "-c", code], None)


def _measured(command: list[str], first_in: Path | None) -> Ran:
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with _first_done(first_in, started) as first:
        # The usage that wait4 tells of a process leaves its children out until it waits for them,
        # and never adds their memory to its own: the peak is the greatest of any.
        peak = _peak_of(process)
    seconds = time.perf_counter() - started
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed")
    return Ran(seconds, peak, first[0] if first else float("nan"))


def _peak_of(process: subprocess.Popen[bytes]) -> float:
    """Peak resident memory of a process in MB, read while it lives."""
    status, peak = Path(f"/proc/{process.pid}/status"), float("nan")
    while process.poll() is None:
        lines = [x for x in status.read_text().splitlines() if x.startswith("VmHWM")]
        if lines:  # a process that has just ended has none
            peak = int(lines[0].split()[1]) / 1024
        time.sleep(0.02)
    return peak


@contextmanager
def _first_done(out: Path | None, started: float) -> Iterator[list[float]]:
    """The seconds until the tables of a first movie are there."""
    found: list[float] = []
    ended = threading.Event()

    def look() -> None:
        while out is not None and not found and not ended.wait(0.02):
            if next((out / "movies").glob("*/cells.parquet"), None):
                found.append(time.perf_counter() - started)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield found
    finally:
        ended.set()
        thread.join()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("n_movies", type=int, nargs="?", default=N_MOVIES)
    print("\n".join(many_movies(parser.parse_args().n_movies)))
