"""What a file declares against what it holds: a few bytes must not ask for all the memory."""

from __future__ import annotations

from typing import Any

import numpy as np

from lamella.core.errors import InputError

ALWAYS_FINE = 2**28
"""Bytes in one piece that any machine has: 256 MiB, a frame of 16 384 × 8192 pixels of 16 bit."""
MOST_COMPRESSION = 100
"""Of larger pieces: what a camera saw is never packed more tightly, what fills the memory is."""
LARGEST_FRAME = 2**31
"""Bytes: a frame above 2 GiB fits into no worker."""
SMALL = 2**26
"""Bytes that are never too many, however tightly they are packed: 64 MiB."""
MOST_OF_LABELS = 2000
"""Times that labels and empty frames are packed, in formats that pack them by themselves."""


def refuse_type(source: str, dtype: np.dtype[Any]) -> None:
    """Raise the InputError of pixels that are no grey values, or of a type that nobody shows."""
    if dtype.kind not in "biuf" or dtype == np.float16:
        raise InputError(
            source,
            f"its pixels are of type {dtype}",
            "save it with 8, 16 or 32-bit grey values (integers or float32)",
        )


def refuse_hollow_piece(source: str, what: str, declared: int, stored: int) -> None:
    """Refuse what would be unpacked in one piece and is declared far larger than it is stored.

    Parameters
    ----------
    what : str
        Such as ``"a frame"``.
    declared, stored : int
        Bytes in memory and in the file.

    Raises
    ------
    InputError
        More than `ALWAYS_FINE`, and more than `MOST_COMPRESSION` times what is stored.
    """
    if declared <= ALWAYS_FINE or declared <= MOST_COMPRESSION * stored:
        return
    raise InputError(
        source,
        f"it declares {what} of {declared / 2**30:.3g} GiB and holds {stored} bytes of it",
        "copy it again from its source; if it is meant, save it without compression",
    )
