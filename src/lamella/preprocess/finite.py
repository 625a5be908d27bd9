"""Refuse pixels that are not numbers, at the moment they are read."""

from __future__ import annotations

import numpy as np

from lamella.core.errors import InputError
from lamella.core.frames import Frames, Image, MappedFrames


def refuse_nan(frames: Frames, *, source: str) -> Frames:
    """The same frames; reading one that holds NaN or infinity raises an InputError.

    Integer frames are passed on untouched.
    """
    if frames.dtype.kind != "f":
        return frames

    def checked(t: int) -> Image:
        frame = frames.frame(t)
        # One sum tells whether any pixel is not finite, at the speed of reading it.
        if not np.isfinite(frame.sum(dtype=np.float64)):
            n_bad = frame.size - np.count_nonzero(np.isfinite(frame))
            raise InputError(
                source,
                f"frame {t} holds {n_bad} pixels that are NaN or infinite",
                "replace them by the background, or set exclude for this movie in samples.csv",
            )
        return frame

    return MappedFrames(frames, checked)
