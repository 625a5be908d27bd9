"""The diameter of the cells of a movie, as Cellpose itself sees them."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lamella.core.errors import LamellaWarning
from lamella.core.frames import Frames, Image
from lamella.kernels.diameter import Diameter, typical_diameter
from lamella.kernels.regions import find_regions

_SETTLED = math.log(1.1)  # what is found differs by less from what was looked for
_ROUNDS = 6
_ELSEWHERE = (1.0, 2.0, 0.5, 4.0)  # of the weights' diameter, one after the other if none is found
_LEAST_PX = 3.0


class Looked(NamedTuple):
    """What one frame tells."""

    areas: NDArray[np.int64]
    """Pixels of every object that no border of the frame cuts, found at a diameter that fits."""
    settled: bool
    """Whether that diameter was found within a few rounds."""


Settled = dict[int, Looked]
"""What the frames tell that were looked at, by their number."""


def settled(frames: Frames, masks: Callable[[int, float], Image], *, start: float) -> Settled:
    """Find cells in a few frames at the diameter that they turn out to have.

    The network finds cells of about the size that it is told; what it then finds has a size of its
    own. Every frame that is looked at is segmented at the diameter of the weights, then at the
    typical diameter of what was found, and so on until the two agree within 10 %. Looked at are
    the frames 0, 2, 6, 14, 30, 62 …, chosen by their number alone, so that parts of a movie tell
    what the whole one does.

    Parameters
    ----------
    frames : Frames
        The movie, or a part of it.
    masks : callable
        ``masks(t, diameter_px)`` gives the labels of a frame, (Y, X) integers.
    start : float
        Diameter that the weights were trained on.

    References
    ----------
    The two passes of Cellpose's own estimate, without its network of sizes: Stringer et al., Nat.
    Methods 18:100 (2021), doi:10.1038/s41592-020-01018-x.
    """
    widest = float(max(frames.frame_shape))
    return {
        t: _settled_in(partial(masks, t), start=start, widest=widest)
        for t in frames.span
        if is_looked_at(t)
    }


def is_looked_at(t: int) -> bool:
    """Whether this frame is one of 0, 2, 6, 14 …: 2 less than a power of 2."""
    return (t + 2) & (t + 1) == 0


def chosen(state: Settled) -> float | None:
    """The diameter to go by; that of the weights (None) where no frame told any.

    Warns
    -----
    LamellaWarning
        When there was no whole object in the frames that were looked at.
    """
    found = _diameter(state)
    if not found.n:
        frames = ", ".join(map(str, sorted(state))) or "none"
        warnings.warn(
            f"no whole object in the frames that were to tell the diameter ({frames}): that of the "
            "weights is used; set diameter_px",
            LamellaWarning,
            stacklevel=3,
        )
        return None
    return round(found.px, 1)


def told(state: Settled) -> dict[str, Any]:
    """For a manifest: what is not known is null."""
    found = _diameter(state)
    known = found.n > 0
    return {
        "diameter_px": round(found.px, 1) if known else None,
        "diameter_low_px": round(found.low, 1) if known else None,
        "diameter_high_px": round(found.high, 1) if known else None,
        "n_objects": found.n,
        "frames": sorted(state),
        "frames_that_did_not_settle": sorted(t for t, each in state.items() if not each.settled),
    }


def in_words(state: Settled) -> str:
    """Such as ``diameter 41 px, from 37 objects in 6 frames``."""
    found = _diameter(state)
    if not found.n:
        return "diameter that of the weights, as nothing was found to measure"
    frames = sum(len(each.areas) > 0 for each in state.values())
    return (
        f"diameter {found.px:.3g} px, from {found.n} object{'s' if found.n > 1 else ''} in "
        f"{frames} frame{'s' if frames > 1 else ''}"
    )


def _diameter(state: Settled) -> Diameter:
    areas = [state[t].areas for t in sorted(state)]
    return typical_diameter(np.concatenate([*areas, np.zeros(0, np.int64)]))


def _settled_in(masks: Callable[[float], Image], *, start: float, widest: float) -> Looked:
    tried: set[float] = set()
    areas = np.zeros(0, np.int64)
    for factor in _ELSEWHERE:
        wanted = start * factor
        for _ in range(_ROUNDS):
            wanted = float(np.clip(wanted, _LEAST_PX, widest))
            if wanted in tried:
                break
            tried.add(wanted)
            areas = _whole(masks(wanted))
            if not len(areas):
                break
            got = typical_diameter(areas).px
            if abs(math.log(got / wanted)) < _SETTLED:
                return Looked(areas, True)
            wanted = got
        if len(areas):
            return Looked(areas, False)
    return Looked(areas, False)


def _whole(labels: Image) -> NDArray[np.int64]:
    found, (height, width) = find_regions(labels), labels.shape
    whole: NDArray[np.int64] = found.area[~found.at_border((height, width))]
    return whole
