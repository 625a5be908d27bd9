"""Movies and labels written as OME-Zarr: a pyramid, one plane a chunk, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from lamella.core.errors import InputError, OutputError
from lamella.core.frames import Frames, Image
from lamella.core.movie import Scale, regular_times
from lamella.io.atomic import whole_folder
from lamella.io.documents import write_json
from lamella.io.ome_zarr.groups import has_metadata, labels_of, read_group
from lamella.io.ome_zarr.image import VERSIONS, require_zarr

Version = Literal["0.4", "0.5"]
_LARGEST_CHUNK = 4096  # pixels along a side; larger frames are tiled
_TILE = 2048
_SMALLEST_LEVEL = 256  # pixels along the longer side


def write_ome_zarr(
    path: str | os.PathLike[str],
    channels: Mapping[str, Frames],
    *,
    scale: Scale,
    labels: Mapping[str, Frames] | None = None,
    version: Version = "0.5",
    name: str = "movie",
) -> None:
    """A movie as OME-Zarr with axes t, c, y, x, one frame in memory at a time.

    A chunk is a plane, above 4096 px a tile of 2048 px. 0.4 is stored in zarr 2 with zlib, which
    every reader knows; 0.5 in zarr 3 with Zstandard; both carry a checksum, and every chunk is
    written, also of zeros, so that one that is not there is seen to be lost. The levels of the
    pyramid halve the frame until it is at most 256 px wide and high, by the mean of 2 × 2 pixels.

    Parameters
    ----------
    channels : mapping of str to Frames
        Equal shapes and types: bool, integers up to 32 bit, float32 or float64.
    labels : mapping of str to Frames, optional
        Sets of objects to go into the labels group of the movie.

    Notes
    -----
    The same movie gives the same bytes. Times that are not equally far apart have no field in
    OME-Zarr: they stand in the attribute ``lamella``.

    Raises
    ------
    NotInstalledError
        Without the packages of the extra ``ome-zarr``.
    OutputError
        When the disk refuses, or another folder is in the way.
    """
    path = Path(path)
    all_frames = list(channels.values())
    dtype = np.result_type(*(frames.dtype for frames in all_frames))
    dtype = np.dtype(np.uint8) if dtype.kind == "b" else dtype
    if dtype == np.float16 or dtype.kind not in "uif" or (dtype.kind != "f" and dtype.itemsize > 4):
        raise InputError(
            str(path),
            f"pixels of type {dtype} are not written",
            "convert them to float32 or uint16",
        )
    _begin(path, version)
    with whole_folder(path) as part:
        _write(part, all_frames, dtype, scale, version, name, channel_names=list(channels))
        for each, frames in (labels or {}).items():
            _write_labels(part, each, frames, scale, version)


def write_labels_zarr(
    path: str | os.PathLike[str],
    frames: Frames,
    *,
    scale: Scale,
    version: Version = "0.5",
    name: str = "cell",
) -> None:
    """A label movie as an OME-Zarr of its own, axes t, y, x; see `write_ome_zarr`."""
    path = Path(path)
    _begin(path, version)
    with whole_folder(path) as part:
        _write(part, [frames], _label_type(path, frames), scale, version, name, channel_names=None)


def add_labels(store: str | os.PathLike[str], name: str, frames: Frames, *, scale: Scale) -> None:
    """Put labels into the labels group of a movie in OME-Zarr, in the version of the movie.

    Labels of this name are replaced; other files of the store are not touched. The folder of the
    labels appears whole or not at all, and is listed afterwards.

    Raises
    ------
    InputError
        When the store holds no image.
    """
    store = Path(store)
    require_zarr()
    if name != Path(name).name or name.startswith("."):
        raise InputError(str(store), f"labels cannot be called {name!r}", "use letters and digits")
    group = read_group(store)
    if "multiscales" not in group.ome:
        raise InputError(str(store), "it holds no image to put labels beside", "give an image")
    version: Version = "0.5" if group.zarr_format == 3 else "0.4"
    listed = [*labels_of(store)]
    with whole_folder(store / "labels" / name) as part:
        _write_one_labels(part, name, frames, scale, version)
    _write_group(store / "labels", {"labels": [*(n for n in listed if n != name), name]}, version)


def _begin(path: Path, version: str) -> None:
    require_zarr()
    if version not in VERSIONS:
        raise InputError(
            str(path), f"there is no OME-Zarr {version} to write", f"use {' or '.join(VERSIONS)}"
        )
    if path.is_dir() and any(path.iterdir()) and not has_metadata(path):
        raise OutputError(str(path), "a folder that is no OME-Zarr is in the way", "choose another")


def _write_labels(store: Path, name: str, frames: Frames, scale: Scale, version: Version) -> None:
    """Labels within a store that nobody sees yet."""
    place = store / "labels" / name
    place.mkdir(parents=True)
    _write_one_labels(place, name, frames, scale, version)
    listed = [*labels_of(store)]
    _write_group(store / "labels", {"labels": [*listed, name]}, version)


def _write_one_labels(
    place: Path, name: str, frames: Frames, scale: Scale, version: Version
) -> None:
    beside = {"image-label": {"source": {"image": "../../"}}}
    if version == "0.4":
        beside["image-label"]["version"] = "0.4"  # type: ignore[assignment]
    dtype = _label_type(place, frames)
    _write(place, [frames], dtype, scale, version, name, channel_names=None, beside=beside)


def _label_type(path: Path, frames: Frames) -> np.dtype[Any]:
    if frames.dtype.kind not in "bui":
        raise InputError(
            str(path), f"labels are whole numbers, got {frames.dtype}", "convert them to uint16"
        )
    return np.dtype(np.uint16 if frames.dtype.itemsize <= 2 else np.uint32)


def _write(
    folder: Path,
    channels: Sequence[Frames],
    dtype: np.dtype[Any],
    scale: Scale,
    version: Version,
    name: str,
    *,
    channel_names: list[str] | None,
    beside: Mapping[str, Any] | None = None,
) -> None:
    """One image with its pyramid. Labels are those without names of channels."""
    is_labels = channel_names is None
    n_frames, height, width = channels[0].shape
    shapes = _levels(height, width)
    lead = (n_frames,) if is_labels else (n_frames, len(channels))
    arrays = [
        _array(folder / str(n), (*lead, *shape), dtype, version) for n, shape in enumerate(shapes)
    ]
    span = channels[0].span
    lowest = [np.inf] * len(channels)
    highest = [-np.inf] * len(channels)
    for t, number in enumerate(span):
        for c, frames in enumerate(channels):
            image = _stored(frames.frame(number), dtype, folder, number)
            finite = image if dtype.kind in "iu" else image[np.isfinite(image)]
            if finite.size:
                lowest[c] = min(lowest[c], float(finite.min()))
                highest[c] = max(highest[c], float(finite.max()))
            for n, array in enumerate(arrays):
                image = image if n == 0 else _halved(image, nearest=is_labels)
                array[(t,) if is_labels else (t, c)] = image
    axes, datasets = _geometry(scale, n_frames, len(shapes), is_labels=is_labels)
    multiscale: dict[str, Any] = {"axes": axes, "datasets": datasets, "name": name}
    ome: dict[str, Any] = {"multiscales": [multiscale], **(beside or {})}
    if version == "0.4":
        multiscale["version"] = "0.4"
    if channel_names is not None:
        ome["omero"] = {
            "channels": [
                _shown(label, dtype, low, high)
                for label, low, high in zip(channel_names, lowest, highest, strict=True)
            ]
        }
    _write_group(folder, ome, version, ours=_ours(scale, n_frames))


def _stored(image: Image, dtype: np.dtype[Any], folder: Path, t: int) -> Image:
    if image.dtype.kind in "iu" and not np.can_cast(image.dtype, dtype):
        low, high = int(image.min()), int(image.max())
        if low < 0 or high > np.iinfo(dtype).max:
            raise InputError(
                str(folder),
                f"frame {t} holds {low if low < 0 else high}, which {dtype} cannot store",
                "renumber the labels from 1, background 0",
            )
    return np.ascontiguousarray(image, dtype=dtype)


def _levels(height: int, width: int) -> list[tuple[int, int]]:
    """Sizes of the levels, half of each other, rounded up."""
    out = [(height, width)]
    while max(out[-1]) > _SMALLEST_LEVEL:
        y, x = out[-1]
        out.append(((y + 1) // 2, (x + 1) // 2))
    return out


def _halved(image: Image, *, nearest: bool) -> Image:
    """Half as high and wide: labels by every second pixel, light by the mean of 2 × 2."""
    if nearest:
        return np.ascontiguousarray(image[::2, ::2])
    y, x = image.shape
    even = np.pad(image, ((0, y % 2), (0, x % 2)), mode="edge").astype(np.float64)
    mean = (even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]) / 4
    half: Image = np.rint(mean) if image.dtype.kind in "iu" else mean
    return half.astype(image.dtype)


def _array(folder: Path, shape: tuple[int, ...], dtype: np.dtype[Any], version: Version) -> Any:
    import zarr
    from numcodecs import Zlib
    from zarr.codecs import ZstdCodec

    sides = [size if size <= _LARGEST_CHUNK else _TILE for size in shape[-2:]]
    new = version == "0.5"
    return zarr.create_array(
        store=str(folder),
        shape=shape,
        chunks=(*(1 for _ in shape[:-2]), *sides),
        dtype=dtype,
        zarr_format=3 if new else 2,
        compressors=ZstdCodec(level=3, checksum=True) if new else Zlib(level=1),
        filters=None,
        fill_value=0,
        chunk_key_encoding={"name": "default" if new else "v2", "separator": "/"},
        dimension_names=list("tyx" if len(shape) == 3 else "tcyx") if new else None,
        config={"write_empty_chunks": True},
    )


def _geometry(
    scale: Scale, n_frames: int, n_levels: int, *, is_labels: bool
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Axes, and the transformations of every level. What is not known has scale 1 and no unit."""
    interval, size = scale.interval_min, scale.pixel_size_um
    time: dict[str, Any] = {"name": "t", "type": "time"}
    time |= {"unit": "minute"} if interval is not None else {}
    unit = {"unit": "micrometer"} if size is not None else {}
    space: list[dict[str, Any]] = [{"name": axis, "type": "space", **unit} for axis in "yx"]
    axes = [time, *([] if is_labels else [{"name": "c", "type": "channel"}]), *space]
    step, pixel = (1.0 if v is None else float(v) for v in (_interval(scale, n_frames), size))
    lead = [step] if is_labels else [step, 1.0]
    datasets = []
    for n in range(n_levels):
        transforms: list[dict[str, Any]] = [
            {"type": "scale", "scale": [*lead, pixel * 2**n, pixel * 2**n]}
        ]
        if n and not is_labels:  # the centre of 2 × 2 pixels lies between them
            shift = pixel * (2**n - 1) / 2
            transforms.append(
                {"type": "translation", "translation": [*(0.0 for _ in lead), shift, shift]}
            )
        datasets.append({"path": str(n), "coordinateTransformations": transforms})
    return axes, datasets


def _interval(scale: Scale, n_frames: int) -> float | None:
    """The very number that gives the times again, where they are equally far apart."""
    times = scale.time_min
    if times is not None and n_frames > 1 and _is_regular(scale):
        return float(times[1])
    return scale.interval_min


def _is_regular(scale: Scale) -> bool:
    times = scale.time_min
    if times is None or len(times) < 2:
        return True
    return np.array_equal(times, regular_times(len(times), float(times[1])))


def _ours(scale: Scale, n_frames: int) -> dict[str, Any]:
    if scale.time_min is None or (n_frames > 1 and _is_regular(scale)):
        return {}
    return {"time_min": [float(time) for time in scale.time_min]}


def _shown(label: str, dtype: np.dtype[Any], low: float, high: float) -> dict[str, Any]:
    """How viewers show a channel: grey, from its darkest to its brightest pixel."""
    whole = dtype.kind in "iu"
    low, high = (low, high) if np.isfinite([low, high]).all() else (0.0, 1.0)
    ends = (np.iinfo(dtype).min, np.iinfo(dtype).max) if whole else (low, high)
    window = {"min": float(ends[0]), "max": float(ends[1]), "start": low, "end": max(high, low + 1)}
    return {"label": label, "color": "FFFFFF", "active": True, "window": window}


def _write_group(
    folder: Path, ome: dict[str, Any], version: Version, *, ours: Mapping[str, Any] | None = None
) -> None:
    """The metadata of a group, in one file a time, each whole."""
    extra = {"lamella": dict(ours)} if ours else {}
    if version == "0.4":
        write_json(folder / ".zgroup", {"zarr_format": 2})
        write_json(folder / ".zattrs", {**ome, **extra})
        return
    attributes = {"ome": {"version": "0.5", **ome}, **extra}
    write_json(
        folder / "zarr.json",
        {"zarr_format": 3, "node_type": "group", "attributes": attributes},
    )
