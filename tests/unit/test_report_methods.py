"""The methods text: every method has its words, every number its reference."""

import re
from typing import get_args

import pytest

from lamella.report.methods import images, methods_of
from lamella.report.methods.citations import REFERENCES, Citations
from lamella.report.methods.tests import MODELS
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


def test_works_have_an_address():
    without = [name for name, text in REFERENCES.items() if "doi:10." not in text]
    assert without == ["holm"]  # printed before there were any, and never given one


def test_every_work_is_cited_somewhere():
    cited = {work for _, works in MODELS.values() for work in works}
    assert cited <= set(REFERENCES)
