"""A study of two colonies with errors that a person can correct, run once."""

from __future__ import annotations

import warnings
from pathlib import Path

import cv2
import numpy as np
import pytest

from faults.studies import HEADER
from lamella.core.errors import LamellaWarning
from lamella.core.frames import ArrayFrames
from lamella.io import open_labels, open_movie, read_table, tiff
from lamella.io.tables import write_table
from lamella.phantom.movie import Phantom
from lamella.run import execute
from lamella.run.cache import Manifest
from lamella.run.execute import run_study
from lamella.run.study import open_study
from worlds.colonies import colony_phantom, shuffled, write_colony

SETTINGS = """\
title = "Colonies"
outlines = false
[objects.cell]
centre = false
[objects.cell.segment]
method = "labels"
pattern = "masks/{stem}.tif"
[objects.cell.track]
method = "lap"
[measure]
walks = false
lamellipodium = false
protrusion = false
edge = false
"""
MERGED, LOST, SWAPPED = range(3, 6), range(7, 9), 9


def phantom() -> Phantom:
    """Five cells that do not divide, 12 frames."""
    return colony_phantom(5, n_cells=5, n_divisions=0)


def nearest_pair(truth: np.ndarray) -> tuple[int, int]:
    """The two cells that are nearest to each other amid the merged frames."""
    image = truth[MERGED[1]]
    places = {c: np.argwhere(image == c).mean(0) for c in np.unique(image[image > 0])}
    pairs = [
        (float(np.hypot(*(places[a] - places[b]))), a, b) for a in places for b in places if a < b
    ]
    return int(min(pairs)[1]), int(min(pairs)[2])


def planted(truth: np.ndarray) -> np.ndarray:
    """Two cells merged in some frames, a third one lost in some."""
    masks = truth.copy()
    one, two = nearest_pair(truth)
    for t in MERGED:
        ends = [np.argwhere(truth[t] == c).mean(0)[::-1].round().astype(int) for c in (one, two)]
        bridge = np.zeros(truth[t].shape, np.uint8)
        cv2.line(bridge, tuple(map(int, ends[0])), tuple(map(int, ends[1])), 1, 3)
        masks[t][(masks[t] == two) | ((bridge > 0) & (masks[t] == 0))] = one
    third = next(int(c) for c in np.unique(truth[truth > 0]) if c not in (one, two))
    for t in LOST:
        masks[t][masks[t] == third] = 0
    return masks


def again(study: Path, **how):
    """Run the study, without its report; what was done, by movie and stage."""
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        warnings.simplefilter("ignore", LamellaWarning)
        patch.setattr(execute, "write_report", lambda out: out / "report.html")
        outcome = run_study(open_study(study), study / "results", **how)
    assert not outcome.failed, [each.message for each in outcome.failed]
    return {(r.movie, r.stage): r.state for r in outcome.results}


def make_correctable(study: Path) -> Path:
    """Movies ``a`` with planted errors and ``b`` without; the folder of the run."""
    truth = phantom().truth.frames.asarray()
    for name, masks in {"a": planted(truth), "b": truth}.items():
        write_colony(study, name, phantom(), shuffled(masks, 3))
    rows = [f"{name},raw/{name}.tif,{name.upper()},day1,\n" for name in "ab"]
    (study / "samples.csv").write_text(HEADER + "".join(rows))
    (study / "study.toml").write_text(SETTINGS)
    again(study)
    return study / "results"


def exchange_tracks(run: Path, movie: str, one: int, two: int, t: int) -> None:
    """A tracker that errs: from a frame on two cells have each other's number."""
    folder = run / "movies" / movie
    file = folder / "labels/cell.ome.tif"
    scale, labels = open_movie(file).scale, open_labels(file).frames.asarray()
    late = labels[t:]
    first, second = late == one, late == two
    late[first], late[second] = two, one
    tiff.write_labels(file, ArrayFrames(labels), scale=scale)
    links = read_table(folder / "tracks/cell.parquet")
    names = {one: two, two: one}
    wrong = (links["frame"] >= t) & links["cell"].isin(names)
    links.loc[wrong, "cell"] = links.loc[wrong, "cell"].map(names)
    write_table(folder / "tracks/cell.parquet", links.sort_values(["cell", "frame"]))
    manifest = Manifest(folder)
    lives = manifest["track/cell"].found["first_last"]
    lives[str(one)][1], lives[str(two)][1] = lives[str(two)][1], lives[str(one)][1]
    manifest.record({"track/cell": manifest["track/cell"]})
