"""How wide the objects of an image are, before anyone has chosen a method: a first pass."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from lamella.core.frames import ArrayFrames, Frames
from lamella.kernels.diameter import Diameter, typical_diameter
from lamella.kernels.regions import find_regions
from lamella.segment.nuclei import UsesNuclei

Foreground = Literal["bright", "dark", "either"]
"""What objects are, compared with the field."""

_FRAMES = 8


class FirstPass(NamedTuple):
    """What an estimate rests on."""

    diameter: Diameter
    frames: tuple[int, ...]
    """The frames that were looked at."""
    n_found: int
    """Objects, with debris and those cut by the border."""
    n_at_border: int


def first_pass(frames: Frames, *, foreground: Foreground = "bright") -> FirstPass:
    """Find objects by Otsu's thresholds, split those that touch at their necks, and measure them.

    Works for nuclei, and for cells that lie apart or part at necks; of a sheet of cells without
    gaps it would measure the sheet. At most eight frames are looked at, spread over the movie.

    Parameters
    ----------
    frames : Frames
        One channel, (T, Y, X).
    foreground : {"bright", "dark", "either"}
        What objects are, compared with the field (see `MultiOtsu`).
    """
    n = min(_FRAMES, len(frames))
    picked = tuple(frames.span[(2 * i + 1) * len(frames) // (2 * n)] for i in range(n))
    how = UsesNuclei()
    how = how.model_copy(update={"find": how.find.model_copy(update={"foreground": foreground})})
    looked = ArrayFrames(np.stack([frames.frame(t) for t in picked]))
    areas, n_cut = [], 0
    for labels in how.found_in(looked):
        found = find_regions(labels)
        cut = found.at_border(frames.frame_shape)
        areas.append(found.area[~cut])
        n_cut += int(cut.sum())
    whole = np.concatenate(areas)
    return FirstPass(typical_diameter(whole), picked, len(whole) + n_cut, n_cut)


def estimate_diameter(frames: Frames, *, foreground: Foreground = "bright") -> Diameter:
    """Median equivalent diameter of the objects in an image; see `first_pass`."""
    return first_pass(frames, foreground=foreground).diameter
