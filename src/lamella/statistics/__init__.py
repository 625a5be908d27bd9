"""Differences between conditions, counted in experimental units."""

from lamella.statistics.analyses import agreements, side_by_side
from lamella.statistics.contrasts import Contrasts, Tables
from lamella.statistics.measures import standard_measures
from lamella.statistics.movement import Movement
from lamella.statistics.questions import Questions
from lamella.statistics.scores import summarise_scores
from lamella.statistics.units import to_units

__all__ = [
    "Contrasts",
    "Movement",
    "Questions",
    "Tables",
    "agreements",
    "side_by_side",
    "standard_measures",
    "summarise_scores",
    "to_units",
]
