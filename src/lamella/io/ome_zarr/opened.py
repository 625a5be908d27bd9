"""Movies in OME-Zarr, read one plane at a time."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from lamella.core.errors import InputError, LamellaError
from lamella.core.frames import Frames, Image
from lamella.core.movie import Movie
from lamella.core.take import place_of, slices_of
from lamella.io.declared import refuse_type
from lamella.io.ome_zarr.blocks import Blocks, spans_of
from lamella.io.ome_zarr.chunks import ChunkFiles, refuse_unreasonable
from lamella.io.ome_zarr.groups import positions_of, read_group
from lamella.io.ome_zarr.image import ImageMetadata, read_image
from lamella.io.slices import projected
from lamella.io.stated import settle
from lamella.io.wanted import AS_IT_IS, Wanted
from lamella.io.zarr_guard import safe_metadata

_COPY_AGAIN = "copy it again from its source, or write it again"
_METADATA = (".zattrs", ".zgroup", ".zarray", ".zmetadata", "zarr.json")


def open_ome_zarr(path: str | os.PathLike[str], wanted: Wanted = AS_IT_IS) -> Movie:
    """A movie, or labels, in an OME-Zarr; level 0 of its pyramid.

    Parameters
    ----------
    path : str or path
        An image; the series of a file as bioformats2raw writes them; a plate or a well.
    wanted : Wanted
        Without axes: an OME-Zarr names them.

    Returns
    -------
    Movie
        Frames are read chunk by chunk when they are asked for.

    Raises
    ------
    NotInstalledError
        Without the packages of the extra ``ome-zarr``.
    InputError
        What is no OME-Zarr 0.4 or 0.5, or holds no grey frames; codecs that could run code; sizes
        that nothing stored stands behind.
    """
    path = Path(path)
    positions = positions_of(path)
    place = place_of(list(positions), wanted.take.position, source=str(path))
    folder = list(positions.values())[place]
    if wanted.axes is not None:
        raise InputError(
            str(path), f"axes {wanted.axes}: an OME-Zarr names its axes itself", "leave it out"
        )
    image = read_image(read_group(folder))
    try:
        return _opened(image, str(path), wanted)
    except (LamellaError, MemoryError):
        raise
    except Exception as error:  # a damaged store may raise anything
        raise InputError(
            str(path),
            f"it cannot be read as OME-Zarr ({_first_line(error)})",
            _COPY_AGAIN,
        ) from error


def _opened(image: ImageMetadata, source: str, wanted: Wanted) -> Movie:
    array = _open_array(image.array, image.zarr_format)
    if len(array.shape) != len(image.axes):
        raise InputError(
            source,
            f"its metadata has {len(image.axes)} axes, its pixels {len(array.shape)}",
            "write it again",
        )
    refuse_type(source, array.dtype)
    sizes = dict(zip(image.axes, array.shape, strict=True))
    if sizes.get("?", 1) > 1 or image.axes.count("?") > 1:
        raise InputError(
            source,
            f"it has an axis that is no time, channel or space (shape {array.shape})",
            "write its parts as images of their own",
        )
    if 0 in array.shape:
        raise InputError(source, f"it has no pixels (shape {array.shape})", _COPY_AGAIN)
    n_frames, n_channels = sizes.get("T", 1), sizes.get("C", 1)
    z = wanted.take.z
    slices = slices_of(sizes.get("Z", 1), z, source=source)
    files = ChunkFiles(array, image.array)
    first = spans_of(image.axes, array.shape, 0, 0, 0)
    refuse_unreasonable(array, n_frames * n_channels * sizes.get("Z", 1), first, files)
    settled = settle(
        image.stated(n_frames), wanted, source=source, n_frames=n_frames, n_channels=n_channels
    )
    blocks = Blocks(image, array, partial(_open_array, image.array, image.zarr_format))
    channels: dict[str, Frames] = {
        name: projected([ZarrFrames(blocks, c, each) for each in slices], z)
        for c, name in enumerate(settled.channel_names)
    }
    absent = _absent(image.axes, array.shape, files)
    return Movie(channels, settled.scale, source, (*settled.notes, *absent))


def _absent(axes: str, shape: tuple[int, ...], files: ChunkFiles) -> tuple[str, ...]:
    """A note on frames that are not stored: zarr leaves out zeros, and so does a broken copy."""
    n_frames = dict(zip(axes, shape, strict=True)).get("T", 1)
    first_files = (next(files.of(spans_of(axes, shape, t, 0, 0))) for t in range(n_frames))
    gone = [t for t, file in enumerate(first_files) if not file.exists()]
    if not gone:
        return ()
    return (
        f"of {len(gone)} of {n_frames} frames the first chunk is not stored (the first of them is "
        f"frame {gone[0]}): they are read as 0 there; copy the movie again if they should not be",
    )


def _open_array(folder: Path, zarr_format: int) -> Any:
    import zarr

    name = "zarr.json" if zarr_format == 3 else ".zarray"
    if not (folder / name).is_file():
        raise InputError(
            str(folder), f"there is no array ({name} is missing)", "copy the movie as a whole"
        )
    safe_metadata(folder / name, folder)
    # The folder itself: consolidated metadata further up might say something else.
    return zarr.open_array(str(folder), mode="r", zarr_format=3 if zarr_format == 3 else 2)


class ZarrFrames(Frames):
    """One slice of one channel of an image.

    Parameters
    ----------
    blocks : Blocks
        Shared by the slices and channels of an image.
    """

    def __init__(self, blocks: Blocks, channel: int, z: int) -> None:
        self._blocks, self._channel, self._z = blocks, channel, z
        self.span, self.frame_shape = range(blocks.n_frames), blocks.frame_shape
        self.dtype = blocks.dtype

    def frame(self, t: int) -> Image:
        """Frame number `t`, shape (Y, X).

        Raises
        ------
        InputError
            When its chunks are damaged, or the store is gone.
        """
        self._refuse_outside(t)
        try:
            return self._blocks.plane(t, self._channel, self._z)
        except (LamellaError, MemoryError):
            raise
        except Exception as error:  # codecs raise errors of their own
            raise InputError(
                self._blocks.source,
                f"frame {t} cannot be read ({_first_line(error)})",
                _COPY_AGAIN,
            ) from error


def files_of(path: Path, position: str | None) -> dict[str, list[int]]:
    """Size and time of change of what a movie is read from; its chunks are told in one line.

    Returns
    -------
    dict
        Metadata files, and the folder of the pixels, to ``[bytes, mtime in ns]``; of that folder
        the bytes of all chunks, and a digest of their names, sizes and times of change.
    """
    positions = positions_of(path)
    place = place_of(list(positions), position, source=str(path))
    folder = list(positions.values())[place]
    image = read_image(read_group(folder))
    out: dict[str, list[int]] = {}
    for where in dict.fromkeys((path, folder, image.array)):
        for name in _METADATA:
            file = where / name
            if file.is_file():
                found = file.stat()
                out[file.relative_to(path).as_posix()] = [found.st_size, found.st_mtime_ns]
    if not image.array.is_dir():
        raise InputError(str(image.array), "there is no array", "copy the movie as a whole")
    digest, total = hashlib.sha256(), 0
    for name, size, changed in sorted(_stats(image.array, "")):
        total += size
        digest.update(f"{name}\0{size}\0{changed}\n".encode())
    # As large as TOML's integers allow.
    out[image.array.relative_to(path).as_posix() + "/"] = [
        total, int.from_bytes(digest.digest()[:8], "big") >> 1,
    ]  # fmt: skip
    return out


def _stats(folder: Path, inner: str) -> Iterator[tuple[str, int, int]]:
    with os.scandir(folder / inner) as entries:
        for entry in entries:
            name = f"{inner}{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                yield from _stats(folder, f"{name}/")
            else:
                found = entry.stat(follow_symlinks=False)
                yield name, found.st_size, found.st_mtime_ns


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]
