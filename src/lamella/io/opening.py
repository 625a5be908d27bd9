"""Opening movies and labels, whatever they are stored as."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from lamella.core.errors import InputError
from lamella.core.frames import Frames, Image
from lamella.core.labels import Labels
from lamella.core.movie import Movie
from lamella.io import tiff
from lamella.io.image_folder import SUFFIXES, frame_files, open_folder, open_image
from lamella.io.pattern import (
    MARK,
    ChannelNames,
    Fit,
    channel_paths,
    is_pattern,
    open_pattern,
    root_of,
)

_TICK_NS, _COARSE_TICK_NS = 20_000_000, 2_000_000_000


def open_movie(
    path: str | os.PathLike[str],
    *,
    axes: str | None = None,
    pixel_size_um: float | None = None,
    interval_min: float | None = None,
    channel_names: ChannelNames | None = None,
    fit: Fit | None = None,
) -> Movie:
    """Open a movie; pixels are read later, one frame at a time.

    Parameters
    ----------
    path : str or path
        A TIFF file (TIFF, BigTIFF, OME-TIFF, ImageJ hyperstack, Micro-Manager stack), a PNG or
        JPEG, a folder of single-frame images, or a path with ``{channel}`` in it that stands for
        one of these per channel.
    axes : str or None
        Letters T, C, Y, X for the stored dimensions longer than 1, where the file is wrong.
    pixel_size_um, interval_min : float or None
        Win over the file; a note of the movie tells where they differ by more than 1 %.
    channel_names : sequence of str, mapping, or None
        Win over the file. With ``{channel}`` exactly these channels are opened; a mapping tells
        what stands for ``{channel}`` in the path of each.
    fit : callable, optional
        Brings channels in files of different sizes to one; by default such files are refused.

    Raises
    ------
    InputError
        Says what is wrong with the file and what to do.
    """
    where = os.fspath(path)
    if is_pattern(where):
        return open_pattern(
            where,
            lambda one: open_movie(
                one, axes=axes, pixel_size_um=pixel_size_um, interval_min=interval_min
            ),
            channel_names,
            fit,
        )
    if isinstance(channel_names, Mapping):
        raise InputError(
            where,
            "its channels lie in one file, and [channels] names says which file each lies in",
            f"list the names in the order of the file, or write {MARK} into the path",
        )
    movie = _opener(Path(where))(
        where,
        axes=axes,
        pixel_size_um=pixel_size_um,
        interval_min=interval_min,
        channel_names=channel_names,
    )
    if movie.dtype.kind in "iu" and movie.dtype.itemsize > 4:
        raise InputError(
            where,
            f"its pixels are of type {movie.dtype}",
            "save it with 8, 16 or 32-bit grey values",
        )
    return movie


def _opener(path: Path) -> Callable[..., Movie]:
    """The function that opens this kind of path."""
    if path.is_dir():
        return open_folder
    if not path.exists():
        raise InputError(str(path), "there is no such file or folder", "check the path")
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(
            str(path),
            f"files ending in {suffix or 'nothing'} cannot be read",
            f"readable are {', '.join(SUFFIXES)} and folders of them; "
            "Fiji saves most others as TIFF",
        )
    return tiff.open_tiff if suffix in tiff.SUFFIXES else open_image


def open_labels(
    path: str | os.PathLike[str],
    *,
    name: str = "cell",
    axes: str | None = None,
    kinds: str = "iuf",
) -> Labels:
    """Open labels: like a movie, of whole numbers and one channel.

    Parameters
    ----------
    kinds : str
        Letters of the kinds of numbers that are taken, as of ``numpy.dtype.kind``.

    Returns
    -------
    Labels
        uint8, uint16 or uint32; 64-bit files, and whole numbers stored as floating point, are read
        as uint32.

    Raises
    ------
    InputError
        Several channels, values that are no numbers; on reading a frame, negative labels, and
        values that are not whole.
    """
    where = os.fspath(path)
    if is_pattern(where):
        raise InputError(where, "labels have one channel", "give the path of one label file")
    movie = _opener(Path(where))(where, axes=axes)
    if len(movie.channels) > 1:
        raise InputError(
            where,
            f"it has {len(movie.channels)} channels, and labels have one",
            "save the labels by themselves",
        )
    frames = movie.channel()
    if frames.dtype.kind not in kinds:
        raise InputError(
            where,
            f"its values are of type {frames.dtype}, and labels are whole numbers",
            "save it with 16-bit integers (Fiji: Image > Type > 16-bit, scaling off)",
        )
    plain = frames.dtype.kind == "u" and frames.dtype.itemsize <= 4
    return Labels(name, frames if plain else _Unsigned(frames, where))


class _Unsigned(Frames):
    """Signed, 64-bit or floating-point labels as unsigned ones of at most 32 bit."""

    def __init__(self, frames: Frames, source: str) -> None:
        self._frames, self._source = frames, source
        self.span, self.frame_shape = frames.span, frames.frame_shape
        kind = frames.dtype.kind
        self.dtype = np.dtype(np.uint32 if kind == "f" else f"u{min(frames.dtype.itemsize, 4)}")

    def frame(self, t: int) -> Image:
        image = self._frames.frame(t)
        if image.dtype.kind == "f":
            self._refuse_parts(image, t)
        low, high = int(image.min(initial=0)), int(image.max(initial=0))
        if low < 0 or high > np.iinfo(self.dtype).max:
            raise InputError(
                self._source,
                f"frame {t} holds the label {low if low < 0 else high}",
                "renumber the labels from 1, background 0",
            )
        return image.astype(self.dtype)

    def _refuse_parts(self, image: Image, t: int) -> None:
        odd = image[~(np.isfinite(image) & (np.rint(image) == image))]
        if odd.size:
            raise InputError(
                self._source,
                f"frame {t} holds the value {odd[0]:g}, and labels are whole numbers",
                "give a label image, and scale or filter it without interpolation",
            )


def fingerprint(
    path: str | os.PathLike[str], channel_names: ChannelNames | None = None
) -> dict[str, list[int]]:
    """Size and time of change of every file of a movie, for telling whether it has changed.

    Parameters
    ----------
    channel_names : sequence of str, mapping, or None
        With ``{channel}``, the channels that are read, as for `open_movie`.

    Returns
    -------
    dict
        Name, relative to the movie's folder, to ``[bytes, mtime in ns]``; in natural order.
        Of a file that goes on in others, the others of a Micro-Manager stack are included.
    """
    where = os.fspath(path)
    if is_pattern(where):
        root = root_of(where)
        files = [
            file for one in channel_paths(where, channel_names).values() for file in _files(one)
        ]
    else:
        files = _files(Path(where))
        root = Path(where) if Path(where).is_dir() else Path(where).parent
    stats = {file: file.stat() for file in files}
    _let_the_clock_pass(max((stat.st_mtime_ns for stat in stats.values()), default=0))
    return {
        file.relative_to(root).as_posix(): [stat.st_size, stat.st_mtime_ns]
        for file, stat in stats.items()
    }


def _let_the_clock_pass(changed_ns: int) -> None:
    """Wait until a later change is told from one at this time.

    Within a tick of its clock a disk gives two changes one time: a kernel ticks every 10 ms or
    less, a USB stick (FAT), which knows no parts of a second, every 2 s.
    """
    tick_ns = _TICK_NS if changed_ns % 1_000_000_000 else _COARSE_TICK_NS
    since_ns = time.time_ns() - changed_ns
    if 0 <= since_ns < tick_ns:
        time.sleep((tick_ns - since_ns) / 1e9)


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return frame_files(path)[0]
    if not path.exists():
        raise InputError(str(path), "there is no such file or folder", "check the path")
    return tiff.files_of(path)
