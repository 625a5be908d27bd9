"""Which movies are cut, and where."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lamella.core.movie import Movie

_ABOVE_MB, _CHUNK_MB = 2000, 256
_LEAST_FRAMES = 16


@dataclass(frozen=True)
class Cutting:
    """How movies are cut into chunks; it changes no result, and is part of no key.

    By default movies above 2 GB of raw pixels are, into chunks of some 256 MB and at least 16
    frames: large enough that reading a few frames more at each cut costs little.

    Parameters
    ----------
    frames : int, optional
        Cut every movie that is longer than this many frames into chunks of so many.
    """

    frames: int | None = None

    def spans(self, movie: Movie) -> tuple[range, ...]:
        """The chunks of a movie, in order; a single one where it is not cut."""
        n = movie.n_frames
        size = self.frames or n
        if self.frames is None:
            pixels = movie.frame_shape[0] * movie.frame_shape[1] * len(movie.channels)
            frame_mb = pixels * movie.dtype.itemsize / 1e6
            if n * frame_mb > _ABOVE_MB:
                size = max(_LEAST_FRAMES, math.ceil(_CHUNK_MB / frame_mb))
        return tuple(range(start, min(start + size, n)) for start in range(0, n, size))
