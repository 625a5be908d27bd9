"""Who is who over time: identities joined, exchanged and cut; divisions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field

from lamella.run.editing.change import CellId, Cells, Change, Edit, FrameNumber, in_words
from lamella.run.editing.lineage import renamed_after
from lamella.run.editing.shapes import relabelled, within


class Relink(Edit):
    """From a frame on, what is called `other` is `cell`.

    Parameters
    ----------
    cell : int
        The cell that goes on.
    other : int
        Its number from that frame on.
    frame : int
        The first that changes.
    swap : bool
        Where both are there from that frame on: exchange them, and with them their daughters.
        Otherwise the two are joined, which needs `cell` to be missing from that frame on wherever
        `other` is.
    """

    cells_in: ClassVar[tuple[str, ...]] = ("cell", "other")
    edit: Literal["relink"] = "relink"
    cell: CellId
    other: CellId
    frame: FrameNumber
    swap: bool = False

    def __call__(self, cells: Cells) -> Change:
        self.need_frame(cells, self.frame)
        if self.cell == self.other:
            raise self.refused(
                "that is one and the same cell", "click on the cell whose number is wrong"
            )
        ours = self.need_cell(cells, self.cell)
        theirs = within(self.need_cell(cells, self.other), self.frame, None)
        later = within(ours, self.frame, None)
        if not theirs:
            raise self.refused(
                f"cell {self.other} is not there from frame {self.frame} on",
                f"it is in {in_words(cells.frames_of(self.other))}: re-link there",
            )
        both = sorted(set(later) & set(theirs))
        if both and not self.swap:
            raise self.refused(
                f"both are there in {in_words(both)}, and a cell is in one place",
                f"exchange the two (swap), or cut cell {self.cell} at frame {self.frame} first",
            )
        names = {self.other: self.cell} | ({self.cell: self.other} if self.swap else {})
        frames = sorted({*theirs, *later}) if self.swap else theirs
        return Change(
            relabelled(cells, frames, names),
            renamed_after(cells, names, self.frame),
            frozenset(
                (names[cell], t) for cell, t in cells.filled if cell in names and t >= self.frame
            ),
        )

    @property
    def words(self) -> str:
        if self.swap:
            return f"exchange cells {self.cell} and {self.other} from frame {self.frame} on"
        return (
            f"from frame {self.frame} on cell {self.other} is called {self.cell}: the two are one"
        )


class Cut(Edit):
    """Cut a track: from a frame on the cell is a new one."""

    edit: Literal["cut"] = "cut"
    cell: CellId
    frame: FrameNumber
    new: Annotated[tuple[CellId, ...], Field(max_length=1)] = ()

    def n_new(self, cells: Cells) -> int:
        return 1

    def __call__(self, cells: Cells) -> Change:
        self.need_frame(cells, self.frame)
        frames = self.need_cell(cells, self.cell)
        if frames[0] >= self.frame or frames[-1] < self.frame:
            raise self.refused(
                f"the cell is in {in_words(frames)}: nothing lies on one side of the cut",
                f"cut between frames {frames[0] + 1} and {frames[-1]}"
                if len(frames) > 1
                else "a cell of a single frame has no track",
            )
        return cut(cells, {self.cell: self.new[0]}, self.frame)

    @property
    def words(self) -> str:
        called = f": from there on it is called {self.new[0]}" if self.new else ""
        return f"cut the track of cell {self.cell} at frame {self.frame}{called}"


class Divide(Edit):
    """A cell divides: from a frame on its daughters are there.

    Daughters that were there before, and the mother where she goes on as one of them, get new
    numbers from that frame on.

    Parameters
    ----------
    mother : int
    daughters : tuple of int
        As they are called in `frame` until now.
    frame : int
        Their first.
    older : tuple of int
        Those of them that were there before, in the order of `new`; found as the edit is done.
    """

    cells_in: ClassVar[tuple[str, ...]] = ("mother", "daughters", "older")
    edit: Literal["divide"] = "divide"
    mother: CellId
    daughters: Annotated[tuple[CellId, ...], Field(min_length=2)]
    frame: FrameNumber
    older: tuple[CellId, ...] = ()
    new: tuple[CellId, ...] = ()

    def n_new(self, cells: Cells) -> int:
        return len(self._older(cells))

    def numbered(self, cells: Cells, free: Callable[[], int]) -> Self:
        older = self._older(cells)
        there = dict(zip(self.older, self.new, strict=False))
        new = [there[cell] if cell in there else free() for cell in older]
        return self.model_copy(update={"older": tuple(older), "new": tuple(new)})

    def _older(self, cells: Cells) -> list[int]:
        """Daughters that were there before."""
        begins = {cell: cells.frames_of(cell)[:1] for cell in self.daughters}
        return [cell for cell, first in begins.items() if first and first[0] < self.frame]

    def __call__(self, cells: Cells) -> Change:
        self.need_frame(cells, self.frame)
        mother = self.need_cell(cells, self.mother)
        if mother[0] >= self.frame:
            raise self.refused(
                f"the mother is first seen in frame {mother[0]}",
                "mark the division in the first frame of the daughters, after the mother's last",
            )
        if len(set(self.daughters)) < len(self.daughters):
            raise self.refused("a daughter is named twice", "click on two different daughters")
        for daughter in self.daughters:
            self.need_cell(cells, daughter, self.frame)
        if mother[-1] >= self.frame and self.mother not in self.daughters:
            raise self.refused(
                f"the mother is still there in frame {mother[-1]}",
                "click on her as one of the daughters, or choose the frame after her last",
            )
        names = dict(zip(self.older, self.new, strict=True))
        change = cut(cells, names, self.frame) if names else Change(parents=dict(cells.parents))
        born = {names.get(cell, cell): (self.mother,) for cell in self.daughters}
        return change._replace(parents={**(change.parents or {}), **born})

    @property
    def words(self) -> str:
        names = dict(zip(self.older, self.new, strict=False))
        daughters = " and ".join(
            f"{names[cell]} (until now {cell})" if cell in names else f"{cell}"
            for cell in self.daughters
        )
        return f"cell {self.mother} divides in frame {self.frame} into {daughters}"


class Undivide(Edit):
    """There was no division: the daughters of a cell come from nobody.

    Parameters
    ----------
    continues : int, optional
        The daughter that is the mother herself; she has her number again.
    """

    cells_in: ClassVar[tuple[str, ...]] = ("mother", "continues")
    edit: Literal["undivide"] = "undivide"
    mother: CellId
    continues: CellId | None = None

    def __call__(self, cells: Cells) -> Change:
        self.need_cell(cells, self.mother)
        daughters = [cell for cell, named in cells.parents.items() if self.mother in named]
        if not daughters:
            raise self.refused("it has no daughters", "choose the mother of a division")
        left = {
            cell: tuple(p for p in named if p != self.mother)
            for cell, named in cells.parents.items()
        }
        parents = {cell: named for cell, named in left.items() if named}
        if self.continues is None:
            return Change(parents=parents)
        if self.continues not in daughters:
            told = " and ".join(map(str, daughters))
            raise self.refused(f"{self.continues} is not its daughter", f"they are {told}")
        frames = cells.frames_of(self.continues)
        joined = Relink(cell=self.mother, other=self.continues, frame=frames[0])(cells)
        renamed = joined.parents or {}
        return joined._replace(
            parents={
                c: tuple(p for p in named if p != self.mother or c not in daughters)
                for c, named in renamed.items()
                if c not in daughters or c in parents
            }
        )

    @property
    def words(self) -> str:
        return f"cell {self.mother} does not divide"


def cut(cells: Cells, names: dict[int, int], t: int) -> Change:
    """Cells with new numbers from a frame on."""
    frames = sorted({f for cell in names for f in within(cells.frames_of(cell), t, None)})
    filled = frozenset((names[c], f) for c, f in cells.filled if c in names and f >= t)
    return Change(relabelled(cells, frames, names), renamed_after(cells, names, t), filled)
