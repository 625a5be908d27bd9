"""Movies of which some frames are annotated: what a recurrent network learns from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lamella.core.frames import Frames
from lamella.kernels.grey_levels import Levels


class TaughtMovie(NamedTuple):
    """One movie to learn from.

    A frame that nobody annotated is seen in the windows of those after it, and nothing is learnt
    of where its cells are: no annotation is not background.
    """

    frames: Frames
    """Raw grey values of one channel, numbered as in the movie, from 0."""
    levels: Levels
    """Grey values of the whole video that become 0 and 1."""
    labels: Mapping[int, NDArray[np.integer[Any]]]
    """(Y, X) by the number of the frame, of annotated frames only: 0 = background, else the number
    of a cell. One without cells was looked at, and is empty."""
    movie: str
    session: str = "1"
    condition: str = ""
