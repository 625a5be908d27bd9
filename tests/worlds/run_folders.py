"""Folders of runs that hold tables alone: as many cells as are wanted, without a movie."""

import numpy as np
import pandas as pd
import tomli_w

from faults.studies import HEADER
from lamella.core.table import Col
from lamella.io import write_table
from lamella.run.saved import as_locked
from lamella.run.settings import read_settings
from lamella.run.versions import versions

_STUDY = """\
title = "Many cells"
[objects.cell.segment]
method = "labels"
pattern = "masks/{stem}.tif"
[objects.cell.track]
method = "lap"
"""


def many_cells(study, *, movies, cells_each, seed=0):
    """A study with a run in ``results``: conditions WT, KI, KO by turns, in two sessions."""
    rng = np.random.default_rng(seed)
    names = [f"{('WT', 'KI', 'KO')[k % 3]}_{k:04d}" for k in range(movies)]
    out = study / "results"
    (out / "tables").mkdir(parents=True)
    rows = [f"{n},raw/{n}.tif,{n[:2]},day{1 + k % 2}," for k, n in enumerate(names)]
    (study / "samples.csv").write_text(HEADER + "\n".join(rows) + "\n")
    (study / "study.toml").write_text(_STUDY)
    settings = read_settings(study / "study.toml")
    lock = {"versions": versions(), "settings": as_locked(settings), "inputs": {}, "samples": []}
    (out / "study.lock.toml").write_text(tomli_w.dumps(lock))
    n = movies * cells_each
    movie = np.repeat(names, cells_each)
    frames = rng.integers(3, 60, n)
    valid = np.maximum(frames - rng.integers(0, 3, n), 1)
    speed = rng.gamma(4, 0.2, n)
    speed[rng.random(n) < 0.05] = np.nan
    cells = pd.DataFrame(
        {
            Col.MOVIE: movie,
            Col.OBJECT: "cell",
            Col.CELL: np.tile(np.arange(1, cells_each + 1), movies),
            Col.CONDITION: [name[:2] for name in movie],
            Col.SESSION: [f"day{1 + int(name[3:]) % 2}" for name in movie],
            Col.N_FRAMES: frames,
            Col.N_EMPTY_FRAMES: 0,
            Col.EMPTY_RATE: 0.0,
            Col.N_VALID_FRAMES: valid,
            Col.N_VALID_PAIRS: valid - 1,
            Col.N_SIZE_BREAKS: rng.integers(0, 2, n).clip(max=valid),
            Col.MEAN_SPEED: speed,
            Col.PERSISTENCE: rng.random(n),
            Col.AREA_UM2: rng.gamma(9, 30, n),
            Col.IN_STATISTICS: valid - 1 >= 5,
        }
    )
    others = pd.DataFrame({f"measure_{k}": rng.random(n) for k in range(200)})
    # As broad as the table of a run.
    write_table(out / "tables/cells.parquet", pd.concat([cells, others], axis=1))
    events = cells.groupby(Col.MOVIE, sort=False).head(2)[[Col.MOVIE, Col.OBJECT, Col.CELL]]
    told = {Col.FRAME: 1, Col.KIND: "jump", Col.OTHER: 0, Col.VALUE: 9.0, Col.LIMIT: 4.0,
            Col.Y_PX: 5.0, Col.X_PX: 5.0, Col.WORDS: "It jumps.", Col.SEVERITY: 0.9}  # fmt: skip
    write_table(out / "tables/events.csv", events.assign(**told))
    flicker = {Col.MOVIE: names, Col.OBJECT: "cell", Col.AREA_FLICKER: 0.001 * np.arange(movies)}
    write_table(out / "tables/quality.csv", pd.DataFrame(flicker))
    for name in names:
        (out / "movies" / name).mkdir(parents=True)
    return study
