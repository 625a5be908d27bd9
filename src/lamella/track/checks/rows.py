"""Tracks as plain arrays, in order of cell and frame, for checks of half a million rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from lamella.core.movie import Scale
from lamella.core.table import Col
from lamella.core.tracks import Tracks

Values = NDArray[np.float64]
Indices = NDArray[np.int64]
Flags = NDArray[np.bool_]

# MAD to SD of a normal law.
_SD_PER_MAD = 1.4826
# A cell with fewer values than this has no typical one of its own.
_OWN_TYPICAL = 5

FEWEST_CELLS = 5
"""Of which most must do the same before it is said of the whole field."""

COLUMNS = [
    Col.CELL, Col.FRAME, Col.KIND, Col.OTHER, Col.VALUE, Col.LIMIT, Col.Y_PX, Col.X_PX, Col.WORDS,
]  # fmt: skip


@dataclass(frozen=True)
class Rows:
    """The n links of all cells.

    Parameters
    ----------
    tracks : Tracks
    n_frames : int
        Length of the movie.
    frame_shape : (Y, X)
    scale : Scale
        For lengths in words.
    cell, frame : (n,) int64 arrays
    place : (n, 2) float64 array
        (y, x) in px.
    area, light, loose : (n,) float64 arrays
        Pixels, mean intensity, share of pixels outside of the largest piece; NaN where not known.
    at_border : (n,) bool array
        Where the links do not say it, a cell whose disc of the same area would reach the edge.
    filled : (n,) bool array
        Rows that were filled in.
    """

    tracks: Tracks
    n_frames: int
    frame_shape: tuple[int, int]
    scale: Scale
    cell: Indices
    frame: Indices
    place: Values
    area: Values
    light: Values
    loose: Values
    at_border: Flags
    filled: Flags

    @classmethod
    def of(
        cls, tracks: Tracks, *, frame_shape: tuple[int, int], n_frames: int, scale: Scale
    ) -> Rows:
        """The rows of `tracks`; links without a place, and second ones of a frame, are left out."""
        links = tracks.links
        known = links[[Col.Y_PX, Col.X_PX]].notna().all(axis=1)
        links = links[known].sort_values([Col.CELL, Col.FRAME], kind="stable")
        links = links.drop_duplicates([Col.CELL, Col.FRAME])

        def values(name: str) -> Values:
            if name not in links.columns:
                return np.full(len(links), np.nan)
            return links[name].to_numpy(np.float64, copy=True)

        place = links[[Col.Y_PX, Col.X_PX]].to_numpy(np.float64, copy=True)
        area = values(Col.AREA_PX)
        if Col.TOUCHES_BORDER in links.columns:
            at_border = links[Col.TOUCHES_BORDER].to_numpy(bool, copy=True)
        else:
            at_border = _to_edge(place, frame_shape) <= np.nan_to_num(np.sqrt(area / np.pi))
        filled = np.zeros(len(links), bool)
        if Col.INTERPOLATED in links.columns:
            filled = links[Col.INTERPOLATED].to_numpy(bool, copy=True)
        return cls(
            tracks, n_frames, frame_shape, scale,
            cell=links[Col.CELL].to_numpy(np.int64, copy=True),
            frame=links[Col.FRAME].to_numpy(np.int64, copy=True),
            place=place, area=area, light=values(Col.INTENSITY),
            loose=values(Col.LOOSE_FRACTION), at_border=at_border, filled=filled,
        )  # fmt: skip

    @cached_property
    def starts(self) -> Flags:
        """Whether a row is the first of its cell."""
        first: Flags = np.concatenate([[True], self.cell[1:] != self.cell[:-1]])
        return first[: len(self.cell)]

    @cached_property
    def ends(self) -> Flags:
        """Whether a row is the last of its cell."""
        last: Flags = np.concatenate([self.cell[1:] != self.cell[:-1], [True]])
        return last[: len(self.cell)]

    @cached_property
    def steps(self) -> Indices:
        """Rows that follow a row of the same cell."""
        return np.flatnonzero(~self.starts)

    @cached_property
    def gaps(self) -> Indices:
        """Frames from the row before to every one of `steps`; 1 = the frame before."""
        gaps: Indices = self.frame[self.steps] - self.frame[self.steps - 1]
        return gaps

    @cached_property
    def step_px(self) -> Values:
        """Length of every one of `steps`, px per frame."""
        moved = self.place[self.steps] - self.place[self.steps - 1]
        length: Values = np.hypot(moved[:, 0], moved[:, 1]) / self.gaps
        return length

    @cached_property
    def radius(self) -> Values:
        """Radius of the disc of the same area, px."""
        radius: Values = np.sqrt(self.area / np.pi)
        return radius

    @cached_property
    def typical_radius(self) -> float:
        """Median radius; NaN where no area is known."""
        known = self.radius[np.isfinite(self.radius)]
        return float(np.median(known)) if len(known) else float("nan")

    @cached_property
    def to_edge(self) -> Values:
        """Distance from the centroid to the nearest edge of the field, px."""
        return _to_edge(self.place, self.frame_shape)

    def index(self, cell: ArrayLike, frame: ArrayLike) -> Indices:
        """Row of a cell in a frame; −1 where there is none."""
        length = max(self.n_frames, int(self.frame.max(initial=0)) + 1)
        key = self.cell * length + self.frame
        wanted = np.asarray(cell, np.int64) * length + np.asarray(frame, np.int64)
        at = np.minimum(np.searchsorted(key, wanted), max(len(key) - 1, 0))
        inside = (np.asarray(frame) >= 0) & (np.asarray(frame) < length)
        return np.where((key[at] == wanted) & inside, at, -1) if len(key) else np.full_like(at, -1)

    def length(self, px: float) -> str:
        """A length in words, with µm where the scale is known."""
        um = px * self.scale.um
        return f"{px:.1f} px" if np.isnan(um) else f"{px:.1f} px ({um:.1f} µm)"

    def found(
        self,
        kind: str,
        at: ArrayLike,
        *,
        value: ArrayLike,
        limit: ArrayLike,
        words: Sequence[str],
        other: ArrayLike = 0,
        frame: ArrayLike | None = None,
    ) -> pd.DataFrame:
        """Events of one kind, at these rows; `frame` where it is not that of the row."""
        at = np.asarray(at, np.int64)
        return pd.DataFrame(
            {
                Col.CELL: self.cell[at],
                Col.FRAME: self.frame[at] if frame is None else np.asarray(frame, np.int64),
                Col.KIND: kind,
                Col.OTHER: np.broadcast_to(np.asarray(other, np.int64), at.shape),
                Col.VALUE: np.broadcast_to(np.asarray(value, np.float64), at.shape),
                Col.LIMIT: np.broadcast_to(np.asarray(limit, np.float64), at.shape),
                Col.Y_PX: self.place[at, 0],
                Col.X_PX: self.place[at, 1],
                Col.WORDS: pd.Series(list(words), dtype=object),
            }
        )


def whole_field(
    rows: Rows, frame: Indices, *, value: ArrayLike, limit: float, words: Sequence[str]
) -> pd.DataFrame:
    """Events of kind `field_jump`, of no cell and in the middle of the field."""
    y, x = ((length - 1) / 2 for length in rows.frame_shape)
    return pd.DataFrame(
        {
            Col.CELL: np.zeros(len(frame), np.int64),
            Col.FRAME: np.asarray(frame, np.int64),
            Col.KIND: "field_jump",
            Col.OTHER: np.zeros(len(frame), np.int64),
            Col.VALUE: np.asarray(value, np.float64),
            Col.LIMIT: limit,
            Col.Y_PX: y,
            Col.X_PX: x,
            Col.WORDS: pd.Series(list(words), dtype=object),
        }
    )


def beyond_typical(values: Values, cell: NDArray[np.int64], *, times: float) -> Values:
    """What a value must exceed to stand out from all values and from those of its cell.

    Median plus `times` robust SDs (MAD · 1.4826), of the movie and of the cell, the larger of both;
    cells with fewer than 5 values have the movie's alone. NaN values are ignored.
    """
    known = np.isfinite(values)
    if not known.any():
        return np.full(len(values), np.inf)
    middle = np.median(values[known])
    spread = np.median(np.abs(values[known] - middle))
    whole = middle + times * _SD_PER_MAD * spread
    table = pd.DataFrame({"cell": cell, "value": values})
    groups = table.groupby("cell")["value"]
    own = groups.transform("median").to_numpy()
    away = pd.DataFrame({"cell": cell, "value": np.abs(values - own)}).groupby("cell")["value"]
    limit = own + times * _SD_PER_MAD * away.transform("median").to_numpy()
    enough = groups.transform("count").to_numpy() >= _OWN_TYPICAL
    out: Values = np.where(enough, np.fmax(limit, whole), whole)
    return out


def runs(marked: Flags, *groups: NDArray[np.int64]) -> tuple[Indices, Indices]:
    """First index and length of every run of marked rows within which all `groups` go on.

    A group goes on when it stays the same, and the last one when it rises by one (frames).
    """
    at = np.flatnonzero(marked)
    if not len(at):
        return at, at
    *same, rising = groups
    broken = np.diff(rising[at]) != 1
    for group in same:
        broken |= np.diff(group[at]) != 0
    first = np.concatenate([[0], np.flatnonzero(broken) + 1])
    return at[first], np.diff(np.concatenate([first, [len(at)]]))


def counted(n: int) -> str:
    """So many frames, in words."""
    return "1 frame" if n == 1 else f"{n} frames"


def _to_edge(place: Values, frame_shape: tuple[int, int]) -> Values:
    """From pixel centres to the outer side of the outermost pixels."""
    far = np.asarray(frame_shape, np.float64) - 0.5 - place
    out: Values = np.minimum(place + 0.5, far).min(axis=1) if len(place) else np.zeros(0)
    return out
