"""What tracks tell over many lags: displacement, memory of direction, persistent random walk."""

from __future__ import annotations


class WalkColumns:
    """See `lamella.Col`."""
