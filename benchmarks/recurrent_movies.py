"""The movies that the recurrent network is fine-tuned on and judged on: blocks with a gap between.

Frames of one movie are alike, so what is learnt from and what is judged never lie side by side.
Settings were chosen within the block that is learnt from; the other was not looked at before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import cv2
import numpy as np
from motion_movies import DATA
from numpy.typing import NDArray
from tifffile import imread

from lamella.core.frames import ArrayFrames, Frames
from lamella.phantom import Camera, ColonyPhantom

Image = NDArray[Any]


class Block(NamedTuple):
    """Consecutive frames, and the cells of some of them."""

    name: str
    frames: Frames
    labels: Mapping[int, Image]
    """(Y, X) integers, by place in `frames`."""


class Material(NamedTuple):
    """One data set, cut into what is learnt from and what is judged."""

    title: str
    taught: Sequence[Block]
    judged: Sequence[Block]
    tuning: tuple[Sequence[Block], Sequence[Block]]
    """Learnt from and judged while settings were chosen; both within `taught`."""
    one_by_one: bool = False
    """Whether frames are too far apart in time to help each other."""
    border_px: int = 0
    """Cells whose pixels all lie this near to the edge of the field are not labelled."""
    smallest_px: int = 150
    """Of a cell."""
    close_px: int = 3
    clusters: bool = False
    """Whether the truth tells regions, not cells."""


_PTK1_OUTLINED = (1, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50)
"""Frames of which there are masks, as in the names of the files."""
_DUST_PX = 20
"""Regions of the true masks of U373 and PtK1 that are smaller are slips of the pen."""
_U373 = {"taught": ((0, 9), (17, 26)), "judged": ((40, 49), (56, 65))}
"""First and last frames, of either movie; files 17 to 32 and 50 to 65 are of the second."""
_PHANTOM_LIGHT, _PHANTOM_FRAMES = 60.0, 12


def ptk1() -> Material:
    """One cluster of cells, seconds apart, of which every fifth frame is outlined by hand."""
    folder = DATA / "ptk1_phase"
    files = sorted((folder / "img").glob("*.png"))

    def block(first: int, last: int) -> Block:
        numbers = range(first, last + 1)
        return Block(
            f"ptk1_{first}-{last}",
            ArrayFrames(np.stack([_grey(files[n - 1]) for n in numbers])),
            {
                t: _regions(_grey(folder / "mask" / files[n - 1].name) > 0)
                for t, n in enumerate(numbers)
                if n in _PTK1_OUTLINED
            },
        )

    return Material(
        "PtK1, one cluster",
        taught=[block(1, 20)],
        judged=[block(30, 50)],
        tuning=([block(1, 10)], [block(15, 20)]),
        clusters=True,
    )


def psc() -> Material:
    """Stem cells, 10 min apart, some 65 a frame; silver truth of every frame."""
    folder = DATA / "ctc_PhC-C2DL-PSC"

    def block(first: int, last: int) -> Block:
        numbers = range(first, last + 1)
        images = [imread(folder / "02" / f"t{n:03d}.tif") for n in numbers]
        labels = [imread(folder / "02_ST" / "SEG" / f"man_seg{n:03d}.tif") for n in numbers]
        return Block(f"psc_{first}-{last}", ArrayFrames(np.stack(images)), dict(enumerate(labels)))

    return Material(
        "PhC-C2DL-PSC",
        taught=[block(0, 9)],
        judged=[block(13, 24)],
        tuning=([block(0, 5)], [block(8, 9)]),
        border_px=25,
        smallest_px=40,
        close_px=1,
    )


def u373() -> Material:
    """Glioblastoma cells of two movies, frames so far apart that cells move by half their size."""
    folder = DATA / "ctc_U373_frames"

    def block(first: int, last: int) -> Block:
        files = [f"{n:04d}.png" for n in range(first, last + 1)]
        return Block(
            f"u373_{first}-{last}",
            ArrayFrames(np.stack([_grey(folder / "sources" / file) for file in files])),
            {t: _regions(_grey(folder / "masks" / file) > 0) for t, file in enumerate(files)},
        )

    return Material(
        "U373",
        taught=[block(*ends) for ends in _U373["taught"]],
        judged=[block(*ends) for ends in _U373["judged"]],
        tuning=([block(0, 6), block(17, 23)], [block(8, 9), block(25, 26)]),
        one_by_one=True,
    )


def dim_colonies() -> Material:
    """Phantoms with so little light that one frame alone does not show where cells end."""

    def block(seed: int, *, annotated: Sequence[int]) -> Block:
        made = ColonyPhantom(
            field_px=(192, 192),
            n_frames=_PHANTOM_FRAMES,
            n_cells=5,
            look="phase",
            photoelectrons=_PHANTOM_LIGHT,
            background_photoelectrons=0.02 * _PHANTOM_LIGHT,
            camera=Camera(),
            seed=seed,
        ).make()
        truth = made.truth.frames
        return Block(
            f"dim_{seed}",
            ArrayFrames(made.movie.channel().asarray()),
            {t: truth.frame(t) for t in annotated},
        )

    some, every = (2, 6, 10), range(_PHANTOM_FRAMES)
    return Material(
        "dim phantoms",
        taught=[block(seed, annotated=some) for seed in range(9000, 9005)],
        judged=[block(seed, annotated=every) for seed in range(9100, 9104)],
        tuning=(
            [block(seed, annotated=some) for seed in range(9000, 9004)],
            [block(9004, annotated=every)],
        ),
    )


REAL: Mapping[str, Callable[[], Material]] = {
    "ptk1_phase": ptk1,
    "ctc_PhC-C2DL-PSC": psc,
    "ctc_U373_frames": u373,
}
"""By the folder that each wants."""


def _regions(mask: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Connected regions (8 neighbours) of a mask, without dust."""
    n, labels, stats, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=8)
    keep = stats[:, cv2.CC_STAT_AREA] >= _DUST_PX
    keep[0] = False
    kept: NDArray[np.int32] = np.where(keep, np.arange(n), 0).astype(np.int32)[labels]
    return kept


def _grey(file: Any) -> Image:
    image = cv2.imread(str(file), cv2.IMREAD_UNCHANGED)
    if image is None:
        raise OSError(f"{file.name} cannot be read as an image")
    return image
