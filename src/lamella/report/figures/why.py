"""Why is this pixel cell? A frame, what was learnt from it and the way to its cells, in panels."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, ListedColormap, LogNorm, SymLogNorm, to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from lamella.report.filmstrip import CELL_COLOUR, PERCENTILES
from lamella.report.style import COLOURS, FAINT, HAIR, INK, figure, styled

Plane = NDArray[np.floating[Any]]

_WIDTH_MM, _SIDE_MM, _GAP_MM, _COLUMNS = 240.0, 6.0, 7.0, 3
_HEAD_MM, _TITLE_MM, _BAR_MM, _CAPTION_MM = 15.0, 5.5, 12.0, 14.0
_CARD_MM, _ROW_MM = 31.0, 4.6
_CROP_PX = 48
_LINE, _BOLD_LINE = 55, 48  # characters that fit the width of a panel

_BLUE, _RED, _YELLOW = COLOURS[0], COLOURS[1], tuple(c / 255 for c in CELL_COLOUR)
_STILL, _MOVING, _UNDECIDED = "#8FC1E3", _RED, "#EDEDED"
_DIVERGING = LinearSegmentedColormap.from_list("still to moving", [_BLUE, "#F7F7F7", _RED])
_ODDS = 8.0  # log odds at which the colours end: 3000 to 1
_MOST_EVIDENCE = 64.0

# Stages as `lamella.segment.motion` numbers them.
_STAGES = (
    ("background", "#F4F4F4"),
    ("cell", "#E9A57F"),
    ("filled gap or hole", "#B2491A"),
    ("likely, but beyond the edge", "#56B4E9"),
    ("dropped object", "#6B6B6B"),
)


@dataclass(frozen=True)
class LookPlanes:
    """What one scale shows and adds; planes are (Y, X)."""

    scale_px: float
    brightness: Plane
    """Above the bare field, in SDs of noise."""
    texture: Plane
    """Over that of noise alone."""
    log_odds: Plane


@dataclass(frozen=True)
class Planes:
    """One frame with everything that led to its cells; planes are (Y, X)."""

    frame: Plane
    evidence: Plane
    """Squared change over noise."""
    self_labels: NDArray[np.uint8]
    """0 = undecided, 1 = still, 2 = moving."""
    looks: tuple[LookPlanes, ...]
    """None where nothing was learnt."""
    log_odds: Plane
    stages: NDArray[np.uint8]
    """0 = background, 1 = cell, 2 = filled, 3 = outside the edge, 4 = dropped."""
    cells: NDArray[np.int32]
    flow: Plane | None = None
    """(2, Y, X): displacement in px along y and x, NaN where unknown."""
    lag: int = 1


@dataclass(frozen=True)
class Pixel:
    """A pixel to explain."""

    y: int
    x: int
    why_this: str
    """Such as ``the surest cell``."""
    evidence: float
    self_label: str
    prior: float
    """Log odds beforehand."""
    looks: tuple[tuple[float, float, float, float], ...]
    """Scale in px, brightness and texture over noise, log odds added."""
    log_odds: float
    verdict: str


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
    panels = _panels(planes)
    height, width = planes.frame.shape
    panel_mm = (_WIDTH_MM - 2 * _SIDE_MM - (_COLUMNS - 1) * _GAP_MM) / _COLUMNS
    image_mm = float(np.clip(panel_mm * height / width, 0.5 * panel_mm, 1.3 * panel_mm))
    row_mm = _TITLE_MM + image_mm + _BAR_MM + _CAPTION_MM
    n_rows, n_card_rows = -(-len(panels) // _COLUMNS), -(-len(pixels) // _COLUMNS)
    n_bars = len(planes.looks) + 2 if planes.looks else 0
    card_mm = _CARD_MM + n_bars * _ROW_MM + 14.0
    total_mm = _HEAD_MM + n_rows * row_mm + n_card_rows * card_mm + (2 if pixels else 0)
    drawn = figure(_WIDTH_MM, total_mm, layout="none")
    place = _Place(drawn, total_mm)
    place.text(_SIDE_MM, 3.5, title, fontsize=12, weight="bold")
    place.text(_SIDE_MM, 9.5, subtitle, fontsize=8, color=FAINT)
    for i, panel in enumerate(panels):
        left = _SIDE_MM + (i % _COLUMNS) * (panel_mm + _GAP_MM)
        top = _HEAD_MM + (i // _COLUMNS) * row_mm
        place.text(left, top, f"{i + 1}  {panel.title}", fontsize=9, weight="bold")
        axes = place.axes(left, top + _TITLE_MM, panel_mm, image_mm)
        bar = place.axes(left, top + _TITLE_MM + image_mm + 1.5, panel_mm, 2.2)
        panel.draw(axes, bar)
        _frame_only(axes, (height, width))
        _mark(axes, pixels, dark=panel.dark)
        _scale_bar(axes, width, pixel_size_um, named=i == 0, dark=panel.dark)
        below = top + _TITLE_MM + image_mm + _BAR_MM
        place.text(left, below, _wrapped(panel.caption), fontsize=8, linespacing=1.15)
    for i, pixel in enumerate(pixels):
        left = _SIDE_MM + (i % _COLUMNS) * (panel_mm + _GAP_MM)
        top = _HEAD_MM + n_rows * row_mm + 2 + (i // _COLUMNS) * card_mm
        _card(place, planes, pixel, i, left=left, top=top, width=panel_mm)
    return drawn


@dataclass(frozen=True)
class _Panel:
    title: str
    caption: str
    draw: Callable[[Axes, Axes], None]
    dark: bool = False
    """Whether marks on it must be light."""


def _panels(planes: Planes) -> list[_Panel]:
    lag = planes.lag
    frames = f"{lag} frames" if lag != 1 else "one frame"
    panels = [
        _Panel(
            "The frame",
            "As recorded, with the outlines of the cells found."
            if planes.cells.any()
            else "As recorded; no cells were found.",
            lambda axes, bar: _draw_frame(axes, bar, planes),
            dark=True,
        ),
        _Panel(
            "Evidence of motion",
            f"How much every pixel changed within {frames}, squared; what the noise of the camera "
            "alone does is 1.",
            lambda axes, bar: _draw_evidence(axes, bar, planes.evidence),
            dark=True,
        ),
        _Panel(
            "Self-labels",
            "Pixels that surely moved are taken as examples of cell, those that did not as "
            "examples of background; nobody drew them.",
            lambda axes, bar: _draw_classes(
                axes,
                bar,
                planes.self_labels,
                (("undecided", _UNDECIDED), ("still", _STILL), ("moving", _MOVING)),
                order=(1, 0, 2),
            ),
        ),
    ]
    if planes.looks:
        panels += _look_panels(planes.looks)
    if planes.flow is not None and (planes.looks or np.isfinite(planes.flow).any()):
        flow = planes.flow
        panels.append(
            _Panel(
                "Flow",
                f"How far texture has come within {frames}; no arrow where there is too little "
                "texture to follow. It has no say in the result.",
                lambda axes, bar: _draw_flow(axes, bar, planes.frame, flow),
                dark=True,
            )
        )
    if not planes.looks:
        return panels
    return [
        *panels,
        _Panel(
            "All looks together",
            "The sum of the looks and of the share of cell in the frame; on the line, cell and "
            "background are equally likely.",
            lambda axes, bar: _draw_odds(
                axes, bar, planes.log_odds, ("background", "cell"), line=True
            ),
        ),
        _Panel(
            "The result",
            "Gaps and holes are filled, the outline is drawn in to the steepest edge, and objects "
            "that do not move or look like the others are dropped.",
            lambda axes, bar: _draw_stages(axes, bar, planes),
        ),
    ]


def _look_panels(looks: tuple[LookPlanes, ...]) -> list[_Panel]:
    """A panel for each look; in a row with room left, also the features of the finest."""
    first = looks[0]
    features = [
        _Panel(
            f"Brightness at {first.scale_px:g} px",
            "How much brighter or darker than the bare field every pixel is, in units of noise.",
            lambda axes, bar: _draw_brightness(axes, bar, first.brightness),
        ),
        _Panel(
            f"Texture at {first.scale_px:g} px",
            "How much structure there is around every pixel; noise alone has 1.",
            lambda axes, bar: _draw_texture(axes, bar, first.texture),
            dark=True,
        ),
    ]
    return [
        *features[: -len(looks) % _COLUMNS],
        *(
            _Panel(
                f"What the look at {look.scale_px:g} px says",
                "Whether brightness and texture together are more usual among moving or among "
                "still pixels; zero says nothing.",
                lambda axes, bar, look=look: _draw_odds(  # type: ignore[misc]
                    axes, bar, look.log_odds, ("like still pixels", "like moving pixels")
                ),
            )
            for look in looks
        ),
    ]


class _Place:
    """Axes and words at millimetres from the top left."""

    def __init__(self, drawn: Figure, height_mm: float) -> None:
        self._figure, self._height = drawn, height_mm

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        return self._figure.add_axes((
            left / _WIDTH_MM,
            1 - (top + height) / self._height,
            width / _WIDTH_MM,
            height / self._height,
        ))  # fmt: skip

    def text(self, left: float, top: float, words: str, **style: Any) -> None:
        self._figure.text(left / _WIDTH_MM, 1 - top / self._height, words, **{"va": "top", **style})


# Images


def _show(axes: Axes, image: NDArray[Any], **how: Any) -> Any:
    return axes.imshow(image, interpolation_stage="data", aspect="equal", **how)


def _draw_grey(axes: Axes, frame: Plane) -> tuple[float, float]:
    low, high = np.percentile(frame, PERCENTILES)
    _show(axes, frame, cmap="gray", vmin=low, vmax=max(high, low + 1e-6))
    return float(low), float(high)


def _draw_frame(axes: Axes, bar: Axes, planes: Planes) -> None:
    low, high = _draw_grey(axes, planes.frame)
    _outline(axes, planes.cells, _YELLOW, 0.9)
    _ramp(bar, "gray", [(0, f"{low:.4g}"), (1, f"{high:.4g}")], ("", "grey values", ""))


def _draw_evidence(axes: Axes, bar: Axes, evidence: Plane) -> None:
    low = 0.1
    norm = LogNorm(low, _MOST_EVIDENCE)
    _show(axes, np.maximum(evidence, low), cmap="magma", norm=norm)
    ticks = [(float(norm(v)), f"{v:g}") for v in (0.1, 1, 10, _MOST_EVIDENCE)]
    _ramp(bar, "magma", ticks, ("nothing", "", "times the noise"))
    at = float(norm(1.0))
    bar.axvline(at, color="white", lw=1.2)
    bar.text(at, -1.75, "noise alone", fontsize=7, ha="center", va="top", transform=_below(bar))


def _draw_classes(
    axes: Axes,
    bar: Axes,
    classes: NDArray[np.uint8],
    names: Sequence[tuple[str, str]],
    *,
    order: Sequence[int],
) -> None:
    """Kinds of pixels, with their shares."""
    axes.imshow(classes, cmap=ListedColormap([colour for _, colour in names]), vmin=-0.5,
                vmax=len(names) - 0.5, interpolation="nearest", aspect="equal")  # fmt: skip
    share = np.bincount(classes.ravel(), minlength=len(names)) / classes.size
    bar.set_axis_off()
    bar.legend(
        handles=[
            Patch(facecolor=names[k][1], edgecolor=FAINT, lw=0.4,
                  label=f"{names[k][0]} {_percent(share[k])}")
            for k in order
        ],
        loc="upper left", bbox_to_anchor=(0, 1.0), ncols=3 if len(names) < 4 else 2, borderpad=0,
        fontsize=7,
        handlelength=1.2, handleheight=0.9, labelspacing=0.3, columnspacing=1.0, borderaxespad=0,
    )  # fmt: skip


def _draw_brightness(axes: Axes, bar: Axes, brightness: Plane) -> None:
    most = float(np.clip(np.percentile(np.abs(brightness), 99.5), 10, 1e4))
    norm = SymLogNorm(1, vmin=-most, vmax=most)
    _show(axes, np.clip(brightness, -most, most), cmap="PuOr_r", norm=norm)
    high = 10 ** np.floor(np.log10(most))
    ticks = [(float(norm(v)), f"{v:g}".replace("-", "−")) for v in (-high, 0, high)]
    _ramp(bar, "PuOr_r", ticks, ("darker", "", "brighter"))


def _draw_texture(axes: Axes, bar: Axes, texture: Plane) -> None:
    low = 0.3
    most = float(np.clip(np.percentile(texture, 99.8), 10, 1e6))
    norm = LogNorm(low, most)
    _show(axes, np.clip(texture, low, most), cmap="viridis", norm=norm)
    decades = [10.0**k for k in range(int(np.floor(np.log10(most))) + 1)]
    ticks = [(float(norm(v)), f"{v:g}") for v in decades[:: -(-len(decades) // 4)]]
    _ramp(bar, "viridis", ticks, ("smooth", "", "structured"))


def _draw_odds(
    axes: Axes, bar: Axes, odds: Plane, ends: tuple[str, str], *, line: bool = False
) -> None:
    _show(axes, np.clip(odds, -_ODDS, _ODDS), cmap=_DIVERGING, vmin=-_ODDS, vmax=_ODDS)
    if line:
        _outline(axes, odds > 0, INK, 0.7)
    half = _ODDS / 2
    ticks = [
        ((v + _ODDS) / (2 * _ODDS), f"{v:+g}".replace("-", "−") if v else "0")
        for v in (-_ODDS, -half, 0, half, _ODDS)
    ]
    _ramp(bar, _DIVERGING, ticks, (ends[0], "log odds", ends[1]))


def _draw_stages(axes: Axes, bar: Axes, planes: Planes) -> None:
    present = [k for k in range(1, len(_STAGES)) if k == 1 or (planes.stages == k).any()]
    _draw_classes(axes, bar, planes.stages, _STAGES, order=present)
    _outline(axes, planes.cells, INK, 0.7)


def _draw_flow(axes: Axes, bar: Axes, frame: Plane, flow: Plane) -> None:
    _draw_grey(axes, frame)
    step = max(6, round(max(frame.shape) / 32))
    y, x, dy, dx = _arrows(flow, step)
    bar.set_axis_off()
    if not len(y):
        bar.text(0, 0.5, "too little texture anywhere", fontsize=7, va="center")
        return
    length = np.hypot(dy, dx)
    # The usual fast arrow is as long as the distance between arrows, or true to scale if longer.
    usual = float(np.percentile(length, 95))
    grown = max(1.0, step / max(usual, 1e-3))
    grown = 1.0 if usual < 0.02 else min(grown, 50.0)
    axes.quiver(
        x - grown * dx / 2, y - grown * dy / 2, grown * dx, grown * dy,
        angles="xy", scale_units="xy", scale=1, color=_YELLOW, width=0.0032, headwidth=3.5,
        headlength=4, headaxislength=3.5, minlength=0.3,
    )  # fmt: skip
    speed = float(np.median(length))
    bar.text(
        0, 0.4, f"median {speed:.2f} px, 95 % below {usual:.2f} px; arrows {grown:.3g} × as long",
        fontsize=7, va="center",
    )  # fmt: skip


def _arrows(flow: Plane, step: int) -> tuple[Plane, Plane, Plane, Plane]:
    """Where arrows stand, y and x, and the median flow there: one for each block with enough."""
    found = []
    height, width = flow.shape[1:]
    for top in range(0, height, step):
        for left in range(0, width, step):
            block = flow[:, top : top + step, left : left + step]
            rows, columns = np.nonzero(np.isfinite(block).all(axis=0))
            if len(rows) * 5 >= step * step:
                dy, dx = np.median(block[:, rows, columns], axis=1)
                found.append((top + rows.mean(), left + columns.mean(), dy, dx))
    y, x, dy, dx = np.asarray(found, np.float64).reshape(-1, 4).T
    return y, x, dy, dx


def _outline(axes: Axes, labels: NDArray[Any], colour: Any, width: float) -> None:
    """Lines round every object, also between two that touch."""
    inside = np.pad((labels != 0).astype(np.float32), 1)
    if not inside.any():
        return
    rows, columns = (np.arange(-1, side - 1) for side in inside.shape)
    axes.contour(columns, rows, inside, [0.5], colors=[colour], linewidths=width)
    if labels.dtype.kind == "b":
        return
    border = np.zeros(labels.shape, bool)
    for here, there in ((np.s_[1:], np.s_[:-1]), (np.s_[:, 1:], np.s_[:, :-1])):
        a, b = labels[here], labels[there]
        border[here] |= (a != b) & (a != 0) & (b != 0)
    if border.any():
        shown = np.zeros((*labels.shape, 4), np.float32)
        shown[border] = to_rgba(colour)
        axes.imshow(shown, interpolation="nearest", aspect="equal")


def _ramp(
    bar: Axes, cmap: Any, ticks: Sequence[tuple[float, str]], words: tuple[str, str, str]
) -> None:
    """A colour bar: numbers at its foot, and below them what they mean."""
    bar.imshow(
        np.linspace(0, 1, 256)[None], aspect="auto", cmap=cmap, vmin=0, vmax=1, extent=(0, 1, 0, 1)
    )
    bar.set_yticks([])
    bar.set_xticks([at for at, _ in ticks], [text for _, text in ticks])
    bar.tick_params(length=1.5, pad=1, labelsize=7)
    for (at, _), label in zip(ticks, bar.get_xticklabels(), strict=True):
        label.set_horizontalalignment("left" if at < 0.01 else "right" if at > 0.99 else "center")
    for spine in bar.spines.values():
        spine.set(visible=True, linewidth=0.4, color=FAINT)
    for at, side, text in zip((0.0, 0.5, 1.0), ("left", "center", "right"), words, strict=True):
        bar.text(at, -1.75, text, fontsize=7, ha=side, va="top", transform=_below(bar))


def _below(bar: Axes) -> Any:
    return bar.transAxes


def _frame_only(axes: Axes, shape: tuple[int, int]) -> None:
    axes.set(xticks=[], yticks=[], xlim=(-0.5, shape[1] - 0.5), ylim=(shape[0] - 0.5, -0.5))
    axes.set_anchor("NW")
    for spine in axes.spines.values():
        spine.set(visible=True, linewidth=0.4, color=FAINT)


def _mark(axes: Axes, pixels: Sequence[Pixel], *, dark: bool) -> None:
    colour, edge = ("white", "black") if dark else ("black", "white")
    height = abs(axes.get_ylim()[0] - axes.get_ylim()[1])
    for i, pixel in enumerate(pixels):
        axes.plot(
            pixel.x, pixel.y, "o", mfc="none", mec=colour, ms=4.5, mew=1.1,
            path_effects=[withStroke(linewidth=2.4, foreground=edge)],
        )  # fmt: skip
        above = pixel.y > 0.1 * height
        axes.annotate(
            _letter(i), (pixel.x, pixel.y), xytext=(0, 3.0 if above else -4.5),
            textcoords="offset points", ha="center", va="bottom" if above else "top", fontsize=8,
            weight="bold", color=colour,
            path_effects=[withStroke(linewidth=1.6, foreground=edge)],
        )  # fmt: skip


def _scale_bar(
    axes: Axes, width: int, pixel_size_um: float | None, *, named: bool, dark: bool
) -> None:
    """A bar of a round length, the same in all panels; its length is written in the first."""
    unit, size = ("µm", pixel_size_um) if pixel_size_um else ("px", 1.0)
    most = 0.25 * width * size
    power = 10.0 ** np.floor(np.log10(most))
    length = power * max(step for step in (1, 2, 5) if step * power <= most)
    colour, edge = ("white", "black") if dark else ("black", "white")
    height = abs(axes.get_ylim()[0] - axes.get_ylim()[1])
    y, x = 0.955 * height, 0.03 * width
    stroke = [withStroke(linewidth=3.4, foreground=edge)]
    axes.plot([x, x + length / size], [y, y], color=colour, lw=2, solid_capstyle="butt",
              path_effects=stroke)  # fmt: skip
    if named:
        axes.annotate(
            f"{length:g} {unit}", (x, y), xytext=(0, 4), textcoords="offset points", fontsize=7,
            color=colour, path_effects=[withStroke(linewidth=1.6, foreground=edge)],
        )  # fmt: skip


# Cards


def _card(
    place: _Place, planes: Planes, pixel: Pixel, i: int, *, left: float, top: float, width: float
) -> None:
    """One pixel: its surroundings, its numbers, what each look adds, and the verdict."""
    place.text(
        left, top, f"{_letter(i)}  pixel ({pixel.y}, {pixel.x}), {pixel.why_this}", fontsize=9,
        weight="bold",
    )  # fmt: skip
    crop_mm = 23.0
    crop = place.axes(left, top + 5.5, crop_mm, crop_mm)
    _draw_grey(crop, planes.frame)
    _outline(crop, planes.cells, _YELLOW, 0.9)
    half = _CROP_PX / 2
    crop.set(xticks=[], yticks=[], xlim=(pixel.x - half, pixel.x + half),
             ylim=(pixel.y + half, pixel.y - half))  # fmt: skip
    crop.set_facecolor(HAIR)
    crop.add_patch(
        Rectangle((pixel.x - 0.5, pixel.y - 0.5), 1, 1, fill=False, ec="white", lw=1.0,
                  path_effects=[withStroke(linewidth=2.2, foreground="black")])
    )  # fmt: skip
    beside = left + crop_mm + 3
    lines = [f"changed {_short(pixel.evidence)} × noise", f"self-label: {pixel.self_label}"]
    place.text(beside, top + 5.5, "\n".join(lines), fontsize=8, linespacing=1.3)
    if pixel.looks:
        heads = ("× noise", "brightness", "texture")
        rows = [
            (f"{scale:g} px", _signed(bright), _short(texture))
            for scale, bright, texture, _ in pixel.looks
        ]
        for k, cells in enumerate(zip(heads, *rows, strict=True)):
            at = beside + (11.0, 27.0, 41.0)[k]
            place.text(at, top + 16.5, cells[0], fontsize=7, color=FAINT, ha="right", va="baseline")
            for row, cell in enumerate(cells[1:]):
                below = top + 20.5 + 3.6 * row
                place.text(at, below, cell, fontsize=8, ha="right", va="baseline")
    below = top + _CARD_MM + 1.5
    if pixel.looks:
        n_bars = len(pixel.looks) + 2
        label_mm = 22.0
        bars = place.axes(left + label_mm, below, width - label_mm - 11, n_bars * _ROW_MM)
        _waterfall(bars, pixel)
        below += n_bars * _ROW_MM + 1.5
    place.text(left, below, _wrapped(f"{pixel.verdict[0].upper()}{pixel.verdict[1:]}.", _BOLD_LINE),
               fontsize=8, weight="bold", linespacing=1.15)  # fmt: skip


def _waterfall(axes: Axes, pixel: Pixel) -> None:
    """What was known beforehand and every look add up, from row to row, to the sum."""
    steps = [("beforehand", pixel.prior)]
    steps += [(f"look at {scale:g} px", added) for scale, _, _, added in pixel.looks]
    begin = 0.0
    reached = [0.0]
    for row, (_, added) in enumerate(steps):
        axes.barh(row, added, left=begin, height=0.62, color=_RED if added > 0 else _BLUE, lw=0)
        axes.plot([begin + added] * 2, [row - 0.31, row + 1.31], color=FAINT, lw=0.5)
        begin += added
        reached.append(begin)
    last = len(steps)
    axes.barh(last, pixel.log_odds, height=0.62, color=_RED if pixel.log_odds > 0 else _BLUE,
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
            _signed(value), (1, row), xycoords=("axes fraction", "data"), xytext=(24, 0),
            textcoords="offset points", va="center", ha="right", fontsize=8,
            weight="bold" if row == last else "normal",
        )  # fmt: skip
    for name, spine in axes.spines.items():
        spine.set_visible(name == "none")
    axes.set_facecolor("#FAFAFA")
    for side, word, colour in ((0.0, "← background", _BLUE), (1.0, "cell →", _RED)):
        axes.text(side, 1.01, word, transform=axes.transAxes, fontsize=7, color=colour,
                  ha="left" if side == 0 else "right", va="bottom")  # fmt: skip


def _letter(i: int) -> str:
    return chr(ord("A") + i) if i < 26 else str(i + 1)


def _wrapped(words: str, line: int = _LINE) -> str:
    return textwrap.fill(words, line)


def _percent(share: float) -> str:
    return f"{share:.0%}" if share >= 0.01 or share == 0 else "< 1%"


def _short(value: float) -> str:
    return f"{value:.1f}" if abs(value) < 10 else f"{value:,.0f}" if value < 1e5 else f"{value:.0e}"


def _signed(value: float) -> str:
    sign = "+" if value > 0 else "−" if value < 0 else ""
    return f"{sign}{_short(abs(value))}"
