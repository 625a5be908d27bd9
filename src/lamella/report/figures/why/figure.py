"""The whole figure: panels in rows of three, and below them the cards."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from lamella.report.figures.why.card import CARD_MM, ROW_MM, card
from lamella.report.figures.why.images import frame_only, mark, scale_bar
from lamella.report.figures.why.page import WIDTH_MM, Place, fitting, wrapped
from lamella.report.figures.why.panels import COLUMNS, panels
from lamella.report.figures.why.parts import Pixel, Planes
from lamella.report.style import FAINT, figure, styled

_SIDE_MM, _GAP_MM = 6.0, 7.0
_TITLE_LETTERS = 80  # that usually fit the page
_HEAD_MM, _TITLE_MM, _BAR_MM, _CAPTION_MM = 15.0, 5.5, 12.0, 14.0


@styled
def why(
    planes: Planes,
    pixels: Sequence[Pixel] = (),
    *,
    title: str,
    subtitle: str = "",
    pixel_size_um: float | None = None,
) -> Figure:
    """Panels from the frame to its cells, and a card for each pixel to explain.

    Parameters
    ----------
    pixels : sequence of Pixel
        Marked A, B, C … in the panels.
    title, subtitle : str
        Which frame of what; how it was looked at.
    pixel_size_um : float, optional
        For the scale bar, which is in pixels otherwise.
    """
    shown = panels(planes)
    height, width = planes.frame.shape
    panel_mm = (WIDTH_MM - 2 * _SIDE_MM - (COLUMNS - 1) * _GAP_MM) / COLUMNS
    image_mm = float(np.clip(panel_mm * height / width, 0.5 * panel_mm, 1.3 * panel_mm))
    row_mm = _TITLE_MM + image_mm + _BAR_MM + _CAPTION_MM
    n_rows, n_card_rows = -(-len(shown) // COLUMNS), -(-len(pixels) // COLUMNS)
    n_bars = len(planes.looks) + 2 if planes.looks else 0
    card_mm = CARD_MM + n_bars * ROW_MM + 14.0
    total_mm = _HEAD_MM + n_rows * row_mm + n_card_rows * card_mm + (2 if pixels else 0)
    drawn = figure(WIDTH_MM, total_mm, layout="none")
    place = Place(drawn, total_mm)
    place.text(_SIDE_MM, 3.5, fitting(title, _TITLE_LETTERS), fontsize=12, weight="bold")
    place.text(_SIDE_MM, 9.5, subtitle, fontsize=8, color=FAINT)
    for i, panel in enumerate(shown):
        left = _SIDE_MM + (i % COLUMNS) * (panel_mm + _GAP_MM)
        top = _HEAD_MM + (i // COLUMNS) * row_mm
        place.text(left, top, f"{i + 1}  {panel.title}", fontsize=9, weight="bold")
        axes = place.axes(left, top + _TITLE_MM, panel_mm, image_mm)
        bar = place.axes(left, top + _TITLE_MM + image_mm + 1.5, panel_mm, 2.2)
        panel.draw(axes, bar)
        frame_only(axes, (height, width))
        mark(axes, pixels, dark=panel.dark)
        scale_bar(axes, width, pixel_size_um, named=i == 0, dark=panel.dark)
        below = top + _TITLE_MM + image_mm + _BAR_MM
        place.text(left, below, wrapped(panel.caption), fontsize=8, linespacing=1.15)
    for i, pixel in enumerate(pixels):
        left = _SIDE_MM + (i % COLUMNS) * (panel_mm + _GAP_MM)
        top = _HEAD_MM + n_rows * row_mm + 2 + (i // COLUMNS) * card_mm
        card(place, planes, pixel, i, left=left, top=top, width=panel_mm)
    return drawn
