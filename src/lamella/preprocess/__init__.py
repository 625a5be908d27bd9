"""What happens to pixels before anything is found or measured in them."""

from lamella.preprocess.background import (
    Background,
    CameraOffset,
    NoBackground,
    PercentileOutside,
    RollingBall,
)
from lamella.preprocess.bleaching import (
    TAKEN_TWICE,
    Bleaching,
    ExponentialFit,
    HistogramMatching,
    SimpleRatio,
    Unbleached,
    unbleached,
)
from lamella.preprocess.drift import Drift, doubt
from lamella.preprocess.finite import refuse_nan
from lamella.preprocess.illumination import FieldMeans, Flat, Illumination
from lamella.preprocess.normalise import Decision, Normalise

__all__ = [
    "TAKEN_TWICE",
    "Background",
    "Bleaching",
    "CameraOffset",
    "Decision",
    "Drift",
    "ExponentialFit",
    "FieldMeans",
    "Flat",
    "HistogramMatching",
    "Illumination",
    "NoBackground",
    "Normalise",
    "PercentileOutside",
    "RollingBall",
    "SimpleRatio",
    "Unbleached",
    "doubt",
    "refuse_nan",
    "unbleached",
]
