"""Labels of several people, fused by majority vote."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.frames import Image
from lamella.core.table import Col
from lamella.kernels.contingency import contingency
from lamella.kernels.overlap import intersection_over_union

SAME_IOU = 0.5
"""Two people's outlines are of the same object where they overlap by more than this."""


class Fused(NamedTuple):
    """What most of the people who annotated a frame agree on."""

    labels: NDArray[np.uint32]
    """(Y, X), 0 = background."""
    found_by: NDArray[np.int64]
    """Of every object that anybody drew, how many people did; those of most people come first, in
    the order of their numbers in `labels`."""
    disputed_px: int
    """Pixels that most people call cell, in no object that most of them drew: background."""


def fused(drawn: Sequence[Image], *, binary: bool = False) -> Fused:
    """The majority of several label images of one frame.

    Masks: a pixel is cell where more than half of the people say so; a tie is background. Objects:
    outlines of different people are of the same object where they overlap by an IoU of more than
    `SAME_IOU`, the best overlaps first, at most one outline of each person. An object that no more
    than half of the people drew is left out. A pixel that is cell belongs to the object to which
    most people count it, of equals the one that more people drew.

    Parameters
    ----------
    drawn : sequence of (Y, X) integer arrays
        One of each person, 0 = background.
    binary : bool
        Masks without objects: there is one object, all that is cell.

    Raises
    ------
    ValueError
        Images of different shapes, or none.

    Examples
    --------
    >>> fused([np.array([[1, 1, 0, 2]]), np.array([[3, 3, 3, 0]]), np.array([[1, 0, 0, 0]])]).labels
    array([[1, 1, 0, 0]], dtype=uint32)
    """
    if len({image.shape for image in drawn}) != 1:
        raise ValueError("labels to fuse are of one shape, and there is at least one of them")
    if binary:
        drawn = [(image != 0).astype(np.uint8) for image in drawn]
    votes = np.sum([image != 0 for image in drawn], axis=0)
    cell = 2 * votes > len(drawn)
    groups = [[(k, 1) for k in range(len(drawn)) if drawn[k].any()]] if binary else _groups(drawn)
    groups = sorted((group for group in groups if group), key=lambda group: (-len(group), group))
    kept = [group for group in groups if 2 * len(group) > len(drawn)]
    labels = np.zeros(cell.shape, np.uint32)
    most = np.zeros(cell.shape, np.int64)
    for number, group in enumerate(kept, start=1):
        own = np.sum([drawn[k] == label for k, label in group], axis=0)
        better = cell & (own > most)
        labels[better], most[better] = number, own[better]
    found_by = np.array([len(group) for group in groups], np.int64)
    return Fused(labels, found_by, int(np.count_nonzero(cell & (labels == 0))))


def agreement_of(
    people: Sequence[str], drawn: Sequence[Image], found: Fused, *, binary: bool = False
) -> pd.DataFrame:
    """How far people agree on a frame, a row each.

    Returns
    -------
    DataFrame
        annotator, n_annotators, n_labelled (objects that they drew), n_fused, n_unanimous,
        n_drawn_by_few, disputed_px, iou_fused, and for every person iou_with__<person>: NaN of
        themselves, and where neither has a pixel.
    """
    n_kept = int(np.count_nonzero(2 * found.found_by > len(drawn)))
    rows = []
    for own, image in zip(people, drawn, strict=True):
        row: dict[str, Any] = {
            Col.ANNOTATOR: own,
            Col.N_ANNOTATORS: len(people),
            Col.N_LABELLED: int(image.any()) if binary else len(np.unique(image[image > 0])),
            Col.N_FUSED: n_kept,
            Col.N_UNANIMOUS: int(np.count_nonzero(found.found_by == len(drawn))),
            Col.N_DRAWN_BY_FEW: len(found.found_by) - n_kept,
            Col.DISPUTED_PX: found.disputed_px,
            Col.IOU_FUSED: intersection_over_union(image, found.labels),
        }
        for other, theirs in zip(people, drawn, strict=True):
            alike = np.nan if other == own else intersection_over_union(image, theirs)
            row[Col.IOU_WITH.of(other)] = alike
        rows.append(row)
    return pd.DataFrame(rows)


def _groups(drawn: Sequence[Image]) -> list[list[tuple[int, int]]]:
    """Person and label of the outlines that are of one object, for every object."""
    group: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for k, image in enumerate(drawn):
        for label in np.unique(image[image > 0]):
            group[k, int(label)] = [(k, int(label))]
    pairs = []
    for k, one in enumerate(drawn):
        for m in range(k + 1, len(drawn)):
            both = contingency(one, drawn[m])
            for i, j, iou in zip(both.a, both.b, both.iou, strict=True):
                if iou > SAME_IOU:
                    a, b = (k, int(both.label_a[i])), (m, int(both.label_b[j]))
                    pairs.append((-float(iou), a, b))
    for _, a, b in sorted(pairs):
        if {k for k, _ in group[a]}.isdisjoint(k for k, _ in group[b]):
            joined = sorted(group[a] + group[b])
            group.update(dict.fromkeys(joined, joined))
    return list({id(each): each for each in group.values()}.values())
