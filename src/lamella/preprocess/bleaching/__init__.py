"""Undo the fading of a fluorophore: three ways, each told by what decided it."""

from lamella.preprocess.bleaching.exponential import ExponentialFit
from lamella.preprocess.bleaching.histogram import HistogramMatching
from lamella.preprocess.bleaching.movie import TAKEN_TWICE, Bleaching, Unbleached, unbleached
from lamella.preprocess.bleaching.ratio import SimpleRatio

__all__ = [
    "TAKEN_TWICE",
    "Bleaching",
    "ExponentialFit",
    "HistogramMatching",
    "SimpleRatio",
    "Unbleached",
    "unbleached",
]
