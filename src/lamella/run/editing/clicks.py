"""What a person clicks on, as an edit: the tools of the window, without the window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import NamedTuple

from lamella.core.errors import InputError
from lamella.run.editing.change import Cells, Edit
from lamella.run.editing.links import Cut, Divide, Relink, Undivide
from lamella.run.editing.paint import Fill
from lamella.run.editing.shapes import Delete, Interpolate, Merge
from lamella.run.editing.split import Split


class Scope(StrEnum):
    """In which frames an edit is done."""

    FRAME = "this frame"
    ON = "from here on"
    ALL = "all frames"


class Click(NamedTuple):
    """A point that was clicked on, and what lies there."""

    frame: int
    y: float
    x: float
    cell: int


class Tool(NamedTuple):
    """A tool: its name, its key, what to click, and the edit that the clicks are."""

    name: str
    key: str
    asks: tuple[str, ...]
    """What to click, click by click."""
    help: str
    make: Callable[[Sequence[Click], Scope, Cells], Edit]
    scoped: bool = False
    """Whether it looks at the scope."""


class Clicks:
    """The clicks that a tool has had.

    Parameters
    ----------
    tool : Tool
    """

    def __init__(self, tool: Tool) -> None:
        self.tool = tool
        self._had: list[Click] = []

    @property
    def asks(self) -> str:
        """What to click next."""
        return self.tool.asks[len(self._had)]

    @property
    def had(self) -> tuple[Click, ...]:
        """Those that wait for more."""
        return tuple(self._had)

    def add(self, click: Click, scope: Scope, cells: Cells) -> Edit | None:
        """Take a click; the edit, once that was the last one.

        Raises
        ------
        InputError
            There is no cell: the click does not count. The clicks make no edit: they are forgotten.
        """
        if not click.cell:
            raise InputError(
                self.tool.name.lower(), "there is no cell at that point", "click inside a cell"
            )
        self._had.append(click)
        if len(self._had) < len(self.tool.asks):
            return None
        had, self._had = self._had, []
        return self.tool.make(had, scope, cells)


def _span(click: Click, scope: Scope) -> tuple[int, int | None]:
    first = 0 if scope is Scope.ALL else click.frame
    return first, click.frame if scope is Scope.FRAME else None


def _split(had: Sequence[Click], scope: Scope, cells: Cells) -> Edit:
    one, two = had
    _same_frame(had, "split")
    last = cells.n_frames - 1 if scope is not Scope.FRAME else None
    seeds = ((one.y, one.x), (two.y, two.x))
    return Split(frame=one.frame, cell=one.cell, seeds=seeds, last=last, until_lost=True)


def _merge(had: Sequence[Click], scope: Scope, cells: Cells) -> Edit:
    into, cell = had
    _same_frame(had, "merge")
    first, last = _span(into, scope)
    return Merge(cell=cell.cell, into=into.cell, first=first, last=last)


def _delete(had: Sequence[Click], scope: Scope, cells: Cells) -> Edit:
    first, last = _span(had[0], scope)
    return Delete(cell=had[0].cell, first=first, last=last)


def _fill(had: Sequence[Click], scope: Scope, cells: Cells) -> Edit:
    return Fill(frame=had[0].frame, cell=had[0].cell)


def _interpolate(had: Sequence[Click], scope: Scope, cells: Cells) -> Edit:
    one, two = sorted(had)
    if one.cell != two.cell:
        raise InputError(
            "interpolate",
            f"cell {one.cell} and cell {two.cell} are two",
            "click on one and the same cell; join the two with Re-link first",
        )
    return Interpolate(cell=one.cell, first=one.frame, last=two.frame)


def _cut(had: Sequence[Click], scope: Scope, cells: Cells) -> Edit:
    return Cut(cell=had[0].cell, frame=had[0].frame)


def _relink(had: Sequence[Click], scope: Scope, cells: Cells) -> Edit:
    one, two = sorted(had)
    if one.frame == two.frame:
        raise InputError(
            "re-link",
            "both clicks are in one frame",
            "click on the cell, go to a later frame, and click on what it is there",
        )
    there = set(cells.frames_of(one.cell)) & set(cells.frames_of(two.cell))
    both = any(t >= two.frame for t in there)
    return Relink(cell=one.cell, other=two.cell, frame=two.frame, swap=both)


def _divide(had: Sequence[Click], scope: Scope, cells: Cells) -> Edit:
    mother, one, two = had
    _same_frame((one, two), "division")
    return Divide(mother=mother.cell, daughters=(one.cell, two.cell), frame=one.frame)


def _undivide(had: Sequence[Click], scope: Scope, cells: Cells) -> Edit:
    return Undivide(mother=had[0].cell)


def _same_frame(had: Sequence[Click], what: str) -> None:
    if len({click.frame for click in had}) > 1:
        raise InputError(
            what, "the clicks are in different frames", "click both times in the same frame"
        )


TOOLS: tuple[Tool, ...] = (
    Tool(
        "Split", "S", ("Click inside one of the two cells.", "Click inside the other one."),
        "Two cells were taken for one: click once in each. From here on: the frames after this one "
        "too, as far as the parts can be followed.",
        _split, scoped=True,
    ),
    Tool(
        "Merge", "J", ("Click on the cell that stays.", "Click on the cell that is part of it."),
        "One cell was taken for two: click on both; the first keeps its number.",
        _merge, scoped=True,
    ),
    Tool(
        "Delete", "D", ("Click on the cell to delete.",),
        "What is there is no cell.", _delete, scoped=True,
    ),
    Tool(
        "Fill holes", "H", ("Click on the cell that has holes.",),
        "Fill the holes of a cell in this frame.", _fill,
    ),
    Tool(
        "Interpolate", "I",
        ("Click on the cell where its shape is right.",
         "Go to another frame where it is right, and click on the cell again."),
        "Shapes between two frames, for the frames between. They count as filled in, not as "
        "measured, until you draw on them.",
        _interpolate,
    ),
    Tool(
        "Re-link", "R",
        ("Click on the cell.", "Go to a later frame, and click on what is the same cell there."),
        "Two tracks are one, or two cells changed places: click on the cell, and later on what it "
        "is there. Where both numbers go on they are exchanged.",
        _relink,
    ),
    Tool(
        "Cut track", "T", ("Click on the cell in the first frame in which it is another one.",),
        "From this frame on the cell is a new one.", _cut,
    ),
    Tool(
        "Division", "N",
        ("Click on the mother, in her last frame.",
         "Go to the next frame, and click on the first daughter.", "Click on the second daughter."),
        "A cell divides: click on the mother, then on both daughters in the next frame.",
        _divide,
    ),
    Tool(
        "No division", "U", ("Click on the mother.",),
        "There was no division: the daughters of this cell come from nobody.", _undivide,
    ),
)  # fmt: skip
"""The tools of the window, in their order."""
