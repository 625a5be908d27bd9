"""How well masks and tracks agree, with each other and with the truth."""

from lamella.evaluate.agreement import Agreement, agreement, mean_iou, mean_of_known
from lamella.evaluate.before_after import AGAINST_TRUTH, COUNTS, UNAIDED, score_movie
from lamella.evaluate.ctc import Corrections, Found, Graph, corrections, seg
from lamella.evaluate.masks import compare, compare_masks, summarise
from lamella.evaluate.object_agreement import compare_objects
from lamella.evaluate.object_counts import count_objects, with_total
from lamella.evaluate.objects import KINDS, PrecisionCounts, matches_of_frame, matching
from lamella.evaluate.pixels import PixelCounts
from lamella.evaluate.same_cells import same_cells
from lamella.evaluate.scores import Scores, Subject, score
from lamella.evaluate.switches import switches

__all__ = [
    "AGAINST_TRUTH",
    "COUNTS",
    "KINDS",
    "UNAIDED",
    "Agreement",
    "Corrections",
    "Found",
    "Graph",
    "PixelCounts",
    "PrecisionCounts",
    "Scores",
    "Subject",
    "agreement",
    "compare",
    "compare_masks",
    "compare_objects",
    "corrections",
    "count_objects",
    "matches_of_frame",
    "matching",
    "mean_iou",
    "mean_of_known",
    "same_cells",
    "score",
    "score_movie",
    "seg",
    "summarise",
    "switches",
    "with_total",
]
