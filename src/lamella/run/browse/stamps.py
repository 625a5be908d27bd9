"""Times as they are written on pictures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_SHORT_MIN = 1.0
_LONG_MIN = 180.0


def stamp(minutes: NDArray[np.float64], t: int) -> str:
    """The time of a frame, in one format for the whole movie, so that it does not jump.

    Seconds (``12 s``) where frames are less than a minute apart and the movie is short, minutes
    (``12 min``, ``1.5 min``) up to three hours, then hours and minutes (``5:07 h``).

    >>> stamp(np.array([0.0, 0.5, 1.0]), 1)
    '30 s'
    >>> stamp(np.arange(60.0) * 10, 59)
    '9:50 h'
    >>> stamp(np.arange(60.0) * 2.5, 3)
    '7.5 min'
    """
    last, here = float(minutes[-1]), float(minutes[t])
    least = float(np.diff(minutes).min()) if len(minutes) > 1 else 1.0
    if least < _SHORT_MIN and last <= 10:
        whole = np.allclose(minutes * 60, np.round(minutes * 60), atol=0.05)
        return f"{here * 60:.0f} s" if whole else f"{here * 60:.1f} s"
    if last <= _LONG_MIN:
        whole = np.allclose(minutes, np.round(minutes), atol=0.005)
        return f"{here:.0f} min" if whole else f"{here:.1f} min"
    hours, rest = divmod(round(here), 60)
    return f"{hours}:{rest:02d} h"
