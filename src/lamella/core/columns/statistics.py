"""units.csv, conditions.csv and effects.csv."""

from __future__ import annotations

from lamella.core.columns.column import Column as _


class StatisticsColumns:
    """See `lamella.Col`."""

    MEASURE = _("measure", "", "Column of cells.csv that is compared.")
    CLAIM = _("claim", "", "these_sessions: holds for the sessions studied, no further.")
    REFERENCE = _("reference", "", "Condition compared against.")
    N = _("n", "", "Units of the condition.")
    N_CELLS = _("n_cells", "", "Cells of the condition.")
    N_MOVIES = _("n_movies", "", "Movies of the condition.")
    N_REFERENCE = _("n_reference", "", "Units of the reference.")
    MEAN = _("mean", "of the measure", "Mean over units.")
    SD = _("sd", "of the measure", "SD (n−1) over units.")
    MEDIAN = _("median", "of the measure", "Median over units.")
    MEAN_LOW = _("mean_low", "of the measure", "Lower end of the 95 % t interval of the mean.")
    MEAN_HIGH = _("mean_high", "of the measure", "Upper end of the 95 % t interval of the mean.")
    MEAN_REFERENCE = _("mean_reference", "of the measure", "Mean over the reference's units.")
    DIFFERENCE = _("difference", "of the measure", "Mean minus mean of the reference.")
    COHENS_D = _(
        "cohens_d", "", "Difference over the pooled SD (n−1) of the two conditions' units."
    )
    COHENS_D_LOW = _("cohens_d_low", "", "Lower end of the 95 % interval (noncentral t).")
    COHENS_D_HIGH = _("cohens_d_high", "", "Upper end of the 95 % interval (noncentral t).")
    HEDGES_G = _("hedges_g", "", "Cohen's d corrected for small samples.")
    CLIFFS_DELTA = _(
        "cliffs_delta", "", "P(unit > reference unit) − P(unit < reference unit), ties count 0."
    )
    N_CELLS_MISSING = _("n_cells_missing", "", "Cells of the condition without a value.")
    N_CELLS_MISSING_REFERENCE = _(
        "n_cells_missing_reference", "", "Cells of the reference without a value."
    )
    N_CELLS_LEFT_OUT = _(
        "n_cells_left_out", "", "Rows of the table left out, without a condition or a unit."
    )
