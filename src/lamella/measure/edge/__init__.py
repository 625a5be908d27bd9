"""What the edge of a cell does: where it protrudes and retracts, how it bends, how bright it is."""

from __future__ import annotations

from lamella.measure.edge.group import Edge

__all__ = ["Edge"]
