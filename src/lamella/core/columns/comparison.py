"""Masks, labels and outlines held against others."""

from __future__ import annotations

from lamella.core.columns.column import Column as _


class ComparisonColumns:
    """See `lamella.Col`."""

    # Areas of imported outlines
    AREA_UM2_WHOLE_NODES = _(
        "area_um2_whole_nodes", "µm²", "Area of an outline whose nodes are cut to whole pixels."
    )
    AREA_UM2_STATED = _("area_um2_stated", "µm²", "Area that the imported file states.")
    CROSSES_ITSELF = _("crosses_itself", "", "True where the imported outline crosses itself.")

    # comparison_per_frame.csv and comparison_summary.csv
    N_BOTH_EMPTY = _("n_both_empty", "", "Frames in which neither folder has a mask.")
    N_ONLY_A_EMPTY = _("n_only_a_empty", "", "Frames in which only the second folder has a mask.")
    N_ONLY_B_EMPTY = _("n_only_b_empty", "", "Frames in which only the first folder has a mask.")
    NAME = _("name", "", "File compared.")
    IOU = _("iou", "", "Intersection over union.")
    DICE = _("dice", "", "2 · intersection over the sum of the areas.")
    CENTROID_DISTANCE_PX = _("centroid_distance_px", "px", "Distance of the centroids.")
    AREA_A_PX = _("area_a_px", "px²", "Area in the first folder.")
    AREA_B_PX = _("area_b_px", "px²", "Area in the second folder.")
    AREA_DIFFERENCE_PX = _("area_difference_px", "px²", "Second area minus first.")
    AREA_RATIO = _("area_ratio", "", "Second area over first.")
    BOUNDARY_IOU = _("boundary_iou", "", "IoU of the inner boundaries (1 px, 8-connected).")
    HD95_PX = _(
        "hd95_px", "px", "Larger of the two directed 95th percentiles of boundary distance."
    )

    # matches.csv and switches.csv of evaluate
    REFERENCE_LABEL = _("reference_label", "", "Number of the reference's object; 0 = none.")
    RESULT_LABEL = _("result_label", "", "Number of the result's object; 0 = none.")
    REFERENCE_AREA_PX = _("reference_area_px", "px²", "Pixels of the reference's object.")
    RESULT_AREA_PX = _("result_area_px", "px²", "Pixels of the result's object.")
    PREVIOUS_FRAME = _("previous_frame", "", "Frame in which the cell was seen before.")
    RESULT_BEFORE = _("result_before", "", "Cell of the result that it was, in that frame.")
    RESULT_AFTER = _("result_after", "", "Cell of the result that it became.")

    # comparison_objects.csv
    LABEL_A = _("label_a", "", "Number of the first file's object; 0 = none.")
    LABEL_B = _("label_b", "", "Number of the second file's object; 0 = none.")

    # comparison_counts.csv
    N_A = _("n_a", "", "Objects in the first file (before).")
    N_B = _("n_b", "", "Objects in the second file (after).")
    MATCHED = _("matched", "", "Objects that are one in both, with an IoU of at least 0.5.")
    LOST = _("lost", "", "Objects of the first file that the second has not.")
    NEW = _("new", "", "Objects of the second file that the first has not.")
    SPLIT = _(
        "split", "", "Objects of the first file in which several of the second lie by over half."
    )
    SPLIT_INTO = _("split_into", "", "Objects of the second file that these were split into.")
    MERGED = _(
        "merged",
        "",
        "Objects of the first file that share one of the second, which holds over half of each.",
    )
    MERGED_INTO = _("merged_into", "", "Objects of the second file that these became.")
