"""How well masks agree, with each other and with the truth."""

from lamella.evaluate.masks import compare, compare_masks, summarise

__all__ = ["compare", "compare_masks", "summarise"]
