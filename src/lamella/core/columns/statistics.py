"""units.csv, conditions.csv, effects.csv, models.csv, replication.csv and what stands on them."""

from __future__ import annotations

from lamella.core.columns.column import Column as _


class StatisticsColumns:
    """See `lamella.Col`."""

    MEASURE = _("measure", "", "Column of cells.csv that is compared.")
    CLAIM = _(
        "claim",
        "",
        "these_sessions: holds for the sessions studied, no further; across_sessions: holds for "
        "sessions like these, as the effect's scatter from session to session is in it.",
    )
    REFERENCE = _("reference", "", "Condition compared against.")
    N = _("n", "", "Units of the condition.")
    N_CELLS = _("n_cells", "", "Cells of the condition.")
    N_MOVIES = _("n_movies", "", "Movies of the condition.")
    N_SESSIONS = _("n_sessions", "", "Sessions with units (of both conditions, for an effect).")
    N_REFERENCE = _("n_reference", "", "Units of the reference.")
    MEAN = _("mean", "of the measure", "Mean over units.")
    SD = _("sd", "of the measure", "SD (n−1) over units.")
    MEDIAN = _("median", "of the measure", "Median over units.")
    MAD = _(
        "mad", "of the measure", "Median absolute deviation of the units from their median, bare."
    )
    MEAN_LOW = _("mean_low", "of the measure", "Lower end of the 95 % t interval of the mean.")
    MEAN_HIGH = _("mean_high", "of the measure", "Upper end of the 95 % t interval of the mean.")
    MEAN_REFERENCE = _("mean_reference", "of the measure", "Mean over the reference's units.")
    DIFFERENCE = _(
        "difference", "of the measure", "Mean minus mean of the reference, sessions as they come."
    )
    ESTIMATE = _(
        "estimate",
        "of the measure",
        "Difference that the model gives: within sessions, so that differences between sessions "
        "do not enter; equal to `difference` where every session holds the same numbers.",
    )
    ESTIMATE_LOW = _("estimate_low", "of the measure", "Lower end of its 95 % interval.")
    ESTIMATE_HIGH = _("estimate_high", "of the measure", "Upper end of its 95 % interval.")
    SE = _("se", "of the measure", "Standard error of the estimate.")
    DF = _("df", "", "Degrees of freedom of Student's t; inf = normal distribution.")
    P = _("p", "", "Two-sided p of no difference, by the model named in `model`; not adjusted.")
    P_ADJUSTED = _(
        "p_adjusted", "", "p adjusted for the number of contrasts by the method in `adjusted_by`."
    )
    ADJUSTED_BY = _("adjusted_by", "", "holm, bh (Benjamini–Hochberg) or joint (Dunnett, Tukey).")
    N_TESTS = _("n_tests", "", "Contrasts that p is adjusted for together.")
    MODEL = _("model", "", "What estimate and p come from; see models.csv and docs/statistics.md.")
    INTERVAL_BY = _(
        "interval_by",
        "",
        "How the interval of the estimate came about. t: by the model; bootstrap: sessions drawn "
        "again, jointly for all conditions.",
    )
    TRUSTED = _("trusted", "", "False where the fit failed or lies at the edge of what it can say.")
    USED = _(
        "used",
        "",
        "True for the model whose estimate, interval and p effects.csv quotes for its claim; False "
        "for all where none has an answer to believe.",
    )
    VERDICT = _("verdict", "", "Why a model is not trusted or what replaced it; empty = nothing.")
    P_INTERACTION = _(
        "p_interaction",
        "",
        "p of condition × session: small = the effect differs between the sessions studied.",
    )
    VAR_SESSION = _("var_session", "of the measure²", "Variance between sessions.")
    VAR_INTERACTION = _(
        "var_interaction", "of the measure²", "Variance of a condition's effect between sessions."
    )
    VAR_MOVIE = _("var_movie", "of the measure²", "Variance between movies (units) of a session.")
    VAR_RESIDUAL = _("var_residual", "of the measure²", "Variance that is left.")
    D_SD = _(
        "d_sd",
        "of the measure",
        "What Cohen's d divides by: pooled SD (n−1) of the two conditions' units, all sessions "
        "together.",
    )
    COHENS_D = _(
        "cohens_d", "", "Estimate over the pooled SD (n−1) of the two conditions' units (`d_sd`)."
    )
    COHENS_D_LOW = _("cohens_d_low", "", "Lower end of its 95 % interval.")
    COHENS_D_HIGH = _("cohens_d_high", "", "Upper end of its 95 % interval.")
    COHENS_D_WITHIN = _(
        "cohens_d_within",
        "",
        "Estimate over the SD of units within sessions and conditions (residual SD of condition + "
        "session): how large the effect is beside the scatter of one day.",
    )
    COHENS_D_WITHIN_LOW = _("cohens_d_within_low", "", "Lower end of its 95 % interval.")
    COHENS_D_WITHIN_HIGH = _("cohens_d_within_high", "", "Upper end of its 95 % interval.")
    HEDGES_G = _("hedges_g", "", "Cohen's d corrected for small samples.")
    HEDGES_G_LOW = _("hedges_g_low", "", "Lower end of its 95 % interval.")
    HEDGES_G_HIGH = _("hedges_g_high", "", "Upper end of its 95 % interval.")
    CLIFFS_DELTA = _(
        "cliffs_delta", "", "P(unit > reference unit) − P(unit < reference unit), ties count 0."
    )
    CLIFFS_DELTA_LOW = _("cliffs_delta_low", "", "Lower end of its 95 % interval.")
    CLIFFS_DELTA_HIGH = _("cliffs_delta_high", "", "Upper end of its 95 % interval.")
    MARGIN = _(
        "margin", "of the measure", "Largest difference that you called none; set by the user."
    )
    P_EQUIVALENCE = _(
        "p_equivalence",
        "",
        "p of a difference as large as the margin or larger (two one-sided tests); small = the "
        "conditions are equivalent.",
    )
    EQUIVALENT = _("equivalent", "", "True where p_equivalence is below 0.05.")
    N_SESSIONS_AGREEING = _(
        "n_sessions_agreeing",
        "",
        "Sessions whose own difference points as the row's estimate does.",
    )
    SAME_DIRECTION = _(
        "same_direction",
        "",
        "True where this session points as the estimate of these_sessions over all does.",
    )
    ESTIMATE_WITHOUT = _("estimate_without", "of the measure", "Estimate without this session.")
    ESTIMATE_WITHOUT_LOW = _("estimate_without_low", "of the measure", "Lower end, 95 %.")
    ESTIMATE_WITHOUT_HIGH = _("estimate_without_high", "of the measure", "Upper end, 95 %.")
    P_WITHOUT = _("p_without", "", "p without this session.")
    OUTLINES = _(
        "outlines",
        "",
        "Masks measured: as_is, dilated, eroded or smoothed.",
    )
    COHENS_D_OUTLINES_LOW = _(
        "cohens_d_outlines_low", "", "Smallest Cohen's d if the outlines are a pixel off."
    )
    COHENS_D_OUTLINES_HIGH = _(
        "cohens_d_outlines_high", "", "Largest Cohen's d if the outlines are a pixel off."
    )
    POWER = _("power", "", "Share of studies of this size that would find the effect (p < 0.05).")
    N_PER_SESSION = _("n_per_session", "", "Units of each condition in every session.")
    N_CELLS_PER_UNIT = _("n_cells_per_unit", "", "Cells behind the mean of every unit.")
    N_CELLS_MISSING = _("n_cells_missing", "", "Cells of the condition without a value.")
    N_CELLS_MISSING_REFERENCE = _(
        "n_cells_missing_reference", "", "Cells of the reference without a value."
    )
    N_CELLS_LEFT_OUT = _(
        "n_cells_left_out",
        "",
        "Rows left out: without a condition or a unit, or of a condition that is not compared.",
    )
