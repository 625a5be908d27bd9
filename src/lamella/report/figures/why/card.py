"""A card for one pixel: its surroundings, its numbers, what each look adds, and the verdict."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from lamella.report.figures.why.images import draw_grey, outline
from lamella.report.figures.why.page import BLUE, RED, YELLOW, Place, letter, short, signed, wrapped
from lamella.report.figures.why.parts import Pixel, Planes
from lamella.report.style import FAINT, HAIR, INK

CARD_MM, ROW_MM = 31.0, 4.6
_CROP_PX = 48
_BOLD_LINE = 48  # characters that fit the width of a card


def card(
    place: Place, planes: Planes, pixel: Pixel, i: int, *, left: float, top: float, width: float
) -> None:
    """One pixel: its surroundings, its numbers, what each look adds, and the verdict."""
    place.text(
        left, top, f"{letter(i)}  pixel ({pixel.y}, {pixel.x}), {pixel.why_this}", fontsize=9,
        weight="bold",
    )  # fmt: skip
    crop_mm = 23.0
    crop = place.axes(left, top + 5.5, crop_mm, crop_mm)
    draw_grey(crop, planes.frame)
    outline(crop, planes.cells, YELLOW, 0.9)
    half = _CROP_PX / 2
    crop.set(xticks=[], yticks=[], xlim=(pixel.x - half, pixel.x + half),
             ylim=(pixel.y + half, pixel.y - half))  # fmt: skip
    crop.set_facecolor(HAIR)
    crop.add_patch(
        Rectangle((pixel.x - 0.5, pixel.y - 0.5), 1, 1, fill=False, ec="white", lw=1.0,
                  path_effects=[withStroke(linewidth=2.2, foreground="black")])
    )  # fmt: skip
    beside = left + crop_mm + 3
    lines = [f"changed {short(pixel.evidence)} × noise", f"self-label: {pixel.self_label}"]
    place.text(beside, top + 5.5, "\n".join(lines), fontsize=8, linespacing=1.3)
    if pixel.looks:
        heads = ("× noise", "brightness", "texture")
        rows = [
            (f"{scale:g} px", signed(bright), short(texture))
            for scale, bright, texture, _ in pixel.looks
        ]
        for k, cells in enumerate(zip(heads, *rows, strict=True)):
            at = beside + (11.0, 27.0, 41.0)[k]
            place.text(at, top + 16.5, cells[0], fontsize=7, color=FAINT, ha="right", va="baseline")
            for row, cell in enumerate(cells[1:]):
                below = top + 20.5 + 3.6 * row
                place.text(at, below, cell, fontsize=8, ha="right", va="baseline")
    below = top + CARD_MM + 1.5
    if pixel.looks:
        n_bars = len(pixel.looks) + 2
        label_mm = 22.0
        bars = place.axes(left + label_mm, below, width - label_mm - 11, n_bars * ROW_MM)
        _waterfall(bars, pixel)
        below += n_bars * ROW_MM + 1.5
    place.text(left, below, wrapped(f"{pixel.verdict[0].upper()}{pixel.verdict[1:]}.", _BOLD_LINE),
               fontsize=8, weight="bold", linespacing=1.15)  # fmt: skip


def _waterfall(axes: Axes, pixel: Pixel) -> None:
    """What was known beforehand and every look add up, from row to row, to the sum."""
    steps = [("beforehand", pixel.prior)]
    steps += [(f"look at {scale:g} px", added) for scale, _, _, added in pixel.looks]
    begin = 0.0
    reached = [0.0]
    for row, (_, added) in enumerate(steps):
        axes.barh(row, added, left=begin, height=0.62, color=RED if added > 0 else BLUE, lw=0)
        axes.plot([begin + added] * 2, [row - 0.31, row + 1.31], color=FAINT, lw=0.5)
        begin += added
        reached.append(begin)
    last = len(steps)
    axes.barh(last, pixel.log_odds, height=0.62, color=RED if pixel.log_odds > 0 else BLUE,
              ec=INK, lw=0.8)  # fmt: skip
    values = [*(added for _, added in steps), pixel.log_odds]
    most = max(4.0, *(abs(value) for value in reached)) * 1.05
    axes.axvline(0, color=INK, lw=0.8)
    axes.set(xlim=(-most, most), ylim=(last + 0.5, -0.5), xticks=[])
    axes.set_yticks(range(last + 1), [*(name for name, _ in steps), "sum"])
    axes.tick_params(axis="y", length=0, labelsize=8)
    axes.get_yticklabels()[-1].set_fontweight("bold")
    for row, value in enumerate(values):
        axes.annotate(
            signed(value), (1, row), xycoords=("axes fraction", "data"), xytext=(24, 0),
            textcoords="offset points", va="center", ha="right", fontsize=8,
            weight="bold" if row == last else "normal",
        )  # fmt: skip
    for name, spine in axes.spines.items():
        spine.set_visible(name == "none")
    axes.set_facecolor("#FAFAFA")
    for side, word, colour in ((0.0, "← background", BLUE), (1.0, "cell →", RED)):
        axes.text(side, 1.01, word, transform=axes.transAxes, fontsize=7, color=colour,
                  ha="left" if side == 0 else "right", va="bottom")  # fmt: skip
