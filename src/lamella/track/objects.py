"""What a tracker sees of a movie: every object of every frame, and who lies where who lay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.errors import InputError
from lamella.core.frames import Frames, Image
from lamella.core.registration import Registration
from lamella.core.table import Col
from lamella.kernels.contingency import contingency
from lamella.kernels.regions import find_regions, means_of
from lamella.kernels.warp import warped

Indices = NDArray[np.int64]
Values = NDArray[np.float64]


@dataclass(frozen=True)
class Objects:
    """The n objects of a part of a movie, in order of frame and label.

    Parameters
    ----------
    span : range
        Frames, those without an object included.
    frame_shape : (Y, X)
    frame, label : (n,) int64 arrays
    place : (n, 2) float64 array
        Centroids (y, x) in px, as if the field had not drifted, where its drift is known.
    drift : (n, 2) float64 array
        What has been taken off; 0 where the drift is not known.
    area : (n,) float64 array
        px².
    light : (n,) float64 array
        Mean intensity; NaN where no image was given.
    at_border : (n,) bool array
        Whether the object touches the edge of the field.
    shared : (k, 4) int64 array
        Frame, label in the frame before, label, and the pixels that both cover, of all pairs of
        objects of consecutive frames that share any, drift taken off.
    first, last : (Y, X) arrays
        The labels at both ends, so that parts can be joined.
    """

    span: range
    frame_shape: tuple[int, int]
    frame: Indices
    label: Indices
    place: Values
    drift: Values
    area: Values
    light: Values
    at_border: NDArray[np.bool_]
    shared: Indices
    first: Image
    last: Image

    @cached_property
    def starts(self) -> Indices:
        """Index of the first object of every frame of the span, and one behind the last."""
        edges = np.arange(self.span.start, self.span.stop + 1)
        return np.searchsorted(self.frame, edges).astype(np.int64)

    def of_frame(self, t: int) -> slice:
        """The objects of frame `t`."""
        k = t - self.span.start
        return slice(int(self.starts[k]), int(self.starts[k + 1]))

    def index(self, frame: Indices, label: Indices) -> Indices:
        """Which objects these are; every one must exist."""
        key = pd.MultiIndex.from_arrays([self.frame, self.label])
        return np.asarray(key.get_indexer(pd.MultiIndex.from_arrays([frame, label])), np.int64)

    @cached_property
    def overlaps(self) -> Overlaps:
        """The pairs of objects of consecutive frames that share pixels."""
        frame, a, b, n = self.shared.T
        before, after = self.index(frame - 1, a), self.index(frame, b)
        return Overlaps(before, after, n.astype(np.float64), len(self.frame))

    def links(self, cell: Indices) -> pd.DataFrame:
        """A table of links, places those of the frames, from each object's cell; 0 = none."""
        raw = self.place + self.drift
        order = np.lexsort((self.frame, cell))
        order = order[cell[order] > 0]
        return pd.DataFrame(
            {
                Col.CELL: cell[order],
                Col.FRAME: self.frame[order],
                Col.LABEL: self.label[order],
                Col.Y_PX: raw[order, 0],
                Col.X_PX: raw[order, 1],
                Col.AREA_PX: self.area[order],
            }
        )


class Overlaps:
    """Pairs of objects by their indices, `before` in one frame and `after` in the next.

    Parameters
    ----------
    before, after : (k,) int64 arrays
    n : (k,) float64 array
        Pixels that they share.
    n_objects : int
    """

    def __init__(self, before: Indices, after: Indices, n: Values, n_objects: int) -> None:
        key = before * n_objects + after
        order = np.argsort(key)
        self._key, self._n_objects = key[order], n_objects
        self.before, self.after, self.n = before[order], after[order], n[order]

    def between(self, before: Indices, after: Indices) -> Values:
        """Shared pixels of given pairs; 0 where they share none."""
        wanted = before * self._n_objects + after
        place = np.minimum(np.searchsorted(self._key, wanted), max(len(self._key) - 1, 0))
        if not len(self._key):
            return np.zeros(len(wanted))
        return np.where(self._key[place] == wanted, self.n[place], 0.0)

    def of(self, start: int, stop: int) -> slice:
        """The pairs whose object before lies in this range of indices."""
        edges = np.array([start, stop]) * self._n_objects
        first, last = np.searchsorted(self._key, edges)
        return slice(int(first), int(last))


def survey(
    labels: Frames, image: Frames | None = None, registration: Registration | None = None
) -> Objects:
    """Walk over a part of a movie once.

    Parameters
    ----------
    labels : Frames
        Objects numbered frame by frame.
    image : Frames, optional
        The raw frames, for intensities.
    registration : Registration, optional
        How the field of the whole movie drifted.

    Raises
    ------
    InputError
        When labels and image differ in shape.
    """
    if image is not None and (image.frame_shape != labels.frame_shape or image.span != labels.span):
        raise InputError(
            "labels",
            f"they are {labels.shape} (T, Y, X), the movie is {image.shape}",
            "use labels of the same movie",
        )
    regions, light, shared = [], [], []
    first = last = np.zeros((0, 0), np.uint16)
    for t in labels.span:
        frame = labels.frame(t)
        found = find_regions(frame)
        regions.append(found)
        if image is None:
            light.append(np.full(len(found.label), np.nan))
        else:
            light.append(means_of(image.frame(t), frame, found.label, found.box))
        if t == labels.span.start:
            first = frame
        else:
            shared.append(_shared(t, last, frame, registration))
        last = frame
    raw = np.concatenate([r.centroid for r in regions])
    drift = np.zeros_like(raw)
    if registration is not None:
        parts = [
            registration.drift_at(r.centroid, t) for t, r in zip(labels.span, regions, strict=True)
        ]
        drift = np.concatenate(parts)
    return Objects(
        span=labels.span,
        frame_shape=labels.frame_shape,
        frame=np.repeat(np.arange(labels.span.start, labels.span.stop), _sizes(regions)),
        label=np.concatenate([r.label for r in regions]),
        place=raw - drift,
        drift=drift,
        area=np.concatenate([r.area for r in regions]).astype(np.float64),
        light=np.concatenate(light),
        at_border=np.concatenate([r.at_border(labels.frame_shape) for r in regions]),
        shared=np.concatenate([np.empty((0, 4), np.int64), *shared]),
        first=first,
        last=last,
    )


def together(parts: Sequence[Objects], registration: Registration | None = None) -> Objects:
    """The objects of a movie from those of its parts, in order of time."""
    seams = [_shared(b.span.start, a.last, b.first, registration) for a, b in pairwise(parts)]
    shared = np.concatenate([part.shared for part in parts] + seams)
    return Objects(
        span=range(parts[0].span.start, parts[-1].span.stop),
        frame_shape=parts[0].frame_shape,
        frame=np.concatenate([part.frame for part in parts]),
        label=np.concatenate([part.label for part in parts]),
        place=np.concatenate([part.place for part in parts]),
        drift=np.concatenate([part.drift for part in parts]),
        area=np.concatenate([part.area for part in parts]),
        light=np.concatenate([part.light for part in parts]),
        at_border=np.concatenate([part.at_border for part in parts]),
        shared=shared[np.argsort(shared[:, 0], kind="stable")],
        first=parts[0].first,
        last=parts[-1].last,
    )


def _shared(t: int, before: Image, after: Image, registration: Registration | None) -> Indices:
    if registration is not None:
        before = warped(before, registration.between(t - 1, t), interpolation="nearest")
    found = contingency(before, after)
    frame = np.full(len(found.shared), t)
    return np.column_stack([frame, found.label_a[found.a], found.label_b[found.b], found.shared])


def _sizes(regions: Sequence[object]) -> list[int]:
    return [len(found.label) for found in regions]  # type: ignore[attr-defined]
