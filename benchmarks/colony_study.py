"""A study of several hundred cells in movies of colonies: what a full report is judged on.

``python benchmarks/colony_study.py OUT`` writes it and runs it.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from lamella.io.tiff import write_labels, write_movie
from lamella.phantom import Camera, ColonyPhantom
from lamella.run.execute import run_study
from lamella.run.init import find_movies, write_study
from lamella.run.study import SETTINGS_FILE, open_study

SPEEDS_UM_PER_MIN = {"WT": 0.7, "KO": 0.7, "KI": 0.5}
PHOTOELECTRONS = {"1": 300.0, "2": 150.0, "3": 600.0}
MOVIE_SD = 0.1
"""Of the speed of the movies of a condition and session, over their mean."""
SEED = 20
_SETTINGS = """\
title = "{title}"
[objects.cell.segment]
method = "labels"
pattern = "outlines/{{condition}}/{{session}}/{{stem}}.tif"
[objects.cell.track]
method = "lap"
[statistics]
reference = "WT"
"""


def write_colonies(
    out: Path, *, movies: int = 4, n_cells: int = 14, n_frames: int = 20, side_px: int = 320
) -> None:
    """Movies of 3 conditions × 3 sessions × `movies`, and their study.toml and samples.csv."""
    rng = np.random.default_rng(SEED)
    for condition, speed in SPEEDS_UM_PER_MIN.items():
        for session, light in PHOTOELECTRONS.items():
            for place in range(1, movies + 1):
                phantom = ColonyPhantom(
                    n_cells=n_cells,
                    n_divisions=0,
                    cohesion_per_min=0,
                    n_frames=n_frames,
                    field_px=(side_px, side_px),
                    area_um2=90.0,
                    speed_um_per_min=speed * (1 + MOVIE_SD * float(rng.standard_normal())),
                    photoelectrons=light,
                    camera=Camera(gain=2.0),
                    seed=int(rng.integers(2**31)),
                ).make()
                name = f"{condition}/{session}/{place}.tif"
                scale = phantom.movie.scale
                write_movie(out / "movies" / name, phantom.movie.channels, scale=scale)
                write_labels(
                    out / "outlines" / name, phantom.truth.frames, scale=scale, name="cell"
                )
    found = find_movies(out / "movies", "{condition}/{session}/{cell}.tif")
    write_study(out / "movies", found, out)
    n = len(SPEEDS_UM_PER_MIN) * len(PHOTOELECTRONS) * movies * n_cells
    (out / SETTINGS_FILE).write_text(_SETTINGS.format(title=f"A study of {n} cells"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--movies", type=int, default=4, help="of each condition and session")
    parser.add_argument("--cells", type=int, default=14, help="of each movie")
    asked = parser.parse_args()
    started = time.perf_counter()
    write_colonies(asked.out, movies=asked.movies, n_cells=asked.cells)
    print(f"written in {time.perf_counter() - started:.0f} s")
    started = time.perf_counter()
    run_study(open_study(asked.out), asked.out / "results")
    print(f"run in {time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
