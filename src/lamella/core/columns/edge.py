"""What the edge of a cell does."""

from __future__ import annotations


class EdgeColumns:
    """See `lamella.Col`."""
