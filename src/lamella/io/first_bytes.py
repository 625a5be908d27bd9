"""What a file looks like that is not what its name says."""

from __future__ import annotations

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


def looks_like(start: bytes) -> str:
    r"""What a file seems to be by its first bytes, to follow "it is no TIFF, ".

    >>> looks_like(b"\x89PNG\r\n")
    'but looks like a PNG'
    >>> looks_like(b"frame,x,y")
    'but looks like text'
    >>> looks_like(b"\x00\x01\x02")
    'it begins with the bytes 00 01 02'
    >>> looks_like(b"")
    'it is empty (0 bytes)'
    """
    if not start:
        return "it is empty (0 bytes)"
    for mark, kind in _KINDS:
        if start.startswith(mark):
            return f"but looks like {kind}"
    if all(byte in b"\t\n\r" or 32 <= byte < 127 for byte in start):
        return "but looks like text"
    return f"it begins with the bytes {start[:8].hex(' ').upper()}"
