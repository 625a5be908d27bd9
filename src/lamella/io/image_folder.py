"""Single images, and folders of single-frame images in natural order: TIFF, PNG, JPEG."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Pillow

from lamella.core.errors import InputError, LamellaError
from lamella.core.frames import Frames, Image
from lamella.core.movie import Movie
from lamella.core.take import Take, slices_of
from lamella.io.declared import refuse_hollow_piece
from lamella.io.stated import Stated, settle
from lamella.io.tiff import SUFFIXES as TIFF_SUFFIXES
from lamella.io.tiff import open_tiff
from lamella.io.tiff_alike import LikeFirst
from lamella.io.wanted import AS_IT_IS, Wanted

# Suffixes that mean one kind of file.
_FAMILIES: dict[str, tuple[str, ...]] = {
    "TIFF": TIFF_SUFFIXES,
    "PNG": (".png",),
    "JPEG": (".jpg", ".jpeg"),
}
_NAMED = 3  # folders with images, where one holds none
SUFFIXES = tuple(suffix for family in _FAMILIES.values() for suffix in family)
PICTURES = (*_FAMILIES["PNG"], *_FAMILIES["JPEG"])

_FORMATS = ("PNG", "JPEG")

# Grey modes of Pillow and what they are as arrays. P is a palette: its indices are label ids.
_GREY: dict[str, type[np.generic]] = {
    "1": np.uint8, "L": np.uint8, "P": np.uint8,
    "I;16": np.uint16, "I;16B": np.uint16, "I": np.int32, "F": np.float32,
}  # fmt: skip

# The number of a channel in the name of a file: img_t000_c1, r02c03f01p01-ch2, s1_w2.
_CHANNEL_NUMBER = re.compile(r"(?<![a-z0-9])(?:c|ch|chan|channel|w)[_-]?(\d{1,3})(?![0-9])")


def natural_key(path: str | os.PathLike[str]) -> tuple[Any, ...]:
    """Sorts 2 before 10.

    >>> sorted(["t10.tif", "t2.tif", "t1.tif"], key=natural_key)
    ['t1.tif', 't2.tif', 't10.tif']
    """
    name = os.fspath(path)
    parts = re.split(r"(\d+)", name.casefold())
    # Odd parts are digits, so that numbers only ever meet numbers; the name itself breaks ties.
    return (*(int(part) if i % 2 else part for i, part in enumerate(parts)), name)


def frame_files(folder: Path) -> tuple[list[Path], tuple[str, ...]]:
    """The images of a folder in natural order, and a note on images of other kinds.

    The most numerous kind is taken; hidden files and files that are no images are passed over.
    """
    found = [path for path in folder.iterdir() if not path.name.startswith(".") and path.is_file()]
    families = {
        name: [path for path in found if path.suffix.lower() in suffixes]
        for name, suffixes in _FAMILIES.items()
    }
    filled = sorted(families.items(), key=lambda item: -len(item[1]))
    (_, taken), (second, next_most) = filled[:2]
    if not taken:
        raise InputError(
            str(folder),
            f"the folder holds no image ({len(found)} other files)",
            f"give a folder of {', '.join(_FAMILIES)} frames{_inner(folder)}",
        )
    if len(next_most) == len(taken):
        raise InputError(
            str(folder),
            f"it holds as many {filled[0][0]} as {second} images ({len(taken)})",
            "keep the frames of one movie in a folder of their own",
        )
    notes = tuple(
        f"{len(paths)} {name} image{'s' * (len(paths) != 1)} in the folder ignored"
        for name, paths in filled[1:]
        if paths
    )
    return sorted(taken, key=lambda path: natural_key(path.name)), notes


def open_folder(path: str | os.PathLike[str], wanted: Wanted = AS_IT_IS) -> Movie:
    """A folder of single-frame images as a movie; only the headers are read.

    Every file is a frame; where the files are stacks, `wanted` says what of each.

    Raises
    ------
    InputError
        An empty folder, a file whose size or type differs from the first (named), a multi-page
        TIFF, a colour image, the frames of several channels side by side.
    """
    folder = Path(path)
    files, notes = frame_files(folder)
    _refuse_channels_mixed(files, folder)
    return _open_files(files, wanted, source=str(folder), notes=notes)


def open_image(path: str | os.PathLike[str], wanted: Wanted = AS_IT_IS) -> Movie:
    """One PNG or JPEG as a movie of one frame."""
    return _open_files([Path(path)], wanted, source=str(path), notes=())


def _open_files(files: list[Path], wanted: Wanted, *, source: str, notes: tuple[str, ...]) -> Movie:
    axes, take = wanted.axes, Take(wanted.take.position, wanted.take.z)
    first = _header(files[0], axes, len(files), take)
    alike = LikeFirst(files[0]) if len(files) > 1 and _is_tiff(files[0]) else None
    for file in files[1:]:
        if alike is None or not alike(file):
            _refuse_odd(_header(file, axes, len(files), take), first, file, files[0])
    pixel = first.scale.pixel_size_um
    settled = settle(
        Stated(None if pixel is None else (pixel, pixel), None, first.channel_names, first.notes),
        wanted,
        source=source,
        n_frames=len(files),
        n_channels=len(first.channels),
    )
    channels: dict[str, Frames] = {
        name: FolderFrames(files, c, frames, axes, take)
        for c, (name, frames) in enumerate(
            zip(settled.channel_names, first.channels.values(), strict=True)
        )
    }
    return Movie(channels, settled.scale, source, (*notes, *settled.notes))


def _is_tiff(file: Path) -> bool:
    return file.suffix.lower() in TIFF_SUFFIXES


def _header(file: Path, axes: str | None, n_files: int, take: Take) -> Movie:
    """A file as a movie of one frame, no pixel read."""
    if not _is_tiff(file):
        slices_of(1, take.z, source=str(file))
        return Movie({"ch0": PictureFrames(file)}, source=str(file))
    movie = open_tiff(file, Wanted(axes=axes, take=take))
    if movie.n_frames > 1:
        raise InputError(
            str(file),
            f"it has {movie.n_frames} frames: its folder ({n_files} files) holds movies, not the "
            "frames of one",
            "give the file itself, or make a study of the folder with lamella init",
        )
    return movie


def _refuse_channels_mixed(files: Sequence[Path], folder: Path) -> None:
    """Frames of several channels would be read as one movie that flickers between them.

    Told by their names: without the numbers these are of two or more kinds with as many files of
    each (``DNA_t0``, ``actin_t0`` …), or the number of a channel (``c1``, ``ch02``) differs.
    """
    kinds: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for file in files:
        stem = file.stem.casefold()
        channels = tuple(_CHANNEL_NUMBER.findall(stem))
        kinds.setdefault((re.sub(r"\d+", "#", stem), channels), []).append(file.name)
    sizes = {len(names) for names in kinds.values()}
    if len(kinds) > 1 and len(sizes) == 1 and sizes != {1}:
        raise InputError(
            str(folder),
            f"it holds the frames of {len(kinds)} channels, such as "
            f"{' and '.join(names[0] for names in list(kinds.values())[:2])}",
            "give every channel a folder of its own, and write {channel} for these folders in the "
            "path",
        )


def _refuse_odd(movie: Movie, first: Movie, file: Path, first_file: Path) -> None:
    def told(it: Movie) -> str:
        channels = f"{len(it.channels)} channels of " if len(it.channels) > 1 else ""
        return f"{channels}{it.frame_shape[0]}×{it.frame_shape[1]} {it.dtype}"

    if told(movie) != told(first):
        raise InputError(
            str(file),
            f"it is {told(movie)}, {first_file.name} is {told(first)}",
            "keep only the frames of one movie in the folder",
        )


class FolderFrames(Frames):
    """One channel of a folder of frames. A file is open only while its frame is read.

    Parameters
    ----------
    like : Frames
        The first frame, for size and type.
    """

    def __init__(
        self, files: list[Path], channel: int, like: Frames, axes: str | None, take: Take
    ) -> None:
        self._files, self._channel, self._axes, self._take = files, channel, axes, take
        self.span = range(len(files))
        self.frame_shape, self.dtype = like.frame_shape, like.dtype

    def frame(self, t: int) -> Image:
        """Frame number `t`, shape (Y, X).

        Raises
        ------
        InputError
            When it cannot be read, or is of another size or type since the folder was opened.
        """
        self._refuse_outside(t)
        file = self._files[t]
        channels = list(_header(file, self._axes, len(self._files), self._take).channels.values())
        frames = channels[self._channel] if self._channel < len(channels) else None
        like = (self.frame_shape, self.dtype)
        if frames is None or (frames.frame_shape, frames.dtype) != like:
            raise InputError(
                str(file),
                f"it is no frame of {self.frame_shape[0]}×{self.frame_shape[1]} {self.dtype}, as "
                "when the folder was opened",
                "run again when nobody writes into the folder",
            )
        return frames.frame(0)


class PictureFrames(Frames):
    """One PNG or JPEG as a stack of one frame."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.span = range(1)
        with self._opened() as picture:
            mode, (width, height) = picture.mode, picture.size
        if mode not in _GREY:
            raise InputError(
                str(file),
                f"it is a colour image (mode {mode})",
                "save it as 8 or 16-bit grey (Fiji: Image > Type), or split its channels",
            )
        self.frame_shape = (height, width)
        self.dtype = np.dtype(_GREY[mode])
        declared, stored = height * width * self.dtype.itemsize, file.stat().st_size
        refuse_hollow_piece(str(file), "a picture", declared, stored)

    def _opened(self, *, whole: bool = False) -> Pillow.Image:
        if not self._file.exists():
            raise InputError(str(self._file), "there is no such file", "check the path")
        if self._file.stat().st_size == 0:
            raise InputError(
                str(self._file), "it is empty (0 bytes)", "copy it again from its source"
            )
        try:
            # From memory a chunk that claims more than there is gets no more than there is.
            content = BytesIO(self._file.read_bytes()) if whole else self._file
            # By name: for some of the others Pillow starts other programs.
            return Pillow.open(content, formats=_FORMATS)
        except Exception as error:  # Pillow raises many kinds for damaged headers
            raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> InputError:
        return InputError(
            str(self._file),
            f"it cannot be read ({str(error).strip() or type(error).__name__})",
            "copy it again from its source",
        )

    def frame(self, t: int) -> Image:
        """The picture, shape (Y, X)."""
        self._refuse_outside(t)
        try:
            with self._opened(whole=True) as picture:
                return np.asarray(picture).astype(self.dtype, copy=False)
        except LamellaError:
            raise
        except Exception as error:  # as above, for damaged pixels
            raise self._damaged(error) from error


def _inner(folder: Path) -> str:
    """Such as ``, such as 02 in it``: the first folders in it that hold images."""
    named = sorted(
        (
            inner.name
            for inner in folder.iterdir()
            if inner.is_dir()
            and not inner.name.startswith(".")
            and any(path.suffix.lower() in SUFFIXES for path in inner.iterdir())
        ),
        key=natural_key,
    )
    return f", such as {' or '.join(named[:_NAMED])} in it" if named else ""
