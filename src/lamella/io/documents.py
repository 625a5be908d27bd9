"""Small files beside the tables: JSON and PNG."""

from __future__ import annotations

import json
import math
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from lamella.core.errors import InputError
from lamella.io.atomic import whole_file

_LONGEST_LINE = 50_000


def write_json(path: str | os.PathLike[str], value: Any) -> None:
    """Write the text of :func:`as_json`."""
    text = as_json(value)
    with whole_file(path) as part:
        part.write_text(text + "\n", encoding="utf-8", newline="\n")


def as_json(value: Any) -> str:
    """JSON with sorted keys; NumPy values as plain ones, NaN and infinity as null."""
    return json.dumps(_plain(value), sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False)


def read_json(path: str | os.PathLike[str]) -> Any:
    """Read a JSON file.

    Raises
    ------
    InputError
        A file that is missing or not JSON.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(str(path), "there is no such file", "check the path")
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise InputError(str(path), f"it is not JSON ({error})", "write it again") from error


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a TOML file from others.

    Raises
    ------
    OSError
    ValueError, RecursionError
        What is no TOML; a line above 50 000 characters, since names of so many parts take hours.
    """
    text = path.read_bytes().decode("utf-8")  # a single carriage return ends no line of TOML
    if max(map(len, text.split("\n"))) > _LONGEST_LINE:
        raise ValueError(f"a line is longer than {_LONGEST_LINE} characters")
    return tomllib.loads(text)


def _plain(value: Any) -> Any:
    """What JSON knows: dicts with text keys, lists, text, numbers, true, false, null."""
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | range):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, os.PathLike):
        return Path(value).as_posix()
    return value


def write_png(path: str | os.PathLike[str], image: NDArray[np.uint8]) -> None:
    """Write a picture.

    Parameters
    ----------
    image : (Y, X) or (Y, X, 3) uint8 array
        Grey or RGB.
    """
    pixels = np.asarray(image)
    if pixels.dtype != np.uint8 or not (pixels.ndim == 2 or pixels.shape[2:] == (3,)):
        raise ValueError(f"Expected (Y, X) or (Y, X, 3) uint8, got {pixels.shape} {pixels.dtype}")
    with whole_file(path) as part:
        Pillow.fromarray(np.ascontiguousarray(pixels)).save(part, format="PNG")
