"""A figure with what a page says about it."""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.figure import Figure

from lamella.report.style import PAGE_MM, Images, save


@dataclass(frozen=True)
class Picture:
    """A figure as it goes into the run's folder (``name.png``, ``name.svg``) and into the page."""

    name: str
    title: str
    caption: str
    alt: str
    images: Images
    wide: bool
    topic: str = ""
    """Part of the page that it stands in; empty = that of its measure, or the figures."""


def picture(
    name: str, title: str, caption: str, alt: str, drawn: Figure, *, topic: str = ""
) -> Picture:
    """A drawn figure with its title, caption, description and the part of the page for it."""
    wide = drawn.get_figwidth() * 25.4 > 0.6 * PAGE_MM
    return Picture(name, title, caption, alt, save(drawn), wide, topic)
