"""questions.csv and question_lines.csv: what is asked of cells and their nuclei."""

from __future__ import annotations

from lamella.core.columns.column import Column as _


class QuestionColumns:
    """See `lamella.Col`."""

    QUESTION = _("question", "", "A to F: see docs/questions.md.")
    ASKED = _("asked", "", "The question in words.")
    X_COLUMN = _("x_column", "", "Column of cells_and_nuclei that is told of, or stands along x.")
    Y_COLUMN = _(
        "y_column", "", "Column that x is held against; missing where one measure is told of."
    )
    SCALING = _(
        "scaling",
        "",
        "linear; or log: the line and r are those of natural logarithms, so that y = "
        "e^intercept · x^slope.",
    )
    N_UNITS = _("n_units", "", "Units that the row's cells come from.")
    N_CELLS_LACKING = _(
        "n_cells_lacking", "", "Cells left out, as they lack one of the two (a nucleus, say)."
    )
    X_MEDIAN = _("x_median", "of the measure", "Median of x over cells.")
    X_Q25 = _("x_q25", "of the measure", "Lower quartile of x over cells.")
    X_Q75 = _("x_q75", "of the measure", "Upper quartile of x over cells.")
    X_MEAN = _("x_mean", "of the measure", "Mean of x over cells.")
    Y_MEDIAN = _("y_median", "of the measure", "Median of y over cells.")
    Y_Q25 = _("y_q25", "of the measure", "Lower quartile of y over cells.")
    Y_Q75 = _("y_q75", "of the measure", "Upper quartile of y over cells.")
    Y_MEAN = _("y_mean", "of the measure", "Mean of y over cells.")
    R = _("r", "", "Pearson's correlation over cells.")
    R_LOW = _("r_low", "", "Lower end of its 95 % interval.")
    R_HIGH = _("r_high", "", "Upper end of its 95 % interval.")
    R_WITHIN = _(
        "r_within",
        "",
        "Pearson's correlation of cells within units: with the mean of their unit taken off.",
    )
    R_WITHIN_LOW = _("r_within_low", "", "Lower end of its 95 % interval.")
    R_WITHIN_HIGH = _("r_within_high", "", "Upper end of its 95 % interval.")
    SPEARMAN = _("spearman", "", "Spearman's rank correlation over cells.")
    SLOPE = _("slope", "y per x", "Of the least squares line of y on x.")
    SLOPE_LOW = _("slope_low", "y per x", "Lower end of its 95 % interval.")
    SLOPE_HIGH = _("slope_high", "y per x", "Upper end of its 95 % interval.")
    INTERCEPT = _("intercept", "of y", "Of that line, at x = 0 (log: at x = 1).")
    INTERCEPT_LOW = _("intercept_low", "of y", "Lower end of its 95 % interval.")
    INTERCEPT_HIGH = _("intercept_high", "of y", "Upper end of its 95 % interval.")
    R_INTERVAL_BY = _(
        "r_interval_by",
        "",
        "units: from leaving out units one by one. cells: as if cells were independent, for lack "
        "of units; holds for these units alone.",
    )
    REMARK = _("remark", "", "What to beware of; empty = nothing.")
    LINE_X = _("line_x", "of x", "Where the line is told.")
    LINE_Y = _("line_y", "of y", "The least squares line there.")
    LINE_LOW = _("line_low", "of y", "Lower end of its 95 % interval there.")
    LINE_HIGH = _("line_high", "of y", "Upper end of its 95 % interval there.")
