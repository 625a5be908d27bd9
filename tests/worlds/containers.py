"""One movie in the containers that microscopes and programs store movies in.

Written by other libraries wherever there is one, so that what we read is not what we wrote.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import imageio_ffmpeg
import numpy as np
import tifffile
import zarr
from numpy.typing import NDArray

from lamella.core.movie import Movie
from lamella.io import write_movie
from lamella.io.ome_zarr import write_ome_zarr

PIXEL_UM, INTERVAL_MIN = 0.65, 1.5


class Container(NamedTuple):
    """A way to store a movie.

    Attributes
    ----------
    write : function
        ``write(path, frames)`` of (T, Y, X) uint16.
    states_scale : bool
        Whether it can hold 0.65 µm and 1.5 min to the last digit.
    """

    name: str
    write: Callable[[Path, NDArray[Any]], None]
    states_scale: bool


def _ome_tiff(path: Path, frames: NDArray[Any], **options: Any) -> None:
    movie = _movie(frames)
    write_movie(path, movie.channels, scale=movie.scale, **options)


def _movie(frames: NDArray[Any]) -> Movie:
    return Movie.from_array(frames, pixel_size_um=PIXEL_UM, interval_min=INTERVAL_MIN)


def _bigtiff(path: Path, frames: NDArray[Any]) -> None:
    metadata = {
        "axes": "TYX", "PhysicalSizeX": PIXEL_UM, "PhysicalSizeY": PIXEL_UM,
        "PhysicalSizeXUnit": "µm", "PhysicalSizeYUnit": "µm",
        "TimeIncrement": INTERVAL_MIN, "TimeIncrementUnit": "min",
    }  # fmt: skip
    tifffile.imwrite(
        path, frames, bigtiff=True, ome=True, photometric="minisblack", tile=(32, 32),
        compression="lzw", metadata=metadata,
    )  # fmt: skip


def _imagej(path: Path, frames: NDArray[Any]) -> None:
    metadata = {"axes": "TYX", "unit": "um", "finterval": INTERVAL_MIN * 60, "tunit": "s"}
    tifffile.imwrite(
        path, frames, imagej=True, resolution=(1 / PIXEL_UM, 1 / PIXEL_UM), metadata=metadata
    )


def _folder(path: Path, frames: NDArray[Any]) -> None:
    path.mkdir(parents=True)
    for t, frame in enumerate(frames):
        tifffile.imwrite(path / f"t{t}.tif", frame, photometric="minisblack")


def _zarr_of_ours(version: Any) -> Callable[[Path, NDArray[Any]], None]:
    def write(path: Path, frames: NDArray[Any]) -> None:
        movie = _movie(frames)
        write_ome_zarr(path, movie.channels, scale=movie.scale, version=version)

    return write


def _zarr_of_bioio(path: Path, frames: NDArray[Any]) -> None:
    from bioio_ome_zarr.writers import OMEZarrWriter

    shape = (len(frames), 1, 1, *frames.shape[1:])
    writer = OMEZarrWriter(
        store=str(path), level_shapes=[shape], dtype=frames.dtype, zarr_format=3,
        chunk_shape=(4, 1, 1, 40, 64), axes_names=list("tczyx"),
        axes_units=["minute", None, "micrometer", "micrometer", "micrometer"],
        physical_pixel_size=[INTERVAL_MIN, 1.0, 1.0, PIXEL_UM, PIXEL_UM],
    )  # fmt: skip
    writer.write_full_volume(frames.reshape(shape))


def _plain_zarr(path: Path, frames: NDArray[Any]) -> None:
    """By zarr alone: big-endian, Blosc, chunks across frames and within them, x before y."""
    group = zarr.open_group(str(path), mode="w", zarr_format=2)
    turned = frames.transpose(0, 2, 1)
    array = group.create_array(
        "full", shape=turned.shape, chunks=(3, 20, 30), dtype=">u2", fill_value=0
    )
    array[:] = turned
    axes = [{"name": "t", "type": "time", "unit": "second"}]
    axes += [{"name": name, "type": "space", "unit": "nanometer"} for name in "xy"]
    scale = {"type": "scale", "scale": [INTERVAL_MIN * 60, PIXEL_UM * 1000, PIXEL_UM * 1000]}
    dataset = {"path": "full", "coordinateTransformations": [scale]}
    group.attrs["multiscales"] = [{"version": "0.4", "axes": axes, "datasets": [dataset]}]


def _czi(path: Path, frames: NDArray[Any]) -> None:
    from pylibCZIrw import czi

    with czi.create_czi(str(path)) as file:
        for t, frame in enumerate(frames):
            file.write(frame[..., None], plane={"T": t, "C": 0, "Z": 0})
        file.write_metadata("movie", scale_x=PIXEL_UM * 1e-6, scale_y=PIXEL_UM * 1e-6)


def _video(path: Path, frames: NDArray[Any]) -> None:
    height, width = frames.shape[1:]
    writer = imageio_ffmpeg.write_frames(
        str(path), (width, height), pix_fmt_in="gray16le", pix_fmt_out="gray16le", codec="ffv1",
        quality=None, macro_block_size=1,
    )  # fmt: skip
    writer.send(None)
    for frame in frames:
        writer.send(np.ascontiguousarray(frame))
    writer.close()


CONTAINERS = (
    Container("movie.ome.tif", _ome_tiff, True),
    Container("big.ome.btf", _bigtiff, True),
    Container("imagej.tif", _imagej, False),
    Container("single_images", _folder, False),
    Container("new.ome.zarr", _zarr_of_ours("0.5"), True),
    Container("old.ome.zarr", _zarr_of_ours("0.4"), True),
    Container("bioio.ome.zarr", _zarr_of_bioio, True),
    Container("plain.zarr", _plain_zarr, False),
    Container("zeiss.czi", _czi, False),
    Container("video.mkv", _video, False),
)
"""The first is what the others are compared with."""
