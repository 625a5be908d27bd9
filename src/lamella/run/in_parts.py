"""What a stage does for all frames: at once, or in the chunks of a movie that is cut."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from lamella.core.frames import Frames, Image, Window
from lamella.core.movie import Scale
from lamella.core.step import Step
from lamella.io import open_labels, tiff
from lamella.measure import Gathered, together
from lamella.run.at_hand import AtHand
from lamella.run.chunks import Parts
from lamella.run.chunks.rows import read_gathered, write_gathered
from lamella.run.chunks.states import read_state, write_state
from lamella.run.outlines import WrongOutlines
from lamella.run.remarks import Tally

_MERGED_AT_ONCE = 8
"""States of parts that are held: some have frames of both ends."""
_STATE, _LABELS, _OUTLINES = "state.npz", "labels.ome.tif", "outlines.npz"


class InParts(AtHand):
    """The ways in which the stages look at every frame.

    Attributes
    ----------
    parts : Parts or None
        The parts of the stage that runs; None where a movie is never cut.
    """

    parts: Parts | None = None

    @property
    def _cut(self) -> Parts | None:
        return self.parts if self.parts is not None and self.parts.is_cut else None

    def _state(
        self, step: Any, phase: str, doing: str, frames: Frames, *others: Any, **named: Any
    ) -> Any:
        """What `Step.prepare` makes of all frames; what else it is given is passed on."""
        if self._cut is None:
            return step.prepare(self._counted(frames, doing), *others, **named)
        if type(step).prepare is Step.prepare:
            return None

        def make(span: range, folder: Path) -> None:
            def part(each: Any) -> Any:
                return Window(each, span.start, span.stop) if isinstance(each, Frames) else each

            state = step.prepare(
                self._counted(part(frames), doing),
                *map(part, others),
                **{name: part(each) for name, each in named.items()},
            )
            write_state(folder / _STATE, state)

        held: list[Any] = []
        for each in self._cut.of(phase, make):
            held.append(read_state(each / _STATE))
            if len(held) == _MERGED_AT_ONCE:
                held = [step.merge(held)]
        return step.merge(held)

    def _write_labels(
        self, file: str, labels: Frames, doing: str, *, name: str, tally: Tally, flat: set[int]
    ) -> None:
        """Write labels, counted by `tally`.

        Parameters
        ----------
        flat : set of int
            Gets the numbers of flat frames while they are read.
        """
        to = self.task.folder / file
        # The scale is not for anyone's eyes: a new interval must not segment again.
        if self._cut is None:
            watched = self._counted(tally.watching(labels), doing)
            tiff.write_labels(to, watched, scale=Scale(), name=name)
            return

        def make(span: range, folder: Path) -> None:
            window = Window(tally.watching(labels), span.start, span.stop)
            tiff.write_labels(
                folder / _LABELS, self._counted(window, doing), scale=Scale(), name=name
            )
            write_state(folder / _STATE, (tally, sorted(flat)))

        folders = self._cut.of("labels", make)
        for each in folders:
            counted, flat_there = read_state(each / _STATE)
            tally.add(counted)
            flat.update(flat_there)
        parts = [open_labels(each / _LABELS, name=name).frames for each in folders]
        whole = self._counted(OneAfterAnother(parts, labels), doing)
        tiff.write_labels(to, whole, scale=Scale(), name=name)

    def _gathered(
        self, look: Callable[[range | None], Gathered], phase: str, wrong: WrongOutlines | None
    ) -> Gathered:
        """What ``look(span)`` shows of all frames, and what became of cells with other outlines."""
        if self._cut is None:
            return look(None)

        def make(span: range, folder: Path) -> None:
            write_gathered(folder, look(span))
            if wrong is not None:
                write_state(folder / _OUTLINES, wrong.remembered)

        folders = self._cut.of(phase, make)
        if wrong is not None:
            for each in folders:
                wrong.remember(read_state(each / _OUTLINES))
        return together([read_gathered(each) for each in folders])

    def _how_far(self, t: int) -> tuple[int, int]:
        """Frames done, with number `t`, and in all: of the part that is made, or of the movie."""
        span = range(self.movie.n_frames)
        if self._cut is not None and self._cut.making is not None:
            span = self._cut.making
        return t + 1 - span.start, len(span)


class OneAfterAnother(Frames):
    """The frames of all parts of a movie, each part numbered from 0.

    Parameters
    ----------
    parts : sequence of Frames
    like : Frames
        Of the whole movie: their size is that of the parts.
    """

    def __init__(self, parts: Sequence[Frames], like: Frames) -> None:
        self._places = [(part, t) for part in parts for t in part.span]
        self.span, self.frame_shape, self.dtype = like.span, like.frame_shape, parts[0].dtype

    def frame(self, t: int) -> Image:
        self._refuse_outside(t)
        part, number = self._places[t - self.span.start]
        return part.frame(number)
