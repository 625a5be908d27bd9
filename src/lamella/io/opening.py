"""Opening movies and labels, whatever they are stored as."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from lamella.core.errors import InputError
from lamella.core.frames import Frames, Image
from lamella.core.labels import Labels
from lamella.core.movie import Movie
from lamella.core.take import WHOLE, Take
from lamella.io import ome_zarr, tiff
from lamella.io.image_folder import frame_files
from lamella.io.pattern import (
    MARK,
    ChannelNames,
    Fit,
    channel_paths,
    is_pattern,
    open_pattern,
    root_of,
)
from lamella.io.readers import reader_of
from lamella.io.sidecar import completed, files_beside, sidecar_of
from lamella.io.wanted import Wanted

_TICK_NS, _COARSE_TICK_NS = 20_000_000, 2_000_000_000


def open_movie(
    path: str | os.PathLike[str],
    *,
    axes: str | None = None,
    pixel_size_um: float | None = None,
    interval_min: float | None = None,
    channel_names: ChannelNames | None = None,
    fit: Fit | None = None,
    take: Take = WHOLE,
) -> Movie:
    """Open a movie; pixels are read later, one frame at a time.

    Parameters
    ----------
    path : str or path
        A TIFF file (TIFF, BigTIFF, OME-TIFF, ImageJ hyperstack, Micro-Manager stack), OME-Zarr,
        CZI, ND2, LIF, a video, a PNG or JPEG, a folder of single-frame images, or a path with
        ``{channel}`` in it that stands for one of these per channel.
    axes : str or None
        Letters T, C, Y, X for the stored dimensions longer than 1, where the file is wrong.
    pixel_size_um, interval_min : float or None
        Win over the file, which wins over what lies beside it (`lamella.io.sidecar`); a note of the
        movie tells where they differ by more than 1 %.
    channel_names : sequence of str, mapping, or None
        Win over the file. With ``{channel}`` exactly these channels are opened; a mapping tells
        what stands for ``{channel}`` in the path of each.
    fit : callable, optional
        Brings channels in files of different sizes to one; by default such files are refused.
    take : Take
        Which position, which slices, which channel; of files that hold several.

    Raises
    ------
    NotInstalledError
        Names the extra that reads this kind of file.
    InputError
        Says what is wrong with the file and what to do.
    """
    where = os.fspath(path)
    if is_pattern(where):
        movie = open_pattern(
            where,
            lambda one: open_movie(
                one,
                axes=axes,
                pixel_size_um=pixel_size_um,
                interval_min=interval_min,
                take=replace(take, channel=None),
            ),
            channel_names,
            fit,
        )
        return _one_channel(movie, take.channel)
    if isinstance(channel_names, Mapping):
        raise InputError(
            where,
            "its channels lie in one file, and [channels] names says which file each lies in",
            f"list the names in the order of the file, or write {MARK} into the path",
        )
    path = Path(where)
    wanted = Wanted(axes, pixel_size_um, interval_min, channel_names, take)
    movie = reader_of(path).open(path, wanted)
    if movie.dtype.kind in "iu" and movie.dtype.itemsize > 4:
        raise InputError(
            where,
            f"its pixels are of type {movie.dtype}",
            "save it with 8, 16 or 32-bit grey values",
        )
    movie = completed(
        movie,
        sidecar_of(path, n_frames=movie.n_frames, n_channels=len(movie.channels)),
        wanted,
    )
    return _one_channel(movie, take.channel)


def _one_channel(movie: Movie, name: str | None) -> Movie:
    return movie if name is None else replace(movie, channels={name: movie.channel(name)})


def positions_of(
    path: str | os.PathLike[str], channel_names: ChannelNames | None = None
) -> tuple[str, ...]:
    """Names of the positions in a file, as `Take` takes them; only its metadata is read.

    Parameters
    ----------
    channel_names : sequence of str, mapping, or None
        With ``{channel}``, the channels that are read; the file of the first is looked at.

    Raises
    ------
    InputError, NotInstalledError
        As `open_movie`.
    """
    where = os.fspath(path)
    one = Path(where)
    if is_pattern(where):
        one = next(iter(channel_paths(where, channel_names).values()))
    return reader_of(one).positions(one)


def open_labels(
    path: str | os.PathLike[str],
    *,
    name: str = "cell",
    axes: str | None = None,
    kinds: str = "iuf",
) -> Labels:
    """Open labels: like a movie, of whole numbers and one channel.

    Of an OME-Zarr that has one set of labels in its labels group, these are opened.

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
    path = _labels_in(Path(where))
    movie = reader_of(path).open(path, Wanted(axes=axes))
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


def _labels_in(path: Path) -> Path:
    """Where the labels of an OME-Zarr lie: in its labels group, or it is labels itself."""
    found = ome_zarr.labels_of(path) if ome_zarr.is_zarr(path) else {}
    if len(found) > 1:
        raise InputError(
            str(path),
            f"it has {len(found)} sets of labels ({', '.join(found)})",
            f"give one of them, such as {next(iter(found.values()))}",
        )
    return next(iter(found.values()), path)


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
    path: str | os.PathLike[str],
    channel_names: ChannelNames | None = None,
    *,
    position: str | None = None,
    labels: bool = False,
) -> dict[str, list[int]]:
    """Size and time of change of every file of a movie, for telling whether it has changed.

    Parameters
    ----------
    channel_names : sequence of str, mapping, or None
        With ``{channel}``, the channels that are read, as for `open_movie`.
    position : str or None
        Of an OME-Zarr with several positions, the one whose files count.
    labels : bool
        Whether it is read by `open_labels`.

    Returns
    -------
    dict
        Name, relative to the movie's folder, to ``[bytes, mtime in ns]``; in natural order.
        Of a file that goes on in others, the others of a Micro-Manager stack are included, and so
        is what lies beside a movie and tells about it. The chunks of an OME-Zarr are one entry, see
        `lamella.io.ome_zarr.files_of`.
    """
    where = os.fspath(path)
    if is_pattern(where):
        root = root_of(where)
        found: dict[str, list[int]] = {}
        for one in channel_paths(where, channel_names).values():
            if ome_zarr.is_zarr(one):
                inner = one.relative_to(root).as_posix()
                there = ome_zarr.files_of(one, position)
                found |= {f"{inner}/{name}": stats for name, stats in there.items()}
                found |= _stats(files_beside(one), root)
            else:
                found |= _stats(_files(one), root)
    else:
        path = _labels_in(Path(where)) if labels else Path(where)
        if ome_zarr.is_zarr(path):
            found = ome_zarr.files_of(path, position)
            beside = _stats(files_beside(path), path.parent)
            found |= {f"../{name}": stats for name, stats in beside.items()}
        else:
            found = _stats(_files(path), path if path.is_dir() else path.parent)
    _let_the_clock_pass(changed for _, changed in found.values())
    return found


def _stats(files: Iterable[Path], root: Path) -> dict[str, list[int]]:
    """Bytes and time of change, by the name as seen from `root`."""
    stats = {file: file.stat() for file in files}
    return {
        file.relative_to(root).as_posix(): [stat.st_size, stat.st_mtime_ns]
        for file, stat in stats.items()
    }


def _let_the_clock_pass(changes_ns: Iterable[int]) -> None:
    """Wait until a later change is told from the last of these.

    Within a tick of its clock a disk gives two changes one time: a kernel ticks every 10 ms or
    less, a USB stick (FAT), which knows no parts of a second, every 2 s.
    """
    now_ns = time.time_ns()
    last_ns = max((changed for changed in changes_ns if changed <= now_ns), default=0)
    tick_ns = _TICK_NS if last_ns % 1_000_000_000 else _COARSE_TICK_NS
    if now_ns - last_ns < tick_ns:
        time.sleep((tick_ns - now_ns + last_ns) / 1e9)


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return [*frame_files(path)[0], *files_beside(path)]
    if not path.exists():
        raise InputError(str(path), "there is no such file or folder", "check the path")
    return [*tiff.files_of(path), *files_beside(path)]
