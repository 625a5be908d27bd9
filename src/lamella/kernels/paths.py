"""How straight tracks go: sums over their runs of steps that may be trusted.

A run is a sequence of trusted steps one after the other. What is summed over runs bridges nothing:
every run counts from its own first place to its own last.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class RunSums(NamedTuple):
    """What the runs of every track add up to, and how straight each has gone so far.

    Lengths are in the unit of the places. A track without a trusted step has 0 runs and a length of
    0; its ratio is NaN.
    """

    n_runs: NDArray[np.int64]
    longest: NDArray[np.int64]
    """Steps of the longest run."""
    path: Floats
    """Σ steps."""
    net: Floats
    """Σ over runs of the distance from the first place to the last."""
    reach: Floats
    """Σ over runs of the largest distance from the run's first place."""
    last_ratio: Floats
    """Net over path of the longest run, the first of equally long ones; NaN where it never moved.
    """
    ratio: Floats
    """(n,), for every row: distance from the first place of its run over the path since then; NaN
    where there is no step yet, or no movement."""


def run_sums(place: Floats, pair: NDArray[np.bool_], *, start: NDArray[np.intp]) -> RunSums:
    """Sum up the runs of every track.

    Parameters
    ----------
    place : (n, 2) float64 array
        (y, x), rows of a track side by side and in order of time.
    pair : (n,) bool array
        Whether the step from the row before may be trusted; never so in a track's first row.
    start : (n_tracks + 1,) intp array
        Rows ``start[i]:start[i + 1]`` are track i's.
    """
    (n_runs, longest), sums, ratio = _run_sums(place, pair, start)
    path, net, reach, last_ratio = sums
    return RunSums(n_runs, longest, path, net, reach, last_ratio, ratio)


class WindowSums(NamedTuple):
    """How straight every track goes over windows of a fixed number of steps."""

    n: NDArray[np.int64]
    """Windows in which it moved; they overlap."""
    n_still: NDArray[np.int64]
    """Windows left out: it did not move at all, so that there is no ratio."""
    mean_ratio: Floats
    """Mean over windows of net over path; NaN without a window."""
    net: Floats
    """Σ net over windows."""
    path: Floats
    """Σ path over windows."""


def window_sums(
    place: Floats, pair: NDArray[np.bool_], *, start: NDArray[np.intp], steps: int
) -> WindowSums:
    """Net and path over all windows of `steps` trusted steps one after the other.

    Parameters
    ----------
    place, pair, start
        As for `run_sums`.
    steps : int
        At least 1. A window begins in every row that has so many trusted steps after it.
    """
    n, sums = _window_sums(place, pair, start, steps)
    return WindowSums(*n, *sums)


@njit(cache=True, nogil=True)
def _distance(place: Any, i: int, j: int) -> float:
    return float(np.hypot(place[j, 0] - place[i, 0], place[j, 1] - place[i, 1]))


@njit(cache=True, nogil=True)
def _run_sums(place: Any, pair: Any, start: Any) -> Any:
    n_tracks = len(start) - 1
    whole = np.zeros((2, n_tracks), np.int64)
    sums = np.zeros((4, n_tracks))
    ratio = np.full(len(place), np.nan)
    for track in range(n_tracks):
        longest, last = 0, np.nan
        first, path, farthest = start[track], 0.0, 0.0
        for i in range(start[track] + 1, start[track + 1] + 1):
            if i < start[track + 1] and pair[i]:
                path += _distance(place, i - 1, i)
                away = _distance(place, first, i)
                farthest = max(farthest, away)
                if path > 0:
                    ratio[i] = min(away / path, 1.0)  # rounding may lift it above
                continue
            steps = i - 1 - first
            if steps > 0:  # a run ends
                whole[0, track] += 1
                sums[0, track] += path
                sums[1, track] += _distance(place, first, i - 1)
                sums[2, track] += farthest
                if steps > longest:
                    longest, last = steps, ratio[i - 1]
            first, path, farthest = i, 0.0, 0.0
        whole[1, track] = longest
        sums[3, track] = last
    return whole, sums, ratio


@njit(cache=True, nogil=True)
def _window_sums(place: Any, pair: Any, start: Any, steps: int) -> Any:
    n_tracks = len(start) - 1
    n = np.zeros((2, n_tracks), np.int64)
    sums = np.zeros((3, n_tracks))
    since = np.zeros(len(place))  # path from the first place of the run
    for track in range(n_tracks):
        first = start[track]
        for i in range(start[track], start[track + 1]):
            if i == start[track] or not pair[i]:
                first = i
                continue
            since[i] = since[i - 1] + _distance(place, i - 1, i)
            if i - first < steps:
                continue
            path = since[i] - since[i - steps]
            if path > 0:
                net = min(_distance(place, i - steps, i), path)
                n[0, track] += 1
                sums[0, track] += net / path
                sums[1, track] += net
                sums[2, track] += path
            else:
                n[1, track] += 1
        sums[0, track] = sums[0, track] / n[0, track] if n[0, track] else np.nan
    return n, sums
