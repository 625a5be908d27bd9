"""How well masks agree, with each other and with the truth."""

from lamella.evaluate.agreement import Agreement, agreement, mean_iou, mean_of_known
from lamella.evaluate.masks import compare, compare_masks, summarise

__all__ = [
    "Agreement",
    "agreement",
    "compare",
    "compare_masks",
    "mean_iou",
    "mean_of_known",
    "summarise",
]
