import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from scipy import stats

from lamella.core.errors import InputError, LamellaWarning, SettingsError
from lamella.core.table import Col
from lamella.run.stats import compare_table
from lamella.statistics import Contrasts, to_units

SPEED = "mean_speed_um_per_min"


def by_condition(cells, measures, **settings):
    return Contrasts(measures=tuple(measures), **settings)(cells).conditions


def compare_conditions(cells, *, measures, **settings):
    """The effects in the sessions studied."""
    effects = Contrasts(measures=tuple(measures), **settings)(cells).effects
    return effects[effects[Col.CLAIM] == "these_sessions"].reset_index(drop=True)


def study():
    """Two sessions, conditions wt, ko and ki, 3 movies each, 4 cells a movie."""
    rng = np.random.default_rng(5)
    rows = [
        {
            "movie": f"{condition}{session}_{movie}",
            "cell": cell,
            "condition": condition,
            "session": session,
            SPEED: level + 0.1 * movie + rng.normal(0, 0.2),
            "area_um2": rng.normal(900, 50),
        }
        for condition, level in (("wt", 1.0), ("ko", 1.1), ("ki", 0.6))
        for session in ("low", "high")
        for movie in range(3)
        for cell in range(1, 5)
    ]
    return pd.DataFrame(rows)


def test_cells_of_a_movie_are_averaged():
    cells = study()
    units = to_units(cells, value=SPEED)
    assert len(units) == 18
    assert list(units[Col.N_CELLS]) == [4] * 18
    first = cells[cells["movie"] == "wtlow_0"]
    assert units[SPEED][0] == pytest.approx(first[SPEED].mean())
    assert tuple(units.iloc[0][[Col.CONDITION, Col.SESSION, Col.UNIT]]) == ("wt", "low", "wtlow_0")


def test_the_unit_column_comes_before_the_movie_where_it_is_filled():
    cells = study()
    cells["unit"] = np.where(cells["movie"].str.endswith("_0"), None, "dish")
    units = to_units(cells, value=SPEED)
    assert list(units[Col.UNIT][:2]) == ["wtlow_0", "dish"]
    assert list(units[Col.N_CELLS][:2]) == [4, 8]
    assert list(units[Col.N_MOVIES][:2]) == [1, 2]


def test_without_movies_each_row_is_a_unit():
    cells = study().drop(columns="movie")
    assert len(to_units(cells, value=SPEED)) == len(cells)
    assert by_condition(cells, [SPEED])[Col.N_MOVIES].isna().all()


def test_cells_as_units_are_told_apart_by_their_movie():
    units = to_units(study(), value=SPEED, unit="cell")
    assert len(units) == 72
    table = by_condition(study(), [SPEED], unit="cell")
    assert table[Col.N][0] == 24
    assert table[Col.N_MOVIES][0] == 6


def test_a_dish_number_used_in_both_sessions_is_two_dishes():
    cells = study().assign(dish=lambda t: t["movie"].str[-1])
    assert len(to_units(cells, value=SPEED, unit="dish")) == 18
    assert len(to_units(cells, value=SPEED, unit="dish", session=None)) == 9


def test_missing_values_are_left_out_and_counted():
    cells = study()
    cells.loc[0, SPEED] = np.nan
    cells.loc[1, SPEED] = np.inf
    cells.loc[4:7, SPEED] = np.nan
    units = to_units(cells, value=SPEED)
    assert list(units[Col.N_CELLS][:2]) == [2, 0]
    assert list(units["n_cells_missing"][:2]) == [2, 4]
    assert units[SPEED][0] == pytest.approx(cells[SPEED][2:4].mean())
    assert np.isnan(units[SPEED][1])
    row = by_condition(cells, [SPEED]).iloc[0]
    assert (row[Col.N], row[Col.N_CELLS], row["n_cells_missing"]) == (5, 18, 6)
    assert row[Col.N_MOVIES] == 5
    effect = compare_conditions(cells, measures=[SPEED], reference="wt").iloc[0]
    assert (effect[Col.N_REFERENCE], effect["n_cells_missing_reference"]) == (5, 6)


def test_conditions_summarised_over_units():
    cells = study()
    table = by_condition(cells, [SPEED, "area_um2"])
    assert len(table) == 2 * 3 * 3
    assert list(table[Col.SESSION][:9:3]) == ["all", "low", "high"]
    assert list(table[Col.CONDITION][:3]) == ["wt", "ko", "ki"]
    row = table.iloc[0]
    means = cells[cells["condition"] == "wt"].groupby("movie")[SPEED].mean()
    assert (row[Col.N], row[Col.N_CELLS], row[Col.N_MOVIES]) == (6, 24, 6)
    assert row[Col.MEAN] == pytest.approx(means.mean())
    assert row[Col.SD] == pytest.approx(means.std())
    assert row[Col.MEDIAN] == pytest.approx(means.median())
    expected = stats.t.interval(0.95, 5, means.mean(), stats.sem(means))
    assert (row[Col.MEAN_LOW], row[Col.MEAN_HIGH]) == pytest.approx(expected)


def test_effects_have_the_contract_columns_and_count_units():
    cells = study()
    table = compare_conditions(cells, measures=[SPEED], reference="wt")
    promised = [
        "measure",
        "claim",
        "session",
        "condition",
        "reference",
        "n",
        "n_reference",
        "mean",
        "mean_reference",
        "difference",
        "cohens_d",
        "cohens_d_low",
        "cohens_d_high",
        "hedges_g",
        "cliffs_delta",
    ]
    assert [name for name in table.columns if name in promised] == promised
    assert set(table[Col.CLAIM]) == {"these_sessions"}
    assert list(table[Col.SESSION]) == ["all", "all", "low", "low", "high", "high"]
    assert list(table[Col.CONDITION]) == ["ko", "ki"] * 3
    means = cells.groupby(["condition", "session", "movie"])[SPEED].mean()
    for session, rows in table.groupby(Col.SESSION):
        level = means if session == "all" else means.xs(session, level="session")
        ours, theirs = level.loc["ki"], level.loc["wt"]
        ki = rows[rows[Col.CONDITION] == "ki"].iloc[0]
        assert (ki[Col.N], ki[Col.N_REFERENCE]) == (len(ours), len(theirs))
        assert ki[Col.DIFFERENCE] == pytest.approx(ours.mean() - theirs.mean())
        sd = np.sqrt((ours.var() + theirs.var()) / 2)
        assert ki[Col.COHENS_D] == pytest.approx(ki[Col.DIFFERENCE] / sd)
        if session != "all":
            test = stats.ttest_ind(ours, theirs)
            assert ki[Col.P] == pytest.approx(test.pvalue)
            ends = test.confidence_interval()
            assert tuple(ki[[Col.ESTIMATE_LOW, Col.ESTIMATE_HIGH]]) == pytest.approx(tuple(ends))


def test_all_pairs_take_the_earlier_condition_as_reference():
    table = compare_conditions(study(), measures=[SPEED], session=None)
    pairs = list(zip(table[Col.CONDITION], table[Col.REFERENCE], strict=True))
    assert pairs == [("ko", "wt"), ("ki", "wt"), ("ki", "ko")]
    assert set(table[Col.SESSION]) == {"all"}


def test_the_order_of_rows_does_not_change_an_effect():
    cells = study()
    shuffled = cells.sample(frac=1, random_state=3)
    keys = ["session", "condition"]
    one, other = (
        compare_conditions(t, measures=[SPEED], reference="wt").sort_values(keys, ignore_index=True)
        for t in (cells, shuffled)
    )
    pd.testing.assert_frame_equal(one, other)


def test_rows_without_a_condition_are_left_out_and_counted():
    cells = study()
    cells.loc[:7, "condition"] = None
    cells.loc[8, "condition"] = " "
    table = compare_conditions(cells, measures=[SPEED], reference="wt")
    assert set(table["n_cells_left_out"]) == {9}
    assert set(table[Col.CONDITION]) == {"ko", "ki"}
    assert set(by_condition(cells, [SPEED])["n_cells_left_out"]) == {9}


def test_cells_without_a_session_count_over_all_of_them_only():
    cells = study()
    cells.loc[cells["movie"] == "wtlow_0", "session"] = None
    table = by_condition(cells, [SPEED])
    of_wt = table[table[Col.CONDITION] == "wt"].set_index(Col.SESSION)
    assert dict(of_wt[Col.N]) == {"all": 6, "low": 2, "high": 3}
    assert set(table["n_cells_left_out"]) == {0}


def test_a_condition_without_values_or_absent_from_a_session_has_its_row():
    cells = study()
    cells.loc[cells["condition"] == "ki", SPEED] = np.nan
    cells = cells[(cells["condition"] != "ko") | (cells["session"] != "low")]
    table = compare_conditions(cells, measures=[SPEED], reference="wt")
    assert len(table) == 6
    row = table.set_index([Col.SESSION, Col.CONDITION])
    assert row.loc[("all", "ki"), Col.N] == 0
    assert np.isnan(
        row.loc[("all", "ki"), [Col.MEAN, Col.COHENS_D, Col.CLIFFS_DELTA]].to_list()
    ).all()
    assert row.loc[("low", "ko"), Col.N] == 0
    assert np.isfinite(row.loc[("high", "ko"), Col.COHENS_D])


def test_numbers_as_conditions_are_names_whatever_the_column_became():
    cells = study()
    cells["condition"] = cells["condition"].map({"wt": 0, "ko": 10, "ki": np.nan})
    table = compare_conditions(cells, measures=[SPEED], reference="0", session=None)
    assert list(table[Col.CONDITION]) == ["10"]


def test_categories_and_nullable_types_are_read():
    cells = study().astype({"condition": "category", "session": "category", SPEED: "Float64"})
    cells.loc[3, SPEED] = pd.NA
    assert np.isfinite(compare_conditions(cells, measures=[SPEED])[Col.COHENS_D]).all()


def test_the_table_given_stays_as_it_was_and_any_index_is_read():
    cells = study()
    cells.index = np.zeros(len(cells), int)
    before = cells.copy()
    table = compare_conditions(cells, measures=[SPEED])
    pd.testing.assert_frame_equal(cells, before)
    pd.testing.assert_frame_equal(table, compare_conditions(study(), measures=[SPEED]))


def test_unknown_names_are_told_with_the_known_ones():
    cells = study()
    with pytest.raises(SettingsError, match=r"'wild' is not a condition .* are wt, ko, ki"):
        compare_conditions(cells, measures=[SPEED], reference="wild")
    with pytest.raises(SettingsError, match=f"'speed' is not in the table.*{SPEED}, area_um2"):
        compare_conditions(cells, measures=["speed"])
    wide = cells.assign(**{f"{name}__{c}": 1.0 for name in ("sum", "mean") for c in "abcdefghijk"})
    with pytest.raises(SettingsError, match=r"did you mean mean__\w, .* The table has \d+"):
        compare_conditions(wide, measures=["mean__A"])
    with pytest.raises(SettingsError, match="'movie' is not numeric"):
        by_condition(cells, ["movie"])
    with pytest.raises(SettingsError, match="session: there is no column 'day'"):
        compare_conditions(cells, measures=[SPEED], session="day")
    with pytest.raises(SettingsError, match="unit: there is no column 'dish'"):
        to_units(cells, value=SPEED, unit="dish")
    with pytest.raises(SettingsError, match="condition: there is no column 'condition'"):
        by_condition(cells.drop(columns="condition"), [SPEED])


def test_a_table_without_sessions_is_one_session():
    table = compare_conditions(study().drop(columns="session"), measures=[SPEED])
    assert set(table[Col.SESSION]) == {"all"}


def test_a_session_called_all_is_refused():
    with pytest.raises(InputError, match="a session is named 'all'"):
        by_condition(study().replace({"session": {"low": "all"}}), [SPEED])


def test_kinds_of_objects_are_not_mixed():
    cells = study()
    both = pd.concat([cells.assign(object="cell"), cells.assign(object="nucleus", area_um2=100.0)])
    with pytest.raises(InputError, match="several kinds of objects: cell, nucleus"):
        to_units(both, value="area_um2")
    both = both[(both["object"] == "cell") | (both["condition"] != "wt")]
    conditions, effects, *_ = Contrasts(reference="wt")(both)
    assert list(effects.columns[:2]) == ["object", "measure"]
    of_cells = effects[effects["object"] == "cell"].drop(columns="object").reset_index(drop=True)
    pd.testing.assert_frame_equal(of_cells, Contrasts(reference="wt")(cells)[1])
    of_nuclei = effects[effects["object"] == "nucleus"]
    assert (of_nuclei[Col.N_REFERENCE] == 0).all()
    assert of_nuclei[Col.COHENS_D].isna().all()
    assert set(conditions["object"]) == {"cell", "nucleus"}


def test_contrasts_give_both_tables_of_the_standard_measures():
    cells = study().assign(
        lam_cyto_ratio__arp=1.5, lam_cyto_ratio__actin=1.4, persistence=np.nan, other=1.0
    )
    conditions, effects, *_ = Contrasts()(cells)
    expected = [SPEED, "area_um2", "lam_cyto_ratio__arp", "lam_cyto_ratio__actin"]
    assert list(dict.fromkeys(conditions[Col.MEASURE])) == expected
    assert list(dict.fromkeys(effects[Col.MEASURE])) == expected


@pytest.mark.parametrize("stand_in", ["mean_step_um", "mean_step_px"])
def test_steps_stand_in_for_speed_where_the_scale_is_not_known(stand_in):
    cells = study().rename(columns={SPEED: stand_in}).assign(**{SPEED: np.nan})
    effects = Contrasts(reference="wt")(cells)[1]
    assert list(dict.fromkeys(effects[Col.MEASURE])) == [stand_in, "area_um2"]


def test_contrasts_take_their_settings_and_refuse_unknown_ones():
    settings = Contrasts(reference="ko", unit="dish", measures=["area_um2"], session=None)
    effects = settings(study().assign(dish=lambda t: t["movie"].str[-1]))[1]
    assert list(effects[Col.CONDITION]) == ["wt", "ki"] * 2
    assert list(effects[Col.N]) == [3] * 4
    with pytest.raises(ValidationError, match="referense"):
        Contrasts(referense="wt")
    with pytest.raises(SettingsError, match="'wild' is not a condition"):
        Contrasts(reference="wild")(study())


def test_one_condition_or_no_cell_gives_tables_without_comparisons():
    cells = study()
    conditions, effects, *_ = Contrasts()(cells[cells["condition"] == "wt"])
    assert len(conditions) == 6
    assert len(effects) == 0
    for part in Contrasts()(cells[:0]):
        assert len(part) == 0
        assert Col.MEASURE in part.columns


def test_one_unit_has_a_mean_and_no_interval():
    cells = study()
    row = by_condition(cells[cells["movie"] == "wtlow_0"], [SPEED]).iloc[0]
    assert row[Col.N] == 1
    assert np.isfinite(row[Col.MEAN])
    assert np.isnan([row[Col.SD], row[Col.MEAN_LOW], row[Col.MEAN_HIGH]]).all()


def crowded():
    """Two conditions of three movies: five cells seen long, and ten seen for a step or two."""
    rows = [
        {
            "movie": f"{condition}{movie}",
            "cell": cell,
            "condition": condition,
            "session": "1",
            "n_valid_pairs": 20 if cell <= 5 else 2,
            SPEED: (speed + 0.01 * movie) if cell <= 5 else 9.0,
        }
        for condition, speed in (("wt", 1.0), ("ko", 0.5))
        for movie in range(3)
        for cell in range(1, 16)
    ]
    return pd.DataFrame(rows)


def test_short_tracks_do_not_outvote_the_long_ones_of_their_movie():
    conditions, effects, *_ = Contrasts(measures=(SPEED,), reference="wt")(crowded())
    whole = conditions[conditions[Col.SESSION] == "all"].set_index(Col.CONDITION)
    assert whole.loc["wt", Col.MEAN] == pytest.approx(1.01)
    assert whole.loc["ko", [Col.N, Col.N_CELLS, Col.N_CELLS_SHORT]].tolist() == [3, 15, 30]
    assert effects[[Col.N_CELLS_SHORT, Col.N_CELLS_SHORT_REFERENCE]].to_numpy().tolist() == [
        [30, 30]
    ] * len(effects)
    everything = Contrasts(measures=(SPEED,), min_steps=0)(crowded()).conditions
    assert everything[Col.MEAN].min() > 6
    assert not everything[Col.N_CELLS_SHORT].any()


def test_a_movie_of_short_cells_alone_keeps_them():
    cells = crowded()
    cells.loc[cells["movie"] == "wt0", "n_valid_pairs"] = 3
    conditions = Contrasts(measures=(SPEED,))(cells).conditions
    wt = conditions[conditions[Col.CONDITION] == "wt"].iloc[0]
    assert (wt[Col.N], wt[Col.N_CELLS], wt[Col.N_CELLS_SHORT]) == (3, 25, 20)


def test_a_movie_counts_once_however_many_cells_it_has():
    cells = crowded()
    one_of_many = pd.concat([cells, *[cells[cells["movie"] == "wt0"]] * 20], ignore_index=True)
    measured = [Contrasts(measures=(SPEED,))(each)[0][[Col.N, Col.MEAN]] for each in
                (cells, one_of_many)]  # fmt: skip
    pd.testing.assert_frame_equal(*measured)


def test_the_command_leaves_out_what_the_study_left_out(tmp_path):
    cells = crowded().assign(in_statistics=lambda table: table["cell"] <= 5)
    cells.to_csv(tmp_path / "cells.csv", index=False)
    with pytest.warns(LamellaWarning, match=r"60 of 90 cells do not count.*delete that column"):
        effects = compare_table(
            tmp_path / "cells.csv", tmp_path / "out", Contrasts(measures=(SPEED,))
        ).effects
    assert effects[[Col.MEAN_REFERENCE, Col.MEAN]].iloc[0].tolist() == pytest.approx([1.01, 0.51])
