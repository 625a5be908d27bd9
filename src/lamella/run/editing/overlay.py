"""The cells of a movie with edits on top: only frames that changed are held, and only their part
that did.
"""

from __future__ import annotations

import zlib
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.errors import InputError
from lamella.core.frames import Frames, Image, MappedFrames
from lamella.core.labels import Labels
from lamella.core.table import Col
from lamella.core.tracked import Tracked
from lamella.core.tracks import Parents, Tracks
from lamella.io.link_rows import settled_parents
from lamella.kernels.regions import find_regions
from lamella.run.edit_log import Difference, cells_touched, difference_of
from lamella.run.editing.change import Cells, Edit

_KEPT_FRAMES_BYTES = 64 * 2**20


class Patch(NamedTuple):
    """What an edit changed of one frame: a box, as it is since."""

    frame: int
    top: int
    left: int
    shape: tuple[int, int]
    packed: bytes


class Seen(NamedTuple):
    """The cells of one frame."""

    cells: NDArray[np.int64]
    """In order."""
    places: NDArray[np.float64]
    """Centroids, (n, 2)."""


@dataclass(frozen=True)
class Applied:
    """An edit that was done, and what it takes to undo it."""

    edit: Edit
    found: Difference
    lineage: frozenset[int]
    """Cells whose parents changed."""
    n_cells: tuple[int, int]
    """Before and after."""
    patches: tuple[Patch, ...]
    seen_before: Mapping[int, Seen] = field(repr=False)
    parents_before: Parents = field(repr=False)
    filled_before: frozenset[tuple[int, int]] = field(repr=False)

    @property
    def frames(self) -> tuple[int, int]:
        """First and last frame that it touched; of lineage alone, (0, −1)."""
        touched = [patch.frame for patch in self.patches]
        return (min(touched), max(touched)) if touched else (0, -1)


class Overlay(Cells):
    """Cells of a movie, as edits change them one after the other.

    Memory grows with the pixels that change, not with the movie.

    Parameters
    ----------
    base : Tracked
        Cells before the edits: labels painted with their numbers.
    gone : iterable of int
        Numbers that are not given again.

    Raises
    ------
    InputError
        When the cells have no shapes.
    """

    def __init__(self, base: Tracked, *, gone: Iterable[int] = ()) -> None:
        if base.labels is None:
            raise InputError(
                base.source, "its tracks have no shapes", "give labels: shapes are corrected"
            )
        self._base, self.name = base, base.labels.name
        self._frames = base.labels.frames
        self.n_frames, self.frame_shape = base.n_frames, self._frames.frame_shape
        self.parents: Parents = dict(base.tracks.parents)
        pairs = base.tracks.interpolated.to_numpy(np.int64).tolist()
        self.filled = frozenset((cell, t) for cell, t in pairs)
        self._seen = _seen_in(base.tracks.links)
        self._counts: dict[int, int] = {}
        for seen in self._seen.values():
            self._count(seen, 1)
        self.gone = frozenset(gone) - set(self._counts)
        self._newest = max([*self._counts, *gone, 0])
        self._patches: dict[int, list[Patch]] = {}
        self._kept: OrderedDict[int, Image] = OrderedDict()
        size = max(1, self.frame_shape[0] * self.frame_shape[1] * 4)
        self._most = max(2, _KEPT_FRAMES_BYTES // size)
        self._tracked: Tracked | None = None

    def frame(self, t: int) -> Image:
        if t in self._kept:
            self._kept.move_to_end(t)
            return self._kept[t]
        image = self._frames.frame(t).astype(np.uint32)
        for patch in self._patches.get(t, ()):
            _lay(image, patch)
        image.setflags(write=False)
        self._kept[t] = image
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return image

    def frames_of(self, cell: int) -> list[int]:
        if cell not in self._counts:
            return []
        return [t for t, seen in sorted(self._seen.items()) if _has(seen, cell)]

    @property
    def saved(self) -> Frames:
        """Labels before the edits."""
        return self._frames

    @property
    def cells(self) -> set[int]:
        """Numbers of all cells that there are."""
        return set(self._counts)

    @property
    def changed_frames(self) -> list[int]:
        """Frames that edits changed."""
        return sorted(t for t, patches in self._patches.items() if patches)

    def new_cell(self) -> int:
        """A number that no cell ever had, another one each time."""
        self._newest += 1
        return self._newest

    def do(self, edit: Edit) -> Applied:
        """Do an edit; all of it or nothing.

        Raises
        ------
        InputError
            It makes no sense on these cells.
        """
        edit = edit.numbered(self, self.new_cell)
        cells_before = self.cells
        change = edit(self)
        patches: list[Patch] = []
        seen_after: dict[int, Seen] = {}
        shapes: set[tuple[int, int]] = set()
        for t, image in change.frames:
            before = self.frame(t)
            if (patch := _patch(t, before, image)) is None:
                continue
            patches.append(patch)
            shapes |= {(cell, t) for cell in cells_touched(before, image)}
            seen_after[t] = _look(image)
        empty = Seen(np.empty(0, np.int64), np.empty((0, 2)))
        seen_before = {t: self._seen.get(t, empty) for t in seen_after}
        parents_before, filled_before = self.parents, self.filled
        for patch in patches:
            self._patches.setdefault(patch.frame, []).append(patch)
        self._see(seen_after)
        self.filled = (self.filled - shapes) | change.filled
        wanted = self.parents if change.parents is None else change.parents
        self.parents = settled_parents(wanted, self._lives(wanted), [])
        self._newest = max([self._newest, *(cell for cell, _ in shapes), *edit.made])
        return Applied(
            edit,
            difference_of(frozenset(shapes), cells_before, self.cells),
            _differing(parents_before, self.parents),
            (len(cells_before), len(self.cells)),
            tuple(patches),
            seen_before,
            parents_before,
            filled_before,
        )

    def undo(self, last: Applied) -> None:
        """Take back the edit that was done last."""
        for patch in last.patches:
            self._patches[patch.frame].pop()
        self._see(last.seen_before)
        self.parents, self.filled = last.parents_before, last.filled_before

    def tracked(self) -> Tracked:
        """Cells with all edits: labels that read frames when asked, and the tracks to them."""
        if self._tracked is None:
            frames = MappedFrames(self._frames, self.frame, dtype=np.uint32)
            labels = Labels(self.name, frames)
            self._tracked = Tracked(
                self._tracks(),
                self.n_frames,
                labels,
                self.frame_shape,
                self._base.scale,
                source=self._base.source,
            )
        return self._tracked

    def snapshot(self) -> Frames:
        """Labels as they are now, for writing, in the smallest type that holds them; read from the
        files again, so that other threads may go on.
        """
        patches = {t: tuple(each) for t, each in self._patches.items()}
        dtype = np.dtype(np.uint16 if max(self.cells, default=0) < 2**16 else np.uint32)

        def painted(t: int) -> Image:
            image = self._frames.frame(t).astype(np.uint32)
            for patch in patches.get(t, ()):
                _lay(image, patch)
            return image.astype(dtype)

        return MappedFrames(self._frames, painted, dtype=dtype)

    def _tracks(self) -> Tracks:
        order = sorted(self._seen)
        seen = [self._seen[t] for t in order]
        cell = np.concatenate([each.cells for each in seen]) if seen else np.empty(0, np.int64)
        place = np.concatenate([each.places for each in seen]) if seen else np.empty((0, 2))
        frame = np.repeat(np.array(order, np.int64), [len(each.cells) for each in seen])
        by_cell = np.argsort(cell, kind="stable")
        cell, frame, place = cell[by_cell], frame[by_cell], place[by_cell]
        links: dict[str, Any] = {
            Col.CELL: cell,
            Col.FRAME: frame,
            Col.LABEL: cell,
            Col.Y_PX: place[:, 0],
            Col.X_PX: place[:, 1],
        }
        if self.filled:
            pairs = zip(cell.tolist(), frame.tolist(), strict=True)
            links[Col.INTERPOLATED] = np.array([pair in self.filled for pair in pairs], bool)
        return Tracks.from_links(pd.DataFrame(links), self.parents)

    def _see(self, seen: Mapping[int, Seen]) -> None:
        for t, each in seen.items():
            if t in self._seen:
                self._count(self._seen[t], -1)
            self._seen[t] = each
            self._count(each, 1)
            self._kept.pop(t, None)
        self._tracked = None

    def _count(self, seen: Seen, by: int) -> None:
        for cell in seen.cells.tolist():
            n = self._counts.get(cell, 0) + by
            if n:
                self._counts[cell] = n
            else:
                self._counts.pop(cell, None)

    def _lives(self, parents: Parents) -> dict[int, tuple[int, int]]:
        """First and last frame of the cells that the lineage names."""
        named = {*parents, *(p for each in parents.values() for p in each)}
        lives = {}
        for cell in named:
            if frames := self.frames_of(cell):
                lives[cell] = frames[0], frames[-1]
        return lives


def _seen_in(links: pd.DataFrame) -> dict[int, Seen]:
    found = {}
    for t, rows in links.sort_values([Col.FRAME, Col.CELL]).groupby(Col.FRAME):
        cells = rows[Col.CELL].to_numpy(np.int64)
        found[int(str(t))] = Seen(cells, rows[[Col.Y_PX, Col.X_PX]].to_numpy(np.float64))
    return found


def _look(image: Image) -> Seen:
    regions = find_regions(image)
    return Seen(regions.label, regions.centroid)


def _has(seen: Seen, cell: int) -> bool:
    i = int(np.searchsorted(seen.cells, cell))
    return i < len(seen.cells) and int(seen.cells[i]) == cell


def _patch(t: int, before: Image, after: Image) -> Patch | None:
    """What differs of a frame; None where nothing does."""
    rows = np.flatnonzero((before != after).any(1))
    if not len(rows):
        return None
    columns = np.flatnonzero(
        (before[rows[0] : rows[-1] + 1] != after[rows[0] : rows[-1] + 1]).any(0)
    )
    box = after[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.uint32)
    packed = zlib.compress(np.ascontiguousarray(box).tobytes(), 1)
    return Patch(t, int(rows[0]), int(columns[0]), (box.shape[0], box.shape[1]), packed)


def _lay(image: Image, patch: Patch) -> None:
    box = np.frombuffer(zlib.decompress(patch.packed), np.uint32).reshape(patch.shape)
    bottom, right = patch.top + patch.shape[0], patch.left + patch.shape[1]
    image[patch.top : bottom, patch.left : right] = box


def _differing(one: Parents, other: Parents) -> frozenset[int]:
    cells = {*one, *other}
    return frozenset(c for c in cells if tuple(one.get(c, ())) != tuple(other.get(c, ())))
