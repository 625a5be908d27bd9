"""Cellpose's ``_seg.npy``: the masks that its window saves beside an image.

The file is a pickle in numpy's clothes. It is read as plain data (`plain_pickle`): nothing in it is
run, whoever wrote it.
"""

from __future__ import annotations

import os
import tokenize
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lamella.core.errors import InputError
from lamella.io.plain_pickle import StoredArray, UnreadableError, read_plain

SUFFIX = "_seg.npy"
MOST_BYTES = 4 * 2**30
_NPY: Any = np.lib.format  # numpy does not state its types
# numpy reads the header as a Python expression; one that is nested without end exhausts the parser.
_NO_HEADER = (
    ValueError, KeyError, EOFError, SyntaxError, tokenize.TokenError, MemoryError, RecursionError,
)  # fmt: skip
# That of one object has 118 bytes; of a long one numpy would try the parts in turn, for minutes.
_LONGEST_HEADER = 1024
_AGAIN = "save it again in Cellpose"


class SegNpy(NamedTuple):
    """What a ``_seg.npy`` says of its image."""

    masks: NDArray[np.unsignedinteger[Any]]
    """(T, Y, X) uint16 or uint32, 0 = background; T = 1 of a single image."""
    image_name: str | None
    """Path of the image on the computer that wrote it; None where it is not told."""
    image: NDArray[Any] | None
    """(Y, X), as older versions keep it in the file; None where it is not there or is coloured."""
    n_drawn: int | None
    """Objects that a person drew; None where it is not told."""


def is_seg_npy(path: Path) -> bool:
    """Whether a file bears the name of masks of Cellpose."""
    return path.name.lower().endswith(SUFFIX) and path.is_file()


def read_seg_npy(path: str | os.PathLike[str]) -> SegNpy:
    """Read the masks of a ``_seg.npy``, as Cellpose 1 to 4 write it.

    Outlines, flows and settings in it are not used.

    Raises
    ------
    InputError
        A file that is missing, cut short, larger than 4 GB, of another kind, without masks, or that
        holds anything that would have to be run.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(str(path), "there is no such file", "check the path")
    try:
        return _masks(_content(path))
    except UnreadableError as error:
        raise InputError(str(path), f"{error}; nothing in it was run", _AGAIN) from error


def _content(path: Path) -> dict[str, Any]:
    """The dictionary that the file holds."""
    n_bytes = path.stat().st_size
    if n_bytes > MOST_BYTES:
        raise UnreadableError(f"it has {n_bytes} bytes, more than any image's masks")
    with path.open("rb") as file:
        try:
            headers = {(1, 0): _NPY.read_array_header_1_0, (2, 0): _NPY.read_array_header_2_0}
            version = _NPY.read_magic(file)
            start = file.tell()
            length = int.from_bytes(file.read(2 if version == (1, 0) else 4), "little")
            if length > _LONGEST_HEADER:
                raise ValueError(f"a header of {length} bytes")
            file.seek(start)
            shape, _, dtype = headers[version](file)
        except _NO_HEADER as error:
            raise UnreadableError("it is no file of numpy's") from error
        if dtype != np.dtype(object) or shape != ():
            raise UnreadableError(f"it holds an array {shape} of {dtype}, not Cellpose's results")
        found = read_plain(file, n_bytes - file.tell())
    # numpy wraps what it saves into an array of one object.
    if isinstance(found, StoredArray) and isinstance(found.content, list):
        (found,) = found.content if len(found.content) == 1 else (None,)
    if not isinstance(found, dict):
        raise UnreadableError("it does not hold Cellpose's results")
    return found


def _masks(content: dict[str, Any]) -> SegNpy:
    stored = content.get("masks")
    if not isinstance(stored, StoredArray):
        raise UnreadableError("it holds no masks")
    masks = stored.values()
    if masks.dtype.kind not in "iub" or masks.ndim not in (2, 3) or masks.size == 0:
        raise UnreadableError(f"its masks are an array {masks.shape} of {masks.dtype}")
    if masks.min() == -1:  # early versions count from there
        masks = masks.astype(np.int64) + 1
    low, high = int(masks.min()), int(masks.max())
    if low < 0 or high > np.iinfo(np.uint32).max:
        raise UnreadableError(f"its masks hold the number {low if low < 0 else high}")
    name, drawn, image = (content.get(key) for key in ("filename", "ismanual", "img"))
    return SegNpy(
        masks.reshape(-1, *masks.shape[-2:]).astype(np.uint16 if high < 2**16 else np.uint32),
        name if isinstance(name, str) else None,
        _grey(image),
        int(np.count_nonzero(drawn.values())) if isinstance(drawn, StoredArray) else None,
    )


def _grey(image: Any) -> NDArray[Any] | None:
    if not isinstance(image, StoredArray):
        return None
    values = np.squeeze(image.values())
    return values if values.ndim == 2 and values.dtype.kind in "uif" else None
