"""The images of the figure, each with the bar or the legend that tells how to read it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, ListedColormap, LogNorm, SymLogNorm, to_rgba
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from lamella.report.figures.why.page import BLUE, RED, YELLOW, letter, percent
from lamella.report.figures.why.parts import Pixel, Plane, Planes
from lamella.report.filmstrip import PERCENTILES
from lamella.report.style import FAINT, INK

_DIVERGING = LinearSegmentedColormap.from_list("still to moving", [BLUE, "#F7F7F7", RED])
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


def _show(axes: Axes, image: NDArray[Any], **how: Any) -> Any:
    return axes.imshow(image, interpolation_stage="data", aspect="equal", **how)


def draw_grey(axes: Axes, frame: Plane) -> tuple[float, float]:
    """A frame in grey; returns the grey values shown black and white."""
    low, high = np.percentile(frame, PERCENTILES)
    _show(axes, frame, cmap="gray", vmin=low, vmax=max(high, low + 1e-6))
    return float(low), float(high)


def draw_frame(axes: Axes, bar: Axes, planes: Planes) -> None:
    """The frame as recorded, with outlines."""
    low, high = draw_grey(axes, planes.frame)
    outline(axes, planes.cells, YELLOW, 0.9)
    _ramp(bar, "gray", [(0, f"{low:.4g}"), (1, f"{high:.4g}")], ("", "grey values", ""))


def draw_evidence(axes: Axes, bar: Axes, evidence: Plane) -> None:
    """Evidence on a log scale, the level of noise marked on the bar."""
    low = 0.1
    norm = LogNorm(low, _MOST_EVIDENCE)
    _show(axes, np.maximum(evidence, low), cmap="magma", norm=norm)
    ticks = [(float(norm(v)), f"{v:g}") for v in (0.1, 1, 10, _MOST_EVIDENCE)]
    _ramp(bar, "magma", ticks, ("nothing", "", "times the noise"))
    at = float(norm(1.0))
    bar.axvline(at, color="white", lw=1.2)
    bar.text(at, -1.75, "noise alone", fontsize=7, ha="center", va="top", transform=_below(bar))


def draw_classes(
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
                  label=f"{names[k][0]} {percent(share[k])}")
            for k in order
        ],
        loc="upper left", bbox_to_anchor=(0, 1.0), ncols=3 if len(names) < 4 else 2, borderpad=0,
        fontsize=7,
        handlelength=1.2, handleheight=0.9, labelspacing=0.3, columnspacing=1.0, borderaxespad=0,
    )  # fmt: skip


def draw_brightness(axes: Axes, bar: Axes, brightness: Plane) -> None:
    """Signed brightness, linear about zero and logarithmic beyond."""
    most = float(np.clip(np.percentile(np.abs(brightness), 99.5), 10, 1e4))
    norm = SymLogNorm(1, vmin=-most, vmax=most)
    _show(axes, np.clip(brightness, -most, most), cmap="PuOr_r", norm=norm)
    high = 10 ** np.floor(np.log10(most))
    ticks = [(float(norm(v)), f"{v:g}".replace("-", "−")) for v in (-high, 0, high)]
    _ramp(bar, "PuOr_r", ticks, ("darker", "", "brighter"))


def draw_texture(axes: Axes, bar: Axes, texture: Plane) -> None:
    """Texture on a log scale."""
    low = 0.3
    most = float(np.clip(np.percentile(texture, 99.8), 10, 1e6))
    norm = LogNorm(low, most)
    _show(axes, np.clip(texture, low, most), cmap="viridis", norm=norm)
    decades = [10.0**k for k in range(int(np.floor(np.log10(most))) + 1)]
    ticks = [(float(norm(v)), f"{v:g}") for v in decades[:: -(-len(decades) // 4)]]
    _ramp(bar, "viridis", ticks, ("smooth", "", "structured"))


def draw_odds(
    axes: Axes, bar: Axes, odds: Plane, ends: tuple[str, str], *, line: bool = False
) -> None:
    """Log odds from one colour to another, neutral at zero."""
    _show(axes, np.clip(odds, -_ODDS, _ODDS), cmap=_DIVERGING, vmin=-_ODDS, vmax=_ODDS)
    if line:
        outline(axes, odds > 0, INK, 0.7)
    half = _ODDS / 2
    ticks = [
        ((v + _ODDS) / (2 * _ODDS), f"{v:+g}".replace("-", "−") if v else "0")
        for v in (-_ODDS, -half, 0, half, _ODDS)
    ]
    _ramp(bar, _DIVERGING, ticks, (ends[0], "log odds", ends[1]))


def draw_stages(axes: Axes, bar: Axes, planes: Planes) -> None:
    """What became of every pixel, with the outlines."""
    present = [k for k in range(1, len(_STAGES)) if k == 1 or (planes.stages == k).any()]
    draw_classes(axes, bar, planes.stages, _STAGES, order=present)
    outline(axes, planes.cells, INK, 0.7)


def draw_flow(axes: Axes, bar: Axes, frame: Plane, flow: Plane) -> None:
    """Arrows over the frame, lengthened to be seen; the bar says how much."""
    draw_grey(axes, frame)
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
        angles="xy", scale_units="xy", scale=1, color=YELLOW, width=0.0032, headwidth=3.5,
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


def outline(axes: Axes, labels: NDArray[Any], colour: Any, width: float) -> None:
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


def frame_only(axes: Axes, shape: tuple[int, int]) -> None:
    """A thin frame round an image, without ticks."""
    axes.set(xticks=[], yticks=[], xlim=(-0.5, shape[1] - 0.5), ylim=(shape[0] - 0.5, -0.5))
    axes.set_anchor("NW")
    for spine in axes.spines.values():
        spine.set(visible=True, linewidth=0.4, color=FAINT)


def mark(axes: Axes, pixels: Sequence[Pixel], *, dark: bool) -> None:
    """Rings and letters on the pixels to explain."""
    colour, edge = ("white", "black") if dark else ("black", "white")
    height = abs(axes.get_ylim()[0] - axes.get_ylim()[1])
    for i, pixel in enumerate(pixels):
        axes.plot(
            pixel.x, pixel.y, "o", mfc="none", mec=colour, ms=4.5, mew=1.1,
            path_effects=[withStroke(linewidth=2.4, foreground=edge)],
        )  # fmt: skip
        above = pixel.y > 0.1 * height
        axes.annotate(
            letter(i), (pixel.x, pixel.y), xytext=(0, 3.0 if above else -4.5),
            textcoords="offset points", ha="center", va="bottom" if above else "top", fontsize=8,
            weight="bold", color=colour,
            path_effects=[withStroke(linewidth=1.6, foreground=edge)],
        )  # fmt: skip


def scale_bar(
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
