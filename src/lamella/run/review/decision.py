"""One decision about a suspicious event: it is right, it is mended, or the cell is left out."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from lamella.run.who import person

Verdict = Literal["accept", "fix", "exclude"]
"""It is right as it is; it is to be corrected; the cell, or frames of it, are left out."""

REASONS: tuple[str, ...] = (
    "dead or dying",
    "dividing",
    "out of focus",
    "leaves the field",
    "touches another cell",
    "debris, not a cell",
    "outline is wrong",
    "identity is lost",
)
"""Reasons for leaving a cell out that are offered; any other words will do."""


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


class EventKey(NamedTuple):
    """What tells an event of a movie apart, in this run and in later ones."""

    object: str
    kind: str
    cell: int
    frame: int | None
    other: int


class Place(BaseModel):
    """Where the cell was seen when it was decided on: its number alone may change hands.

    Parameters
    ----------
    frame : int
    y_px, x_px : float
        Centroid in that frame.
    radius_px : float
        Of a disc of its area.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    frame: int = Field(ge=0)
    y_px: float = Field(allow_inf_nan=False)
    x_px: float = Field(allow_inf_nan=False)
    radius_px: float = Field(gt=0, allow_inf_nan=False)


class Decision(BaseModel):
    """A line of a movie's ``corrections/decisions.jsonl``.

    Parameters
    ----------
    verdict : str
        ``withdraw`` takes an earlier decision back.
    object, cell
        0 is no cell: the event concerns all of them.
    kind, frame, other
        The event that was looked at; kind is empty where no event was.
    place : Place, optional
        Where the cell was seen; None where it never was.
    first, last : int, optional
        Frames that are left out; the whole cell by default.
    reason : str
        Exclusions need one.
    who : str
    when : str
        ISO 8601, UTC.
    withdraws : str
        The `id` of what is taken back.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    id: str = Field(default_factory=lambda: uuid.uuid4().hex[:16])
    verdict: Literal["accept", "fix", "exclude", "withdraw"]
    object: str
    cell: int = Field(ge=0)
    kind: str = ""
    frame: int | None = None
    other: int = 0
    place: Place | None = None
    first: int | None = Field(None, ge=0)
    last: int | None = Field(None, ge=0)
    reason: str = ""
    who: str = Field(default_factory=person)
    when: str = Field(default_factory=_now)
    withdraws: str = ""

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.verdict == "exclude":
            if not self.reason.strip():
                raise ValueError("leaving out needs a reason, such as 'out of focus'")
            if not self.cell:
                raise ValueError(
                    "it concerns all cells of the frame, and no cell can be left out for it; "
                    "to leave out the movie, give a reason in the column exclude of samples.csv"
                )
        elif self.first is not None:
            raise ValueError("frames are given only to leave them out")
        if (self.first is None) != (self.last is None):
            raise ValueError("give the first and the last frame to leave out, or neither")
        if self.first is not None and self.last is not None and self.first > self.last:
            raise ValueError(f"frames {self.first} to {self.last} are none")
        if (self.verdict == "withdraw") != bool(self.withdraws):
            raise ValueError("'withdraws' names what is taken back, and nothing else")
        return self

    @property
    def about(self) -> EventKey:
        """The event."""
        return EventKey(self.object, self.kind, self.cell, self.frame, self.other)

    @property
    def frames(self) -> range | None:
        """Frames that are left out; None = the whole cell, or nothing."""
        if self.first is None or self.last is None:
            return None
        return range(self.first, self.last + 1)
