"""How far the labels of a segmenter may be learnt from.

`kept` and `reason` are those of labels that people drew, see `AnnotationColumns`.
"""

from __future__ import annotations

from lamella.core.columns.column import Column as _


class PseudoLabelColumns:
    """See `lamella.Col`."""

    # Per frame
    N_LIKE_SIZE = _(
        "n_like_size",
        "",
        "Objects with at least half of the area of the frame's largest, itself included.",
    )
    IOU_NEXT = _("iou_next", "", "Intersection over union with the same cell in the frame after.")
    AREA_Z = _(
        "area_z",
        "SD",
        "Area minus the running median of the frames around, in robust SDs of such differences.",
    )
    JUMP_RADII = _(
        "jump_radii",
        "radii",
        "Distance of the centroid to that of the nearer neighbouring frame, over the radius of "
        "the disc of the cell's median area.",
    )
    STEADY_SHARE = _(
        "steady_share",
        "",
        "Share of the frame's objects that are large enough and overlap enough with one of the "
        "frame before.",
    )
    STABILITY = _(
        "stability",
        "",
        "Overlap with the more alike neighbouring frame over the movie's median overlap (at most "
        "1), times how like the area is to the running median: 1 = as steady as the movie usually "
        "is, 0 = nothing stays.",
    )
    AGREEMENT = _("agreement", "", "Intersection over union with what a second method found.")
    CONFIDENCE = _(
        "confidence",
        "",
        "How far the labels are to be trusted, 0 to 1: geometric mean of stability and agreement, "
        "as far as they are known.",
    )
    REASONS = _("reasons", "", "All reasons, the first of them in `reason`.")

    # Per movie
    SECOND_METHOD = _(
        "second_method", "", "Segmenter whose labels the agreement is with; empty = none was asked."
    )
    N_KEPT = _("n_kept", "", "Frames to learn from.")
    N_DROPPED = _("n_dropped", "", "Frames whose labels are not trusted.")
    MEDIAN_AGREEMENT = _("median_agreement", "", "Median of the agreement over the frames.")
    AGREEMENT_USED = _(
        "agreement_used",
        "",
        "False where the second method disagrees with most frames: it fails in this movie, or the "
        "labels do.",
    )
    MEDIAN_CONFIDENCE = _("median_confidence", "", "Median of the confidence of the kept frames.")
