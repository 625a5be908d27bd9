"""What an edit is given, and what it makes of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, ClassVar, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field

from lamella.core.errors import InputError
from lamella.core.frames import Image
from lamella.core.tracks import Parents
from lamella.io.link_rows import LARGEST_ID

CellId = Annotated[int, Field(ge=1, le=LARGEST_ID)]
FrameNumber = Annotated[int, Field(ge=0)]
Point = tuple[float, float]
"""(y, x) in px; pixel centres lie at whole numbers."""


class Cells(ABC):
    """The cells of a movie as they are now: what an edit looks at.

    Attributes
    ----------
    n_frames : int
    frame_shape : (int, int)
    parents : mapping of int to tuple of int
    filled : frozenset of (int, int)
        Cell and frame of shapes that were filled in and not seen.
    gone : frozenset of int
        Numbers of cells that an edit removed which was saved.
    """

    n_frames: int
    frame_shape: tuple[int, int]
    parents: Parents
    filled: frozenset[tuple[int, int]]
    gone: frozenset[int]

    @abstractmethod
    def frame(self, t: int) -> Image:
        """Labels of a frame, (Y, X) uint32; not to be written into."""

    @abstractmethod
    def frames_of(self, cell: int) -> list[int]:
        """Frames in which a cell is, in order; empty for one that is not there."""


class Change(NamedTuple):
    """What an edit makes: what it does not name stays."""

    frames: Iterable[tuple[int, Image]] = ()
    """New labels of a frame; made one at a time, from the cells as they were before the edit."""
    parents: Parents | None = None
    filled: frozenset[tuple[int, int]] = frozenset()
    """Shapes that are now filled in. Those that change otherwise are seen."""


class Edit(BaseModel):
    """Base of every edit. JSON holds all of it, so that a journal can do it again.

    Cells that an edit makes get their numbers in `new`: where it is left empty, `numbered` takes
    free ones.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    cells_in: ClassVar[tuple[str, ...]] = ("cell",)
    """Fields that hold numbers of cells, for `renamed`."""

    def __call__(self, cells: Cells) -> Change:
        """The edit, done on these cells.

        Raises
        ------
        InputError
            It makes no sense there; says what would.
        """
        raise NotImplementedError

    @property
    def words(self) -> str:
        """The edit in a few words, such as ``split cell 4 in frame 12``."""
        raise NotImplementedError

    @property
    def made(self) -> tuple[int, ...]:
        """Numbers of the cells that it makes."""
        return tuple(getattr(self, "new", ()))

    def n_new(self, cells: Cells) -> int:
        """How many new cells it makes."""
        return 0

    def numbered(self, cells: Cells, free: Callable[[], int]) -> Self:
        """The same with numbers for the cells that it makes; as it is where it has them.

        Parameters
        ----------
        free : callable
            Gives a number that no cell ever had, another one each time.
        """
        missing = self.n_new(cells) - len(self.made)
        if missing <= 0:
            return self
        return self.model_copy(update={"new": (*self.made, *(free() for _ in range(missing)))})

    def renamed(self, names: Mapping[int, int]) -> Self:
        """The same edit where cells have other numbers."""
        update: dict[str, Any] = {}
        for field in (*self.cells_in, *(("new",) if self.made else ())):
            value = getattr(self, field)
            if isinstance(value, tuple):
                update[field] = tuple(names.get(each, each) for each in value)
            else:
                update[field] = names.get(value, value)
        return self.model_copy(update=update)

    def refused(self, what: str, remedy: str) -> InputError:
        """The error of an edit that makes no sense: no cell that it would have made is named."""
        asked = self.model_copy(update={"new": ()}) if self.made else self
        return InputError(asked.words, what, remedy)

    def need_frame(self, cells: Cells, *frames: int) -> None:
        """Raise the error of a frame that the movie does not have."""
        for t in frames:
            if t >= cells.n_frames:
                raise self.refused(
                    f"the movie ends with frame {cells.n_frames - 1}", "choose one of its frames"
                )

    def need_cell(self, cells: Cells, cell: int, t: int | None = None) -> list[int]:
        """Frames of a cell; raises the error of one that is not there, or not in a frame."""
        frames = cells.frames_of(cell)
        if not frames:
            raise self.refused(f"there is no cell {cell}", "click on a cell that is there")
        if t is not None and t not in frames:
            raise self.refused(
                f"cell {cell} is not in frame {t}", f"it is in {in_words(frames)}: go there"
            )
        return frames


def in_words(frames: list[int]) -> str:
    """Frames in a few words."""
    if len(frames) == 1:
        return f"frame {frames[0]}"
    broken = len(frames) != frames[-1] - frames[0] + 1
    return f"frames {frames[0]} to {frames[-1]}" + (" with gaps" if broken else "")


def span_words(first: int, last: int | None) -> str:
    """A range of frames that an edit was given, in a few words."""
    if last is None:
        return "everywhere" if first == 0 else f"from frame {first} on"
    return f"in frame {first}" if first == last else f"in frames {first} to {last}"
