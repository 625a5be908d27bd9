"""analyses.csv, agreement.csv and matched_cells.csv: one study analysed in several ways."""

from __future__ import annotations

from lamella.core.columns.column import Column as _


class AnalysesColumns:
    """See `lamella.Col`."""

    ANALYSIS = _("analysis", "", "Run that the numbers come from.")
    OTHER_ANALYSIS = _(
        "other_analysis",
        "",
        "Run compared with `analysis`; differences are its numbers minus those of `analysis`.",
    )
    N_ANALYSES = _("n_analyses", "", "Analyses that can tell this effect.")
    N_ANALYSES_DECIDED = _(
        "n_analyses_decided", "", "Analyses whose 95 % interval of Cohen's d leaves out 0."
    )
    SURVIVES = _(
        "survives", "", "True where every analysis finds the same direction, none of them open."
    )
    CONCLUSION = _("conclusion", "", "What the analyses say together, in words.")
    OTHER_CELL = _("other_cell", "", "Number of the same cell in `other_analysis`.")
    OVERLAP = _(
        "overlap",
        "",
        "Intersection over union of the cell in both analyses, all frames together; missing where "
        "the movie has one cell in both.",
    )
    FIRST_VALUE = _("first_value", "of the measure", "In `analysis`.")
    SECOND_VALUE = _("second_value", "of the measure", "In `other_analysis`.")
    MEAN_OF_BOTH = _("mean_of_both", "of the measure", "Mean of both values.")
    VALUE_DIFFERENCE = _("value_difference", "of the measure", "`second_value` − `first_value`.")
    N_MATCHED = _("n_matched", "", "Cells with a value in both analyses.")
    N_EFFECTIVE = _(
        "n_effective",
        "",
        "Independent cells that tell as much as the matched ones: fewer, where the differences of "
        "one movie's cells are alike.",
    )
    N_UNMATCHED = _("n_unmatched", "", "Cells of `analysis` that `other_analysis` does not have.")
    N_UNMATCHED_OTHER = _(
        "n_unmatched_other", "", "Cells of `other_analysis` that `analysis` does not have."
    )
    BIAS = _("bias", "of the measure", "Mean of the differences between two analyses.")
    BIAS_LOW = _("bias_low", "of the measure", "Lower end of its 95 % interval.")
    BIAS_HIGH = _("bias_high", "of the measure", "Upper end of its 95 % interval.")
    SD_DIFFERENCES = _("sd_differences", "of the measure", "SD (n−1) of the differences.")
    LIMIT_LOW = _("limit_low", "of the measure", "Lower 95 % limit of agreement (Bland–Altman).")
    LIMIT_LOW_LOW = _("limit_low_low", "of the measure", "Lower end of its 95 % interval.")
    LIMIT_LOW_HIGH = _("limit_low_high", "of the measure", "Upper end of its 95 % interval.")
    LIMIT_HIGH = _("limit_high", "of the measure", "Upper 95 % limit of agreement (Bland–Altman).")
    LIMIT_HIGH_LOW = _("limit_high_low", "of the measure", "Lower end of its 95 % interval.")
    LIMIT_HIGH_HIGH = _("limit_high_high", "of the measure", "Upper end of its 95 % interval.")
    PROPORTIONAL_BIAS = _(
        "proportional_bias",
        "",
        "Change of the difference per unit of the mean of both: 0 = the bias is the same for small "
        "and for large values.",
    )
    PROPORTIONAL_BIAS_LOW = _("proportional_bias_low", "", "Lower end of its 95 % interval.")
    PROPORTIONAL_BIAS_HIGH = _("proportional_bias_high", "", "Upper end of its 95 % interval.")
    P_PROPORTIONAL = _("p_proportional", "", "p of no proportional bias.")
    CONCORDANCE = _(
        "concordance", "", "Lin's concordance: 1 = the same numbers, 0 = nothing in common."
    )
    CONCORDANCE_LOW = _("concordance_low", "", "Lower end of its 95 % interval.")
    CONCORDANCE_HIGH = _("concordance_high", "", "Upper end of its 95 % interval.")
    SETTING = _("setting", "", "Setting or version in which analyses differ; a column for each.")
