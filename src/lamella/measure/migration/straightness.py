"""How far and how straight tracks go: of places, of runs of steps, and over a fixed duration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lamella.core.table import Col
from lamella.kernels.extents import Extents
from lamella.kernels.paths import run_sums, window_sums
from lamella.measure.migration.places import Places, over


def ratios(at: Places, reached: Extents) -> Mapping[str, Any]:
    """Lengths of whole tracks, and their ratios, which need no pixel size.

    * net displacement and path as published: ``persistence = min(net / path, 1)``, of which the
      net spans rejected steps and the path skips them;
    * both spanning them: ``confinement_ratio = net / path_bridged``;
    * neither spanning them, over runs r of trusted steps: ``straightness_runs`` is Σ net_r / Σ
      path_r and ``tortuosity`` its inverse, ``outreach_ratio`` Σ max_r / Σ path_r, and
      ``displacement_ratio`` Σ net_r / Σ max_r, where max_r is the largest distance from the first
      place of the run.

    On a track without gaps and rejected steps these are the track's own, as celltrackR has them.
    """
    runs = run_sums(at.place, at.pair, start=at.rows.start)
    moved_um = np.where(runs.n_runs > 0, at.um, np.nan)
    return {
        Col.N_RUNS: runs.n_runs,
        Col.LONGEST_RUN: runs.longest,
        Col.PATH_BRIDGED_UM: reached.bridged * at.um,
        Col.NET_UM: reached.net * at.um,
        Col.NET_RUNS_UM: runs.net * moved_um,
        Col.MAX_DISTANCE_UM: reached.farthest * at.um,
        Col.HULL_AREA_UM2: reached.area * at.um**2,
        Col.PERSISTENCE: np.minimum(over(reached.net, runs.path), 1.0),
        Col.CONFINEMENT_RATIO: np.minimum(over(reached.net, reached.bridged), 1.0),
        Col.STRAIGHTNESS_RUNS: np.minimum(over(runs.net, runs.path), 1.0),
        Col.TORTUOSITY: np.maximum(over(runs.path, runs.net), 1.0),
        Col.OUTREACH_RATIO: np.minimum(over(runs.reach, runs.path), 1.0),
        Col.DISPLACEMENT_RATIO: over(runs.net, runs.reach),
        Col.DIRECTIONALITY_RATIO_LAST: runs.last_ratio,
        Col.ASPHERICITY: reached.asphericity,
    }


def windows_of_steps(at: Places, steps: int | None) -> Mapping[str, Any]:
    """Net over path of windows of `steps` trusted steps, which knows nothing of a movie's length.

    None = no time is known by which to choose the windows: all is NaN.
    """
    found = window_sums(at.place, at.pair, start=at.rows.start, steps=steps or len(at.place) + 1)
    return {
        Col.STRAIGHTNESS_FIXED: found.mean_ratio,
        Col.STRAIGHTNESS_FIXED_POOLED: np.minimum(over(found.net, found.path), 1.0),
        Col.STRAIGHTNESS_WINDOW_FRAMES: np.full(len(found.n), np.nan if steps is None else steps),
        Col.N_STRAIGHTNESS_WINDOWS: found.n,
        Col.N_STILL_WINDOWS: found.n_still,
    }
