"""Damage of files: cut off, emptied, single and many bits flipped, at seeded places."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable
from pathlib import Path


def _rng(path: Path, seed: int) -> random.Random:
    """The same damage of the same file, on every machine."""
    return random.Random(zlib.crc32(path.name.encode()) + seed)


def cut(path: Path, seed: int) -> None:
    """Cut off anywhere."""
    path.write_bytes(path.read_bytes()[: _rng(path, seed).randrange(1, path.stat().st_size)])


def cut_last(path: Path, seed: int) -> None:
    """Some of the last bytes are missing."""
    path.write_bytes(path.read_bytes()[: -1 - _rng(path, seed).randrange(16)])


def empty(path: Path, seed: int) -> None:
    """Nothing is left."""
    path.write_bytes(b"")


def flip(path: Path, seed: int, n: int = 1) -> None:
    """One bit is another one."""
    data, rng = bytearray(path.read_bytes()), _rng(path, seed)
    for _ in range(n):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    path.write_bytes(data)


def flip_first(path: Path, seed: int) -> None:
    """One bit of the first 64 bytes, where headers are."""
    data, rng = bytearray(path.read_bytes()), _rng(path, seed)
    data[rng.randrange(min(64, len(data)))] ^= 1 << rng.randrange(8)
    path.write_bytes(data)


def flip_many(path: Path, seed: int) -> None:
    """32 bits are other ones."""
    flip(path, seed, n=32)


def zeros(path: Path, seed: int) -> None:
    """A block of 512 bytes is zero, as a machine that lost its power leaves it."""
    data, rng = bytearray(path.read_bytes()), _rng(path, seed)
    at = rng.randrange(len(data))
    n = len(data[at : at + 512])
    data[at : at + 512] = bytes(n)
    path.write_bytes(data)


DAMAGE: dict[str, Callable[[Path, int], None]] = {
    each.__name__: each for each in (cut, cut_last, empty, flip, flip_first, flip_many, zeros)
}
