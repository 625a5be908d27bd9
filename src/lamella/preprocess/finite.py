"""Refuse pixels that are not numbers, at the moment they are read."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lamella.core.errors import InputError
from lamella.core.frames import Frames, Image, MappedFrames
from lamella.core.movie import Movie


def refuse_nan(movie: Movie) -> Movie:
    """The same movie; reading a frame that holds NaN or infinity raises an InputError.

    Whole-number channels are passed on untouched.
    """
    channels = {
        name: _refusing(frames, movie.source) if frames.dtype.kind == "f" else frames
        for name, frames in movie.channels.items()
    }
    return replace(movie, channels=channels)


def _refusing(frames: Frames, source: str) -> Frames:
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
