"""TIFF, BigTIFF, OME-TIFF, ImageJ hyperstacks and Micro-Manager stacks; OME-TIFF is written."""

from __future__ import annotations

import logging
import os
import re
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from tifffile import TiffFile, TiffWriter

from lamella.core.errors import InputError, LamellaError
from lamella.core.frames import Frames, Image
from lamella.core.movie import Movie, Scale, regular_times
from lamella.core.take import place_of
from lamella.io.atomic import whole_file
from lamella.io.declared import ALWAYS_FINE
from lamella.io.first_bytes import of_another_kind
from lamella.io.slices import projected
from lamella.io.stated import settle
from lamella.io.tiff_bounds import refuse_hollow_plans, refuse_odd_pages
from lamella.io.tiff_layout import layout
from lamella.io.tiff_metadata import stated_in
from lamella.io.tiff_planes import Planes, TiffFrames
from lamella.io.tiff_positions import positions_in
from lamella.io.wanted import AS_IT_IS, Wanted

SUFFIXES = (".tif", ".tiff", ".btf", ".tf2", ".tf8")

_T = TypeVar("_T")
_COPY_AGAIN = "copy it again from its source"
# What tifffile reports, and reads on, when a file ends before its images do.
_BROKEN = (
    "invalid page offset",
    "invalid offset to page",
    "corrupted",
    "circular reference",
    "TiffTag 270",  # the description, with scale and axes, lies beyond the end
)


def open_tiff(path: str | os.PathLike[str], wanted: Wanted = AS_IT_IS) -> Movie:
    """A movie in one TIFF file (or, for Micro-Manager and OME, in the files that go on from it).

    Returns
    -------
    Movie
        Frames are read one at a time; integers of 8 to 64 bit or floats of 32 or 64 bit, native
        byte order, bilevel as uint8. What the file does not say about its scale is None.

    Raises
    ------
    InputError
        A file that is missing, empty, cut off, no TIFF, a colour image, of a type that is not
        supported, with pixels that are not square, or with several positions or slices none of
        which was chosen.
    """
    path = Path(path)

    def opened(tif: TiffFile, complaints: list[str]) -> Movie:
        return _open(path, tif, complaints, wanted)

    return _with_tiff(path, opened)


def positions_in_tiff(path: Path) -> tuple[str, ...]:
    """Names of the positions in a TIFF file; raises as `open_tiff`.

    The pages of a file are looked through only where its first one tells of several images.
    """

    def named(tif: TiffFile, complaints: list[str]) -> tuple[str, ...]:
        several_images = (tif.ome_metadata or "").count("<Image ") > 1
        if not (several_images or tif.is_micromanager or tif.is_shaped):
            return ("0",)
        _refuse_damaged(path, tif, complaints)
        return tuple(each.name for each in positions_in(tif)[0])

    return _with_tiff(path, named)


def _with_tiff(path: Path, ask: Callable[[TiffFile, list[str]], _T]) -> _T:
    _refuse_at_sight(path)
    try:
        refuse_odd_pages(path)
        with _tifffile_complaints() as complaints, TiffFile(path) as tif:
            return ask(tif, complaints)
    except (LamellaError, MemoryError):
        raise
    except OSError as error:
        raise InputError(
            str(path), f"it cannot be opened ({error.strerror or error})", "check its access rights"
        ) from error
    except Exception as error:  # a damaged file may raise anything inside the parser
        raise InputError(
            str(path),
            f"it cannot be read as TIFF ({str(error).strip() or type(error).__name__})",
            "copy it again from its source, or open it in Fiji and save it as TIFF",
        ) from error


def _refuse_at_sight(path: Path) -> None:
    if not path.exists():
        raise InputError(str(path), "there is no such file", "check the path")
    try:
        with path.open("rb") as file:
            start = file.read(16)
    except OSError:
        return  # said better by the caller
    if start[:2] not in (b"II", b"MM"):
        remedy = "give the image itself; other formats can be saved as TIFF in Fiji"
        raise of_another_kind(path, start, "TIFF", remedy)


def _refuse_damaged(path: Path, tif: TiffFile, complaints: list[str]) -> None:
    refuse_hollow_plans(tif, str(path))
    series = tif.series  # parsing it is what complains
    broken = [told for told in complaints if any(sign in told for sign in _BROKEN)]
    if broken or not series:
        raise InputError(
            str(path),
            f"it is damaged or cut off after {len(tif.pages)} of its pages",
            "copy it again from its source, or open it in Fiji and save it as TIFF",
        )


def _open(path: Path, tif: TiffFile, complaints: list[str], wanted: Wanted) -> Movie:
    _refuse_damaged(path, tif, complaints)
    positions, ignored = positions_in(tif)
    take = wanted.take
    place = place_of([each.name for each in positions], take.position, source=str(path))
    position = positions[place]
    plan = layout(position, source=str(path), axes=wanted.axes, z=take.z)
    planes = Planes(plan.planes)
    stated = stated_in(
        tif,
        n_frames=plan.n_frames,
        n_channels=plan.n_channels,
        time_pages=plan.time_pages,
        image=position.image,
    )
    settled = settle(
        stated, wanted, source=str(path), n_frames=plan.n_frames, n_channels=plan.n_channels
    )
    return Movie(
        channels={
            name: projected([TiffFrames(planes, of) for of in plan.plane_of[:, c].T], take.z)
            for c, name in enumerate(settled.channel_names)
        },
        scale=settled.scale,
        source=str(path),
        notes=(
            *plan.notes,
            *ignored,
            *_reported(complaints),
            *settled.notes,
        ),
    )


def _reported(complaints: list[str]) -> list[str]:
    """What tifffile found odd, for the notes; what it says of missing planes is said by ours."""
    plain = (re.sub(r"^<tifffile[^>]*> ?", "", told) for told in complaints)
    kept = dict.fromkeys(told for told in plain if "missing" not in told)
    return [f"TIFF structure: {told}" for told in kept][:3]


def files_of(path: Path) -> list[Path]:
    """The file, with the files that a Micro-Manager stack of this position goes on in."""
    stem, mark, rest = path.name.partition("_MMStack")
    if not mark:
        return [path]
    position = re.sub(r"(_\d+)?\.ome\.tiff?$", "", rest)
    like = re.compile(re.escape(stem + mark + position) + r"(_\d+)?\.ome\.tiff?")
    return sorted(other for other in path.parent.iterdir() if like.fullmatch(other.name)) or [path]


@contextmanager
def _tifffile_complaints() -> Iterator[list[str]]:
    """Collect what tifffile would log in this thread: it becomes an error or a note of ours."""
    told: list[str] = []
    thread = threading.get_ident()

    def keep(record: logging.LogRecord) -> bool:
        if record.thread != thread:
            return True
        if record.levelno >= logging.WARNING:
            told.append(record.getMessage())
        return False

    logger = logging.getLogger("tifffile")
    logger.addFilter(keep)
    try:
        yield told
    finally:
        logger.removeFilter(keep)


# Writing


def write_labels(
    path: str | os.PathLike[str], frames: Frames, *, scale: Scale, name: str = "cell"
) -> None:
    """Labels as OME-TIFF, axes TYX, deflate-compressed, one frame in memory at a time.

    Parameters
    ----------
    frames : Frames
        (T, Y, X) whole numbers, 0 = background. Stored as uint16 where the type of the frames
        has at most 16 bits, else as uint32.
    name : str
        Kind of object; the name of the OME image.

    Notes
    -----
    The same labels give the same bytes: no date and no random number is written.

    Raises
    ------
    InputError
        Labels that are negative, above 2³² − 1 or not whole numbers.
    OutputError
        When the disk refuses.
    """
    if frames.dtype.kind not in "bui":
        raise InputError(
            str(path), f"labels are whole numbers, got {frames.dtype}", "convert them to uint16"
        )
    dtype = np.dtype(np.uint16 if frames.dtype.itemsize <= 2 else np.uint32)
    _write_ome(path, [frames], dtype, scale=scale, name=name, channel_names=None, compress=True)


def write_movie(
    path: str | os.PathLike[str],
    channels: Mapping[str, Frames],
    *,
    scale: Scale,
    compress: bool = True,
    name: str = "movie",
) -> None:
    """Channels as OME-TIFF, axes TCYX (TYX for one channel), one frame in memory at a time.

    Parameters
    ----------
    channels : mapping of str to Frames
        Equal shapes and types: bool, integers up to 32 bit, float32 or float64.
    """
    all_frames = list(channels.values())
    dtype = np.result_type(*(frames.dtype for frames in all_frames))
    dtype = np.dtype(np.uint8) if dtype.kind == "b" else dtype
    if (
        dtype.kind not in "uif"
        or dtype == np.float16
        or (dtype.kind in "ui" and dtype.itemsize > 4)
    ):
        raise InputError(
            str(path),
            f"OME-TIFF has no pixels of type {dtype}",
            "convert them to float32 or uint16",
        )
    names = list(channels)
    _write_ome(
        path, all_frames, dtype, scale=scale, name=name, channel_names=names, compress=compress
    )


def _write_ome(
    path: str | os.PathLike[str],
    channels: Sequence[Frames],
    dtype: np.dtype[Any],
    *,
    scale: Scale,
    name: str,
    channel_names: list[str] | None,
    compress: bool,
) -> None:
    n_frames, height, width = channels[0].shape
    n_channels = len(channels)
    shape = (n_frames, n_channels, height, width) if n_channels > 1 else (n_frames, height, width)
    metadata: dict[str, Any] = {
        "axes": "TCYX" if n_channels > 1 else "TYX",
        "Name": name,
        "Creator": "Lamella",
        **_scale_metadata(scale, n_frames, n_channels),
    }
    if channel_names is not None:
        metadata["Channel"] = {"Name": channel_names}
    # OME asks for a UUID: one made from the content's description is the same every time.
    metadata["UUID"] = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{dtype}{shape}{metadata}"))
    n_bytes = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    with (
        whole_file(path) as part,
        TiffWriter(part, bigtiff=n_bytes > 2**32 - 2**25, ome=True) as tif,
    ):
        tif.write(
            _planes(path, channels, dtype),
            shape=shape,
            dtype=dtype,
            photometric="minisblack",
            compression="zlib" if compress and n_bytes // n_frames <= ALWAYS_FINE else None,
            rowsperstrip=height,
            software="Lamella",
            **_resolution(scale),
            metadata=metadata,
        )


def _planes(
    path: str | os.PathLike[str], channels: Sequence[Frames], dtype: np.dtype[Any]
) -> Iterator[Image]:
    """Planes in the order of the file, in the type of the file."""
    for t in channels[0].span:
        for frames in channels:
            image = frames.frame(t)
            if image.dtype.kind in "iu" and not np.can_cast(image.dtype, dtype):
                low, high = int(image.min()), int(image.max())
                if low < 0 or high > np.iinfo(dtype).max:
                    raise InputError(
                        str(path),
                        f"frame {t} holds the label {low if low < 0 else high}, "
                        f"which {dtype} cannot store",
                        "renumber the labels from 1, background 0",
                    )
            yield np.ascontiguousarray(image, dtype=dtype)


def _is_regular(times: NDArray[np.float64]) -> bool:
    return np.array_equal(times, regular_times(len(times), float(times[1])))


def _resolution(scale: Scale) -> dict[str, Any]:
    """Resolution tags, for programs that read no OME metadata (ImageJ without Bio-Formats)."""
    if scale.pixel_size_um is None:
        return {}
    per_cm = 1e4 / scale.pixel_size_um
    return {"resolution": (per_cm, per_cm), "resolutionunit": "CENTIMETER"}


def _scale_metadata(scale: Scale, n_frames: int, n_channels: int) -> dict[str, Any]:
    out: dict[str, Any] = {}
    if scale.pixel_size_um is not None:
        size = float(scale.pixel_size_um)
        out |= {"PhysicalSizeX": size, "PhysicalSizeXUnit": "µm"}
        out |= {"PhysicalSizeY": size, "PhysicalSizeYUnit": "µm"}
    if scale.time_min is not None:
        times: NDArray[np.float64] = np.asarray(scale.time_min, dtype=np.float64)
        if n_frames > 1 and _is_regular(times):
            out |= {"TimeIncrement": float(times[1]), "TimeIncrementUnit": "min"}
        else:
            per_plane = [float(time) for time in times for _ in range(n_channels)]
            out["Plane"] = {"DeltaT": per_plane, "DeltaTUnit": ["min"] * len(per_plane)}
    return out
