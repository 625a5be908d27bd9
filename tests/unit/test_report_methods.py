"""The methods text: every method has its words, every number its reference."""

import re
from dataclasses import replace
from typing import get_args

import pytest

from lamella.report.methods import images, methods_of, signal
from lamella.report.methods.citations import REFERENCES, Citations
from lamella.report.methods.comparisons import MODELS
from lamella.segment import Segmenter
from lamella.track import Tracker
from worlds.reports import SETTINGS, told_study


def methods_in(union):
    return [each.model_fields["method"].default for each in get_args(get_args(union)[0])]


@pytest.mark.parametrize("method", methods_in(Segmenter))
def test_every_segmenter_has_its_words(method):
    text = images.segmentation("cell", {"segment": {"method": method}}, Citations())
    assert "by the method" not in text


@pytest.mark.parametrize("method", methods_in(Tracker))
def test_every_tracker_has_its_words(method):
    text = images.tracking("cell", {"track": {"method": method}}, Citations())
    assert "followed by" not in text


def test_references_are_numbered_as_they_are_named():
    paragraphs, references = methods_of(told_study(), "0.1.0")
    text = " ".join(words for _, words in paragraphs)
    found = [int(n) for group in re.findall(r"\[([\d,]+)\]", text) for n in group.split(",")]
    assert list(dict.fromkeys(found)) == list(range(1, len(references) + 1))
    assert references[0].startswith("Otsu")


def test_what_was_set_and_done_is_said():
    text = " ".join(words for _, words in methods_of(told_study(), "0.1.0").paragraphs)
    for said in (
        "multi-Otsu thresholding into 3 classes",
        "smoothing_px = 1",
        "linear assignment",
        "6 movies of 12",
        "percentile = 50",
        "bleaching was undone by exponential",
        "The movie was the statistical unit",
        "paired t test of session means",
        "adjusted by Holm",
        "numpy 2.0",
    ):
        assert said in text
    assert "speed of the edge" not in text  # that group is off
    assert SETTINGS["measure"]["edge"] is False


def text_of(report):
    return " ".join(words for _, words in methods_of(report, "0.1.0").paragraphs)


def with_settings(report, **changed):
    return replace(report, provenance={**report.provenance, "settings": {**SETTINGS, **changed}})


def test_drift_other_outlines_and_short_tracks_are_said_where_they_were():
    report = told_study()
    bare = text_of(replace(report, outlines=report.outlines.iloc[:0]))
    assert "drift" not in bare
    assert "measured again" not in bare
    assert "too few steps" not in bare
    counts = [False, *[True] * (len(report.cells) - 1)]
    done = with_settings(
        replace(report, cells=report.cells.assign(in_statistics=counts)),
        drift={"model": "rigid", "by": "phase"},
        outlines={"error_px": 1.5, "smoothing_px": 2.0},
        statistics={"min_steps": 5},
    )
    text = text_of(done)
    assert "drift of the field of view was measured in every movie (model = rigid" in text
    assert "outlines 1.5 px wider, 1.5 px narrower, and smoothed (Gaussian of SD 2 px" in text
    assert "1 cell with too few steps to count (min_steps = 5)" in text
    # Asked for, and not come about in every movie: nothing is told of it.
    assert "measured again" not in text_of(replace(done, outlines=report.outlines.iloc[:0]))


def test_given_masks_are_not_said_to_be_segmented():
    objects = {"cell": {"segment": {"method": "labels", "pattern": "masks/{movie}.tif"}}}
    text = text_of(with_settings(told_study(), objects=objects))
    assert "from existing label images" in text
    assert "segmented" not in text
    assert "For segmentation" not in text


def test_works_have_an_address():
    without = [name for name, text in REFERENCES.items() if "doi:10." not in text]
    assert without == ["holm"]  # printed before there were any, and never given one


def test_every_work_is_cited_somewhere():
    cited = {work for _, works in MODELS.values() for work in works}
    assert cited <= set(REFERENCES)


@pytest.mark.parametrize("statistic", [None, "mean"])
def test_illumination_is_told_whether_or_not_its_statistic_was_set(statistic):
    how = {"per": "session", "degree": None, **({"statistic": statistic} if statistic else {})}
    told = signal.illumination({"illumination": how}, Citations())
    chosen = "mean of many fields" if statistic else "median or mean, whichever the fields agreed"
    assert f"estimated from the {chosen}" in told


@pytest.mark.parametrize(("method", "said"), [("multiotsu", False), ("cellpose", True)])
def test_software_of_networks_is_said_where_a_network_took_part(method, said):
    told = told_study()
    objects = {"cell": {"segment": {"method": method}}}
    provenance = told.provenance | {
        "versions": told.provenance["versions"] | {"torch": "2.13.0", "cellpose": "3.1.1.3"},
        "settings": told.provenance["settings"] | {"objects": objects},
    }
    software = text_of(replace(told, provenance=provenance)).split("Lamella 0.1.0")[-1]
    assert ("torch 2.13.0 and cellpose 3.1.1.3" in software) is said
    assert "numpy 2.0" in software
