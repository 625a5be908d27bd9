"""Thresholds by controls, Otsu, mixture and value; what is counted with them."""

import warnings

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from lamella.core.errors import LamellaWarning, SettingsError
from lamella.run.judge import judge_table
from lamella.run.positives import count_positives, warn_of_positives
from lamella.statistics import Contrasts
from lamella.statistics.positives import (
    ByControls,
    ByMixture,
    ByOtsu,
    ByValue,
    Positives,
    fields_of,
    wells_of,
    with_positives,
)
from lamella.statistics.positives.two_normals import one_normal, two_normals
from worlds.plates import plate

METHODS = [ByControls(condition="no_edu"), ByOtsu(), ByMixture(), ByValue(value=np.exp(4.0))]


@pytest.fixture(autouse=True)
def _nothing_leaks():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def judged(cells, threshold, **settings):
    step = Positives(measure="EdU", threshold=threshold, **{"draws": 0, **settings})
    return step, step(cells, name="edu")


def only_row(cells, threshold, **settings):
    table = judged(cells, threshold, **settings)[1].thresholds
    assert len(table) == 1
    return table.iloc[0]


def counted(cells, samples, threshold, **settings):
    step, found = judged(cells, threshold, **settings)
    fields = fields_of(cells, samples, {"edu": found}, {"edu": step})
    return found, fields, wells_of(fields)


class TestThresholds:
    @pytest.mark.parametrize("threshold", METHODS, ids=lambda step: step.method)
    def test_every_method_finds_the_planted_positives(self, threshold):
        cells, samples = plate(seed=3)
        found, _, wells = counted(cells, samples, threshold)
        assert (found.positive.astype(bool) == cells["truth"]).mean() > 0.985
        told = wells.groupby("condition")["positive_fraction__edu"].mean()
        planted = cells.groupby("condition")["truth"].mean()
        assert (told - planted).abs().max() < 0.02

    def test_controls_are_a_percentile_or_mean_and_sd(self):
        cells, _ = plate(seed=4)
        own = cells.loc[cells["condition"] == "no_edu", "EdU"]
        row = only_row(cells, ByControls(condition="no_edu", percentile=95))
        assert row["threshold"] == pytest.approx(np.percentile(own, 95))
        assert row["n_controls"] == len(own)
        row = only_row(cells, ByControls(wells=("A01", "A02"), sds=3))
        some = cells.loc[cells["well"].isin(["A01", "A02"]), "EdU"]
        assert row["threshold"] == pytest.approx(some.mean() + 3 * some.std(ddof=1))

    def test_below_is_above_of_the_mirrored_values(self):
        cells, _ = plate(seed=5)
        mirrored = cells.assign(EdU=-cells["EdU"])
        for threshold in (
            ByControls(condition="no_edu"),
            ByControls(condition="no_edu", sds=2),
            ByOtsu(scale="linear"),
            ByMixture(scale="linear"),
        ):
            ours = judged(cells, threshold)[1].positive
            other = judged(mirrored, threshold, side="below")[1].positive
            assert (ours == other).mean() > 0.999

    def test_otsu_is_that_of_an_independent_implementation(self):
        from skimage.filters import threshold_otsu

        cells, _ = plate(seed=6)
        logs = np.log(cells["EdU"].to_numpy())
        bin_width = np.ptp(logs) / 256
        row = only_row(cells, ByOtsu())
        assert abs(np.log(row["threshold"]) - threshold_otsu(logs)) <= bin_width

    def test_mixture_lies_where_the_true_densities_cross(self):
        from scipy.stats import norm

        rng = np.random.default_rng(7)
        n, share = 200_000, 0.3
        truth = rng.random(n) < share
        logs = np.where(truth, rng.normal(5, 0.6, n), rng.normal(3, 0.4, n))
        fit = two_normals(logs)
        assert fit is not None
        np.testing.assert_allclose(fit.mean, [3, 5], atol=0.02)
        np.testing.assert_allclose(fit.sd, [0.4, 0.6], atol=0.02)
        np.testing.assert_allclose(fit.share, [0.7, 0.3], atol=0.01)
        at = fit.crossing
        posterior = share * norm.pdf(at, 5, 0.6)
        posterior /= posterior + (1 - share) * norm.pdf(at, 3, 0.4)
        assert posterior == pytest.approx(0.5, abs=0.03)

    def test_mixture_reaches_the_likelihood_of_an_independent_implementation(self):
        mixture = pytest.importorskip("sklearn.mixture")
        rng = np.random.default_rng(8)
        for share, gap in ((0.5, 2.0), (0.1, 1.5), (0.03, 3.0)):
            values = np.where(rng.random(1500) < share, rng.normal(gap, 0.5, 1500), rng.normal(
                0, 0.4, 1500))  # fmt: skip
            other = mixture.GaussianMixture(
                2, n_init=10, tol=1e-10, max_iter=5000, reg_covar=1e-9, random_state=0
            ).fit(values[:, None])
            ours = two_normals(values)
            assert ours is not None
            assert ours.log_likelihood >= other.score(values[:, None]) * 1500 - 0.05
        single = mixture.GaussianMixture(1, reg_covar=1e-12).fit(values[:, None])
        assert one_normal(values) == pytest.approx(single.score(values[:, None]) * 1500)

    def test_every_plate_has_its_own(self):
        first, one = plate(seed=9)
        second, two = plate(seed=10, session="p2")
        second["EdU"] *= 3
        cells = pd.concat([first, second], ignore_index=True)
        found, _, wells = counted(cells, pd.concat([one, two]), ByControls(condition="no_edu"))
        low, high = found.thresholds["threshold"]
        assert high == pytest.approx(3 * low, rel=0.1)
        assert (found.positive.astype(bool) == cells["truth"]).mean() > 0.985
        assert len(wells) == 18
        pooled = only_row(cells, ByControls(condition="no_edu"), by=False)
        assert pooled["plate"] == "all"
        assert pooled["threshold"] > 1.5 * low

    def test_the_interval_is_over_wells(self):
        """Wells that differ widen it; the many objects of a well do not hide that."""
        cells, _ = plate({"no_edu": 0.0, "vehicle": 0.3}, wells=6, seed=11)
        control = cells["condition"] == "no_edu"
        number = cells["well"].str[1:].astype(int)
        apart = cells.assign(EdU=cells["EdU"].where(~control, cells["EdU"] * 1.2**number))
        widths = []
        for table in (cells, apart):
            row = only_row(table, ByControls(condition="no_edu"), draws=199)
            assert row["threshold_low"] < row["threshold"] < row["threshold_high"]
            widths.append(np.log(row["threshold_high"] / row["threshold_low"]))
        assert widths[1] > 1.5 * widths[0]


class TestDegenerate:
    def test_a_plate_without_controls(self):
        first, one = plate(seed=1)
        second, two = plate({"vehicle": 0.3}, seed=2, session="p2")
        cells = pd.concat([first, second], ignore_index=True)
        found, _, wells = counted(cells, pd.concat([one, two]), ByControls(condition="no_edu"))
        lost = found.thresholds.set_index("plate").loc["p2"]
        assert np.isnan(lost["threshold"])
        assert "no objects of the controls (no_edu) here" in lost["verdict"]
        assert found.positive[cells["session"] == "p2"].isna().all()
        of_lost = wells[wells["session"] == "p2"]
        assert of_lost["n_positive__edu"].isna().all()
        assert of_lost["positive_fraction__edu"].isna().all()
        assert (of_lost["n_measured__edu"] == 240).all()

    def test_controls_that_are_all_equal(self):
        cells, _ = plate(seed=1)
        cells.loc[cells["condition"] == "no_edu", "EdU"] = 7.0
        row = only_row(cells, ByControls(condition="no_edu"), draws=99)
        assert row["threshold"] == row["threshold_low"] == row["threshold_high"] == 7.0
        assert "720 controls have the same value" in row["verdict"]

    def test_few_controls_do_not_tell_a_percentile(self):
        cells, _ = plate(seed=1, wells=1, fields=1)
        row = only_row(cells, ByControls(condition="no_edu"), draws=99)
        assert "60 controls do not tell percentile 99 well: 500 would" in row["verdict"]
        assert "a single well" in row["verdict"]

    def test_positive_controls_that_are_not_above(self):
        cells, _ = plate({"no_edu": 0.0, "failed": 0.0, "vehicle": 0.3}, seed=1)
        cells.loc[cells["condition"] == "failed", "EdU"] *= 0.5
        step = ByControls(condition="no_edu", positive_condition="failed")
        row = only_row(cells, step)
        assert np.isnan(row["threshold"])
        assert "positive controls are not above: 0.0% of them" in row["verdict"]
        good = only_row(cells, ByControls(condition="no_edu", positive_condition="vehicle"))
        assert np.isfinite(good["threshold"])
        assert good["verdict"] == ""

    @pytest.mark.parametrize("threshold", [ByOtsu(), ByMixture()], ids=lambda step: step.method)
    @pytest.mark.parametrize("fraction", [0.0, 1.0])
    def test_one_population_is_not_cut_in_its_middle(self, threshold, fraction):
        refused = 0
        for seed in range(10):
            cells, samples = plate({"vehicle": fraction}, seed=seed)
            found, _, wells = counted(cells, samples, threshold)
            row = found.thresholds.iloc[0]
            refused += bool(np.isnan(row["threshold"]))
            assert row["verdict"]
            assert wells["positive_fraction__edu"].isna().all() == np.isnan(row["threshold"])
        assert refused == 10

    @pytest.mark.parametrize("threshold", METHODS, ids=lambda step: step.method)
    def test_all_equal_values(self, threshold):
        cells, _ = plate(seed=1)
        cells["EdU"] = 5.0
        row = only_row(cells, threshold, draws=19)
        assert row["verdict"]
        assert np.isnan(row["positive_fraction"]) or row["positive_fraction"] == 0

    @pytest.mark.parametrize("threshold", METHODS, ids=lambda step: step.method)
    def test_values_that_are_missing_negative_or_few(self, threshold):
        cells, samples = plate(seed=1)
        cells.loc[::7, "EdU"] = np.nan
        cells.loc[1::50, "EdU"] = -3.0
        found, _, wells = counted(cells, samples, threshold, draws=19)
        missing = cells["EdU"].isna()
        assert found.positive[missing].isna().all()
        assert not found.positive[cells["EdU"] == -3].any()
        assert wells["n_measured__edu"].sum() == (~missing).sum()
        for n in (1, 2, 3):
            few = cells[cells["EdU"].notna() & (cells["condition"] == "no_edu")].iloc[:n]
            assert len(judged(few, threshold, draws=19)[1].thresholds) == 1

    def test_every_object_positive_is_said(self):
        cells, _ = plate(seed=1)
        assert only_row(cells, ByValue(value=0.0))["verdict"] == "every object is positive"
        assert only_row(cells, ByValue(value=1e9))["verdict"] == "no object is positive"

    def test_a_plate_of_one_well(self):
        cells, samples = plate({"vehicle": 0.4}, wells=1, seed=2)
        _, _, wells = counted(cells, samples, ByMixture(), draws=99)
        assert len(wells) == 1
        assert abs(wells["positive_fraction__edu"].iloc[0] - cells["truth"].mean()) < 0.02


class TestCounts:
    def test_an_empty_field_counts_0_and_has_no_fraction(self):
        cells, samples = plate(seed=1)
        gone = samples["movie"].iloc[0]
        _, fields, wells = counted(cells[cells["movie"] != gone], samples, ByOtsu())
        row = fields.set_index("movie").loc[gone]
        assert row["n_objects__edu"] == row["n_positive__edu"] == row["n_total__edu"] == 0
        assert np.isnan(row["positive_fraction__edu"])
        assert wells["n_fields_empty"].tolist() == [1, *[0] * 8]
        assert (wells["n_fields"] == 4).all()
        assert np.isfinite(wells["positive_fraction__edu"]).all()

    def test_a_failed_field_is_not_an_empty_one(self):
        cells, samples = plate(seed=1)
        well = samples["well"] == "B01"
        samples.loc[well, "included"] = False
        kept = ~cells["movie"].isin(samples.loc[well, "movie"])
        _, fields, wells = counted(cells[kept], samples, ByOtsu())
        assert fields.loc[well, "n_objects__edu"].isna().all()
        lost = wells.set_index("well").loc["B01"]
        assert lost["n_fields"] == 0
        assert pd.isna(lost["n_positive__edu"])
        assert np.isnan(lost["positive_fraction__edu"])

    def test_fields_of_a_well_are_added_up_not_averaged(self):
        cells, samples = plate(seed=1)
        crowded = cells["movie"].eq("p1_B01_1") | ~cells["well"].eq("B01") | (cells["cell"] <= 5)
        step, found = judged(cells[crowded], ByOtsu())
        fields = fields_of(cells[crowded], samples, {"edu": found}, {"edu": step})
        wells = wells_of(fields).set_index("well").loc["B01"]
        own = fields[fields["well"] == "B01"]
        assert wells["n_total__edu"] == 60 + 3 * 5
        assert wells["positive_fraction__edu"] == pytest.approx(own["n_positive__edu"].sum() / 75)
        assert wells["positive_fraction__edu"] != pytest.approx(
            own["positive_fraction__edu"].mean()
        )

    def test_the_statistics_compare_the_pooled_fraction_of_wells(self):
        cells, samples = plate(seed=1)
        step, found = judged(cells, ByOtsu())
        fields = fields_of(cells, samples, {"edu": found}, {"edu": step})
        table = with_positives(cells, fields, {"edu": found}, {"edu": step})
        contrasts = Contrasts(unit="well", reference="vehicle")
        units = contrasts.units(table)
        assert set(units["measure"]) == {"positive__edu"}
        wells = wells_of(fields)
        np.testing.assert_allclose(units["mean"], wells["positive_fraction__edu"])
        effects = contrasts(table).effects
        whole = effects[(effects["session"] == "all") & (effects["claim"] == "these_sessions")]
        assert whole["n"].tolist() == [3, 3]
        assert set(contrasts(table).models["model"]) >= {"fixed_session", "quasi_binomial"}

    def test_another_set_may_be_the_whole(self):
        """Cells that are positive, as a share of all nuclei that a dye shows."""
        cells, samples = plate(seed=1)
        cells["object"] = "cell"
        rng = np.random.default_rng(0)
        n = rng.integers(60, 90, len(samples))
        whole = samples.loc[samples.index.repeat(n)].drop(columns="included")
        nuclei = whole.assign(object="nucleus", EdU=np.nan)
        both = pd.concat([cells, nuclei], ignore_index=True)
        step, found = judged(both, ByOtsu(), of="nucleus")
        fields = fields_of(both, samples, {"edu": found}, {"edu": step})
        assert fields["n_total__edu"].tolist() == n.tolist()
        table = with_positives(both, fields, {"edu": found}, {"edu": step})
        assert table.loc[table["object"] == "nucleus", "positive__edu"].isna().all()
        units = Contrasts(unit="well").units(table)
        shares = units[units["measure"] == "positive_fraction__edu"]
        assert set(shares["object"]) == {"nucleus"}
        wells = wells_of(fields)
        np.testing.assert_allclose(shares["mean"], wells["positive_fraction__edu"])
        expected = wells["n_positive__edu"] / wells["n_total__edu"]
        np.testing.assert_allclose(wells["positive_fraction__edu"], expected.astype(float))


class TestRefused:
    def test_what_the_table_lacks_is_named(self):
        cells, _ = plate(seed=1)
        for settings, told in (
            ({"measure": "EDU"}, "'EDU' is not in the table"),
            ({"object": "cell"}, "no object of the table is called 'cell'"),
            ({"of": "cell"}, "no object of the table is called 'cell'"),
            ({"by": "plate"}, "no column 'plate'"),
            ({"threshold": ByControls(condition="none")}, "no object has the condition 'none'"),
            ({"threshold": ByControls(wells=("H12",))}, "no object has the well 'H12'"),
        ):
            step = Positives(**{"measure": "EdU", "threshold": ByOtsu(), **settings})
            with pytest.raises(SettingsError, match=told):
                step(cells, name="edu")

    def test_a_measure_of_several_sets_needs_an_object(self):
        cells, _ = plate(seed=1)
        twice = pd.concat([cells, cells.assign(object="cell")], ignore_index=True)
        with pytest.raises(SettingsError, match="measured of nucleus and cell"):
            judged(twice, ByOtsu())
        assert judged(twice, ByOtsu(), object="cell")[1].asked.sum() == len(cells)

    def test_plates_that_nothing_tells_apart_are_told(self):
        """Well A01 of three plates would count as one well, and n would be a third."""
        parts = [plate(seed=seed)[0].assign(replicate=seed) for seed in (1, 2, 3)]
        cells = pd.concat(parts, ignore_index=True)
        cells["movie"] = cells["replicate"].astype(str) + cells["movie"]
        samples = cells.drop_duplicates("movie").assign(included=True)
        step = {"edu": Positives(measure="EdU", threshold=ByValue(value=50.0), draws=0)}
        with pytest.warns(
            LamellaWarning, match=r"A01 has fields of 3 replicates .* \(9 such wells"
        ):
            warn_of_positives(count_positives(step, cells, samples), "well")
        apart = cells.assign(session="plate" + cells["replicate"].astype(str))
        samples = apart.drop_duplicates("movie").assign(included=True)
        warn_of_positives(count_positives(step, apart, samples), "well")

    @pytest.mark.parametrize(
        "settings",
        [
            {},
            {"condition": "a", "wells": ("A01",)},
            {"condition": "a", "percentile": 95, "sds": 3},
            {"condition": "a", "positive_condition": "b", "positive_wells": ("A01",)},
            {"condition": "a", "percentile": 100},
        ],
    )
    def test_settings_that_contradict_each_other(self, settings):
        with pytest.raises(ValidationError):
            ByControls(**settings)


def test_wells_of_controls_by_any_of_their_names(tmp_path):
    """A1 in the settings, a1 in the table of another program: the well A01."""
    table = pd.DataFrame({"well": ["a1"] * 600 + ["b1"] * 20, "EdU": [*range(600), *[900] * 20]})
    table.to_csv(tmp_path / "cells.csv", index=False)
    step = Positives(measure="EdU", threshold=ByControls(wells=("A1",)), by=False, draws=0)
    judged = judge_table(tmp_path / "cells.csv", tmp_path / "out", step, name="edu")
    assert judged.wells.set_index("well")["n_positive__edu"].to_dict() == {"A01": 6, "B01": 20}
