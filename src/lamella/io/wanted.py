"""What is wanted of a file by whoever opens it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lamella.core.take import WHOLE, Take


@dataclass(frozen=True)
class Wanted:
    """Settings win over what a file states, which holds where they are None.

    Parameters
    ----------
    axes : str, optional
        What the stored dimensions are, in letters T, C, Y, X, where the file is wrong or silent.
    pixel_size_um, interval_min : float, optional
    channel_names : sequence of str, optional
        One a channel, in the order of the file.
    take : Take
        Which position and slices; of files with several of them.
    """

    axes: str | None = None
    pixel_size_um: float | None = None
    interval_min: float | None = None
    channel_names: Sequence[str] | None = None
    take: Take = WHOLE


AS_IT_IS = Wanted()
"""Nothing but what the file states."""
