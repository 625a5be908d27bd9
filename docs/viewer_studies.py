"""The studies that the pictures of docs/viewer.md show, run: made once, then kept until the end."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import tempfile
import warnings
from functools import cache
from pathlib import Path
from typing import Any

DEMO = os.environ.get("LAMELLA_DEMO_STUDY", "")
"""A study of `lamella demo` that has been run, where there is one: it is copied, not changed."""

_COLONY = """\
title = "Colonies"
[objects.cell]
centre = false
[objects.cell.segment]
method = "labels"
pattern = "masks/{stem}.tif"
[objects.cell.track]
method = "lap"
"""
_N_FRAMES = 12


@cache
def demo_run() -> Path:
    """The study of `lamella demo`: single cells in three conditions."""
    from lamella.run.demo import make_demo

    study = _folder() / "demo"
    if DEMO:
        return shutil.copytree(DEMO, study) / "results"
    make_demo(study)
    return _run(study)


@cache
def colony_run() -> Path:
    """One movie of many cells that touch; two of them are one object for two frames."""
    from lamella.core.frames import ArrayFrames
    from lamella.io import tiff
    from lamella.phantom import ColonyPhantom

    study = _folder()
    made = ColonyPhantom(
        n_cells=14, n_frames=12, field_px=(200, 220), area_um2=110, pixel_size_um=0.5,
        interval_min=2.0, speed_um_per_min=0.3, cohesion_per_min=0.01, seed=4,
    ).make()  # fmt: skip
    masks = made.truth.frames.asarray()
    touching = _touching(masks[5])
    for t in (5, 6):
        masks[t][masks[t] == touching[1]] = touching[0]
    scale = made.movie.scale
    tiff.write_movie(study / "raw/wt1.tif", made.movie.channels, scale=scale)
    tiff.write_labels(study / "masks/wt1.tif", ArrayFrames(masks), scale=scale)
    (study / "samples.csv").write_text(
        "movie,path,condition,session\nwt1,raw/wt1.tif,WT,day1\n", encoding="utf-8"
    )
    (study / "study.toml").write_text(_COLONY, encoding="utf-8")
    return _run(study)


@cache
def corrected_run() -> Path:
    """The demo in phase contrast, where thresholds fail; three frames of every movie are mended."""
    from lamella.core.frames import ArrayFrames
    from lamella.io import open_labels, open_movie, tiff
    from lamella.phantom import CellPhantom, StudyPhantom
    from lamella.run.corrections import EDITS, corrected_file, original_file
    from lamella.run.demo import make_demo

    study = _folder() / "phase"
    cell = CellPhantom(field_px=(160, 160), look="phase")
    phantom = StudyPhantom(cells_per_session=1, n_frames=_N_FRAMES, n_aborted=0, cell=cell)
    make_demo(study, phantom=phantom)
    text = (study / "study.toml").read_text(encoding="utf-8")
    text = text.replace('foreground = "bright"', 'foreground = "dark"', 1)
    (study / "study.toml").write_text(text, encoding="utf-8")
    _run(study)
    truths = {each.name.replace("_", "__"): each.phantom.truth.frames for each in phantom}
    for movie in sorted((study / "results/movies").iterdir()):
        labels = movie / "labels/cell.ome.tif"
        truth = truths[movie.name]
        after = open_labels(labels, name="cell").frames.asarray().copy()
        for t in (2, 5, 8):
            after[t] = truth.frame(t) > 0
        corrected_file(movie, "cell").parent.mkdir()
        shutil.copyfile(labels, original_file(movie, "cell"))
        scale = open_movie(labels).scale
        tiff.write_labels(corrected_file(movie, "cell"), ArrayFrames(after), scale=scale)
        edit = {"time": "2026-01-01T00:00:00+00:00", "object": "cell", "changed": [1], "added": [],
                "removed": [], "names": {}, "parents": {}, "filled": []}  # fmt: skip
        (movie / EDITS).write_text(json.dumps(edit) + "\n", encoding="utf-8")
    return study / "results"


def _folder() -> Path:
    made = Path(tempfile.mkdtemp(prefix="lamella-pictures-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


def _run(study: Path) -> Path:
    from lamella.core.errors import LamellaWarning
    from lamella.run.execute import run_study
    from lamella.run.study import open_study

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LamellaWarning)
        run_study(open_study(study), study / "results")
    return study / "results"


def _touching(image: Any) -> tuple[int, int]:
    """The two cells with the longest border."""
    borders: dict[tuple[int, int], int] = {}
    for a, b in ((image[:, :-1], image[:, 1:]), (image[:-1], image[1:])):
        both = (a != b) & (a > 0) & (b > 0)
        for one, two in zip(a[both].tolist(), b[both].tolist(), strict=True):
            pair = (min(one, two), max(one, two))
            borders[pair] = borders.get(pair, 0) + 1
    return max(borders, key=lambda pair: borders[pair])
