"""The page of a comparison: its sentences say what the tables hold, and names are escaped."""

import numpy as np
import pandas as pd
import pytest

from lamella.core.table import Col
from lamella.report.analyses_page import AnalysesInput, render_analyses, sentences

LOW, HIGH = "cohens_d_low", "cohens_d_high"


def effects(*each, names=("a", "b")):
    """Rows of analyses.csv; each effect is a d per analysis and which of them are shown."""
    rows = []
    for k, (ds, shown) in enumerate(each):
        known = [d for d in ds if np.isfinite(d)]
        same = len({np.sign(d) for d in known}) == 1
        for name, d, is_shown in zip(names, ds, shown, strict=True):
            rows.append(
                {Col.MEASURE: "area_um2", Col.CLAIM: "these_sessions", Col.CONDITION: f"c{k}",
                 Col.REFERENCE: "wt", Col.ANALYSIS: name, Col.COHENS_D: d,
                 LOW: d - 0.1 if is_shown else -9, HIGH: d + 0.1 if is_shown else 9,
                 Col.N_ANALYSES_DECIDED: sum(shown), Col.SURVIVES: same and all(shown),
                 Col.CONCLUSION: "told"}
            )  # fmt: skip
    return pd.DataFrame(rows)


def told(analyses, names=("a", "b"), **tables):
    none = pd.DataFrame()
    shown = AnalysesInput("t", names, 4, analyses, none, none, **tables)
    return list(sentences(shown))


def test_effects_that_point_the_same_way():
    both = [((1.0, 1.2), (True, True))] * 6 + [((0.5, 0.4), (True, False))] * 2
    (line,) = told(effects(*both))
    assert line.startswith("In these sessions, all 8 effects point the same way under both.")
    assert "Six of 8 are shown by both, two by one only (shown:" in line


def test_effects_whose_direction_hangs_on_the_model():
    (line,) = told(effects(((1.0, -1.2), (True, True)), ((1.0, 1.0), (False, False))))
    assert "1 of 2 effects point the same way under both" in line
    assert "the direction of area (c0 − wt) hangs on the analysis" in line


def test_where_nothing_is_shown_or_told():
    nan = float("nan")
    (line,) = told(effects(((1.0, 1.2), (False, False)), ((1.0, nan), (False, False))))
    assert "None is shown by any of them" in line
    assert line.endswith("One more cannot be told by both.")
    assert told(effects(((nan, nan), (False, False))))[-1].startswith("No conditions could be")


@pytest.mark.parametrize("n", [1, 2])
def test_empty_frames_are_counted_over_movies(n):
    summary = pd.DataFrame(
        [
            {Col.SCORE: score, Col.SESSION: "all", Col.SEGMENTER: name, Col.TOTAL: total}
            for score, totals in (("n_empty_frames", (176, 8)), ("n_frames", (6221, 6221)))
            for name, total in list(zip(("before", "after"), totals, strict=True))[:n]
        ]
    )
    lines = told(effects(((1.0, 1.0), (True, True))), summary=summary)
    assert "176 of 6221 (2.8 %) by before" in lines[-1]
    assert ("8 of 6221 (0.13 %) by after" in lines[-1]) == (n == 2)


def test_names_are_escaped_and_nothing_is_loaded():
    names = ("<b>a</b>", "b")
    analyses = effects(((1.0, 1.2), (True, True)), names=names)
    differences = pd.DataFrame({"setting": ["x"], "<b>a</b>": ["1"], "b": ["2"]})
    shown = AnalysesInput("<i>t</i>", names, 4, analyses, pd.DataFrame(), differences)
    page = render_analyses(shown, [])
    assert "<b>a" not in page
    assert "<i>t" not in page
    assert "default-src 'none'" in page
