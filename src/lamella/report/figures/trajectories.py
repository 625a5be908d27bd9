"""Trajectories from a common origin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from lamella.core.table import Col
from lamella.report.style import FAINT, HAIR, INK, PAGE_MM, Key, figure, nothing, shades, styled
from lamella.report.tables import flags, groups_of_movies, has, numbers, track_parts

MOST_TRACKS = 150
"""Tracks drawn per panel; of more, an even choice is drawn and the panel says so."""


@dataclass(frozen=True)
class Track:
    """One cell's way from its first trusted position, (T, 2) as (y, x)."""

    points: NDArray[np.float64]
    joined: NDArray[np.bool_]
    accepted: NDArray[np.bool_]


@styled
def trajectories(frames: pd.DataFrame, cells: pd.DataFrame, key: Key | None = None) -> Figure:
    """One panel per condition and session; all panels have the same limits.

    In µm, or in pixels where a position is known in pixels only. The y axis points down, as in the
    image. Steps that did not enter the speed (`pair_valid` false) are grey; gaps are not bridged.

    Parameters
    ----------
    frames : pandas.DataFrame
        One row per cell and frame.
    cells : pandas.DataFrame
        One row per cell; gives the condition and the session of each movie.
    key : Key, optional
        Colours and order; from `cells` by default.
    """
    key = key or Key.of(cells)
    unit, tracks = tracks_by_group(frames, cells)
    if not tracks:
        return nothing("No positions to draw.")
    conditions = [*key.conditions, *sorted({c for c, _ in tracks} - {*key.conditions})]
    sessions = [*key.sessions, *sorted({s for _, s in tracks} - {*key.sessions})]
    conditions = [c for c in conditions if any(c == found for found, _ in tracks)]
    sessions = [s for s in sessions if any(s == found for _, found in tracks)]
    panels = [(c, s) for s in sessions for c in conditions]
    n_columns = len(conditions) if len(sessions) > 1 and len(conditions) <= 6 else 4
    n_columns = min(n_columns, len(panels))
    n_rows = -(-len(panels) // n_columns)
    side = min((PAGE_MM - 12) / n_columns, 62)
    drawn = figure(side * n_columns + 12, (side + 3) * n_rows + 12, layout="compressed")
    grid = drawn.subplots(n_rows, n_columns, sharex=True, sharey=True, squeeze=False)
    limit = _limit(tracks)
    for axes, (condition, session) in zip(grid.flat, panels, strict=False):
        members = tracks.get((condition, session), [])
        _panel(axes, members, key.colour(condition))
        named = " · ".join(part for part in (condition, session) if part) or "all movies"
        shown = f"{min(len(members), MOST_TRACKS)} of " if len(members) > MOST_TRACKS else ""
        axes.set_title(f"{named}  (n = {shown}{len(members)})", fontsize=7.5)
        axes.set(xlim=(-limit, limit), ylim=(limit, -limit), aspect="equal")
        axes.xaxis.set_major_locator(MaxNLocator(4))
        axes.yaxis.set_major_locator(MaxNLocator(4))
    for axes in list(grid.flat)[len(panels) :]:
        axes.set_axis_off()
    drawn.supxlabel(f"x from start ({unit})", fontsize=8)
    drawn.supylabel(f"y from start ({unit}), down as in the image", fontsize=8)
    drawn.legend(handles=_legend(), loc="outside upper left", ncols=4)
    return drawn


def tracks_by_group(
    frames: pd.DataFrame, cells: pd.DataFrame
) -> tuple[str, dict[tuple[str, str], list[Track]]]:
    """The unit, and the tracks of each (condition, session)."""
    empty: dict[tuple[str, str], list[Track]] = {}
    if not (has(frames, Col.Y_PX, Col.X_PX) or has(frames, Col.Y_UM, Col.X_UM)):
        return "px", empty
    pixels, microns = numbers(frames, Col.Y_PX), numbers(frames, Col.Y_UM)
    # One unit for all panels: µm only where no position would be lost.
    in_um = bool(np.isfinite(microns).any()) and not (np.isfinite(pixels) & np.isnan(microns)).any()
    names = (Col.Y_UM, Col.X_UM) if in_um else (Col.Y_PX, Col.X_PX)
    groups = groups_of_movies(cells, pd.DataFrame())
    for identity, rows in track_parts(frames):
        points = np.stack([numbers(rows, name) for name in names], axis=1)
        there = np.isfinite(points).all(axis=1)
        trusted = there & flags(rows, Col.VALID, default=True)
        if not there.any():
            continue
        origin = points[np.argmax(trusted if trusted.any() else there)]
        joined = np.zeros(len(rows), bool)
        following = np.diff(numbers(rows, Col.FRAME)) == 1
        joined[1:] = there[1:] & there[:-1] & following
        track = Track(points - origin, joined, joined & flags(rows, Col.PAIR_VALID, default=True))
        empty.setdefault(groups.get(identity[0], ("", "")), []).append(track)
    return "µm" if in_um else "px", empty


def _limit(tracks: dict[tuple[str, str], list[Track]]) -> float:
    furthest = [np.nanmax(np.abs(t.points)) for members in tracks.values() for t in members]
    return float(max(furthest)) * 1.06 or 0.5


def _panel(axes: Axes, members: list[Track], colour: str) -> None:
    axes.axhline(0, color=HAIR, lw=0.5, zorder=0)
    axes.axvline(0, color=HAIR, lw=0.5, zorder=0)
    if not members:  # a condition that this session lacks
        return
    if len(members) > MOST_TRACKS:
        chosen = np.linspace(0, len(members) - 1, MOST_TRACKS).round().astype(int)
        members = [members[i] for i in chosen]
    for track, shade in zip(members, shades(colour, len(members)), strict=True):
        rejected = _broken(track.points, track.joined & ~track.accepted)
        axes.plot(rejected[:, 1], rejected[:, 0], color=FAINT, lw=0.8, zorder=1)
        path = _broken(track.points, track.accepted)
        axes.plot(path[:, 1], path[:, 0], color=shade, lw=0.7, zorder=2)
        there = np.flatnonzero(np.isfinite(track.points).all(axis=1))
        y, x = track.points[there[-1]]
        axes.plot(
            x, y, "*", color=shade, ms=5 if len(members) < 40 else 3, mec="white", mew=0.3, zorder=4
        )
    axes.plot(0, 0, "o", color=INK, ms=2.5, zorder=5)


def _broken(points: NDArray[np.float64], drawn: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The points with a break before each whose step is not drawn."""
    breaks = np.flatnonzero(~drawn)
    return np.insert(points, breaks, np.nan, axis=0)


def _legend() -> list[Line2D]:
    return [
        Line2D([], [], marker="o", ls="", color=INK, ms=3, label="start"),
        Line2D([], [], marker="*", ls="", color=INK, ms=5, label="end"),
        Line2D([], [], color=INK, lw=0.8, label="step that counts"),
        Line2D([], [], color=FAINT, lw=0.8, label="rejected step"),
    ]
