"""Frames that tell of their reading: how far it has come, and what was odd."""

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


def noting_flat(frames: Frames, flat: set[int]) -> Frames:
    """The same frames; those that are read and have one value all over are put into `flat`."""

    def read(t: int) -> Image:
        frame = frames.frame(t)
        if frame.min() == frame.max():
            flat.add(t)
        return frame

    return MappedFrames(frames, read)
