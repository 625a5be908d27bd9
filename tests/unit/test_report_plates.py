"""A study of plates in its own words, and the share of positives before all else."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lamella.core.table import Col
from lamella.report.contents import ReportInput
from lamella.report.figures.superplot import superplot
from lamella.report.figures.violins import violins
from lamella.report.html import render
from lamella.report.methods import methods_of, signal
from lamella.report.methods.citations import Citations
from lamella.report.plates import on_plates
from lamella.report.sentences import asked
from lamella.report.signal import signal as figures_of_signal
from lamella.report.style import Key
from lamella.report.told import key_measures
from lamella.report.words import label, number
from lamella.statistics import Contrasts
from lamella.statistics.measures import standard_measures
from worlds.reports import told_study
from worlds.signal import told_plate

AREA, EDU = "area_um2", "intensity_mean__EdU"


@pytest.fixture(scope="module")
def plate():
    """Two conditions on two plates; areas are compared too, and stand before positives."""
    told = told_plate(("session DMSO", "<low>"), wells=3, cells_per_well=25)
    asked = Contrasts(reference="session DMSO", unit="well", measures=(AREA, "positive__edu"))
    return replace(
        told,
        **asked(told.cells)._asdict(),
        units=asked.units(told.cells, also=[EDU]),
        events=pd.DataFrame(
            {
                "movie": told.cells["movie"].iloc[:1], "object": "cell", "cell": 1, "frame": 0,
                "kind": "border", "words": "Cell 1 touches the edge of the field.",
            }
        ),
    )  # fmt: skip


@pytest.fixture(scope="module")
def page(plate):
    return render(plate, [])


def test_sessions_of_wells_are_plates(plate, page):
    assert (plate.session, plate.movie) == ("plate", "image")
    assert "On these plates" in page
    assert "Across plates" in page
    first = page[page.index('id="answers"') : page.index('id="measures"')]
    for words in ("n these sessions", "cross sessions", "every session", "of sessions"):
        assert words not in re.sub(r"<li id=\"note.*?</li>", "", first)
    assert "Does it hold on every plate?" in page
    # A name of the user's stays.
    assert "session DMSO" in page
    assert "plate DMSO" not in page


def test_movies_and_stills_without_wells_keep_sessions():
    study = told_study(movies_per_session=1, cells_per_movie=1, n_frames=3)
    assert (study.session, study.movie) == ("session", "movie")
    stills = pd.DataFrame({Col.N_FRAMES: [1, 1], Col.WELL: [None, np.nan]})
    assert ReportInput(cells=stills).session == "session"
    assert ReportInput(cells=stills.assign(well="B02")).session == "plate"
    assert Key.of(stills.assign(well="B02")).said("across sessions") == "across plates"


def test_words_that_are_not_about_sessions_stay():
    assert on_plates("in these wells, in the sessions studied") == (
        "in these wells, on the plates studied"
    )


def test_positives_are_answered_first(page):
    first = page[page.index('id="answers"') : page.index('id="measures"')]
    table = first[first.index("<table") :]
    assert table.index("hare positive (edu)") < table.index(">Area<")


def test_a_nucleus_is_no_second_cell(plate):
    assert "cells in 12 images" in asked(plate)
    n = len(plate.cells)
    both = pd.concat([plate.cells, plate.cells.assign(object="nucleus")], ignore_index=True)
    told = replace(plate, cells=both)
    said = f"{number(2 * n)} objects ({n} cell, {n} nucleus)"
    assert f"{said} in 12 images" in asked(told)
    assert f"{said} of 12 images" in methods_of(told, "0.1.0").paragraphs[0][1]


def test_names_of_the_user_are_escaped(page):
    assert "<low>" not in page
    assert "&lt;low&gt;" in page


def test_an_image_tells_how_many_are_cut_and_has_no_tracks(page):
    assert "cut by the edge of the field" in page
    assert "touches the edge of the field" not in page  # a row for each would hide what matters
    assert "Tracks to look at" not in page
    assert "Events of its tracks" not in page


def test_ratios_have_names_that_say_what_is_divided():
    assert [label(name) for name in (
        "cell_nucleus_area_ratio", "cytoplasm_nucleus_area_ratio", "nucleus_cell_area_ratio",
        "nucleus_cytoplasm_ratio__EdU",
    )] == [
        "cell ÷ nucleus area", "cytoplasm ÷ nucleus area", "nucleus ÷ cell area",
        "nucleus ÷ cytoplasm intensity (EdU)",
    ]  # fmt: skip


def test_what_positives_are_told_by_has_a_violin_with_its_wells(plate):
    bare = replace(
        plate, cells_and_nuclei=pd.DataFrame(), questions=pd.DataFrame(),
        question_lines=pd.DataFrame(), question_units=pd.DataFrame(),
    )  # fmt: skip
    drawn = {each.name: each for each in figures_of_signal(bare, Key.of(bare.cells))}
    violin = drawn[f"spread_{EDU}"]
    assert violin.topic == "signal"
    assert b"6 wells" in violin.images.svg
    assert b"mean of a well" in violin.images.svg
    # With questions, whose figures hold the intensities of both compartments, once is enough.
    both = [each.name for each in figures_of_signal(plate, Key.of(plate.cells))]
    assert len(both) == len(set(both))


def test_counts_below_are_of_what_is_there(plate):
    """A share is of wells, of which the table of units knows no movie; controls have no units."""
    units = plate.units[plate.units["measure"] == "positive__edu"]
    shares = units.assign(positive__edu=units["mean"])
    below = superplot(shares, "positive__edu", cell="well").axes[0].get_xticklabels()
    assert [text.get_text().splitlines()[1:] for text in below] == [["6 wells"]] * 2
    light = plate.units[(plate.units["measure"] == EDU) & (plate.units["condition"] == "<low>")]
    below = violins(plate.cells, EDU, units=light, unit="wells").axes[0].get_xticklabels()
    assert [len(text.get_text().splitlines()) for text in below] == [2, 3]


def test_units_hold_what_is_shown_and_not_compared(plate):
    asked = Contrasts(reference="session DMSO", unit="well", measures=(AREA,))
    units = asked.units(plate.cells, also=[EDU])
    assert list(dict.fromkeys(units["measure"])) == [AREA, EDU]
    well = plate.cells[(plate.cells["well"] == "A01") & (plate.cells["session"] == "plate 1")]
    own = units[(units["measure"] == EDU) & (units["unit"] == "A01")]
    assert own["mean"].iloc[0] == pytest.approx(well[EDU].mean())


def test_a_share_of_another_set_is_one_question():
    cells = pd.DataFrame(
        {
            "object": ["nucleus", "cell"],
            "positive__a": pd.array([True, None], dtype="boolean"),
            "positive__b": pd.array([False, None], dtype="boolean"),
            "positive_fraction__b": [np.nan, 0.5],
        }
    )
    assert standard_measures(cells) == ("positive__a", "positive_fraction__b")
    assert key_measures(cells) == ["positive__a", "positive_fraction__b"]


class TestMethods:
    def test_of_a_plate(self, plate):
        text = " ".join(words for _, words in methods_of(plate, "0.1.0").paragraphs)
        for said in (
            "The well was the statistical unit",
            "and 2 plates, were analysed",
            "condition and plate as fixed effects",
            "Objects are “edu”-positive where their mean intensity (EdU) lies above a threshold "
            "that is percentile 99 of the negative controls (session DMSO), one for each plate",
            "leaves out one unit at a time",
        ):
            assert said in text
        assert "2 sessions" not in text

    @pytest.mark.parametrize(
        ("threshold", "said"),
        [
            ({"method": "controls", "wells": ["A01", "A02"]}, "controls (A01 and A02)"),
            ({"method": "controls", "condition": "no", "sds": 3.0}, "the mean + 3 SD of the neg"),
            ({"method": "otsu", "scale": "log"}, "Otsu’s [1] of logarithms"),
            ({"method": "mixture", "scale": "log"}, "are equally likely"),
            ({"method": "value", "value": 12.5}, "a value set by the user (12.5)"),
        ],
    )
    def test_of_every_threshold(self, threshold, said):
        told = pd.DataFrame({"positives": ["edu"]})
        settings = {"positives": {"edu": {"measure": EDU, "threshold": threshold}}}
        assert said in signal.positives(settings, told, Citations())

    def test_of_a_nucleus_that_must_lie_inside(self):
        cells = pd.DataFrame({Col.NUCLEUS: [1.0]})
        how = {"ring_um": None, "membrane_um": None}
        text = signal.compartments({"compartment": {**how, "least_inside": 0.5}}, cells)
        assert "less than 50 % lies in a cell is not that cell’s" in text
        assert "less than" not in signal.compartments({"compartment": how}, cells)

    def test_controls_below(self):
        told = pd.DataFrame({"positives": ["edu"]})
        how = {"method": "controls", "condition": "no", "sds": 2.0}
        step = {"measure": EDU, "threshold": how, "side": "below", "of": "all", "by": False}
        text = signal.positives({"positives": {"edu": step}}, told, Citations())
        assert "lies below a threshold" in text
        assert "the mean − 2 SD" in text
        assert "one for all" in text
        assert "their number over that of all objects “all”" in text
        how = {"method": "controls", "condition": "no", "percentile": 99.0}
        text = signal.positives(
            {"positives": {"edu": {**step, "threshold": how}}}, told, Citations()
        )
        assert "percentile 1 of" in text
