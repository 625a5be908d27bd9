"""Where chance comes from: one generator for every purpose and frame.

A frame drawn alone equals the same frame of a full pass, and a change of the camera leaves the walk
of the cell as it was, because no two of them share a generator.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np


class Purpose(IntEnum):
    """What a generator is for; the numbers are part of every phantom's identity."""

    WALK = 1
    SHAPE = 2
    TEXTURE = 3
    CAMERA = 4
    FIELD = 5
    PLACE = 6
    PROTRUSION = 7
    DIVISION = 8
    STUDY = 9


def draws(seed: int, purpose: Purpose, *more: int) -> np.random.Generator:
    """The generator of one purpose of one phantom; `more` tells frames or cells apart."""
    return np.random.default_rng([seed, int(purpose), *more])
