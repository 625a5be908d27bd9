"""One look for every figure: sizes, fonts, colours, and bytes that depend on the data alone."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, wraps
from io import BytesIO
from typing import Any, ParamSpec

import matplotlib.style
import numpy as np
import pandas as pd
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from lamella.core.table import Col
from lamella.report.plates import of_plates, on_plates
from lamella.report.tables import distinct, unique
from lamella.report.words import shortened

COLUMN_MM = 85.0
PAGE_MM = 180.0
DPI = 200
MOST_IN_LEGEND = 24
SIGNED = "Lamella"
"""Stands in the first bytes of every figure that `save` makes."""

# Okabe & Ito (2008), the order chosen so that the first ones also differ in lightness on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = ("o", "^", "s", "D", "v", "P", "X", "p")
INK = "#222222"
FAINT = "#8C8C8C"
HAIR = "#D0D0D0"

_FONTS_OF_MORE_SCRIPTS = (
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Microsoft YaHei", "Yu Gothic", "Malgun Gothic",
    "PingFang SC", "Hiragino Sans", "Arial Unicode MS",
)  # fmt: skip
"""For signs that the fonts before lack, where the machine has one of these."""

P = ParamSpec("P")
Floats = NDArray[np.float64]


@cache
def rc() -> dict[str, Any]:
    """Settings of matplotlib, on top of its own defaults and not of the user's."""
    # Journals ask for Arial or its like; asking for an absent family makes matplotlib complain.
    present = set(font_manager.get_font_names())
    families = [name for name in ("Arial", "Helvetica", "Liberation Sans") if name in present]
    wide = [name for name in _FONTS_OF_MORE_SCRIPTS if name in present]
    return {
        "font.family": [*families, "DejaVu Sans", *wide],
        "font.size": 8,
        "axes.titlesize": 8,
        "axes.labelsize": 8,
        "xtick.labelsize": 7,
        "ytick.labelsize": 7,
        "legend.fontsize": 7,
        "axes.titlelocation": "left",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.linewidth": 0.6,
        "axes.edgecolor": INK,
        "axes.labelcolor": INK,
        "text.color": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "xtick.major.width": 0.6,
        "ytick.major.width": 0.6,
        "xtick.major.size": 2.5,
        "ytick.major.size": 2.5,
        "xtick.minor.size": 1.5,
        "ytick.minor.size": 1.5,
        "xtick.minor.width": 0.4,
        "ytick.minor.width": 0.4,
        "lines.linewidth": 0.9,
        "legend.frameon": False,
        "legend.handletextpad": 0.5,
        "legend.columnspacing": 1.2,
        "savefig.facecolor": "white",
        "figure.facecolor": "white",
        "svg.fonttype": "none",
        "svg.hashsalt": "lamella",
        # A $ in a movie's name is a dollar, not mathematics.
        "text.parse_math": False,
        "axes.unicode_minus": True,
    }


@contextmanager
def style_applied() -> Iterator[None]:
    """Draw in this style, whatever the user's matplotlibrc says.

    Of a name in a script that no font of this machine has, matplotlib would complain sign by sign;
    the SVG keeps it as text, which a browser shows.
    """
    with matplotlib.style.context(["default", rc()]), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        yield


def styled(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """A figure function drawn in this style."""

    @wraps(draw)
    def in_style(*args: P.args, **kwargs: P.kwargs) -> Figure:
        with style_applied():
            return draw(*args, **kwargs)

    return in_style


def figure(width_mm: float, height_mm: float, *, layout: Any = "constrained") -> Figure:
    """An empty figure of this size."""
    return Figure(figsize=(width_mm / 25.4, height_mm / 25.4), layout=layout)


@dataclass(frozen=True)
class Images:
    """A figure's bytes, the same for the same tables on the same machine."""

    png: bytes
    svg: bytes


def save(drawn: Figure) -> Images:
    """The figure as PNG (200 dpi) and as SVG with text as text, without a date, both signed."""
    with style_applied():
        png, svg = BytesIO(), BytesIO()
        drawn.savefig(svg, format="svg", metadata={"Date": None, "Creator": SIGNED})
        # The places found for the first hold for the second: laying out costs more than drawing.
        drawn.set_layout_engine("none")
        drawn.savefig(png, format="png", dpi=DPI, metadata={"Software": SIGNED})
    return Images(png.getvalue(), svg.getvalue())


def as_png(drawn: Figure) -> bytes:
    """The figure as PNG alone (200 dpi): images make an SVG large, and no better."""
    with style_applied():
        png = BytesIO()
        drawn.savefig(png, format="png", dpi=DPI)
    return png.getvalue()


@dataclass(frozen=True)
class Key:
    """The colour of each condition and the marker of each session, one for all figures.

    Conditions stand with the reference first and then in order of appearance. Beyond seven
    conditions or eight sessions, colours and markers come round again.
    """

    conditions: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()
    plates: bool = False
    """Whether sessions are plates, and are called so."""

    @classmethod
    def of(
        cls,
        cells: pd.DataFrame,
        samples: pd.DataFrame | None = None,
        effects: pd.DataFrame | None = None,
    ) -> Key:
        """The key of a study, from whichever tables there are."""
        tables = [table for table in (samples, cells) if table is not None]
        reference = [] if effects is None else distinct(effects, Col.REFERENCE)
        conditions = [name for table in tables for name in distinct(table, Col.CONDITION)]
        known = unique(conditions)
        first = [name for name in unique(reference) if name in known]
        sessions = [name for table in tables for name in distinct(table, Col.SESSION)]
        plates = of_plates(cells, samples)
        return cls(tuple(unique([*first, *known])), tuple(unique(sessions)), plates)

    def said(self, text: str) -> str:
        """Words of a figure on sessions, as they are said of this study."""
        return on_plates(text) if self.plates else text

    def colour(self, condition: str) -> str:
        if condition not in self.conditions:
            return FAINT if self.conditions else COLOURS[0]
        return COLOURS[self.conditions.index(condition) % len(COLOURS)]

    def marker(self, session: str) -> str:
        if session not in self.sessions:
            return MARKERS[0]
        return MARKERS[self.sessions.index(session) % len(MARKERS)]


def wrapped(name: str, width: int, *, most_lines: int = 3) -> str:
    """A name in lines of at most `width` characters, broken after spaces and ``_ - / ,`` if it can.

    What does not fit into so many lines is shortened in its middle: both ends tell names apart.

    >>> wrapped("wild_type control", 10).splitlines()
    ['wild_type', 'control']
    >>> wrapped("DMSO", 10)
    'DMSO'
    """
    width = max(width, 4)
    lines = [""]
    for part in re.findall(r"[^\s_/,-]*[\s_/,-]*", shortened(name, width * most_lines)):
        for start in range(0, len(part), width):
            piece = part[start : start + width]
            if lines[-1] and len(lines[-1]) + len(piece.rstrip()) > width:
                lines.append("")
            lines[-1] += piece
    if len(lines) > most_lines:
        return wrapped(shortened(name, width * most_lines - most_lines), width, most_lines=99)
    return "\n".join(line.strip() for line in lines)


def conditions_below(
    axes: Axes, names: Sequence[str], counts: Sequence[Sequence[str]], width_mm: float
) -> None:
    """Names of conditions under their places 0, 1 …, each above lines of counts.

    Long names are broken into lines; where there is no room for that, they stand on end.
    """
    room = int(width_mm / max(len(names), 1) / 1.3)
    axes.set_xlim(-0.6, len(names) - 0.4)
    axes.tick_params(axis="x", length=0)
    if room >= 8:
        below = ["\n".join([*([wrapped(name, room)] if name else []), *lines])
                 for name, lines in zip(names, counts, strict=True)]  # fmt: skip
        axes.set_xticks(range(len(names)), below)
        return
    below = [", ".join([shortened(name, 24), *lines[:1]])
             for name, lines in zip(names, counts, strict=True)]  # fmt: skip
    axes.set_xticks(range(len(names)), below, rotation=90, fontsize=6)


def legend_above(drawn: Figure, handles: Sequence[Line2D | Patch]) -> None:
    """A legend over the panels, in as many columns as its longest name leaves room for.

    Long names are shortened in their middle; of more than 24 entries the rest is counted.
    """
    if not handles:
        return
    names = [shortened(str(handle.get_label()), 30) for handle in handles]
    shown, rest = list(handles[:MOST_IN_LEGEND]), len(handles) - MOST_IN_LEGEND
    if rest > 0:
        shown.append(Line2D([], [], ls=""))
        names = [*names[:MOST_IN_LEGEND], f"and {rest} more"]
    columns = next(n for n in range(len(shown), 0, -1) if n == 1 or _fits(drawn, names, n))
    drawn.legend(shown, names, loc="outside upper left", ncols=columns, borderaxespad=0.2)


def sessions_in_legend(key: Key) -> list[Line2D]:
    """The marker of each session, where there are several."""
    if len(key.sessions) < 2:
        return []
    return [
        Line2D([], [], marker=key.marker(name), ls="", color=FAINT, ms=4, label=name)
        for name in key.sessions
    ]


def _fits(drawn: Figure, names: Sequence[str], n_columns: int) -> bool:
    """Whether a legend of these names is not wider than the figure, as matplotlib shares it out."""
    columns = np.array_split(np.asarray([len(name) for name in names]), n_columns)
    width_mm = sum(1.25 * float(column.max()) + 9.5 for column in columns)
    return width_mm < drawn.get_figwidth() * 25.4


def shades(colour: str, n: int) -> list[str]:
    """`n` shades of a colour, from darker to lighter, so that neighbours can be told apart."""
    base = np.asarray(to_rgb(colour))
    amounts = np.linspace(-0.35, 0.4, n) if n > 1 else np.zeros(1)
    return [to_hex(base * (1 + a) if a < 0 else base + (1 - base) * a) for a in amounts]


def say(axes: Axes, sentence: str) -> None:
    """An empty panel which says why it is empty."""
    axes.set_axis_off()
    axes.text(0.5, 0.5, sentence, transform=axes.transAxes, ha="center", va="center", color=FAINT)


def nothing(sentence: str) -> Figure:
    """A small figure which says why there is nothing to draw."""
    drawn = figure(COLUMN_MM, 20)
    say(drawn.subplots(), sentence)
    return drawn


def swarm(values: Floats, *, width: float) -> Floats:
    """Sideways shifts that lay dots of like value side by side, at most ±width/2; no chance in it.

    Dots within a fortieth of the range share a row, which fills from its middle outwards.
    """
    shift = np.zeros(len(values))
    good = np.flatnonzero(np.isfinite(values))
    if len(good) < 2 or np.ptp(values[good]) == 0:
        parts: list[NDArray[np.int64]] = [good] if len(good) else []
    else:
        low, span = values[good].min(), np.ptp(values[good])
        rows = np.floor((values[good] - low) / span * 40)
        parts = [good[rows == row] for row in np.unique(rows)]
    parts = [part[np.argsort(values[part], kind="stable")] for part in parts]
    step = min(width / max((len(part) for part in parts), default=1), width / 6)
    for part in parts:
        places = np.arange(len(part))
        shift[part] = np.where(places % 2, (places + 1) // 2, -(places // 2)) * step
        shift[part] += 0 if len(part) % 2 else -step / 2
    return shift
