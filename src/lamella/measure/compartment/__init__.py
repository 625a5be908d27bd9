"""Nucleus and cytoplasm: which nucleus is whose, and the signal in every part of the cell."""

from lamella.measure.compartment.group import Compartment

__all__ = ["Compartment"]
