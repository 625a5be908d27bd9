"""Movies of which less was taken than planned: they end earlier, and have no holes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lamella.core.errors import InputError


def frames_taken(complete: NDArray[np.bool_], *, source: str) -> tuple[int, tuple[str, ...]]:
    """How many frames a movie has, and a note where more were planned.

    Parameters
    ----------
    complete : (T,) bool array
        Of which frames every channel and slice is there.

    Raises
    ------
    InputError
        When no frame is complete, or a frame is missing and a later one is there.
    """
    if complete.all():
        return len(complete), ()
    n_taken = int(np.argmin(complete))
    if n_taken == 0 or complete[n_taken:].any():
        raise InputError(
            source,
            f"frame {n_taken} of {len(complete)} is missing from it",
            "keep all files of the acquisition in one folder, or export the movie again",
        )
    return n_taken, (
        f"{n_taken} of {len(complete)} planned frames were taken: the movie ends there",
    )
