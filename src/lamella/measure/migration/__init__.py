"""How a cell moves: steps, turns, path, and how straight it goes."""

from lamella.measure.migration.group import Migration

__all__ = ["Migration"]
