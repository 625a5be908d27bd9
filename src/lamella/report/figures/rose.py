"""Where cells head: directions of steps and of net displacement, a rose per condition."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from numpy.typing import NDArray

from lamella.report.figures.trajectories import Track, tracks_by_group
from lamella.report.style import HAIR, INK, PAGE_MM, Key, figure, nothing, styled
from lamella.report.words import count, shortened

WEDGES = 24
"""Of 15° each."""
_RINGS = (0.05, 0.1, 0.2, 0.4, 1.0)

Floats = NDArray[np.float64]


@styled
def rose(frames: pd.DataFrame, cells: pd.DataFrame, key: Key | None = None) -> Figure:
    """Share of steps by direction, a panel per condition; ticks on the rim are whole cells.

    A wedge's area is its share, so that a wedge twice as large holds twice as many steps; every
    cell has the same say, however long it was followed. The dashed ring is what no preferred
    direction would give. A tick on the rim is the direction from a cell's first trusted position to
    its last. Directions are as in the image: 0° to the right, 90° downwards. All sessions
    together; steps that are not valid, and those of length 0, are left out.

    Parameters
    ----------
    frames : pandas.DataFrame
        One row per cell and frame.
    cells : pandas.DataFrame
        One row per cell; gives the condition of each movie.
    key : Key, optional
        Colours and order; from `cells` by default.
    """
    key = key or Key.of(cells)
    _, groups = tracks_by_group(frames, cells)
    tracks: dict[str, list[Track]] = {}
    for (condition, _), members in groups.items():
        tracks.setdefault(condition, []).extend(members)
    directions = {name: [_steps(track) for track in members] for name, members in tracks.items()}
    names = [*key.conditions, *sorted({*tracks} - {*key.conditions})]
    names = [name for name in names if any(map(len, directions.get(name, [])))]
    if not names:
        return nothing("No step was valid: there is no direction to draw.")
    columns = min(len(names), 4)
    rows = -(-len(names) // columns)
    side = min(PAGE_MM / columns, 58)
    drawn = figure(side * columns, (side + 9) * rows, layout=ConstrainedLayoutEngine(wspace=0.12))
    grid = drawn.subplots(rows, columns, squeeze=False, subplot_kw={"projection": "polar"})
    shares = {name: _shares(directions[name]) for name in names}
    top = np.sqrt(max(share.max() for share in shares.values())) * 1.05
    for axes, name in zip(grid.flat, names, strict=False):
        nets = np.asarray([net for net in map(_net, tracks[name]) if np.isfinite(net)])
        _panel(axes, shares[name], nets, key.colour(name), float(top))
        n_cells = sum(len(steps) > 0 for steps in directions[name])
        n_steps = sum(map(len, directions[name]))
        axes.set_title(
            f"{shortened(name, 26) or 'all movies'}\n{count(n_cells, 'cell')},"
            f" {count(n_steps, 'step')}",
            fontsize=7.5, loc="center", pad=12,
        )  # fmt: skip
    for axes in list(grid.flat)[len(names) :]:
        axes.set_axis_off()
    return drawn


def _steps(track: Track) -> Floats:
    """Directions of the accepted steps of one cell, in radians, 0 = +x, growing towards +y."""
    steps = np.diff(track.points, axis=0)[track.accepted[1:]]
    steps = steps[(steps != 0).any(axis=1)]
    out: Floats = np.arctan2(steps[:, 0], steps[:, 1])
    return out


def _net(track: Track) -> float:
    """Direction from the start to the last position; NaN where they are the same."""
    there = np.flatnonzero(np.isfinite(track.points).all(axis=1))
    y, x = track.points[there[-1]]
    return float(np.arctan2(y, x)) if (y, x) != (0, 0) else np.nan


def _shares(cells: list[Floats]) -> Floats:
    """Share of each wedge, the mean over cells of theirs; the first begins at 0."""
    turns = [np.floor(steps % (2 * np.pi) / (2 * np.pi) * WEDGES).astype(int) for steps in cells]
    counts = np.asarray(
        [np.bincount(turn % WEDGES, minlength=WEDGES) for turn in turns if len(turn)]
    )
    out: Floats = (counts / counts.sum(axis=1, keepdims=True)).mean(axis=0)
    return out


def _panel(axes: Any, share: Floats, nets: Floats, colour: str, top: float) -> None:
    """A rose; the radius is the root of the share, which makes areas proportional to it."""
    width = 2 * np.pi / WEDGES
    axes.bar(
        (np.arange(WEDGES) + 0.5) * width, np.sqrt(share), width=width, color=colour, alpha=0.75,
        edgecolor="white", linewidth=0.4, zorder=2,
    )  # fmt: skip
    around = np.linspace(0, 2 * np.pi, 181)
    axes.plot(
        around, np.full(181, 1 / np.sqrt(WEDGES)), color=INK, lw=0.7, ls=(0, (4, 3)), zorder=3
    )
    axes.vlines(nets, top * 1.02, top * 1.1, color=colour, lw=0.8, zorder=4, clip_on=False)
    axes.set_theta_direction(-1)
    axes.set_xticks(np.arange(4) * np.pi / 2, ["0°", "90°, down", "180°", "270°, up"], fontsize=6)
    axes.tick_params(axis="x", pad=3)
    rings = [ring for ring in _RINGS if np.sqrt(ring) < top]
    axes.set_yticks(np.sqrt(rings), [f"{100 * ring:g} %" for ring in rings], fontsize=6)
    axes.set_rlabel_position(22.5)
    axes.set_ylim(0, top * 1.1)
    axes.grid(color=HAIR, lw=0.4)
    axes.spines["polar"].set_visible(False)
