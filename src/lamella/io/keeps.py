"""What a format keeps of tracked objects, and what these lose in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lamella.core.movie import regular_times
from lamella.core.table import Col
from lamella.core.tracked import Tracked


@dataclass(frozen=True)
class Keeps:
    """What comes back from a file: True, False, or in which part, in words.

    `lives` are the frames before a cell is first and after it is last found; `filled` is which
    shapes were filled in and not seen.
    """

    shapes: bool | str
    holes: bool | str
    pieces: bool | str
    gaps: bool | str
    divisions: bool | str
    merges: bool | str
    scale: bool | str
    time: bool | str
    frame_size: bool | str
    empty_frames: bool | str
    lives: bool
    filled: bool
    largest_id: int


IN_WORDS = {
    "shapes": "shapes",
    "holes": "holes in them",
    "pieces": "several pieces of one object",
    "gaps": "gaps inside a track",
    "divisions": "divisions",
    "merges": "merges",
    "scale": "pixel size",
    "time": "times",
    "frame_size": "frame size",
    "empty_frames": "frames without objects",
    "lives": "lives beyond what was found",
    "filled": "marks of filled-in shapes",
    "largest_id": "largest track id",
}
"""The fields of `Keeps` for users."""


def losses(tracked: Tracked, keeps: Keeps) -> dict[str, str]:
    """What these objects have and a format does not keep.

    Returns
    -------
    dict
        Field of `Keeps` to its count in words.
    """
    words = {}
    for name, (n, what) in _at_stake(tracked).items():
        value = getattr(keeps, name)
        if isinstance(value, str):
            n = _LOST_IN_PART[name, value](tracked) if (name, value) in _LOST_IN_PART else 0
        if n and value is not True:
            words[name] = what.format(n)
    return words


def _at_stake(tracked: Tracked) -> dict[str, tuple[int, str]]:
    """Field of `Keeps` to how much of it there is, and what it is called."""
    tracks, scale = tracked.tracks, tracked.scale
    rows = tracks.links.groupby(Col.CELL)[Col.FRAME].agg(["min", "max", "size"])
    found = {int(str(c)): (int(a), int(b)) for c, a, b, _ in rows.itertuples()}
    parents = [len(each) for each in tracks.parents.values()]
    return {
        "shapes": (
            len(tracks.links) if tracked.labels is not None else 0,
            "the shapes of {} objects",
        ),
        "gaps": (
            int((rows["max"] - rows["min"] + 1 > rows["size"]).sum()),
            "the gaps of {} tracks",
        ),
        "divisions": (sum(n == 1 for n in parents), "the parents of {} cells"),
        "merges": (sum(n > 1 for n in parents), "the parents of {} merged cells"),
        "scale": (int(scale.pixel_size_um is not None), "the pixel size"),
        "time": (int(scale.time_min is not None), "the times of the frames"),
        "frame_size": (int(tracked.frame_shape is not None), "the frame size"),
        "empty_frames": (_after_the_last(tracked), "the {} frames after the last object"),
        "lives": (
            sum(found.get(cell) != tuple(life) for cell, life in tracks.first_last.items()),
            "the lives of {} cells beyond the frames in which they were found",
        ),
        "filled": (len(tracks.interpolated), "which {} objects were filled in and not seen"),
    }


def _after_the_last(tracked: Tracked) -> int:
    frames = tracked.tracks.links[Col.FRAME]
    return tracked.n_frames - 1 - (int(frames.max()) if len(frames) else -1)


def _uneven(tracked: Tracked) -> int:
    times, interval = tracked.scale.time_min, tracked.scale.interval_min
    if times is None or interval is None:
        return 0
    return int(not np.allclose(times, regular_times(len(times), interval), rtol=1e-6))


def _uneven_with_gaps(tracked: Tracked) -> int:
    return _uneven(tracked) * (tracked.tracks.links[Col.FRAME].nunique() < tracked.n_frames)


def _not_in_rows(tracked: Tracked) -> int:
    """Rows tell the time of their frames; two of them tell the step."""
    timed = tracked.scale.time_min is not None
    return int(timed and (_uneven(tracked) or tracked.tracks.links[Col.FRAME].nunique() < 2))


def _not_in_our_rows(tracked: Tracked) -> int:
    """Ours begin at frame 0, so that one row behind it tells the step."""
    timed = tracked.scale.time_min is not None
    lone = not (tracked.tracks.links[Col.FRAME] > 0).any()
    return int(timed and (lone or _uneven_with_gaps(tracked)))


def _after_the_last_life(tracked: Tracked) -> int:
    ends = [last for _, last in tracked.tracks.first_last.values()]
    return tracked.n_frames - 1 - max(ends, default=-1)


BETWEEN_CELLS, TO_THE_LAST_LIFE = "between cells", "to the end of the last life"
EQUAL_STEPS, EQUAL_OR_FULL = "equal steps", "equal steps, or a cell in every frame"
EQUAL_BY_ROWS = "equal steps with cells in two frames"
EQUAL_OR_FULL_BY_ROWS = "equal steps with a cell behind frame 0, or one in every frame"
_LOST_IN_PART: dict[tuple[str, str], Callable[[Tracked], int]] = {
    ("empty_frames", BETWEEN_CELLS): _after_the_last,
    ("empty_frames", TO_THE_LAST_LIFE): _after_the_last_life,
    ("time", EQUAL_STEPS): _uneven,
    ("time", EQUAL_BY_ROWS): _not_in_rows,
    ("time", EQUAL_OR_FULL_BY_ROWS): _not_in_our_rows,
    ("time", EQUAL_OR_FULL): _uneven_with_gaps,
}
"""Of what is kept in part: how much is lost; nothing where only the writer can count."""
