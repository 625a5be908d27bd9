"""The page of a model: what it was taught with, and what that did to its masks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment

from lamella.report.page import frame, photo_uri, templates, uri
from lamella.report.picture import Picture


@dataclass(frozen=True)
class TableTold:
    """A table of the page, its cells in words."""

    title: str
    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class BeforeAfter:
    """Held-out frames of one movie, outlined by the network before and after training."""

    movie: str
    before: bytes
    """PNG strips of the same frames."""
    after: bytes
    truth: bytes = b""
    """The same with the outlines that a person drew; empty where there are none."""


@dataclass(frozen=True)
class ModelInput:
    """All that the page shows.

    Parameters
    ----------
    name, lead : str
    held : str
        What was held out: ``movies``, or ``frames`` of the movie that was learnt from.
    verdict : str
        Which network is kept, and why, in one sentence.
    remarks : tuple of str
        What to know before the model is used.
    use : str
        Lines of study.toml.
    compare : str
        Command that shows what the model does to the biology.
    scores, others : tuple of TableTold
        Scores before and after; data, rounds, settings and versions.
    strips : tuple of BeforeAfter
    curves : Picture
    """

    name: str
    lead: str
    verdict: str
    use: str
    compare: str
    scores: tuple[TableTold, ...]
    curves: Picture
    held: str = "movies"
    strips: tuple[BeforeAfter, ...] = ()
    others: tuple[TableTold, ...] = ()
    remarks: tuple[str, ...] = ()


def render_model(shown: ModelInput) -> str:
    """The page as one HTML file that loads nothing."""
    page: str = (
        _environment()
        .get_template("model.html.j2")
        .render(
            shown=shown,
            curves=uri("image/png", shown.curves.images.png),
            strips=[(each.movie, _strips(each)) for each in shown.strips],
            **frame(styles=["base.css", "model.css"], scripts=["copy.js"]),
        )
    )
    return page


def _strips(each: BeforeAfter) -> Sequence[tuple[str, str]]:
    drawn = [("before", each.before), ("after", each.after), ("by hand", each.truth)]
    return [(name, photo_uri(png)) for name, png in drawn if png]


@cache
def _environment() -> Environment:
    return templates()
