"""Names from files and people stay text on every page and in every figure.

A page is made twice, with markup in every name and with letters in its place: both must have the
same elements with the same attributes.
"""

import dataclasses
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from defusedxml.ElementTree import fromstring

from lamella.report.analyses_page import AnalysesInput, render_analyses
from lamella.report.figures.superplot import superplot
from lamella.report.html import render
from lamella.report.model import BeforeAfter, ModelInput, TableTold, render_model
from lamella.report.picture import Picture
from lamella.report.pseudo_labels import PseudoLabelsInput, Strip, render_pseudo_labels
from lamella.report.style import Images, save
from lamella.report.suggest import Choice, SuggestInput, render_suggestions
from worlds.reports import told_study

MARKUP = "<b onclick=x()>\"'><script src=//x></script>&lt;{{7*7}}]]>--><svg/onload=x>"
LETTERS = "".join("k" if each in "<>\"'&={}" else each for each in MARKUP)
PNG = (
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\0\0\0\0:~\x9bU\0\0\0\nIDATx\x9cc`\0\0\0\2\0"
    b"\1H\xaf\xa4q\0\0\0\0IEND\xaeB`\x82"
)
# Words of ours, by which pages decide what to show.
OURS = {"measure", "claim", "kind", "state", "stage", "model", "outlines", "score", "object"}


class Structure(HTMLParser):
    """Every element with the names of its attributes."""

    def __init__(self, page):
        super().__init__()
        self.elements = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, tuple(name for name, _ in attrs)))


def structure(page):
    return Structure(page).elements


def named(value, mark, name=""):
    """The same with a mark behind every text that is not a word of ours."""
    if isinstance(value, str):
        return value + mark
    if isinstance(value, pd.DataFrame):
        texts = [c for c in value if isinstance(c, str) and c not in OURS and _is_text(value[c])]
        return value.assign(**{c: value[c].map(lambda v: v + mark if v else v) for c in texts})
    if isinstance(value, dict):
        return {k + mark: v for k, v in value.items()}
    if isinstance(value, tuple | list):
        return type(value)(named(each, mark) for each in value)
    return value


def _is_text(column):
    return column.dropna().map(type).eq(str).all() and column.notna().all() and len(column)


def report(mark):
    told = told_study()
    parts = {f.name: getattr(told, f.name) for f in dataclasses.fields(told)}
    provenance = dict(parts.pop("provenance"))
    provenance["movies"] = named(provenance["movies"], mark)
    provenance["settings"] = {
        **provenance["settings"], "statistics": {"reference": "WT" + mark}, "notes": {mark: mark},
    }  # fmt: skip
    parts["samples"] = parts["samples"].assign(exclude="blurred")
    parts["status"] = parts["status"].assign(state="failed", message="it is cut off")
    parts = {name: named(value, mark) for name, value in parts.items()}
    parts |= {"provenance": provenance, "warnings": [mark], "notes": [mark]}
    return dataclasses.replace(told, **parts)


def analyses(mark):
    names = (f"a{mark}", "b")
    rows = pd.DataFrame(
        [
            {"measure": "area_um2", "claim": "these_sessions", "condition": f"c{mark}",
             "reference": f"r{mark}", "analysis": name, "cohens_d": 1.0, "cohens_d_low": 0.5,
             "cohens_d_high": 1.5, "n_analyses_decided": 2, "survives": True, "conclusion": mark}
            for name in names
        ]
    )  # fmt: skip
    differences = pd.DataFrame({"setting": [f"s{mark}"], names[0]: [mark], "b": ["2"]})
    return AnalysesInput(mark, names, 4, rows, pd.DataFrame(), differences, notes=(mark,))


def model(mark):
    table = TableTold(f"t{mark}", mark, (f"h{mark}", "b"), ((mark, mark),))
    return ModelInput(
        name=f"n{mark}", lead=mark, verdict=mark, use=mark, compare=mark, scores=(table,),
        others=(table,), strips=(BeforeAfter(f"m{mark}", PNG, PNG, PNG),), remarks=(mark,),
        curves=Picture("c", f"t{mark}", mark, mark, Images(PNG, b"<svg/>"), wide=True),
    )  # fmt: skip


def pseudo_labels(mark):
    movie, reason = f"m{mark}", f"r{mark}"
    frames = pd.DataFrame(
        {"movie": movie, "frame": [0, 1], "kept": [True, False], "reason": ["", reason],
         "reasons": ["", reason], "confidence": [0.9, 0.2], "agreement": [0.9, np.nan]}
    )  # fmt: skip
    movies = pd.DataFrame(
        {"movie": [movie, f"x{mark}"], "session": f"s{mark}", "condition": f"c{mark}",
         "held_out": False, "n_frames": 2, "n_kept": 1, "n_dropped": 1, "median_confidence": 0.9,
         "second_method": mark, "median_agreement": 0.9, "agreement_used": True,
         "exclude": ["", mark]}
    )  # fmt: skip
    return PseudoLabelsInput(
        mark, frames, movies, {reason: mark, "spacing": "s", "empty": "e"}, "spacing", "empty",
        (Strip("", movie, 0, 0.9, PNG), Strip(reason, movie, 1, 0.2, PNG)), {f"k{mark}": mark},
    )  # fmt: skip


def suggestions(mark):
    return SuggestInput(
        movie=mark, n_frames=4, channel=mark, picked=(1,), times_min=(5.0,), neighbours=1,
        frame_shape=(1, 1), frames=(PNG,), choices=(Choice(f"c{mark}", mark, mark, fault=mark),),
        pairwise={}, notes=(mark,),
    )  # fmt: skip


PAGES = {
    "report": lambda mark: render(report(mark), drawn=[]),
    "analyses": lambda mark: render_analyses(analyses(mark), []),
    "model": lambda mark: render_model(model(mark)),
    "pseudo_labels": lambda mark: render_pseudo_labels(pseudo_labels(mark)),
    "suggest": lambda mark: render_suggestions(suggestions(mark)),
}


@pytest.mark.parametrize("page", PAGES)
def test_markup_in_names_adds_no_element_and_no_attribute(page):
    hostile, harmless = PAGES[page](MARKUP), PAGES[page](LETTERS)
    assert structure(hostile) == structure(harmless)
    # It was there at all, as text, and is not taken for a template either.
    assert "&lt;b onclick=x()&gt;" in hostile
    assert "{{7*7}}" in hostile
    assert "default-src 'none'" in hostile


def test_a_page_that_let_markup_through_would_be_noticed():
    page = PAGES["analyses"](MARKUP)
    assert structure(page.replace("&lt;b onclick", "<b onclick")) != structure(page)


def test_markup_in_names_is_text_in_figures():
    told = report(MARKUP)
    svg = save(superplot(told.cells, "area_um2", told.conditions, units=told.units)).svg
    root = fromstring(svg)
    kinds = {each.tag.rpartition("}")[2] for each in root.iter()}
    assert not kinds & {"script", "b", "foreignObject", "image"}
    assert not [name for each in root.iter() for name in each.attrib if name.startswith("on")]
