"""Files of weights: tensors are read, and nothing else.

A weight file of PyTorch is a pickle, and a pickle may name any function to call while it is read.
Here only tensors are rebuilt; whatever else stands in the file is refused before it comes alive.
"""

from __future__ import annotations

import hashlib
import io
import os
import pickletools
import warnings
import zipfile
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from lamella.core.errors import InputError

if TYPE_CHECKING:
    import torch


class Stamp(NamedTuple):
    """What tells one state of a file from the next without reading it."""

    path: str
    size: int
    modified_ns: int

    @classmethod
    def of(cls, path: Path) -> Stamp:
        """The stamp of a file as it is now; an InputError where there is none."""
        try:
            seen = path.stat()
        except OSError as error:
            raise InputError(
                str(path), f"it cannot be read ({error.strerror})", "give a file of weights"
            ) from error
        if path.is_dir():
            raise InputError(
                str(path), "it is a folder, not a file of weights", "give the file inside of it"
            )
        return cls(os.fspath(path.resolve()), seen.st_size, seen.st_mtime_ns)


def digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal; computed once per process and state of the file.

    Raises
    ------
    InputError
        When there is no such file.
    """
    return _digest(Stamp.of(path))


@lru_cache(maxsize=64)
def _digest(stamp: Stamp) -> str:
    with Path(stamp.path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_tensors(path: Path) -> dict[str, torch.Tensor]:
    """The named tensors of a weight file, on the CPU.

    Files in today's format are mapped into memory, so that large ones are not copied.

    Parameters
    ----------
    path : Path
        A file written by ``torch.save(network.state_dict(), path)``.

    Raises
    ------
    InputError
        When the file is absent, cut short, not a weight file, compressed to more than its size,
        holds anything but named tensors, or declares tensors larger than the file itself. Nothing
        in the file is executed.
    """
    import torch

    size = Stamp.of(path).size
    packed = _is_packed(path)
    if packed:
        _refuse_swelling(path, size)
    # From memory a text that claims more than there is gets no more than there is.
    content: Any = path if packed else io.BytesIO(path.read_bytes())
    try:
        _refuse_long_names(content)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            read: Any = torch.load(content, map_location="cpu", weights_only=True, mmap=packed)
    except Exception as error:  # torch raises a different kind for each way a file can be wrong
        raise InputError(str(path), _fault(error), _REMEDY) from error
    named = (
        dict(read)
        if isinstance(read, dict) and read and all(isinstance(key, str) for key in read)
        else None
    )
    if named is None or not all(_is_plain(value) for value in named.values()):
        raise InputError(str(path), "it holds other things than named tensors", _REMEDY)
    declared = sum(tensor.numel() * tensor.element_size() for tensor in named.values())
    if declared > size:
        raise InputError(
            str(path),
            f"its tensors would need {declared} bytes, the file has {size}",
            _REMEDY,
        )
    return {key: tensor.detach() for key, tensor in named.items()}


_LONGEST_NAME = 4096
_PICKLES = 5
"""At the beginning of a file in the older format: three of its format, the tensors, their keys."""


def _refuse_long_names(content: Any) -> None:
    """Raise ValueError where no pickle begins, or one holds a text that is no tensor's name.

    PyTorch looks through its own message, in which such a text stands, for a time that grows with
    the square of its length.
    """
    if isinstance(content, Path):
        with zipfile.ZipFile(content) as archive:
            for name in archive.namelist():
                if name.endswith("/data.pkl"):
                    _look_through(io.BytesIO(archive.read(name)))
        return
    for _ in range(_PICKLES):
        _look_through(content)
    content.seek(0)


def _look_through(stream: io.BytesIO) -> None:
    for _, held, _ in pickletools.genops(stream):
        if isinstance(held, str | bytes) and len(held) > _LONGEST_NAME:
            raise ValueError(f"a text of {len(held)} characters")


_REMEDY = "fetch or save it again: torch.save(network.state_dict(), path)"


def _fault(error: Exception) -> str:
    text = str(error)
    if "Unsupported global" in text or "unrecognized function" in text:
        return "it holds code or objects beside tensors and was not opened"
    return f"it is no weight file, or was cut short ({type(error).__name__})"


def _is_plain(value: Any) -> bool:
    import torch

    return (
        isinstance(value, torch.Tensor)
        and value.layout == torch.strided
        and value.device.type == "cpu"
        and not value.is_quantized
    )


# A damaged list of members: names that are no UTF-8, versions that nobody has, several disks.
_NO_ZIP = (zipfile.BadZipFile, OSError, ValueError, NotImplementedError)


def _is_packed(path: Path) -> bool:
    """Whether it is a zip, as in today's format."""
    try:
        return zipfile.is_zipfile(path)
    except _NO_ZIP as error:
        raise InputError(str(path), _fault(error), _REMEDY) from error


def _refuse_swelling(path: Path, size: int) -> None:
    """torch.save stores without compressing: parts larger than the whole are no weights."""
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
            stored = all(part.compress_type == zipfile.ZIP_STORED for part in archive.infolist())
    except _NO_ZIP as error:
        raise InputError(str(path), _fault(error), _REMEDY) from error
    if not stored or unpacked > size:
        raise InputError(str(path), "it is a compressed archive, as no weight file is", _REMEDY)
