"""Frames that are looked at together show the same field."""

from __future__ import annotations

from lamella.core.errors import InputError
from lamella.core.frames import Frames


def refuse_unlike(frames: Frames, other: Frames | None, name: str, *, of: str = "labels") -> None:
    """Raise the InputError of frames that are not of the same field and length as others."""
    if other is not None and (other.span, other.frame_shape) != (frames.span, frames.frame_shape):
        raise InputError(
            name,
            f"{len(other)} frames of {other.frame_shape[0]} × {other.frame_shape[1]} px do not fit "
            f"{of} of {len(frames)} frames of {frames.frame_shape[0]} × "
            f"{frames.frame_shape[1]} px",
            "give the same field and frames",
        )
