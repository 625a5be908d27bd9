"""What is the same of many movies is told once."""

import pandas as pd

from lamella.core.table import Col
from lamella.run import report
from lamella.run.alike import Alike, alike


def test_amounts_that_differ_are_a_range():
    told = [
        (name, f"/raw/{name}.tif: {n}% of 9 frames")
        for name, n in zip("abcd", (9, 7, 7, 10), strict=True)
    ]
    assert alike(told) == [Alike(("a", "b", "c", "d"), "7 to 10% of 9 frames")]


def test_what_is_numbered_is_a_name():
    told = [(name, f"frame {n} cannot be read") for n, name in enumerate("abcd")]
    assert alike(told) == [Alike((name,), text) for name, text in told]


def test_the_same_words_are_kept_as_they_are():
    """With what may be a path, since it is that of all."""
    told = [(name, "/flats/flat.tif: it is black") for name in "abcde"]
    assert alike(told) == [Alike(tuple("abcde"), told[0][1])]
    assert alike(told)[0].named == "a, b, c …"


def test_the_report_begins_with_what_concerns_most_movies():
    """A stage may have left several messages in its row."""
    rows = [("x", "raw/x.tif: it is odd; look at it; raw/x.tif: 4% are bright; do this")]
    rows += [(name, f"raw/{name}.tif: {n}% are bright; do this") for n, name in enumerate("abc")]
    rows += [("y", None), ("z", "of all; look")]
    status = pd.DataFrame(rows, columns=[Col.MOVIE, Col.MESSAGE]).assign(**{Col.STATE: "done"})
    assert report._warnings(status) == [
        "x, a, b … (4 in all): 0 to 4% are bright; do this",
        "raw/x.tif: it is odd; look at it",
        "of all; look",
    ]
