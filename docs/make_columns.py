"""Write docs/columns.md, the data dictionary, from the vocabulary of columns."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path

from lamella.core.table import Col, Column

PAGE = Path(__file__).parent / "columns.md"

HEAD = """\
# Columns

Every column of every table, with its unit, made from `lamella.Col` by `make columns`. Columns of
intensity have the channel's name behind two underscores where more than one channel is measured.
Missing is empty (NaN), never 0. `tables/columns.csv` of a run tells those that it has.
"""


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for topic in Col.__bases__:
        columns = [value for value in vars(topic).values() if isinstance(value, Column)]
        title = (inspect.getdoc(sys.modules[topic.__module__]) or "").splitlines()[0]
        rows = [f"| `{c}` | {c.unit} | {c.meaning.replace('|', chr(92) + '|')} |" for c in columns]
        parts.append("\n".join([f"## {title}", "", "| column | unit | meaning |",
                                "| --- | --- | --- |", *rows, ""]))  # fmt: skip
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
