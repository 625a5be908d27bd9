"""What a file looks like that is not what its name says."""

from __future__ import annotations

from pathlib import Path

from lamella.core.errors import InputError

_KINDS = (
    (b"II*\0", "a TIFF"),
    (b"MM\0*", "a TIFF"),
    (b"II+\0", "a BigTIFF"),
    (b"MM\0+", "a BigTIFF"),
    (b"ZISRAWF", "a CZI"),
    (b"p\0\0\0", "a LIF"),
    (b"\xda\xce\xbe\x0a", "an ND2"),
    (b"\x89PNG", "a PNG"),
    (b"\xff\xd8\xff", "a JPEG"),
    (b"PK\3\4", "a ZIP archive"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"%PDF", "a PDF"),
    (b"<?xml", "XML"),
    (b"<!DOCTYPE", "a web page"),
    (b"<html", "a web page"),
)


def of_another_kind(
    path: Path, start: bytes, kind: str, remedy: str = "give the image itself"
) -> InputError:
    """The error of a file that does not begin as those of its kind do, is cut off or empty."""
    if not start:
        return InputError(str(path), "it is empty (0 bytes)", "copy it again from its source")
    seems = looks_like(start)
    if seems.endswith(f" {kind}"):
        what = f"its first {len(start)} bytes are not those of a whole {kind} file"
        return InputError(str(path), what, "copy it again from its source")
    return InputError(str(path), f"it is not a {kind} file, {looks_like(start)}", remedy)


def looks_like(start: bytes) -> str:
    r"""What a file seems to be by its first bytes, to follow "it is no TIFF, ".

    >>> looks_like(b"\x89PNG\r\n")
    'but looks like a PNG'
    >>> looks_like(b"frame,x,y")
    'but looks like text'
    >>> looks_like(b"\x00\x01\x02")
    'it begins with the bytes 00 01 02'
    """
    for mark, kind in _KINDS:
        if start.startswith(mark):
            return f"but looks like {kind}"
    if all(byte in b"\t\n\r" or 32 <= byte < 127 for byte in start):
        return "but looks like text"
    return f"it begins with the bytes {start[:8].hex(' ').upper()}"
