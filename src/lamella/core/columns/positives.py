"""thresholds.csv, fields.csv and wells.csv: what is positive, and how many."""

from __future__ import annotations

from lamella.core.columns.column import Column as _
from lamella.core.columns.column import NamedColumn as _Named


class PositivesColumns:
    """See `lamella.Col`. The name of what is counted stands behind two underscores: __edu."""

    POSITIVE = _Named(
        "positive",
        "",
        "True where the object's measure lies beyond the threshold; missing where the measure or "
        "the threshold is.",
    )
    POSITIVE_FRACTION = _Named(
        "positive_fraction",
        "",
        "Positive objects over the whole: those measured, or all of the set named by `of`. In "
        "cells.csv, on the rows of that set, it is that of their field; pooled over fields in "
        "wells.csv; missing where there is nothing to count.",
    )
    POSITIVE_FRACTION_LOW = _(
        "positive_fraction_low", "", "The smaller share with the threshold at its interval's ends."
    )
    POSITIVE_FRACTION_HIGH = _("positive_fraction_high", "", "The larger of them.")
    N_POSITIVE = _Named("n_positive", "", "Objects beyond the threshold.")
    N_OBJECTS = _Named("n_objects", "", "Objects found of the set that is judged.")
    N_MEASURED = _Named("n_measured", "", "Of these, objects that have the measure.")
    N_TOTAL = _Named("n_total", "", "The whole that the positives are a share of.")
    N_FIELDS = _("n_fields", "", "Fields of the well whose results are up to date.")
    N_FIELDS_EMPTY = _("n_fields_empty", "", "Fields of the well in which no object was found.")
    POSITIVES = _("positives", "", "Name of what is counted: [positives.NAME] in study.toml.")
    PLATE = _("plate", "", "What has a threshold of its own: the session, unless set otherwise.")
    METHOD = _("method", "", "Where the threshold comes from.")
    SIDE = _("side", "", "Where positives lie, seen from the threshold: above or below.")
    THRESHOLD = _(
        "threshold", "of the measure", "Value that positives lie beyond; empty = refused."
    )
    THRESHOLD_LOW = _(
        "threshold_low", "of the measure", "Lower end of its 95 % interval, over draws of wells."
    )
    THRESHOLD_HIGH = _("threshold_high", "of the measure", "Upper end.")
    N_CONTROLS = _("n_controls", "", "Objects of the negative controls on the plate.")
