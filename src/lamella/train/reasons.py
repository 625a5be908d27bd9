"""Why a frame's labels are not learnt from: a word each, and a sentence for the user."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

EMPTY = "empty"
SMALL = "too small"
SEVERAL = "several cells"
MOVED = "no overlap"
BORDER = "at the border"
AREA = "odd area"
JUMP = "jump"
UNSTABLE = "unstable"
DISAGREED = "disagreement"
SPACING = "spacing"
REASONS = (
    EMPTY, SMALL, SEVERAL, MOVED, BORDER, AREA, JUMP, UNSTABLE, DISAGREED, SPACING,
)  # fmt: skip
"""In the order in which the first is the main reason of a frame. What is seen in the frame alone
comes first, then what its neighbours tell, then the second method; `SPACING` is no fault."""


def explained(settings: Mapping[str, Any]) -> dict[str, str]:
    """Every reason in a sentence, with the limits of these settings of `PseudoLabels`."""
    one = settings["cells"] == "one"
    before = settings["overlap_with"] == "previous"
    beside = "the frame before" if before else "either neighbouring frame"
    overlap = f"IoU with the cell in {beside} below {settings['min_iou']:g}."
    if not one:
        overlap = (
            f"Fewer than {settings['min_steady_share']:.0%} of the objects are large enough and "
            f"overlap with one in {beside} by an IoU of {settings['min_iou']:g}."
        )
    limit = f"below {settings['min_agreement']:g}"
    if settings["max_agreement_drop"] is not None:
        limit += f", or more than {settings['max_agreement_drop']:g} below the movie's median"
    return {
        EMPTY: "Nothing was found.",
        SMALL: f"Area below {settings['min_area_fraction']:.0%} of the movie's median.",
        SEVERAL: "Another object has at least half the area of the largest: nobody knows which is "
        "the cell.",
        MOVED: overlap,
        BORDER: "A cell touches the edge of the field.",
        AREA: f"Area more than {settings['max_area_z'] or 0:g} robust SDs from the running median "
        f"of {settings['window']} frames.",
        JUMP: f"Centroid more than {settings['max_jump_radii'] or 0:g} radii from those of "
        "both neighbouring frames.",
        UNSTABLE: f"Stability below {settings['min_stability']:g}: the outline resembles those of "
        "the frames around less than is usual in the movie.",
        DISAGREED: f"IoU with the second method {limit}.",
        SPACING: f"Good, but fewer than {settings['stride']} frames after the last that is learnt "
        "from: neighbours tell the same.",
    }
