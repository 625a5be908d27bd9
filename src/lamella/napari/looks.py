"""Figures in the colours of the viewer's theme."""

from __future__ import annotations

from napari.utils.theme import get_theme

from lamella.run.browse.time_figure import DARK, LIGHT, Look


def look_of(theme: str) -> Look:
    """Colours that are read well on the background of a theme of napari."""
    ground = get_theme(theme).background.as_hex(format="long")
    parts = [int(ground[i : i + 2], 16) for i in (1, 3, 5)]
    return (DARK if sum(parts) < 3 * 128 else LIGHT)._replace(ground=ground)
