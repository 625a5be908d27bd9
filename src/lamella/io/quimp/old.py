"""QuimP up to 2016: parameters in ``.paQP``, nodes in ``.snQP``, statistics in ``.stQP.csv``.

Lines stand in a fixed order; those that begin with # are comments, of which only the frame numbers
are read. The paths inside are those of the computer that wrote them: files are looked for beside
the one that was given, by name.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path

from lamella.core.errors import InputError
from lamella.io.quimp.analysis import MOST_NODES, Analysis, checked_nodes

_AGAIN = "save it again in QuimP"
_FRAME = re.compile(r"#\s*Frame\s+(\d{1,9})")
# Place among the lines of a .paQP that are no comments.
_SCALE, _INTERVAL, _FIRST, _LAST = 3, 4, 19, 20


def read_old(path: Path) -> Analysis:
    """Read the analysis of one cell, which is cell 1.

    Raises
    ------
    InputError
        Files that are missing, cut short or not of QuimP.
    """
    found = Analysis(str(path), "floor")
    stem = path.with_suffix("")
    parameters, first = _beside(stem, ".paQP"), 1
    if parameters is not None:
        lines = [line for line in _lines(parameters) if not line.startswith("#")]
        if len(lines) <= _LAST:
            raise InputError(str(parameters), f"it has {len(lines)} values, not 21 or more", _AGAIN)
        found.pixel_size_um = _number(lines[_SCALE], parameters, positive=True)
        found.interval_s = _number(lines[_INTERVAL], parameters, positive=True)
        first = int(_number(lines[_FIRST], parameters, positive=True))
        found.n_frames = int(_number(lines[_LAST], parameters, positive=True))
    nodes = _beside(stem, ".snQP")
    if nodes is None:
        raise InputError(
            str(path), f"{stem.name}.snQP, which holds the nodes, is not beside it", "copy it there"
        )
    _read_nodes(nodes, first, found)
    statistics = _beside(stem, ".stQP.csv")
    if statistics is not None:
        _read_areas(statistics, found)
    return found


def _beside(stem: Path, suffix: str) -> Path | None:
    """The file with this suffix, in capitals or not."""
    wanted = f"{stem.name}{suffix}".lower()
    for path in sorted(stem.parent.iterdir()):
        if path.name.lower() == wanted and path.is_file():
            return path
    return None


def _lines(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            if line.strip():
                yield line.strip()


def _read_nodes(path: Path, first: int, found: Analysis) -> None:
    lines = _lines(path)
    frame = first - 1
    for line in lines:
        if line.startswith("#"):
            stated = _FRAME.match(line)
            if stated:
                frame = int(stated[1]) - 1  # counted on below
            continue
        frame += 1
        count = _number(line, path)
        if count != int(count) or not 0 <= count <= MOST_NODES:
            raise InputError(str(path), f"frame {frame} has {line[:40]!r} nodes", _AGAIN)
        nodes: list[tuple[float, float]] = []
        for _ in range(int(count)):
            values = next(lines, "#").split()
            if values[0].startswith("#") or len(values) < 3:
                raise InputError(
                    str(path), f"frame {frame} has {len(nodes)} of {int(count)} nodes", _AGAIN
                )
            nodes.append((_number(values[1], path), _number(values[2], path)))
        if frame < 1 or (1, frame - 1) in found.outlines:
            raise InputError(str(path), f"frame {frame} is there twice or is none", _AGAIN)
        if nodes:
            found.outlines[1, frame - 1] = checked_nodes(nodes, source=str(path), frame=frame)
        found.n_frames = max(found.n_frames, frame)


def _read_areas(path: Path, found: Analysis) -> None:
    """The first block of the statistics; those of fluorescence follow behind a comment."""
    for line in _lines(path):
        if line.startswith("#"):
            if "fluorescence" in line.lower():
                return
            continue
        values = line.split(",")
        if len(values) < 11:
            raise InputError(str(path), f"a line has {len(values)} of 11 values", _AGAIN)
        found.areas_um2[1, int(_number(values[0], path)) - 1] = _number(values[10], path)


def _number(text: str, path: Path, *, positive: bool = False) -> float:
    try:
        value = float(text)
    except ValueError as error:
        raise InputError(
            str(path), f"{text[:40]!r} stands where a number should", _AGAIN
        ) from error
    if not math.isfinite(value) or (positive and value <= 0):
        raise InputError(str(path), f"{text[:40]!r} stands where a number above 0 should", _AGAIN)
    return value
