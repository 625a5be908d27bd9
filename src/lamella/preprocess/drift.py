"""Find how the stage drifted, and undo it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from lamella.core.errors import InputError, SettingsError
from lamella.core.frames import Frames, Image, MappedFrames
from lamella.core.registration import Registration
from lamella.core.step import Step
from lamella.kernels.registration import Alignment, Prepared, align, prepared
from lamella.kernels.warp import shared_box, warped
from lamella.preprocess.chain import chained

_MOST_PIXELS = 500_000  # frames are compared at about this size
_KEY_EVERY = 10


@dataclass(frozen=True)
class DriftState:
    """How frames of one part of a movie lie over each other.

    Attributes
    ----------
    span : range
        The part's frames.
    frame_shape : (Y, X)
    links : mapping of (earlier, later) to Alignment
        Every pair of frames that was compared.
    held : mapping of int to Prepared
        Frames that are still to be compared with those of another part.
    """

    span: range
    frame_shape: tuple[int, int]
    links: Mapping[tuple[int, int], Alignment]
    held: Mapping[int, Prepared]


class Drift(Step):
    """Register a movie to its first frame: undo the movement of the stage, not that of the cells.

    What is larger than a grain and stands out is taken for a cell and does not count; nor does what
    moves on its own. A movement is believed when still structure (debris, texture of the glass)
    agrees on it in places all over the field. A field that holds nothing but cells has none: its
    estimate is no drift, and every frame is marked as not estimable.

    Every frame is compared with the two before and with two key frames (every 10th), key frames
    with the two 100th frames before, and so on, so that errors do not add up over a long movie.
    Precise to about 0.05 px where debris is scarce and faint. Drift from one compared frame to
    another may be up to 45 % of the field's side.

    Parameters
    ----------
    model : {"translation", "rigid", "affine"}
        What the stage may do: shift; and turn; and stretch and shear.
    by : {"phase", "features"}
        How the search starts: phase correlation, or matched features (SIFT), which also finds
        turns of more than 2° between two frames.
    edges : {"mask", "crop"}
        Pixels that leave the view: the frames keep their size and have `fill` there, see
        :meth:`valid`; or are cut to what all frames show.
    interpolation : {"linear", "lanczos", "nearest"}
        How values between pixels are found; linear blurs a little, lanczos may overshoot.
    fill : float
        Value of pixels that no frame shows.
    smallest_px : float
        A movie whose field never moves further than this from frame 0 is left as it is.
    channel : str or None
        In a run, the channel to estimate from; the first when None. Bright field or phase contrast
        shows the glass, fluorescence often does not.
    """

    version: ClassVar[int] = 1
    model: Literal["translation", "rigid", "affine"] = "translation"
    by: Literal["phase", "features"] = "phase"
    edges: Literal["mask", "crop"] = "mask"
    interpolation: Literal["linear", "lanczos", "nearest"] = "linear"
    fill: float = 0.0
    smallest_px: float = Field(0.1, ge=0)
    channel: str | None = None

    def deciding(self) -> dict[str, Any]:
        """The part of the provenance that decides the estimate; the rest is how it is applied."""
        told = self.provenance()
        for name in ("edges", "interpolation", "fill"):
            del told["settings"][name]
        return told

    def prepare(self, frames: Frames) -> DriftState:
        """Compare the frames with each other; reads each once and holds a few."""
        state = DriftState(range(frames.span.start, frames.span.start), frames.frame_shape, {}, {})
        for t in frames.span:
            frame = prepared(frames.frame(t), most_pixels=_MOST_PIXELS)
            state = self._grown(state, range(t, t + 1), {}, {t: frame})
        return state

    def merge(self, states: Sequence[DriftState]) -> DriftState:
        merged = states[0]
        for state in states[1:]:
            merged = self._grown(merged, state.span, state.links, state.held)
        return merged

    def _grown(
        self,
        state: DriftState,
        span: range,
        links: Mapping[tuple[int, int], Alignment],
        held: Mapping[int, Prepared],
    ) -> DriftState:
        """The state with the part that follows it."""
        whole = range(state.span.start, span.stop)
        frames = {**state.held, **held}
        known = {**state.links, **links}
        for t in held:
            for s in _partners(t):
                if s in state.held and (s, t) not in known:
                    known[s, t] = align(frames[s], frames[t], model=self.model, start=self.by)
        kept = {t: frame for t, frame in frames.items() if _awaited(t, whole)}
        return DriftState(whole, state.frame_shape, known, kept)

    def estimate(self, state: DriftState) -> Registration:
        """Where every frame of the whole movie lies."""
        found = chained(
            state.links, n_frames=len(state.span), frame_shape=state.frame_shape, model=self.model
        )
        corners = _corners(state.frame_shape)
        furthest = max(
            (float(np.hypot(*found.drift_at(corners, t).T).max()) for t in range(len(found))),
            default=0.0,
        )
        if furthest > self.smallest_px:
            return found
        still = np.tile(np.eye(2, 3), (len(found), 1, 1))
        return Registration(still, found.support, found.estimable)

    def __call__(self, frames: Frames, *, registration: Registration) -> Frames:
        """The frames as the reference would show them, of the same type; labels: use nearest.

        Raises
        ------
        InputError
            By ``edges="crop"``, when no pixel is shown by all frames.
        SettingsError
            When pixels of this type cannot hold `fill`.
        """
        self._refuse_fill(frames.dtype)
        box = self.box(frames.frame_shape, registration)
        shape = (box[0].stop - box[0].start, box[1].stop - box[1].start)

        def read(t: int) -> Image:
            frame = frames.frame(t)
            moved = warped(
                frame,
                registration.matrices[t],
                interpolation=self.interpolation,
                fill=self.fill,
            )
            return moved[box]

        return MappedFrames(frames, read, frame_shape=shape)

    def _refuse_fill(self, dtype: np.dtype[Any]) -> None:
        if dtype.kind not in "iu":
            return
        info = np.iinfo(dtype)
        if not (info.min <= self.fill <= info.max and float(self.fill).is_integer()):
            raise SettingsError(
                f"drift fill={self.fill}",
                f"pixels of type {dtype} cannot hold it",
                f"set it to a whole number from {info.min} to {info.max}",
            )

    def valid(self, frames: Frames, *, registration: Registration) -> Frames:
        """True where the registered frame shows something, False where it holds `fill`."""
        box = self.box(frames.frame_shape, registration)
        shape = (box[0].stop - box[0].start, box[1].stop - box[1].start)
        seen = np.ones(frames.frame_shape, bool)

        def read(t: int) -> Image:
            shown = warped(seen, registration.matrices[t], interpolation="linear", fill=0)
            return shown[box]

        return MappedFrames(frames, read, dtype=bool, frame_shape=shape)

    def box(self, frame_shape: tuple[int, int], registration: Registration) -> tuple[slice, slice]:
        """Rows and columns of the reference that the registered frames show."""
        if self.edges == "mask":
            return slice(0, frame_shape[0]), slice(0, frame_shape[1])
        box = shared_box(registration.matrices, frame_shape)
        if box is None:
            raise InputError(
                "the drift",
                "no pixel is shown by all frames",
                'use edges = "mask", or cut the movie where the field jumps',
            )
        return box


def doubt(registration: Registration, source: str) -> str | None:
    """What a user should know of frames whose drift could not be estimated; None = nothing."""
    unknown = np.flatnonzero(~registration.estimable)
    if not len(unknown) or len(registration) < 2:
        return None
    if len(unknown) == len(registration):
        return (
            f"{source}: no still structure was found in any frame, so its drift is not known and "
            "is taken to be none; estimate it from a channel that shows the glass (bright field, "
            "phase contrast, beads), or leave [drift] out"
        )
    return (
        f"{source}: no still structure was found in {len(unknown)} of {len(registration)} frames, "
        f"such as frame {unknown[0]}; they are taken to lie where the last frame before lay; "
        "look at them, or estimate the drift from another channel"
    )


def _partners(t: int) -> Iterable[int]:
    """Earlier frames that frame `t` is compared with."""
    found = {t - 1, t - 2}
    every = _KEY_EVERY
    while t > 0 and t % (every // _KEY_EVERY) == 0:
        last = (t - 1) // every * every
        found |= {last, last - every}
        if last == 0:
            break
        every *= _KEY_EVERY
    return sorted(s for s in found if s >= 0)


def _awaited(t: int, span: range) -> bool:
    """Whether frame `t` is to be compared with a frame outside `span`."""
    if any(s < span.start for s in _partners(t)):
        return True
    every = 1
    while every <= span.stop:
        # The last two multiples of `every` before any later frame.
        if t % every == 0 and t >= (span.stop - 1) // every * every - every:
            return True
        every *= _KEY_EVERY
    return t == 0


def _corners(frame_shape: tuple[int, int]) -> NDArray[np.float64]:
    height, width = frame_shape
    return np.array([(y, x) for y in (0, height - 1) for x in (0, width - 1)], np.float64)
