"""What happens to pixels before anything is found or measured in them."""

from lamella.preprocess.background import (
    Background,
    CameraOffset,
    NoBackground,
    PercentileOutside,
)
from lamella.preprocess.drift import Drift, doubt
from lamella.preprocess.finite import refuse_nan
from lamella.preprocess.normalise import Decision, Normalise

__all__ = [
    "Background",
    "CameraOffset",
    "Decision",
    "Drift",
    "NoBackground",
    "Normalise",
    "PercentileOutside",
    "doubt",
    "refuse_nan",
]
