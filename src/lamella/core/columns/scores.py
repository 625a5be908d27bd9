"""scores.csv, scores_summary.csv and what stands beside them: one segmenter against others."""

from __future__ import annotations

from lamella.core.columns.column import Column as _


class ScoreColumns:
    """See `lamella.Col`."""

    SEGMENTER = _("segmenter", "", "Model or method that found the objects, by its name.")

    # scores.csv: a row per movie and segmenter
    OBJECTS_PER_FRAME = _("objects_per_frame", "", "Median number of objects in a frame.")
    OBJECTS_PER_FRAME_MIN = _("objects_per_frame_min", "", "Fewest objects in a frame.")
    OBJECTS_PER_FRAME_MAX = _("objects_per_frame_max", "", "Most objects in a frame.")
    N_OBJECTS_FOUND = _("n_objects_found", "", "Objects in all frames together.")
    TEMPORAL_IOU = _(
        "temporal_iou",
        "",
        "Median intersection over union of an object with the same one in the frame before, 0 "
        "where nothing there overlaps it; frames behind an empty one are left out.",
    )
    AREA_JITTER = _(
        "area_jitter",
        "",
        "Median of 1 − smaller ÷ larger area of an object and the same one in the frame before.",
    )
    N_FRAMES_SCORED = _("n_frames_scored", "", "Frames of which the truth is known.")
    N_OBJECTS_TRUE = _("n_objects_true", "", "Objects that there are in these frames.")
    N_OBJECTS_SCORED = _("n_objects_scored", "", "Objects that were found in them.")
    PIXEL_F1 = _("pixel_f1", "", "F1 of pixels (Dice), over all frames whose truth is known.")
    PIXEL_PRECISION = _("pixel_precision", "", "Share of the pixels found that are right.")
    PIXEL_RECALL = _("pixel_recall", "", "Share of the true pixels that were found.")
    SEG = _(
        "seg",
        "",
        "Mean IoU over true objects with what covers more than half of them, 0 where nothing does.",
    )
    AP50 = _("ap50", "", "TP ÷ (TP + FP + FN) of objects; a match has an IoU of at least 0.5.")
    AP75 = _("ap75", "", "The same from an IoU of 0.75 on.")
    AP50_95 = _("ap50_95", "", "Mean of the same over least IoUs of 0.5, 0.55 … 0.95.")

    # scores_summary.csv: a row per score, session and segmenter
    SCORE = _("score", "", "Column of scores.csv that is summed up.")
    TOTAL = _("total", "", "Sum over movies, of counts.")
    COMPARED_WITH = _("compared_with", "", "Segmenter that the change is counted from.")
    N_PAIRED = _("n_paired", "", "Movies that have the score of both.")
    CHANGE = _(
        "change", "of the score", "Mean over movies of the score minus that of `compared_with`."
    )
    CHANGE_LOW = _("change_low", "of the score", "Lower end of its 95 % interval.")
    CHANGE_HIGH = _("change_high", "of the score", "Upper end of its 95 % interval.")
    N_UP = _("n_up", "", "Movies in which the score is higher than that of `compared_with`.")
    N_DOWN = _("n_down", "", "Movies in which it is lower.")

    # speed.csv: a row per analysis, kind of object and condition
    SD_LOW = _("sd_low", "of the measure", "Lower end of the 95 % interval of the SD.")
    SD_HIGH = _("sd_high", "of the measure", "Upper end of the 95 % interval of the SD.")
    SD_OF_STEPS = _(
        "sd_of_steps",
        "of the measure",
        "Median over cells of the SD of a cell's speed over its steps; jumps of the outline add to "
        "it.",
    )
