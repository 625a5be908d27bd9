"""A study of plates: what the page says of sessions and movies, said of plates and images."""

from __future__ import annotations

import re

import pandas as pd

from lamella.core.table import Col
from lamella.report.tables import has_values, numbers, texts

_ON = (
    "the", "these", "every", "each", "one", "the other", "all",
)  # fmt: skip
_IN_SESSIONS = re.compile(rf"\b([Ii])n ((?:{'|'.join(_ON)}) sessions?)\b")
_WORDS = (("session", "plate"), ("Session", "Plate"), ("movie", "image"), ("Movie", "Image"))


def of_stills(cells: pd.DataFrame) -> bool:
    """Whether every movie is a single image, in which nothing moves."""
    if not has_values(cells, Col.N_FRAMES):
        return False
    return bool((numbers(cells, Col.N_FRAMES) == 1).all())


def of_plates(cells: pd.DataFrame, samples: pd.DataFrame | None = None) -> bool:
    """Whether the sessions of a study are plates: still images of wells that have names."""
    named = any(any(texts(table, Col.WELL)) for table in (cells, samples) if table is not None)
    return named and of_stills(cells)


def on_plates(text: str) -> str:
    """A text of the page on sessions and movies, as it is said of plates and their images.

    For the page's own words alone: a name of the user's is never changed.

    >>> on_plates("In these sessions; across sessions; session by session, over movies")
    'On these plates; across plates; plate by plate, over images'
    """
    text = _IN_SESSIONS.sub(lambda m: f"{'O' if m[1] == 'I' else 'o'}n {m[2]}", text)
    for ours, theirs in _WORDS:
        text = text.replace(ours, theirs)
    return text
