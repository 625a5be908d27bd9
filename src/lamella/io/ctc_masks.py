"""Masks of the Cell Tracking Challenge: an image a frame, its number in the file's name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lamella.core.errors import FaultsError, InputError, LamellaError
from lamella.core.frames import Frames, Image
from lamella.io.opening import open_labels

# Beyond this many faults the first are enough to see what is wrong.
MOST_FAULTS = 20
# 16 384² pixels, far above every movie of the Challenge. A few bytes can claim to be more, and the
# frame that is held in memory would be of the size that they claim.
_MOST_PIXELS = 2**28
_KINDS = "iu"
"""The Challenge's masks are whole numbers, in their type, too."""


class MaskFiles(Mapping[int, Image]):
    """Frame number to the labels of that frame, read from its file when asked for.

    Attributes
    ----------
    files : dict of int to Path
        In order of the frames.
    frame_shape : (int, int)
        (Y, X) of every mask.
    dtype : numpy.dtype
        uint8, uint16 or uint32: the widest of the files.
    """

    def __init__(self, files: Mapping[int, Path]) -> None:
        self.files = dict(sorted(files.items()))
        self.frame_shape, self.dtype = _common(list(self.files.values()))

    def __getitem__(self, t: int) -> Image:
        image = open_labels(self.files[t], kinds=_KINDS).frame(0)
        if image.shape != self.frame_shape:
            raise InputError(
                str(self.files[t]), "its size has changed since it was opened", "open it again"
            )
        return image.astype(self.dtype, copy=False)

    def __iter__(self) -> Iterator[int]:
        return iter(self.files)

    def __len__(self) -> int:
        return len(self.files)


class MaskFrames(Frames):
    """Masks of every frame from 0 on."""

    def __init__(self, masks: MaskFiles) -> None:
        self._masks = masks
        self.span = range(len(masks))
        self.frame_shape, self.dtype = masks.frame_shape, masks.dtype

    def frame(self, t: int) -> Image:
        """Labels of one frame, shape (Y, X)."""
        self._refuse_outside(t)
        return self._masks[t]


def find_masks(folder: Path, stem: str) -> MaskFiles:
    """The masks called `stem` and a number; only their headers are read.

    Raises
    ------
    InputError, FaultsError
        No such file, two files of one frame, slices of a 3-D movie, files that are damaged, of
        several pages or of another size than most: every fault at once.
    """
    like = re.compile(re.escape(stem) + r"_?(\d{1,9})(_\d+)?\.tiff?", re.IGNORECASE)
    files: dict[int, Path] = {}
    faults: list[LamellaError] = []
    for path in sorted(each for each in folder.iterdir() if each.is_file()):
        named = like.fullmatch(path.name)
        if named is None:
            continue
        if named[2] is not None:
            raise InputError(
                str(path), "it is a slice of a 3-D movie", "give the masks of a 2-D movie"
            )
        t = int(named[1])
        if t in files:
            faults.append(
                InputError(
                    str(path), f"{files[t].name} is of frame {t} too", "remove one of the two"
                )
            )
        files.setdefault(t, path)
    if not files:
        raise InputError(
            str(folder), f"it holds no {stem}000.tif", "give a folder with one mask a frame"
        )
    raise_all(faults)
    return MaskFiles(files)


def refuse_missing(masks: MaskFiles, folder: Path) -> None:
    """Raise the InputError of frames without a mask."""
    last = max(masks.files)
    if len(masks) == last + 1:
        return
    missing = (t for t in range(last) if t not in masks.files)
    some = [next(missing) for _ in range(min(5, last + 1 - len(masks)))]
    more = last + 1 - len(masks) - len(some)
    told = ", ".join(map(str, some)) + (f" and {more} more" if more else "")
    raise InputError(
        str(folder),
        f"its masks go up to frame {last}, without frame {told}",
        "every frame from 0 on needs a mask, where nothing was found an empty one",
    )


def raise_all(faults: list[LamellaError]) -> None:
    """Raise the faults as one error, the first of them where there are many; or nothing."""
    if len(faults) > MOST_FAULTS:
        where, more = faults[0].where, len(faults) - MOST_FAULTS
        last = InputError(where, f"{more} more faults of this kind", "mend the first ones first")
        faults = [*faults[:MOST_FAULTS], last]
    if len(faults) == 1:
        raise faults[0]
    if faults:
        raise FaultsError(faults)


def _common(paths: list[Path]) -> tuple[tuple[int, int], np.dtype[Any]]:
    """Size and widest type of the masks, all of which are opened."""
    faults: list[LamellaError] = []
    sizes: dict[Path, tuple[int, int]] = {}
    dtype = np.dtype(np.uint8)
    for path in paths:
        try:
            frames = open_labels(path, kinds=_KINDS).frames
        except LamellaError as fault:
            faults.append(fault)
            continue
        if len(frames) > 1:
            faults.append(
                InputError(
                    str(path), f"it has {len(frames)} pages", "give 2-D masks, one file a frame"
                )
            )
            continue
        if frames.frame_shape[0] * frames.frame_shape[1] > _MOST_PIXELS:
            faults.append(
                InputError(
                    str(path),
                    f"it claims to be {frames.frame_shape[0]}×{frames.frame_shape[1]} pixels",
                    f"masks have at most {_MOST_PIXELS}; crop or tile them",
                )
            )
            continue
        sizes[path] = frames.frame_shape
        dtype = np.promote_types(dtype, frames.dtype)
    usual = Counter(sizes.values()).most_common(1)
    for path, size in sizes.items():
        if size != usual[0][0]:
            faults.append(
                InputError(
                    str(path),
                    f"it is {size[0]}×{size[1]}, others are {usual[0][0][0]}×{usual[0][0][1]}",
                    "keep the masks of one movie in a folder",
                )
            )
    raise_all(faults)
    return usual[0][0], dtype
