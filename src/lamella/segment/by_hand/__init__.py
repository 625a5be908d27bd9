"""Cells of one frame from a few marks that a person made: points, or strokes."""

from lamella.segment.by_hand.carried import labels_from_before
from lamella.segment.by_hand.evidence import Look
from lamella.segment.by_hand.scribbles import labels_from_scribbles
from lamella.segment.by_hand.seeds import labels_from_seeds

__all__ = ["Look", "labels_from_before", "labels_from_scribbles", "labels_from_seeds"]
