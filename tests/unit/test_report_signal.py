"""The report of a plate: what it shows, what it leaves out, and figures of odd tables."""

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lamella.core.table import Col
from lamella.report.contents import ReportInput
from lamella.report.figures.plate import layout_of, place_of, plate_map
from lamella.report.figures.questions import question_panels
from lamella.report.figures.thresholds import threshold_panels
from lamella.report.figures.violins import violins
from lamella.report.html import render
from lamella.report.pictures import pictures
from lamella.report.style import save
from lamella.report.tables import is_share
from worlds.reports import told_study
from worlds.signal import cells_and_nuclei, told_plate


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.fixture(scope="module")
def plate():
    return told_plate(("DMSO", "low"), wells=3, cells_per_well=25)


@pytest.fixture(scope="module")
def drawn(plate):
    return pictures(plate)


@pytest.fixture(scope="module")
def page(plate, drawn):
    return render(plate, drawn)


def test_a_plate_has_its_parts_and_nothing_that_moves(page, drawn):
    for anchor in ("positives", "signal", "compartments", "questions"):
        assert f'<section class="leaf" id="{anchor}"' in page
    names = {each.name for each in drawn}
    assert not names & {"trajectories", "directions", "time_course", "displacement_by_lag"}
    assert "12 images" in page
    assert "Each well counts once" in page


def test_the_first_screen_answers_in_shares_of_wells(page):
    first = page[page.index('id="answers"') : page.index('id="measures"')]
    assert "share positive (edu)" in first.lower()
    assert "n = 6 vs 6 wells" in first


def test_figures_of_a_plate(drawn):
    names = {each.name: each.topic for each in drawn}
    assert names["threshold_edu"] == names["plate_positive_fraction__edu"] == "positives"
    assert names["spread_nucleus_intensity_mean__EdU"] == "signal"
    assert names["question_E_cell_intensity_mean__actin"] == "questions"
    assert names["by_condition_positive__edu"] == ""
    assert all(len(each.images.svg) < 250_000 for each in drawn)


def test_a_study_of_movies_has_none_of_these_parts():
    page = render(told_study(movies_per_session=1, cells_per_movie=1, n_frames=3))
    for anchor in ("positives", "signal", "compartments", "questions"):
        assert f'id="{anchor}"' not in page
    assert "Movies" in page


def test_remarks_of_an_image_tell_of_its_nuclei(page):
    assert "Cells without a nucleus: 3." in page


def test_stills_are_told_by_their_frames():
    assert not ReportInput().stills
    assert ReportInput(cells=pd.DataFrame({Col.N_FRAMES: [1, 1]})).movie == "image"
    assert ReportInput(cells=pd.DataFrame({Col.N_FRAMES: [1, 2]})).movie == "movie"


def test_shares_are_told_from_measures():
    table = pd.DataFrame(
        {
            "positive__edu": pd.array([True, False, None], dtype="boolean"),
            "area_um2": [1.0, 0.5, np.nan],
            "nothing": [np.nan] * 3,
            "positive_fraction__edu": [0.5] * 3,
        }
    )
    assert [is_share(table, name) for name in table] == [True, False, False, True]


@pytest.mark.parametrize(
    ("wells", "layout"),
    [
        (["A1", "H12"], (8, 12)),
        (["a01", "C 3"], (8, 12)),
        (["A01", "I01"], (16, 24)),
        (["A13"], (16, 24)),
        (["P25"], (32, 48)),
        (["AF48"], (32, 48)),
        (["control"], None),
        ([], None),
    ],
)
def test_plates_are_as_large_as_their_wells_need(wells, layout):
    assert layout_of(wells) == layout


def test_no_place_beyond_the_largest_plate():
    assert place_of("AG01") is None
    assert place_of("A49") is None
    assert place_of("A00") is None


def test_wells_without_a_value_and_wells_left_out_are_drawn():
    wells = pd.DataFrame(
        {"well": ["A01", "A02", "x"], "condition": "c", "session": "p", "v": [1.0, np.nan, 3.0]}
    )
    samples = pd.DataFrame({"well": ["A01", "A02", "A03"], "condition": "c", "session": "p"})
    axes = plate_map(wells, "v", samples=samples).axes[0]
    fills, frames = axes.collections
    assert (len(fills.get_paths()), len(frames.get_paths())) == (1, 3)
    signs = {(line.get_xdata()[0], line.get_marker()) for line in axes.lines}
    assert signs == {(1, "_"), (2, "x")}


def test_odd_values_are_drawn_or_said():
    cells = pd.DataFrame({"condition": ["a"] * 4 + ["b"], "v": [1.0, 1.0, 1.0, 1.0, np.nan]})
    save(violins(cells, "v"))
    save(violins(cells.iloc[4:], "v"))
    save(violins(cells.assign(v=[1e-3, 1, 10, 1e3, 1e4]), "v"))
    wells = pd.DataFrame({"well": ["A01"], "condition": ["a"], "v": [np.nan]})
    save(plate_map(wells, "v"))
    save(plate_map(pd.DataFrame(), "v"))
    save(question_panels(pd.DataFrame(), pd.DataFrame(), pd.DataFrame()))
    save(threshold_panels(cells, pd.DataFrame()))
    rows = pd.DataFrame({"plate": ["p"], "measure": ["v"], "threshold": [np.nan]})
    save(threshold_panels(cells, rows, by=None))


def test_an_axis_of_logarithms_counts_what_has_no_place():
    chance = np.random.default_rng(0)
    value = np.exp(chance.normal(0, 3, 1000))
    value[0] = -1
    axes = violins(pd.DataFrame({"condition": "a", "v": value}), "v").axes[0]
    assert axes.get_yscale() == "log"
    assert [text.get_text() for text in axes.texts] == ["1 cell not positive, not shown"]


def test_lines_and_words_of_a_panel_are_those_of_the_tables(plate):
    rows = plate.questions[plate.questions["question"] == "F"]
    lines = plate.question_lines[plate.question_lines["question"] == "F"]
    drawn = question_panels(plate.cells_and_nuclei, rows, lines)
    row = rows[rows["condition"] == "DMSO"].iloc[0]
    words = drawn.axes[0].texts[0].get_text()
    assert f"r {row['r']:.2f}".replace("-", "−") in words
    own = lines[lines["condition"] == "DMSO"]
    np.testing.assert_array_equal(drawn.axes[0].lines[0].get_ydata(), own["line_y"])


def test_thousands_of_cells_stay_small():
    cells = cells_and_nuclei(("a", "b", "c"), wells=4, cells_per_well=1000)
    told = told_plate(("a", "b", "c"), wells=1, cells_per_well=20)
    rows = told.questions[told.questions["question"] == "F"]
    drawn = question_panels(cells, rows, told.question_lines)
    assert len(save(drawn).svg) < 400_000
    assert len(save(violins(cells, "cell_area_um2")).svg) < 100_000


def test_without_thresholds_there_is_no_part_on_positives(plate):
    bare = replace(plate, thresholds=pd.DataFrame(), wells=pd.DataFrame(), fields=pd.DataFrame())
    page = render(bare, [])
    assert 'id="positives"' not in page
