"""Plates drawn as tables: false differences, power, and the phantom plate from images to shares."""

import warnings

import numpy as np
import pandas as pd
import pytest
from accuracy_plates import LAYOUTS, Wrong, errors_of, false_families
from plate_studies import CONTROL, NULL, PAIRS, POSITIVE, REFERENCE, design_of, p_these, studies

from lamella.core.errors import LamellaWarning
from lamella.core.table import Col
from lamella.phantom import PlatePhantom
from lamella.run.demo import make_plate_demo
from lamella.run.execute import run_study
from lamella.run.study import open_study
from lamella.statistics import Contrasts
from lamella.statistics.positives import ByControls, ByMixture, ByOtsu


def test_the_quick_p_is_that_of_effects():
    """What the thousand plates of the accuracy page count is what a study would be told."""
    for settings in LAYOUTS.values():
        cells = next(studies(settings, 1, seed=3))
        for adjust in ("holm", "joint"):
            asked = Contrasts(
                unit="well", reference=REFERENCE, measures=(POSITIVE,), adjust=adjust,
                bootstrap_draws=0,
            )  # fmt: skip
            effects = asked(cells).effects
            rows = effects[(effects["session"] == "all") & (effects["claim"] == "these_sessions")]
            told = rows.set_index(Col.CONDITION).loc[[drug for drug, _ in PAIRS]]
            quick = p_these(design_of(cells))
            np.testing.assert_allclose(told[Col.P], quick.p)
            np.testing.assert_allclose(told[Col.P_ADJUSTED], getattr(quick, adjust))


def test_pooled_cells_lie_and_wells_do_not():
    """80 plates: far too few for the rate itself, enough for the order of the three ways."""
    wrong: Wrong = false_families(
        LAYOUTS["3 wells of one plate"].model_copy(update={"well_sd": 0.3}), 80, seed=4
    )
    assert wrong.holm <= wrong.joint <= 13  # 5 %, four standard errors
    assert wrong.pooled > 35
    assert wrong.pooled > wrong.fields > wrong.joint


def test_null_conditions_are_alike_in_truth():
    cells = next(studies(LAYOUTS["3 wells of one plate"], 1, seed=1))
    assert set(cells[Col.CONDITION]) == set(NULL)
    assert CONTROL not in set(cells[Col.CONDITION])
    assert (cells["truth"] == cells[POSITIVE].astype(bool)).mean() > 0.98


@pytest.fixture(scope="module")
def analysed(tmp_path_factory):
    """Four wells of two fields, from image files to tables."""
    place = tmp_path_factory.mktemp("plate")
    plate = PlatePhantom(
        conditions={"no_edu": 0.0, "vehicle": 0.4}, replicates=2, fields=2, seed=12
    )
    make_plate_demo(place, phantom=plate)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LamellaWarning)
        run_study(open_study(place), place / "results", workers=1)
    return place


class TestFromImages:
    def test_shares_are_those_planted_by_every_method(self, analysed):
        tables = analysed / "results" / "tables"
        cells, samples, truth = (
            pd.read_csv(file)
            for file in (tables / "cells.csv", tables / "samples.csv", analysed / "truth.csv")
        )
        assert len(cells) == pytest.approx(len(truth), rel=0.03)
        for threshold in (ByControls(condition="no_edu"), ByOtsu(), ByMixture()):
            errors = errors_of(cells, samples, truth, threshold)
            assert errors.conditions.abs().max() < 0.02
            assert errors.wells.abs().max() < 0.04

    def test_a_run_writes_the_tables(self, analysed):
        tables = analysed / "results" / "tables"
        thresholds = pd.read_csv(tables / "thresholds.csv")
        assert thresholds["plate"].tolist() == ["plate1"]
        assert thresholds["method"].tolist() == ["controls"]
        assert len(pd.read_csv(tables / "fields.csv")) == 8
        wells = pd.read_csv(tables / "wells.csv")
        assert wells["well"].tolist() == ["B02", "C02", "B03", "C03"]
        units = pd.read_csv(tables / "units.csv")
        own = units[units["measure"] == "positive__edu"]
        vehicle = wells[wells["condition"] == "vehicle"]
        np.testing.assert_allclose(own["mean"], vehicle["positive_fraction__edu"])
        known = set(pd.read_csv(tables / "columns.csv")["column"])
        assert {"positive__edu", "positive_fraction__edu", "threshold", "n_fields"} <= known
