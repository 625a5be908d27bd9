"""A movie: named channels of raw frames, with their scale in space and time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lamella.core.errors import InputError
from lamella.core.frames import ArrayFrames, Frames, Image


@dataclass(frozen=True)
class Scale:
    """What a pixel and a frame are worth.

    Parameters
    ----------
    pixel_size_um : float or None
        Side of a square pixel in µm; None = not known.
    time_min : (T,) float64 array or None
        Time of every frame in minutes, frame 0 at 0; None = not known.
    """

    pixel_size_um: float | None = None
    time_min: NDArray[np.float64] | None = None

    @property
    def um(self) -> float:
        """µm per pixel, NaN where not known, so that what depends on it becomes NaN."""
        return float("nan") if self.pixel_size_um is None else self.pixel_size_um

    @property
    def interval_min(self) -> float | None:
        """Mean time between frames in minutes; None where not known, or with a single frame."""
        times = self.time_min
        if times is None or len(times) < 2:
            return None
        return float((times[-1] - times[0]) / (len(times) - 1))

    def completed_by(self, other: Scale) -> Scale:
        """What this scale knows, and from the other what it does not."""
        size, times = self.pixel_size_um, self.time_min
        return Scale(
            other.pixel_size_um if size is None else size,
            other.time_min if times is None else times,
        )

    def minutes(self, n_frames: int) -> NDArray[np.float64]:
        """Time of every frame in minutes, shape (T,); NaN where not known."""
        return np.full(n_frames, np.nan) if self.time_min is None else self.time_min


def regular_times(n_frames: int, interval_min: float) -> NDArray[np.float64]:
    """Times of `n_frames` frames `interval_min` minutes apart, the first at 0."""
    return np.arange(n_frames, dtype=np.float64) * interval_min


@dataclass(frozen=True)
class Movie:
    """Raw frames of one field of view, read lazily.

    Parameters
    ----------
    channels : mapping of str to Frames
        Frames of every channel by name, all of one shape, in the order of the file.
    scale : Scale
        Pixel size and times; what the file does not say is None.
    source : str
        Where it comes from, for messages and provenance.
    notes : tuple of str
        What the reader noticed and a user should know.
    recorded : mapping of str to Frames
        Frames as the camera gave them, of the channels that were corrected since.

    Raises
    ------
    InputError
        When channels differ in their number of frames or in frame size, or `time_min` has another
        length than the movie or does not increase.
    """

    channels: Mapping[str, Frames]
    scale: Scale = field(default_factory=Scale)
    source: str = "array"
    notes: tuple[str, ...] = ()
    recorded: Mapping[str, Frames] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shapes = {name: frames.shape for name, frames in self.channels.items()}
        if not shapes:
            raise InputError(self.source, "it has no channel", "give a movie with pixels")
        if len(set(shapes.values())) > 1:
            told = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
            raise InputError(
                self.source,
                f"its channels differ in (T, Y, X): {told}",
                "crop or register them to one size",
            )
        times = self.scale.time_min
        if times is not None:
            if len(times) != self.n_frames:
                raise InputError(
                    self.source,
                    f"{len(times)} times for {self.n_frames} frames",
                    "give interval_min, or one time a frame",
                )
            if np.any(np.diff(times) <= 0):
                raise InputError(
                    self.source, "its frame times do not increase", "give interval_min instead"
                )

    @classmethod
    def from_array(
        cls,
        array: ArrayLike,
        *,
        axes: str = "TYX",
        channel_names: Sequence[str] | None = None,
        pixel_size_um: float | None = None,
        interval_min: float | None = None,
        source: str = "array",
    ) -> Movie:
        """A movie from an array in memory.

        Parameters
        ----------
        array : array_like
            (T, Y, X) or, with ``axes="TCYX"``, (T, C, Y, X).
        """
        data = np.asarray(array)
        if axes not in ("TYX", "TCYX") or data.ndim != len(axes):
            raise InputError(
                source,
                f"expected axes TYX or TCYX, got axes {axes} and shape {data.shape}",
                "reorder the array",
            )
        stack = data[:, None] if axes == "TYX" else data
        names = list(channel_names or default_channel_names(stack.shape[1]))
        times = None if interval_min is None else regular_times(len(stack), interval_min)
        return cls(
            channels={name: ArrayFrames(stack[:, c]) for c, name in enumerate(names)},
            scale=Scale(pixel_size_um, times),
            source=source,
        )

    @property
    def channel_names(self) -> tuple[str, ...]:
        return tuple(self.channels)

    @property
    def n_frames(self) -> int:
        return len(next(iter(self.channels.values())))

    @property
    def frame_shape(self) -> tuple[int, int]:
        """(Y, X)."""
        return next(iter(self.channels.values())).frame_shape

    @property
    def dtype(self) -> np.dtype[np.generic]:
        return next(iter(self.channels.values())).dtype

    def channel(self, name: str | None = None) -> Frames:
        """Frames of one channel; the first one when `name` is None."""
        if name is None:
            return next(iter(self.channels.values()))
        if name not in self.channels:
            known = ", ".join(self.channel_names)
            raise InputError(self.source, f"no channel named {name!r}", f"its channels are {known}")
        return self.channels[name]

    def frame(self, t: int, channel: str | None = None) -> Image:
        """One raw frame, shape (Y, X)."""
        return self.channel(channel).frame(t)

    def corrected(self, channels: Mapping[str, Frames]) -> Movie:
        """The same movie with other frames in these channels, which remembers the recorded ones."""
        recorded = {name: self.channels[name] for name in channels} | dict(self.recorded)
        return replace(self, channels={**self.channels, **channels}, recorded=recorded)


def default_channel_names(n_channels: int) -> list[str]:
    """Names for channels that nobody named: ``ch0``, ``ch1`` and so on."""
    return [f"ch{c}" for c in range(n_channels)]
