"""Names of the page's parts, by which links find them; user text never stands in one as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable


def anchors(prefix: str, names: Iterable[str]) -> dict[str, str]:
    """A name of letters, digits and dashes for each of these, all different.

    >>> anchors("movie", ["ki/1", "ki_1", "</h2>"])
    {'ki/1': 'movie-ki-1', 'ki_1': 'movie-ki-1-2', '</h2>': 'movie-h2'}
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        bare = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60]
        anchor = first = f"{prefix}-{bare}" if bare else prefix
        n = 2
        while anchor in taken:
            anchor, n = f"{first}-{n}", n + 1
        taken.add(anchor)
        found.setdefault(name, anchor)
    return found
