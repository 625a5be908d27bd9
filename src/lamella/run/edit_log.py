"""The log of corrections by hand: a line per edit, and the corrected labels beside those before."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from lamella.core.frames import Frames
from lamella.core.tracked import Tracked
from lamella.io import open_labels, open_movie, tiff
from lamella.io.atomic import whole_file
from lamella.run.corrections import EDITS, corrected_file, is_corrected, original_file

Shapes = frozenset[tuple[int, int]]
"""Cell and frame of shapes."""
Ranges = dict[str, list[list[int]]]
"""Cell to the stretches of frames, first and last of each; JSON knows no other keys than text."""


class Difference(NamedTuple):
    """Which cells have other pixels than before."""

    changed: tuple[int, ...] = ()
    added: tuple[int, ...] = ()
    removed: tuple[int, ...] = ()
    shapes: Shapes = frozenset()
    """Cell and frame of every shape that is another one, new, or gone."""


def difference(before: Frames, after: Frames) -> Difference:
    """Which cells have other pixels; one frame of each in memory at a time."""
    ids: tuple[set[int], set[int]] = set(), set()
    shapes: set[tuple[int, int]] = set()
    for t in before.span:
        one, two = before.frame(t), after.frame(t)
        for found, image in zip(ids, (one, two), strict=True):
            found.update(np.unique(image).tolist())
        shapes |= {(cell, t) for cell in cells_touched(one, two)}
    return difference_of(frozenset(shapes), ids[0] - {0}, ids[1] - {0})


def difference_of(shapes: Shapes, before: Container[int], after: Container[int]) -> Difference:
    """The same from the shapes that differ, and the cells there were and are."""
    cells = sorted({cell for cell, _ in shapes})
    return Difference(
        tuple(cell for cell in cells if cell in before and cell in after),
        tuple(cell for cell in cells if cell not in before and cell in after),
        tuple(cell for cell in cells if cell in before and cell not in after),
        shapes,
    )


def cells_touched(before: np.ndarray[Any, Any], after: np.ndarray[Any, Any]) -> set[int]:
    """Cells of which any pixel came or went between two label images of one frame."""
    other = before != after
    return {*np.unique(before[other]).tolist(), *np.unique(after[other]).tolist()} - {0}


def in_ranges(shapes: Iterable[tuple[int, int]]) -> Ranges:
    """Cell and frame, told shorter: every cell with its stretches of frames."""
    found: Ranges = {}
    for cell, frame in sorted(shapes):
        stretches = found.setdefault(str(cell), [])
        if stretches and stretches[-1][1] == frame - 1:
            stretches[-1][1] = frame
        else:
            stretches.append([frame, frame])
    return found


def from_ranges(ranges: Mapping[str, Sequence[Sequence[int]]]) -> Shapes:
    """What `in_ranges` was given."""
    return frozenset(
        (int(cell), frame)
        for cell, stretches in ranges.items()
        for first, last in stretches
        for frame in range(first, last + 1)
    )


def edit_line(
    name: str,
    found: Difference,
    *,
    who: str,
    why: str,
    n_cells: tuple[int, int],
    lineage: Iterable[int] = (),
    names: Mapping[str, int] | None = None,
    time: str | None = None,
    **told: Any,
) -> dict[str, Any]:
    """A line of ``edits.jsonl``; see docs/formats.md.

    Parameters
    ----------
    name : str
        Set of objects.
    n_cells : (int, int)
        Before and after.
    lineage : iterable of int
        Cells whose parents changed.
    names : mapping of str to int, optional
        Numbers that names of another program were given.
    **told
        What the edit was: ``from`` and ``sha256`` of a file of ROIs; ``edit`` and ``words``.
    """
    return {
        "time": time or now(),
        "object": name,
        "who": who,
        "why": why,
        **told,
        "n_cells_before": n_cells[0],
        "n_cells": n_cells[1],
        "changed": list(found.changed),
        "added": list(found.added),
        "removed": list(found.removed),
        "shapes": in_ranges(found.shapes),
        "lineage": sorted(lineage),
        "names": dict(names or {}),
    }


def state_told(
    parents: Mapping[int, Sequence[int]], filled: Iterable[Sequence[int]]
) -> dict[str, Any]:
    """What the labels cannot tell, for the line that they are of: the last one of a saving."""
    return {
        "parents": {str(cell): list(named) for cell, named in parents.items()},
        "filled": sorted(list(map(int, pair)) for pair in filled),
    }


def still_filled(tracked: Tracked, shapes: Container[tuple[int, int]]) -> list[list[int]]:
    """Cell and frame of the shapes that were filled in, were not seen, and nobody touched."""
    rows = tracked.tracks.interpolated.to_numpy(np.int64).tolist()
    return [row for row in rows if tuple(row) not in shapes]


def reserved_in(edits: Iterable[Mapping[str, Any]]) -> set[int]:
    """Numbers that no new cell gets: those of all cells that edits changed, added or removed."""
    kinds = ("changed", "added", "removed")
    return {cell for edit in edits for kind in kinds for cell in edit[kind]}


def now() -> str:
    """Date and time, in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def write_corrected(
    folder: Path,
    name: str,
    drawn: Frames,
    edits: Sequence[Mapping[str, Any]],
    *,
    may_go_back: bool = True,
) -> bool:
    """Write edits and the labels that they led to, those before beside them once.

    The labels are complete on the disk before the log tells of them, and take their name after it:
    an edit without labels changes nothing.

    Parameters
    ----------
    folder : Path
        ``OUT/movies/<movie>``; its run must be locked.
    drawn : Frames
        May read from the file that is replaced; a frame is held at a time.
    edits : sequence of dict
        Lines, the last with `state_told`.
    may_go_back : bool
        False where equal pixels do not mean that all is as it was: edits of the viewer change the
        lineage, too.

    Returns
    -------
    bool
        Whether the labels are again as they were before any correction, and the corrected ones are
        therefore gone.
    """
    original, corrected = original_file(folder, name), corrected_file(folder, name)
    painted = folder / f"labels/{name}.ome.tif"
    if not is_corrected(folder, name):
        with whole_file(original) as part:
            shutil.copyfile(painted, part)
    elif (
        may_go_back
        and original.is_file()
        and _equal(open_labels(original, name=name).frames, drawn)
    ):
        append_edits(folder, edits)
        corrected.unlink()
        return True
    with whole_file(corrected) as part:
        tiff.write_labels(part, drawn, scale=open_movie(painted).scale, name=name)
        append_edits(folder, edits)
    return False


def _equal(one: Frames, two: Frames) -> bool:
    return all(np.array_equal(one.frame(t), two.frame(t)) for t in one.span)


def append_edits(folder: Path, edits: Sequence[Mapping[str, Any]]) -> None:
    """Add lines to the log of a movie, all or none."""
    added = "".join(f"{json.dumps(edit, ensure_ascii=False)}\n" for edit in edits)
    _rewrite(folder / EDITS, lambda before: before + added)


def take_back_edits(folder: Path, wanted: Callable[[Mapping[str, Any]], bool]) -> None:
    """Remove the lines of a saving that came to nothing, which `wanted` refuses."""
    _rewrite(
        folder / EDITS,
        lambda before: "".join(
            f"{line}\n" for line in before.splitlines() if line and wanted(json.loads(line))
        ),
    )


def _rewrite(file: Path, change: Callable[[str], str]) -> None:
    before = file.read_text(encoding="utf-8") if file.is_file() else ""
    with whole_file(file) as part:
        part.write_text(change(before), encoding="utf-8")
