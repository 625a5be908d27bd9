"""What docs/recurrent.md says of defaults is what they are."""

import re
from pathlib import Path

import pytest

from lamella.segment import Recurrent
from lamella.train.recurrent import Fit

PAGE = Path(__file__).parents[2] / "docs/recurrent.md"


def rows(title):
    """Key and default of the table below a heading."""
    section = PAGE.read_text(encoding="utf-8").partition(f"## {title}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| `([\w.]+)` \| (\S+) \|", section, re.MULTILINE)


def told(value):
    if value is None:
        return "none"
    return str(value).lower() if isinstance(value, bool | str) else repr(value)


@pytest.mark.parametrize(
    ("title", "step", "most"),
    [("Settings of the training", Fit(), 3), ("Settings of the masks", Recurrent(), 13)],
)
def test_the_defaults_are_those_that_the_page_tells(title, step, most):
    found = rows(title)
    assert len(found) >= most
    for key, default in found:
        value = step
        for name in key.split("."):
            value = getattr(value, name)
        same = (
            float(default) == float(value) if isinstance(value, float) else default == told(value)
        )
        assert same, f"{key}: {default}, it is {value}"
