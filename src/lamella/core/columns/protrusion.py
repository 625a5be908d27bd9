"""Tips, branches and skeleton of a cell."""

from __future__ import annotations


class ProtrusionColumns:
    """See `lamella.Col`."""
