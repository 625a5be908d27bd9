"""Inputs that are cut off or have bits flipped, of every kind of file that is read.

Either one clear error names the file, or the work is done: with pixels or numbers that are honestly
others, since nobody can know what a flipped pixel was. Never a crash, a hang, or gigabytes.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import tifffile
from PIL import Image

from faults.bits import DAMAGE
from faults.matrix import assert_told, case, fault
from faults.studies import lamella
from faults.works import half_written
from lamella.io import open_movie

MEMORY = ("memory", {"n_bytes": 4 << 30})
SEGMENT = ("segment", "{it}", "-o", "{out}/l.tif", "--method", "multiotsu")


class Input(NamedTuple):
    """A file that is read: how it is made from the world, and the command that reads it."""

    make: Callable[[Path, Path], Path]
    """Of the world and of a path without a suffix: the file that is damaged, or its folder."""
    command: tuple[str, ...]
    hurt: str = ""
    """Which file is damaged, where it is a folder."""


def _pixels(world: Path) -> np.ndarray:
    return open_movie(world / "study/raw/good1.tif").channel().asarray()


def _imagej(world: Path, it: Path) -> Path:
    tifffile.imwrite(it.with_suffix(".tif"), _pixels(world), imagej=True, metadata={"axes": "TYX"})
    return it.with_suffix(".tif")


def _ome(world: Path, it: Path) -> Path:
    return Path(shutil.copyfile(world / "study/raw/good1.tif", it.with_suffix(".ome.tif")))


def _big(world: Path, it: Path) -> Path:
    tifffile.imwrite(it.with_suffix(".btf"), _pixels(world), bigtiff=True, compression="zlib")
    return it.with_suffix(".btf")


def _tif_frames(world: Path, it: Path) -> Path:
    it.mkdir()
    for t, frame in enumerate(_pixels(world)):
        tifffile.imwrite(it / f"t{t}.tif", frame)
    return it


def _png_frames(world: Path, it: Path) -> Path:
    it.mkdir()
    for t, frame in enumerate(_pixels(world)):
        Image.fromarray((frame >> 4).astype(np.uint8)).save(it / f"t{t}.png")
    return it


def _of_world(name: str) -> Callable[[Path, Path], Path]:
    return lambda world, it: world / name


def _exported(kind: str, suffix: str) -> Callable[[Path, Path], Path]:
    def make(world: Path, it: Path) -> Path:
        made = it.with_name(it.name + suffix)
        results = world / "study/results"
        assert not lamella("export", results, "--movie", "good1", "--to", kind, "-o", made).code
        return made

    return make


IMPORT = ("import", "{it}", "-o", "{out}", "--like", "{world}/study/raw/good1.tif")
CHECK = ("check", "{world}/study")
RUN = ("run", "{world}/study", "--out", "{out}/r")

INPUTS = {
    "imagej": Input(_imagej, SEGMENT),
    "ome-tiff": Input(_ome, SEGMENT),
    "bigtiff": Input(_big, SEGMENT),
    "tif-frames": Input(_tif_frames, SEGMENT, hurt="t3.tif"),
    "png-frames": Input(_png_frames, SEGMENT, hurt="t3.png"),
    "labels": Input(
        _of_world("labels.tif"),
        ("measure", "{world}/study/raw/good1.tif", "{it}", "-o", "{out}"),
    ),
    "labels-tracked": Input(_of_world("labels.tif"), ("track", "{it}", "-o", "{out}")),
    "labels-scored": Input(
        _of_world("labels.tif"), ("evaluate", "{it}", "{world}/other.tif", "-o", "{out}/s.json")
    ),
    "cells.csv": Input(
        _of_world("cells.csv"),
        ("stats", "{it}", "--value", "area_um2", "--condition", "condition", "-o", "{out}"),
    ),
    "cells.parquet": Input(
        _of_world("study/results/tables/cells.parquet"),
        ("stats", "{it}", "--value", "area_um2", "--condition", "condition", "-o", "{out}"),
    ),
    "study.toml": Input(_of_world("study/study.toml"), CHECK),
    "samples.csv": Input(_of_world("study/samples.csv"), CHECK),
    "samples.csv-run": Input(_of_world("study/samples.csv"), RUN),
    "ctc-list": Input(_exported("ctc", "ctc"), IMPORT, hurt="res_track.txt"),
    "ctc-mask": Input(_exported("ctc", "ctc"), IMPORT, hurt="mask002.tif"),
    "trackmate": Input(_exported("trackmate", ".xml"), IMPORT),
    "geff": Input(_exported("geff", ".geff"), IMPORT, hurt=".zattrs"),
    "geff-values": Input(_exported("geff", ".geff"), IMPORT, hurt="0"),
    "tracks.csv": Input(_exported("tracks", ".csv"), (*IMPORT, "--labels", "{world}/labels.tif")),
    "rois": Input(
        lambda world, it: next(iter((world / "rois").rglob("*.zip"))),
        ("import", "--rois", "{world}/rois", "--into", "{world}/study/results"),
    ),
}
QUICK = {
    ("imagej", "cut"), ("ome-tiff", "flip_many"), ("cells.csv", "flip"), ("rois", "cut_last"),
    ("study.toml", "flip_first"), ("trackmate", "cut"), ("labels", "zeros"),
}  # fmt: skip


@fault("input cut off or with bits flipped")
@pytest.mark.parametrize(
    ("kind", "damage", "seed"),
    [
        case(kind, damage, seed, quick=(kind, damage) in QUICK and seed == 0)
        for kind in INPUTS
        for damage in DAMAGE
        for seed in range(3 if damage == "flip" else 1)
    ],
)
def test_damaged_input(kind, damage, seed, world, starter, tmp_path):
    one, out = INPUTS[kind], tmp_path / "out"
    it = one.make(world, tmp_path / "it")
    hurt = next(iter(sorted(it.rglob(one.hurt)))) if one.hurt else it
    DAMAGE[damage](hurt, seed)
    told = [part.format(it=it, out=out, world=world) for part in one.command]
    ended = starter.run(*told, faults=[("no_report", {}), MEMORY])
    assert_told(ended)
    if ended.code:
        names = {hurt.name, hurt.stem, it.name, it.stem, hurt.parent.name}
        assert any(name in ended.err for name in names), (hurt, ended)
    assert half_written(out) == []
