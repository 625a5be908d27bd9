"""The movies that `Motion` is judged on: real ones with labels by hand, and phantoms."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from tifffile import imread

from lamella.core.frames import ArrayFrames, Frames
from lamella.phantom import Camera, CellPhantom, ColonyPhantom

Split = Literal["tuning", "report"]
SPLITS: tuple[Split, ...] = ("tuning", "report")
Mask = NDArray[np.bool_]

# As the tests find it: LAMELLA_TEST_DATA, or ../shared/data beside the project.
DATA = Path(
    os.environ.get("LAMELLA_TEST_DATA", Path(__file__).resolve().parents[2] / "shared" / "data")
)
# The Cell Tracking Challenge leaves out cells that lie wholly within this border of the field.
PSC_BORDER_PX = 25

_PTK1 = {"tuning": (1, 20), "report": (25, 50)}
_PSC = {"tuning": (0, 9), "report": (13, 24)}
# Seeds and light were laid down before any figure was seen. Photo-electrons per pixel: of the body
# in fluorescence (2 % of it background), of the bare field in phase contrast.
_SEEDS = {"tuning": (11, 12, 13), "report": (211, 212, 213)}
_LIGHT = {"fluorescence": (20, 100, 750), "phase": (200, 1000, 5000)}
_PHANTOM_FRAMES, _PHANTOM_EVERY = 20, 4


@dataclass(frozen=True)
class Filmed:
    """A movie with the truth of some of its frames.

    Parameters
    ----------
    row : str
        The row of the table that it counts for.
    frames : Frames
    truth : mapping of int to (Y, X) bool array
        By frame number.
    """

    row: str
    frames: Frames
    truth: Mapping[int, Mask]


def movies(split: Split) -> Iterator[Filmed]:
    """Every movie of a split that is there, one at a time."""
    for folder, load in REAL.items():
        if (DATA / folder).is_dir() and (filmed := load(split)) is not None:
            yield filmed
    yield from phantoms(split)


def absent() -> list[str]:
    """Folders of real movies that are not there."""
    return [folder for folder in REAL if not (DATA / folder).is_dir()]


def ptk1(split: Split) -> Filmed:
    """PtK1 cells in phase contrast, seconds apart; every fifth frame outlined by hand."""
    first, last = _PTK1[split]
    images = sorted((DATA / "ptk1_phase" / "img").glob("*.png"))[first - 1 : last]
    masks = DATA / "ptk1_phase" / "mask"
    truth = {
        t: _grey(masks / file.name) > 0
        for t, file in enumerate(images)
        if (masks / file.name).exists()
    }
    return Filmed("PtK1, phase contrast", _stack([_grey(file) for file in images]), truth)


def psc(split: Split) -> Filmed:
    """Pancreatic stem cells in phase contrast, 10 min apart; silver truth on every frame."""
    first, last = _PSC[split]
    folder = DATA / "ctc_PhC-C2DL-PSC"
    numbers = range(first, last + 1)
    return Filmed(
        "PSC, phase contrast",
        _stack([imread(folder / "02" / f"t{n:03d}.tif") for n in numbers]),
        {
            t: imread(folder / "02_ST" / "SEG" / f"man_seg{n:03d}.tif") > 0
            for t, n in enumerate(numbers)
        },
    )


def t98g(split: Split) -> Filmed | None:
    """Crowded T98G cells, 5 frames of 16 bit; the first is labelled by hand. Report split only."""
    if split != "report":
        return None
    folder = DATA / "usiigaci"
    images = [imread(file) for file in sorted((folder / "T98G").glob("*t0[1-5].tif"))]
    return Filmed(
        "T98G, phase contrast",
        _stack(images),
        {0: _grey(folder / "labelled" / "set1" / "instances_ids.png") > 0},
    )


REAL: dict[str, Callable[[Split], Filmed | None]] = {
    "ptk1_phase": ptk1,
    "ctc_PhC-C2DL-PSC": psc,
    "usiigaci": t98g,
}


def phantoms(split: Split) -> Iterator[Filmed]:
    """Single cells and colonies in both looks, three amounts of light with a seed each."""
    for kind in ("cell", "colony"):
        for look in _LIGHT:
            for seed, light in zip(_SEEDS[split], _LIGHT[look], strict=True):
                yield phantom(kind, look, seed=seed, photoelectrons=light)


def phantom(kind: str, look: str, *, seed: int, photoelectrons: float) -> Filmed:
    """One phantom, every fourth frame compared with its truth."""
    settings: dict[str, Any] = {
        "look": look,
        "n_frames": _PHANTOM_FRAMES,
        "photoelectrons": photoelectrons,
        "background_photoelectrons": 0.02 * photoelectrons,
        "camera": Camera(),
        "seed": seed,
    }
    if kind == "cell":
        made = CellPhantom(field_px=(256, 256), **settings).make()
    else:
        made = ColonyPhantom(field_px=(384, 384), **settings).make()
    return Filmed(
        f"{'single cells' if kind == 'cell' else 'colonies'}, {look}",
        ArrayFrames(made.movie.channel().asarray()),
        {t: made.truth.frame(t) > 0 for t in range(0, _PHANTOM_FRAMES, _PHANTOM_EVERY)},
    )


def _grey(file: Path) -> NDArray[Any]:
    image = cv2.imread(str(file), cv2.IMREAD_UNCHANGED)
    if image is None:
        raise OSError(f"{file.name} cannot be read as an image")
    return image


def _stack(images: list[NDArray[Any]]) -> ArrayFrames:
    return ArrayFrames(np.stack(images))
