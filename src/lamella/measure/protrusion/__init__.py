"""Protrusions of a cell: their tips, lengths and widths, and how long they live."""

from lamella.measure.protrusion.group import Protrusion

__all__ = ["Protrusion"]
