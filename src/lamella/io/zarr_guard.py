"""A zarr folder from others is looked at before it is opened: what it would make us run or hold."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lamella.core.errors import InputError
from lamella.io.declared import MOST_OF_LABELS, SMALL

# What decodes bytes to bytes or numbers. Others, pickle above all, may run what the file says.
_CODECS = frozenset(
    {
        "blosc", "zstd", "gzip", "zlib", "lz4", "bz2", "lzma", "bytes", "endian", "crc32c", "crc32",
        "adler32", "fletcher32", "shuffle", "delta", "transpose", "sharding_indexed", "vlen-utf8",
        "vlen-bytes", "fixedscaleoffset", "packbits", "bitround",
    }
)  # fmt: skip
_METADATA = (".zarray", ".zmetadata", "zarr.json")
_MOST_FILES = 20_000
_MOST_METADATA_MB = 64
_LARGEST_CHUNK = 2**28


def refuse_unsafe_zarr(path: Path, *, what: str) -> None:
    """Look at the metadata of every array below `path`, the consolidated ones included.

    Parameters
    ----------
    what : str
        What the folder should be, for messages, such as ``"graph"``.

    Raises
    ------
    InputError
        Codecs that could run code, chunks that are cut off or have more than 2²⁸ elements, metadata
        that is not JSON, links to elsewhere.
    """
    for file in _metadata_files(path, what):
        found = safe_metadata(file, path)
        if _with_blosc(found):
            _refuse_cut_chunks(file, what)


def safe_metadata(file: Path, path: Path) -> dict[str, Any]:
    """The content of one metadata file of the store `path`, once nothing in it is unsafe.

    Raises
    ------
    InputError
        As `refuse_unsafe_zarr`.
    """
    where = f"{path}: {file.relative_to(path)}"
    try:
        if file.stat().st_size > _MOST_METADATA_MB << 20:
            raise InputError(where, f"it has more than {_MOST_METADATA_MB} MiB", "write it again")
        found = json.loads(file.read_text(encoding="utf-8"))
        for one in _dicts(found):
            _refuse_codecs(one, path)
            _refuse_chunks(one, path)
    except (ValueError, OSError, RecursionError) as error:
        raise InputError(where, f"it is not JSON ({error})", "write it again") from error
    return found if isinstance(found, dict) else {}


def _with_blosc(array: dict[str, Any]) -> bool:
    codecs = array.get("codecs")
    last = codecs[-1] if isinstance(codecs, list) and codecs else array.get("compressor")
    return isinstance(last, dict) and "blosc" in (last.get("id"), last.get("name"))


def _refuse_cut_chunks(file: Path, what: str) -> None:
    """A chunk of Blosc that is cut off may be read as zeros; its header tells its length.

    And that of what is in it, for which memory is asked before anything is unpacked.
    """
    for chunk in file.parent.rglob("*"):
        if chunk.name.startswith(".z") or chunk.name == "zarr.json" or not chunk.is_file():
            continue
        with chunk.open("rb") as stream:
            header = stream.read(16)
        size = chunk.stat().st_size
        if len(header) < 16 or int.from_bytes(header[12:16], "little") != size:
            raise InputError(str(chunk), "it is cut off or damaged", f"copy the {what} again")
        declared = int.from_bytes(header[4:8], "little")
        if declared > max(SMALL, size * MOST_OF_LABELS):
            raise InputError(
                str(chunk),
                f"it declares {declared / 2**20:.0f} MiB and has {size} bytes",
                f"copy the {what} again",
            )


def refuse_hollow(arrays: list[Any], path: Path) -> None:
    """Raise the InputError of arrays that declare far more than the folder holds.

    Each chunk is looked for, also where it is not there: there may be no more than files.
    """
    declared = sum(math.prod(array.shape) * array.dtype.itemsize for array in arrays)
    stored = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    if declared > max(SMALL, stored * MOST_OF_LABELS):
        raise InputError(
            str(path),
            f"it declares {declared / 2**30:.3g} GiB and holds {stored / 2**20:.3g} MiB",
            "its arrays are broken; write it again",
        )
    for array in arrays:
        chunks = zip(array.shape, array.chunks, strict=True)
        n_chunks = math.prod(-(-n // max(size, 1)) for n, size in chunks)
        if n_chunks > _MOST_FILES:
            raise InputError(
                str(path),
                f"an array of it is cut into {n_chunks} chunks",
                "write it again in larger chunks",
            )


def _metadata_files(path: Path, what: str) -> Iterator[Path]:
    for number, file in enumerate(path.rglob("*")):
        if number > _MOST_FILES:
            raise InputError(
                str(path), f"it holds more than {_MOST_FILES} files", f"give the {what} by itself"
            )
        if file.is_symlink():
            # What it leads to would be read, and is not looked at here.
            raise InputError(str(file), "it is a link", f"copy the {what} as a whole")
        if file.name in _METADATA and file.is_file():
            yield file


def _dicts(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in items:
        if isinstance(item, dict | list):
            yield from _dicts(item)


def _refuse_codecs(one: dict[str, Any], path: Path) -> None:
    filters, codecs = one.get("filters"), one.get("codecs")
    used = [one.get("compressor"), *(filters if isinstance(filters, list) else [])]
    used += codecs if isinstance(codecs, list) else []
    for codec in used:
        if not isinstance(codec, dict):
            continue
        name = str(codec.get("id") or codec.get("name"))
        if name.removeprefix("numcodecs.") not in _CODECS:
            raise InputError(
                str(path),
                f"its arrays are stored with {name[:40]!r}, which is not known to be safe",
                "store it with blosc, zstd or gzip",
            )


def _refuse_chunks(one: dict[str, Any], path: Path) -> None:
    grid = one.get("chunk_grid")
    configuration = grid.get("configuration") if isinstance(grid, dict) else None
    chunks = one.get("chunks")
    if isinstance(configuration, dict):
        chunks = configuration.get("chunk_shape")
    if not isinstance(chunks, list) or not all(isinstance(n, int) for n in chunks):
        return
    if math.prod(chunks) > _LARGEST_CHUNK:
        raise InputError(
            # Numbers of JSON may have any length, and floats may not.
            str(path),
            f"a chunk of it has {min(math.prod(chunks), 10**300):.3g} elements",
            "store it in chunks",
        )
