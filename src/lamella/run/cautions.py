"""What a movie's tables and tracks say that their user should act on."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.errors import InputError, LamellaWarning
from lamella.core.frames import Frames
from lamella.core.labels import Labels
from lamella.core.movie import Movie
from lamella.core.table import Col, Column
from lamella.core.tracks import Tracks
from lamella.kernels.distance import distance_inside
from lamella.kernels.regions import find_regions, inside_of
from lamella.preprocess import PercentileOutside, RollingBall
from lamella.track import Largest

_FEW_STEPS, _MUCH_LOOSE = 5, 0.1
_SATURATED, _BELOW_ZERO = 0.01, 0.75  # of a cell's pixels
_OF_MASKS = ("jump", "swap", "size_break", "appears", "vanishes", "duplicate")
_FEW_EVENTS, _EVENTS_A_CELL = 5, 0.5
_MANY_NUMBERS, _SCATTERED = 30, 20.0
_MUCH_BACKGROUND, _LOOKS = 0.6, 5
_LITTLE_GROUND = 0.002  # of the field: 2000 of 1024 × 1024 px


def warn_of_several(tracker: Any, state: Any, *, source: str, remedy: str) -> None:
    """Tell where one cell of several is followed as if it were the only one.

    Parameters
    ----------
    tracker, state
        Any tracker and what it took from the movie; only `Largest` follows one cell.
    remedy : str
        What to do where all of them are wanted.
    """
    n = tracker.n_alike(state) if isinstance(tracker, Largest) else 0
    if n > 1:
        warnings.warn(
            f"{source}: {n} objects of like size in most frames, of which only the largest is "
            f"followed, whichever cell that is; to follow every cell {remedy}",
            LamellaWarning,
            stacklevel=3,
        )


def warn_of_doubt(tracker: Any, state: Any, *, source: str) -> None:
    """Tell when a tracker of many cells doubts its own links."""
    told = "" if isinstance(tracker, Largest) else tracker.doubt(state)
    if told:
        warnings.warn(f"{source}: {told}", LamellaWarning, stacklevel=3)


def warn_of_events(events: pd.DataFrame, tracks: Tracks, *, source: str) -> None:
    """Tell when so much happens to the tracks of several cells that the masks must be wrong.

    Cells do not often jump, swap, double or turn up amid the field; masks of which one holds two
    cells here and one there do.
    """
    n_cells = len(tracks.first_last)
    bad = events.loc[events[Col.KIND].isin(_OF_MASKS), Col.KIND]
    if n_cells < 2 or len(bad) < max(_FEW_EVENTS, _EVENTS_A_CELL * n_cells):
        return
    kinds = ", ".join(
        f"{n} × {str(kind).replace('_', ' ')}" for kind, n in bad.value_counts().items()
    )
    warnings.warn(
        f"{source}: {len(bad)} events in the tracks of {n_cells} cells ({kinds}): masks seem to "
        "take in neighbours or to lose parts, and what is measured on them is wrong there; look at "
        "the outlines, compare methods with lamella suggest, and try other ways to split clumps",
        LamellaWarning,
        stacklevel=3,
    )


def refuse_image(labels: Labels, source: str) -> None:
    """Raise the InputError of an image that was given as labels: hundreds of objects of no size.

    One frame from the middle of the movie is looked at.
    """
    frame = labels.frame(labels.n_frames // 2)
    regions = find_regions(frame)
    n = len(regions.label)
    if n >= _MANY_NUMBERS and regions.area.sum() > 0.5 * frame.size:
        loose = np.median(
            (regions.box[:, 2] - regions.box[:, 0])
            * (regions.box[:, 3] - regions.box[:, 1])
            / regions.area
        )
        if loose > _SCATTERED:
            raise InputError(
                source,
                f"it looks like an image, not like labels: {n} numbers, scattered over the frame",
                "give a label movie, in which all pixels of an object have its number",
            )


def warn_of_binary(links: pd.DataFrame, source: str) -> None:
    """Tell when labels hold one number for what are plainly several objects.

    Parameters
    ----------
    links : DataFrame
        With `label` and `loose_fraction`.
    """
    if len(links[Col.LABEL].unique()) != 1:
        return
    loose = float((links[Col.LOOSE_FRACTION] > _MUCH_LOOSE).mean())
    if loose > 0.5:
        warnings.warn(
            f"{source}: all its objects have one number, and in {loose:.0%} of the frames they lie "
            "apart: this looks like a mask, not like labels; number them first with: lamella "
            f"segment MOVIE -o labels.tif -m labels --set pattern={source} --set binary=true",
            LamellaWarning,
            stacklevel=3,
        )


def warn_of_few_steps(table: pd.DataFrame, source: str) -> None:
    """Tell when a movie's only cell, or most of its cells, were hardly followed."""
    if Col.PAIR_VALID not in table:
        return
    steps = table.groupby(Col.CELL)[Col.PAIR_VALID].sum()
    few, n = int((steps < _FEW_STEPS).sum()), len(steps)
    if not few or (n > 1 and few <= n / 2):  # some short tracks are the rule where cells crowd
        return
    remedy = (
        "consider an exclude reason in samples.csv"
        if n == 1
        else "look at the film strip and events.csv: are cells lost, merged or split?"
    )
    warnings.warn(
        f"{source}: {few} of {n} cells with fewer than {_FEW_STEPS} valid steps: "
        f"speed and persistence say little there; {remedy}",
        LamellaWarning,
        stacklevel=3,
    )


def warn_of_saturation(table: pd.DataFrame, sightings: pd.DataFrame, source: str) -> None:
    """Tell when cells are brighter than the camera could say.

    Parameters
    ----------
    table, sightings : DataFrame
        What a group of measures made of every cell and frame, and where these were seen.
    """
    for where in _outlines_with(Col.N_SATURATED_PX, table, sightings, share=_SATURATED):
        warnings.warn(
            f"{source}: more than {100 * _SATURATED:g} % of the cell is saturated in {where}; "
            "its intensities are too low there",
            LamellaWarning,
            stacklevel=3,
        )


def warn_of_negatives(table: pd.DataFrame, sightings: pd.DataFrame, source: str) -> None:
    """Tell when most of a cell is darker than what was subtracted: noise alone makes it half.

    Parameters
    ----------
    table, sightings : DataFrame
        As in `warn_of_saturation`.
    """
    for where in _outlines_with(Col.N_NEGATIVE_PX, table, sightings, share=_BELOW_ZERO):
        warnings.warn(
            f"{source}: more than {100 * _BELOW_ZERO:g} % of the cell lies below 0 in {where}, "
            "after the background was subtracted: too much of it, it seems; look at "
            "[measure.background]",
            LamellaWarning,
            stacklevel=3,
        )


def _outlines_with(
    bare: Column, table: pd.DataFrame, sightings: pd.DataFrame, *, share: float
) -> Iterator[str]:
    """In how many outlines a count of pixels is above a share of the area, channel by channel."""
    area = sightings[Col.AREA_PX].to_numpy(np.float64)
    several = len(set(table[Col.CELL])) > 1
    for column in table.columns:
        name, _, channel = column.partition("__")
        n = int((table[column].to_numpy(np.float64) > share * area).sum()) if name == bare else 0
        if n:
            where = f"{n} outlines of cells" if several else f"{n} frames"
            yield where + (f" in channel {channel}" if channel else "")


def warn_of_small_ball(background: Any, movie: Movie, labels: Labels) -> None:
    """Tell where a ball that rolls under the image can enter an object, and takes it off in part.

    A few frames are looked at: the largest disc inside an object must be smaller than the ball.
    """
    if not isinstance(background, RollingBall):
        return
    radius = background.radius(movie.scale, movie.source)
    picked = np.unique(np.linspace(0, labels.n_frames - 1, _LOOKS).astype(int))
    masks = [labels.frame(int(t)) for t in picked]
    regions = [find_regions(mask) for mask in masks]
    inside = [
        float(distance_inside(inside_of(mask, label, box)).max())
        for mask, found in zip(masks, regions, strict=True)
        for label, box in zip(found.label, found.box, strict=True)
        # A box that is narrower holds no such disc.
        if min(box[2] - box[0], box[3] - box[1]) > 2 * radius
    ]
    largest = max(inside, default=0.0)
    if largest > radius:
        warnings.warn(
            f"{movie.source}: the background is taken off by a ball of radius {radius:.4g} px, and "
            f"discs of radius {largest:.4g} px fit into some {labels.name}: part of its light goes "
            "with the background; set a radius larger than the largest object under "
            "[measure.background]",
            LamellaWarning,
            stacklevel=3,
        )


def warn_of_no_ground(background: Any, movie: Movie, anything: Frames) -> None:
    """Tell where objects leave hardly a pixel to take the background from.

    A few frames are looked at.

    Parameters
    ----------
    anything : Frames
        Above 0 wherever any object is.
    """
    if not isinstance(background, PercentileOutside):
        return
    picked = np.unique(np.linspace(0, len(anything) - 1, _LOOKS).astype(int)).tolist()
    bare = [float(background.outside(anything.frame(t)).mean()) for t in picked]
    if min(bare) >= _LITTLE_GROUND:
        return
    t = picked[int(np.argmin(bare))]
    what = (
        "no pixel lies outside of all objects there, and intensities are missing (NaN)"
        if min(bare) == 0
        else f"{min(bare):.2%} of the pixels lie outside of all objects there, which may be cells "
        "that were not found"
    )
    warnings.warn(
        f"{movie.source}: the background is a percentile of the ground, which frame {t} hardly "
        f"shows: {what}; under [measure.background] set a smaller margin_px, or "
        'method = "offset" with the grey value of a field without cells',
        LamellaWarning,
        stacklevel=3,
    )


def warn_of_background(movie: Movie, labels: Labels, seen: NDArray[np.int64]) -> None:
    """Tell where most of a cell's light is not the cell's, when none is subtracted.

    Parameters
    ----------
    seen : (n,) int array
        Frames with cells, of which a few are looked at.
    """
    outside = PercentileOutside()
    if not len(seen):
        return
    looked_at = seen[np.unique(np.linspace(0, len(seen) - 1, _LOOKS).astype(int))]
    for channel, frames in movie.channels.items():
        shares = []
        for t in looked_at:
            frame, mask = frames.frame(int(t)), labels.frame(int(t))
            inside = float(frame[mask > 0].mean(dtype=np.float64))
            shares.append(outside(frame, mask, channel) / inside if inside > 0 else np.nan)
        share = float(np.median(shares))
        if share > _MUCH_BACKGROUND:
            warnings.warn(
                f"{movie.source}: the field around the {labels.name} has {share:.0%} of its "
                f"brightness in channel {channel}, and no background is subtracted, so "
                "intensity ratios are far too near to 1; where intensities matter, as in no phase "
                'contrast, write [measure.background] and method = "percentile"',
                LamellaWarning,
                stacklevel=3,
            )


def warn_of_flat(flat: Collection[int], n_frames: int, source: str) -> None:
    """Tell of frames that hold one grey value."""
    if flat:
        warnings.warn(
            f"{source}: {len(flat)} of {n_frames} frames hold one grey value, such as frame "
            f"{min(flat)}; see whether the camera or the export failed there",
            LamellaWarning,
            stacklevel=3,
        )


def warn_of_nothing(name: str, n_frames: int, source: str) -> None:
    """Tell that a set of objects is empty in the whole movie."""
    warnings.warn(
        f"{source}: no {name} was found in any of {n_frames} frames; look at the segmentation "
        "settings",
        LamellaWarning,
        stacklevel=3,
    )
