"""Differences between conditions, counted in experimental units."""

from lamella.statistics.analyses import agreements, side_by_side
from lamella.statistics.contrasts import Contrasts, compare_conditions, standard_measures
from lamella.statistics.effect import Effect, cliffs_delta, cohens_d
from lamella.statistics.movement import Movement
from lamella.statistics.summary import by_condition
from lamella.statistics.units import to_units

__all__ = [
    "Contrasts",
    "Effect",
    "Movement",
    "agreements",
    "by_condition",
    "cliffs_delta",
    "cohens_d",
    "compare_conditions",
    "side_by_side",
    "standard_measures",
    "to_units",
]
