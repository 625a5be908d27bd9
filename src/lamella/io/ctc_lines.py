"""The text file of the Cell Tracking Challenge that tells who is who: ``L B E P`` on every line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from lamella.core.errors import InputError, LamellaError
from lamella.core.table import Col
from lamella.io.ctc_masks import raise_all

# A line has some 20 bytes and there are at most 65 535 of them.
_LARGEST_TEXT = 2**22
# So many wrong lines are no list of tracks: the rest is not looked at.
_HOPELESS = 1000


class Line(NamedTuple):
    """A track, and the number of the line that tells of it."""

    number: int
    label: int
    first: int
    last: int
    parent: int


def read_lines(path: Path, *, n_frames: int) -> list[Line]:
    """The tracks of a movie of so many frames.

    Raises
    ------
    InputError, FaultsError
        Lines that are not four whole numbers, labels named twice, lives that end before they begin
        or after the movie, parents that are unknown or end after their child begins; all at once.
    """
    if path.stat().st_size > _LARGEST_TEXT:
        raise InputError(str(path), "it is too large for a list of tracks", "write it again")
    faults: list[LamellaError] = []
    by_label: dict[int, Line] = {}
    for number, text in enumerate(path.read_text("utf-8-sig", errors="replace").splitlines(), 1):
        if len(faults) >= _HOPELESS:
            raise_all(faults)
        fields = text.split()
        if not fields:
            continue
        where = f"{path}, line {number}"
        if len(fields) != 4 or not all(re.fullmatch(r"[0-9]{1,10}", each) for each in fields):
            faults.append(
                InputError(
                    where,
                    f"it is not four whole numbers ({text.strip()[:40]!r})",
                    "write label, first frame, last frame and parent, 0 for none",
                )
            )
            continue
        line = Line(number, *map(int, fields))
        fault = _fault_of(line, by_label, n_frames)
        if fault is not None:
            faults.append(InputError(where, *fault))
        by_label.setdefault(line.label, line)
    for line in by_label.values():
        mother = by_label.get(line.parent)
        if line.parent and (mother is None or mother.last >= line.first):
            # A parent that ends before its child begins also rules out that anybody is his own
            # ancestor.
            told = (
                "is not in the file" if mother is None
                else f"ends in frame {mother.last}, not before its child begins ({line.first})"
            )  # fmt: skip
            faults.append(
                InputError(
                    f"{path}, line {line.number}",
                    f"{line.parent}, the parent of {line.label}, {told}",
                    "mend the parent, or write 0 for none",
                )
            )
    raise_all(faults)
    return list(by_label.values())


def _fault_of(line: Line, earlier: dict[int, Line], n_frames: int) -> tuple[str, str] | None:
    if line.label == 0:
        return "label 0 is the background", "number the tracks from 1"
    if line.label in earlier:
        there = earlier[line.label].number
        return f"label {line.label} is on line {there} too", "give every track a number of its own"
    if line.first > line.last:
        return f"label {line.label} ends ({line.last}) before it begins ({line.first})", (
            "write the first frame before the last"
        )
    if line.last >= n_frames:
        return f"label {line.label} ends in frame {line.last}, the masks in {n_frames - 1}", (
            "frames are counted from 0; look for missing masks"
        )
    return None


def refuse_disagreement(lines: list[Line], links: pd.DataFrame, path: Path) -> int:
    """Refuse lines and masks that contradict each other.

    Parameters
    ----------
    links : DataFrame
        `cell` and `frame` of every object in the masks.

    Returns
    -------
    int
        Tracks that miss from a mask amid their lives.
    """
    seen = links.groupby(Col.CELL)[Col.FRAME].agg(["min", "max", "size"])
    lives = {int(str(c)): (int(a), int(b), int(n)) for c, a, b, n in seen.itertuples()}
    faults: list[LamellaError] = []
    n_gaps = 0
    for line in lines:
        where = f"{path}, line {line.number}"
        first, last, n = lives.pop(line.label, (-1, -1, 0))
        if n == 0:
            faults.append(
                InputError(
                    where, f"no mask has the label {line.label}", "remove the line, or add masks"
                )
            )
        elif (first, last) != (line.first, line.last):
            faults.append(
                InputError(
                    where,
                    f"label {line.label} goes from {line.first} to {line.last}, "
                    f"in the masks from {first} to {last}",
                    "mend the line, or the masks",
                )
            )
        n_gaps += n < last - first + 1
    faults += [
        InputError(
            str(path),
            f"label {label}, in the masks from frame {first} to {last}, has no line",
            "add its line, or remove it from the masks",
        )
        for label, (first, last, _) in lives.items()
    ]
    raise_all(faults)
    return n_gaps
