"""How the objects of a movie typically change from frame to frame, learnt from the movie."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from lamella.track.objects import Indices, Objects, Values

_PLAIN = 0.5  # the nearest is at most this share as far away as the next
_REACH = 4.0  # largest step over the RMS step
_LEAST_CHANGE = 0.05  # of area and light: labels of phantoms may not change at all


@dataclass(frozen=True)
class Movement:
    """Typical changes of one object from one frame to the next.

    Parameters
    ----------
    step_px : float
        Root mean square, over objects and both axes, of what the prediction leaves of a step.
    persistence : float
        Share of the recent velocity that a cell keeps: 0 = it wanders, 1 = it goes straight on.
    max_step_px : float
        Further than this from the predicted place nobody goes.
    first_step_px, max_first_step_px : float
        The same two of whole steps: where a cell's velocity is not known yet, nothing is predicted.
    area_sd, light_sd : float
        RMS of the logarithm of the ratio of areas, and of intensities (NaN without an image).
    mismatch : float
        RMS of 1 − intersection over union.
    radius_px, spacing_px : float
        Median radius of a disc of the same area, and median distance to the nearest object of the
        same frame (NaN with one object a frame).
    plain : float
        Share of the objects whose successor is beyond doubt, as nothing else is near.
    """

    step_px: float
    persistence: float
    max_step_px: float
    first_step_px: float
    max_first_step_px: float
    area_sd: float
    light_sd: float
    mismatch: float
    radius_px: float
    spacing_px: float
    plain: float

    def as_json(self) -> dict[str, float]:
        return asdict(self)


def first_guess(
    objects: Objects, *, persistence: float | None = None, max_step_px: float | None = None
) -> Movement:
    """Learn from the objects whose successor is beyond doubt.

    These are pairs in consecutive frames that are each other's nearest, at most half as far apart
    as the next nearest on either side. Fast cells in a crowd have few; see `Movement.plain`.
    """
    before, after, spacing = _plain_pairs(objects)
    n_asked = int((objects.frame < objects.span.stop - 1).sum())
    return learnt(
        objects,
        before,
        after,
        np.zeros((len(before), 2)),
        spacing_px=_median(spacing),
        plain=len(before) / n_asked if n_asked else float("nan"),
        persistence=persistence,
        max_step_px=max_step_px,
    )


def learnt(
    objects: Objects,
    before: Indices,
    after: Indices,
    velocity: Values,
    *,
    spacing_px: float,
    plain: float,
    persistence: float | None = None,
    max_step_px: float | None = None,
) -> Movement:
    """The movement of given links, `velocity` being that of the object before.

    What is given is kept; what is None is learnt.
    """
    radius = float(np.sqrt(_median(objects.area) / np.pi))
    step = objects.place[after] - objects.place[before]
    moving = np.einsum("ij,ij->", velocity, velocity)
    if persistence is None:
        share = np.einsum("ij,ij->", step, velocity) / moving if moving > 0 else 0.0
        persistence = float(np.clip(share, 0, 1))
    rms, far = _spread(step - persistence * velocity, radius)
    first_rms, first_far = _spread(step, radius)
    shared = objects.overlaps.between(before, after)
    iou: Values = shared / (objects.area[before] + objects.area[after] - shared)
    return Movement(
        step_px=rms,
        persistence=persistence,
        max_step_px=far if max_step_px is None else max_step_px,
        first_step_px=max(first_rms, rms),
        max_first_step_px=max(first_far, far) if max_step_px is None else max_step_px,
        area_sd=max(_rms(_log_ratio(objects.area, before, after), 0.2), _LEAST_CHANGE),
        light_sd=max(_rms(_log_ratio(objects.light, before, after), np.nan), _LEAST_CHANGE),
        mismatch=max(_rms(1 - iou, 0.5), _LEAST_CHANGE),
        radius_px=radius,
        spacing_px=spacing_px,
        plain=plain,
    )


def _spread(steps: Values, radius: float) -> tuple[float, float]:
    """RMS of steps per axis, and how far steps go at most."""
    distance = np.hypot(steps[:, 0], steps[:, 1])
    # No more precise than a tenth of a pixel, nor than a hundredth of a cell.
    rms = max(_rms(distance, 0.7 * radius) / np.sqrt(2), 0.1, 0.01 * radius)
    far = float(np.quantile(distance, 0.99)) if len(distance) else radius
    return rms, max(_REACH * rms, 1.5 * far, 0.5 * radius)


def _plain_pairs(objects: Objects) -> tuple[Indices, Indices, Values]:
    """Pairs beyond doubt, and the distance of every object to the nearest of its frame."""
    room = np.full(len(objects.frame), np.inf)
    before, after = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for t in objects.span:
        here = objects.of_frame(t)
        if here.stop - here.start > 1:
            place = objects.place[here]
            room[here] = cKDTree(place).query(place, k=2)[0][:, 1]
    for t in objects.span[:-1]:
        here, there = objects.of_frame(t), objects.of_frame(t + 1)
        a, b = objects.place[here], objects.place[there]
        if not len(a) or not len(b):
            continue
        distance, to, plain_a = _nearest(a, b)
        _, back, plain_b = _nearest(b, a)
        mutual = (back[to] == np.arange(len(a))) & plain_a & plain_b[to]
        # Where one leaves and another enters, the nearest is as far as neighbours are.
        mutual &= distance <= _PLAIN * np.minimum(room[here], room[there][to])
        before.append(here.start + np.flatnonzero(mutual))
        after.append(there.start + to[mutual])
    return np.concatenate(before), np.concatenate(after), room[np.isfinite(room)]


def _nearest(a: Values, b: Values) -> tuple[Values, Indices, NDArray[np.bool_]]:
    """For every a the nearest of b: how far, which, and whether the next is twice as far."""
    distance, which = cKDTree(b).query(a, k=[1, 2])
    plain: NDArray[np.bool_] = distance[:, 0] <= _PLAIN * distance[:, 1]  # no second: inf
    return distance[:, 0], which[:, 0].astype(np.int64), plain


def _log_ratio(values: Values, before: Indices, after: Indices) -> Values:
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log(values[after] / values[before])
    finite: Values = ratio[np.isfinite(ratio)]
    return finite


def _rms(values: Values, otherwise: float) -> float:
    """Root mean square with the largest two per cent cut, since a wrong link has no bounds."""
    if not len(values):
        return otherwise
    cut = np.quantile(np.abs(values), 0.98)
    return float(np.sqrt(np.mean(np.minimum(np.abs(values), cut) ** 2)))


def _median(values: Values) -> float:
    return float(np.median(values)) if len(values) else float("nan")
