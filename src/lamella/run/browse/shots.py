"""Frames of a movie as they are shown in films and figures, with what was found drawn over them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lamella.core.frames import Image
from lamella.core.movie import Movie
from lamella.kernels.regions import find_regions, inside_of
from lamella.kernels.tracing import trace_rings
from lamella.report.shot import Colour, Legend, Line, Marks, Shot
from lamella.run.browse import roles
from lamella.run.browse.drawn import Arrows, Drawn, Floats, Valued
from lamella.run.browse.stamps import stamp
from lamella.run.stopping import Asked, go_on, never

Box = tuple[int, int, int, int]
"""First and last row, first and last column."""

_MARGIN_PX, _MARGIN = 8, 0.15
_LENGTHENED = 2.0
_FILL = 0.4
_PERCENTILES = (0.5, 99.9)
_SAMPLED = 5
_OF_CHANNELS: tuple[Colour, ...] = (
    (0, 255, 0), (255, 0, 255), (0, 255, 255), (255, 255, 0), (255, 0, 0), (64, 64, 255),
)  # fmt: skip


@dataclass(frozen=True)
class Shots:
    """Frames to be shown, each drawn when it is asked for.

    Parameters
    ----------
    movie : Movie
    frames : sequence of int
        From 0.
    channels : tuple of str
        One is grey; of several, each has a colour, and they add up.
    drawn : Drawn, optional
        What was found in the movie.
    cell : int, optional
        The cell that is shown closely; the whole field by default.
    roles : sequence of str
        What is drawn, by the names of `lamella.run.browse.roles`.
    follow : bool
        The window goes with the cell; by default it stands still around the whole of its way.
    tail : int
        Frames of the track that are drawn behind the cell.
    times : bool
        Whether each frame tells its time.
    stopped : callable
        Asked between frames; `Stopped` is raised where it is to end.
    """

    movie: Movie
    frames: Sequence[int]
    channels: tuple[str, ...]
    drawn: Drawn | None = None
    cell: int | None = None
    roles: Sequence[str] = ()
    follow: bool = False
    tail: int = 30
    times: bool = True
    stopped: Asked = never

    def __len__(self) -> int:
        return len(self.frames)

    def __iter__(self) -> Iterator[Shot]:
        return (self.shot(t) for t in self.frames)

    @cached_property
    def _boxes(self) -> dict[int, Box]:
        """Where the cell is in each of the frames in which it is found."""
        if self.drawn is None or self.drawn.cells is None or self.cell is None:
            return {}
        found = {}
        for t in self.frames:
            go_on(self.stopped)
            regions = find_regions(self.drawn.cells.frame(t))
            for top, left, below, right in regions.box[regions.label == self.cell].tolist():
                found[t] = (top, below - 1, left, right - 1)
        return found

    @cached_property
    def windows(self) -> dict[int, tuple[int, int, int, int]]:
        """Top, left, height and width of what is shown of each frame: one size for all."""
        height, width = self.movie.frame_shape
        boxes = self._boxes
        if not boxes:
            return dict.fromkeys(self.frames, (0, 0, height, width))
        every = np.array(list(boxes.values()))
        if not self.follow:
            low, high = every.min(axis=0), every.max(axis=0)
            top, below, left, right = low[0], high[1], low[2], high[3]
            more = _margin(max(below - top, right - left))
            top, left = max(top - more, 0), max(left - more, 0)
            below, right = min(below + more, height - 1), min(right + more, width - 1)
            still = (int(top), int(left), int(below - top + 1), int(right - left + 1))
            return dict.fromkeys(self.frames, still)
        side = int(max((every[:, 1] - every[:, 0]).max(), (every[:, 3] - every[:, 2]).max())) + 1
        side += 2 * _margin(side)
        tall, wide = min(side, height), min(side, width)
        last, windows = boxes[min(boxes)], {}
        for t in self.frames:
            last = boxes.get(t, last)
            top = int(np.clip((last[0] + last[1] - tall) // 2, 0, height - tall))
            left = int(np.clip((last[2] + last[3] - wide) // 2, 0, width - wide))
            windows[t] = (top, left, tall, wide)
        return windows

    @cached_property
    def limits(self) -> dict[str, tuple[float, float]]:
        """Grey values that are black and white, by channel: the same in all frames."""
        some = np.unique(np.linspace(0, len(self.frames) - 1, _SAMPLED).round().astype(int))
        limits = {}
        for channel in self.channels:
            values = np.concatenate(
                [self._cut(self.movie.frame(t, channel), t).ravel() for t in self._some(some)]
            ).astype(np.float64)
            values = values[np.isfinite(values)]
            low, high = np.percentile(values, _PERCENTILES) if len(values) else (0.0, 1.0)
            limits[channel] = float(low), float(max(high, low + 1e-9))
        return limits

    def _some(self, places: NDArray[np.int_]) -> list[int]:
        return [self.frames[place] for place in places.tolist()]

    @cached_property
    def legend(self) -> Legend | None:
        """What the colours of edge velocity mean, where they are drawn."""
        edge = self._edge
        return (
            None
            if edge is None
            else Legend((roles.INWARDS, roles.STILL, roles.OUTWARDS), edge.most, edge.unit)
        )

    @cached_property
    def _edge(self) -> Valued | None:
        if roles.EDGE not in self.roles or self.drawn is None or self.cell is None:
            return None
        return self.drawn.edge(self.cell)

    @cached_property
    def _cells(self) -> list[int]:
        """Cells whose tracks, centres, tips and arrows are drawn: the chosen one, or all."""
        if self.drawn is None:
            return []
        if self.cell is not None:
            return [self.cell]
        return sorted(self.drawn.tracked.tracks.first_last)

    @cached_property
    def _ways(self) -> dict[int, Floats]:
        return {} if self.drawn is None else {c: self.drawn.centres(c) for c in self._cells}

    @cached_property
    def _arrows(self) -> list[tuple[Arrows, Colour]]:
        found: list[tuple[Arrows, Colour]] = []
        if self.drawn is None:
            return found
        for cell in self._cells:
            movement = self.drawn.movement(cell) if roles.MOVEMENT in self.roles else None
            if movement is not None:
                found.append((movement, roles.COLOURS[roles.MOVEMENT]))
            if roles.POLARITY in self.roles:
                first = list(self.drawn.polarity(cell).values())[:1]
                found += [(arrows, roles.COLOURS[roles.POLARITY]) for arrows in first]
        return found

    def shot(self, t: int) -> Shot:
        """One frame, cut and drawn."""
        go_on(self.stopped)
        labels = None
        wanted = bool({roles.CELLS, roles.OUTLINE} & set(self.roles))
        if wanted and self.drawn is not None and self.drawn.cells is not None:
            labels = self.drawn.cells.frame(t)
        picture = self._picture(t)
        lines = [*self._outlines(labels, t), *self._tails(t), *self._directions(t)]
        times = self.movie.scale.time_min
        told = "" if not self.times else f"frame {t}" if times is None else stamp(times, t)
        return Shot(picture, tuple(lines), tuple(self._marks(t)), told)

    def _cut(self, image: Image, t: int) -> Image:
        top, left, height, width = self.windows[t]
        return image[top : top + height, left : left + width]

    def _moved(self, places: Floats, t: int) -> Floats:
        """Row and column in the window of a frame."""
        moved: Floats = places - np.array(self.windows[t][:2], float)
        return moved

    def _picture(self, t: int) -> NDArray[np.uint8]:
        mixed = np.zeros((*self.windows[t][2:], 3), np.float64)
        for place, channel in enumerate(self.channels):
            low, high = self.limits[channel]
            cut = self._cut(self.movie.frame(t, channel), t).astype(np.float64)
            grey = np.nan_to_num(np.clip((cut - low) / (high - low), 0, 1))
            colour = (255, 255, 255) if len(self.channels) == 1 else _OF_CHANNELS[place % 6]
            mixed += grey[..., None] * np.array(colour, float)
        mixed = np.minimum(mixed, 255)
        if (
            roles.LAMELLIPODIUM in self.roles
            and self.drawn is not None
            and self.drawn.lamellipodium
        ):
            parts = self._cut(self.drawn.lamellipodium.frame(t), t)
            for which, colour in (
                (roles.IS_BODY, roles.BODY),
                (roles.IS_LAMELLIPODIUM, roles.COLOURS[roles.LAMELLIPODIUM]),
            ):
                there = parts == which
                mixed[there] = (1 - _FILL) * mixed[there] + _FILL * np.array(colour, float)
        return mixed.round().astype(np.uint8)

    def _outlines(self, labels: Image | None, t: int) -> Iterator[Line]:
        if labels is None:
            return
        regions = find_regions(labels)
        order = sorted(zip(regions.label.tolist(), regions.box, strict=True),
                       key=lambda each: each[0] == self.cell)  # fmt: skip
        for cell, box in order:
            chosen = self.cell is None or cell == self.cell
            if not (roles.OUTLINE in self.roles if chosen else roles.CELLS in self.roles):
                continue
            outer, holes = trace_rings(
                inside_of(labels, cell, box), top=int(box[0]), left=int(box[1])
            )
            colour = roles.COLOURS[roles.OUTLINE if chosen else roles.CELLS]
            for ring in (*outer, *holes):
                yield Line(self._moved(ring, t), colour, closed=True, width=1.0 if chosen else 0.6)

    def _tails(self, t: int) -> Iterator[Line]:
        if roles.TRACK not in self.roles:
            return
        for way in self._ways.values():
            recent = way[(way[:, 0] <= t) & (way[:, 0] >= t - self.tail)]
            if len(recent) > 1:
                yield Line(self._moved(recent[:, 1:], t), roles.COLOURS[roles.TRACK])

    def _directions(self, t: int) -> Iterator[Line]:
        for arrows, colour in self._arrows:
            for start, step in zip(
                arrows.start[arrows.start[:, 0] == t, 1:],
                arrows.step[arrows.start[:, 0] == t],
                strict=True,
            ):
                ends = np.stack([start, start + _LENGTHENED * step])
                yield Line(self._moved(ends, t), colour, arrow=True, width=1.3)

    def _marks(self, t: int) -> Iterator[Marks]:
        if self._edge is not None:
            here = self._edge.places[:, 0] == t
            colours = [
                roles.diverging(v, self._edge.most) for v in self._edge.values[here].tolist()
            ]
            yield Marks(self._moved(self._edge.places[here, 1:], t), colours, size=1.6)
        for cell, way in self._ways.items():
            tips = self.drawn.tips(cell) if self.drawn and roles.TIPS in self.roles else None
            for places, role in (
                (tips, roles.TIPS),
                (way if roles.CENTRE in self.roles else None, roles.CENTRE),
            ):
                if places is None:
                    continue
                here = places[places[:, 0] == t, 1:]
                if len(here):
                    yield Marks(self._moved(here, t), [roles.COLOURS[role]] * len(here), size=1.5)


def _margin(extent: float) -> int:
    return max(_MARGIN_PX, round(_MARGIN * float(extent)))
