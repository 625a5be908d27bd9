"""The frames that a window in time holds, reflected where the movie has none."""

from __future__ import annotations


def window_before(t: int, *, length: int, n_frames: int) -> list[int]:
    """Numbers of the `length` frames up to `t`, in order; before the first they are reflected.

    Frame -1 is frame 1, -2 is 2, and in movies shorter than the window frames are reflected at
    both ends, so that of a single frame there are `length`.

    Parameters
    ----------
    t : int
        The last frame of the window, 0 to ``n_frames - 1``.

    Examples
    --------
    >>> window_before(1, length=4, n_frames=10)
    [2, 1, 0, 1]
    """
    return [_reflected(i, n_frames) for i in range(t - length + 1, t + 1)]


def window_after(t: int, *, length: int, n_frames: int) -> list[int]:
    """The same backwards in time: from ``t + length - 1`` down to `t`, reflected at the end.

    Examples
    --------
    >>> window_after(8, length=4, n_frames=10)
    [7, 8, 9, 8]
    """
    last = n_frames - 1
    return [last - i for i in window_before(last - t, length=length, n_frames=n_frames)]


def _reflected(i: int, n_frames: int) -> int:
    if n_frames == 1:
        return 0
    period = 2 * (n_frames - 1)
    place = i % period
    return min(place, period - place)
