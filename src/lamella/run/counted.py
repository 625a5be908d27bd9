"""Frames that tell how far their reading has come: what progress bars live on."""

from __future__ import annotations

from collections.abc import Callable

from lamella.core.frames import Frames, Image, MappedFrames


def counted(frames: Frames, tell: Callable[[int], object]) -> Frames:
    """The same frames; `tell` is called with how many have been read, in order, by each reading."""
    first = frames.span.start

    def read(t: int) -> Image:
        frame = frames.frame(t)
        tell(t - first + 1)
        return frame

    return MappedFrames(frames, read)
