"""Scores of the Cell Tracking Challenge: SEG, DET and TRA, and the corrections that TRA counts.

A reference object is found when one object of the result covers more than half of its pixels. SEG
is the mean over reference objects of their IoU with it, 0 where there is none. DET and TRA compare
two graphs, with a node for every object and frame and an edge from every node to the same cell in
the frame after, and from a parent's last node to its child's first: the least weighted number of
corrections that makes the result's graph that of the reference, over the cost of building that
from nothing. DET looks at nodes alone.

References
----------
Matula et al. 2015, https://doi.org/10.1371/journal.pone.0144959; Maška et al. 2014,
https://doi.org/10.1093/bioinformatics/btu080
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lamella.core.errors import NotInstalledError
from lamella.core.frames import Frames, Image
from lamella.core.pieces import in_pieces
from lamella.core.table import Col
from lamella.core.tracked import Tracked
from lamella.core.tracks import Tracks
from lamella.kernels.contingency import Contingency, contingency


class Graph(NamedTuple):
    """The cells of a movie as the Challenge sees them."""

    frames: Frames
    """(T, Y, X), numbers of `tracks`."""
    tracks: Tracks
    """Without gaps, with one parent at most."""
    cell_of: dict[int, int]
    """The cell that every number of `tracks` is a part of."""
    same_labels: bool
    """Whether every number is that of the object in the labels as they were given."""
    n_linked: dict[int, int]
    """Frame to the number of objects that are of a cell."""

    @classmethod
    def of(cls, tracked: Tracked) -> Graph:
        """The graph that the files of the Challenge would keep of tracked labels.

        Nodes are the objects, those of one cell in one frame being one; edges are the links of
        every cell, across a gap too, and those to its parent where that is known and is one. Where
        `tracked` has no parents, because its numbers are all that is known, divisions have no edge,
        so that a result is neither rewarded for them nor, beyond an edge too many each, punished.

        Raises
        ------
        ValueError
            When there are no labels.
        """
        if tracked.labels is None:
            raise ValueError("labels are needed: places alone cannot be matched")
        pieces = in_pieces(tracked.tracks)
        tracks, frames = pieces.tracks, tracked.labels.frames
        same = bool((tracks.links[Col.CELL] == tracks.links[Col.LABEL]).all())
        n_linked = {int(str(t)): int(n) for t, n in tracks.links[Col.FRAME].value_counts().items()}
        return cls(tracks.relabel(frames), tracks, pieces.cell_of, same, n_linked)

    def holds(self, t: int, labels: NDArray[np.int64]) -> bool:
        """Whether these labels of a frame, as they were given, are its nodes."""
        return self.same_labels and self.n_linked.get(t, 0) == len(labels)


class Found:
    """Which reference objects were found by which of the result, frame by frame.

    The lists are those that the measures of py-ctcmetrics take.
    """

    def __init__(self) -> None:
        self.labels_reference: list[NDArray[np.int64]] = []
        self.labels_result: list[NDArray[np.int64]] = []
        self.mapped_reference: list[NDArray[np.int64]] = []
        self.mapped_result: list[NDArray[np.int64]] = []
        self.iou: list[NDArray[np.float64]] = []

    def add(self, pairs: Contingency) -> None:
        """The next frame: `pairs` of the reference (a) and the result (b)."""
        covers = pairs.covers_a
        self.labels_reference.append(pairs.label_a)
        self.labels_result.append(pairs.label_b)
        self.mapped_reference.append(pairs.label_a[pairs.a[covers]])
        self.mapped_result.append(pairs.label_b[pairs.b[covers]])
        self.iou.append(pairs.iou[covers])

    @property
    def n_reference(self) -> int:
        """Objects of the reference in all frames."""
        return sum(len(labels) for labels in self.labels_reference)

    @property
    def n_result(self) -> int:
        """Objects of the result in all frames."""
        return sum(len(labels) for labels in self.labels_result)

    @property
    def seg(self) -> float:
        """SEG; NaN where the reference has no object."""
        total = float(sum(iou.sum() for iou in self.iou))
        return total / self.n_reference if self.n_reference else float("nan")


class Corrections(NamedTuple):
    """How the graph of the result differs from that of the reference, in corrections."""

    det: float
    tra: float
    """NaN without tracks, as are AOGM and the counts of edges."""
    aogm: float
    """Weighted sum of the corrections: 5 NS + 10 FN + FP + ED + 1.5 EA + EC."""
    aogm_0: float
    """Cost of building the reference from nothing."""
    ns: float
    """Splits of nodes: one object of the result for several of the reference."""
    fn: float
    """Nodes to add: objects missed."""
    fp: float
    """Nodes to delete: objects that are spurious."""
    ed: float
    """Edges to delete."""
    ea: float
    """Edges to add."""
    ec: float
    """Edges to change from link to parent or back."""


def seg(reference: Iterable[Image], result: Iterable[Image]) -> float:
    """SEG of label images, (Y, X) each, given in the same order; NaN without reference objects."""
    found = Found()
    for one, two in zip(reference, result, strict=True):
        found.add(contingency(one, two))
    return found.seg


def corrections(
    found: Found, reference: Tracks | None = None, result: Tracks | None = None
) -> Corrections:
    """DET, TRA and the corrections that they count, by py-ctcmetrics.

    Parameters
    ----------
    found : Found
        Of every frame of the movie; with tracks, of their graphs' frames (`Graph`).
    reference, result : Tracks, optional
        Of the graphs. Without them there are no edges: TRA and AOGM are NaN.

    Notes
    -----
    Labels that are in no frame of `found`, or lines without them, are not looked for: `Graph` has
    none. In a movie of one frame TRA is DET.

    Raises
    ------
    ValueError
        A reference without any object, for which DET and TRA are not defined.
    NotInstalledError
        Where py-ctcmetrics is not installed.
    """
    try:
        from ctc_metrics.metrics import det, tra
        from ctc_metrics.utils.representations import count_acyclic_graph_correction_operations
    except ImportError as error:
        raise NotInstalledError(
            "DET and TRA", "py-ctcmetrics is not installed", 'pip install "lamella[scores]"'
        ) from error
    if not found.n_reference:
        raise ValueError("the reference has no object")
    lists = [found.labels_reference, found.labels_result]
    lists += [found.mapped_reference, found.mapped_result]
    # The library needs two frames, and one object of the result: a frame beyond the last gets one
    # of a number that no track has, which is counted as spurious and taken off again.
    empty, extra = np.zeros(0, np.int64), np.array([-1])
    lists = [[*each, extra if k == 1 else empty] for k, each in enumerate(lists)]
    tracked = reference is not None and result is not None
    counts: dict[str, Any] = count_acyclic_graph_correction_operations(
        _table(reference) if tracked else None, _table(result) if tracked else None, *lists
    )
    counts["FP"] -= 1
    value, aogm, aogm_0 = tra(**counts) if tracked else (np.nan, np.nan, np.nan)
    of_nodes = (int(counts[key]) for key in ("NS", "FN", "FP"))
    of_edges = (int(counts[key]) if tracked else np.nan for key in ("ED", "EA", "EC"))
    return Corrections(det(**counts), value, float(aogm), float(aogm_0), *of_nodes, *of_edges)


def _table(tracks: Tracks | None) -> NDArray[np.int64]:
    """(n, 4): label, first and last frame, parent (0 = none)."""
    if tracks is None:
        return np.zeros((0, 4), np.int64)
    rows = [
        (label, *life, *tracks.parents.get(label, (0,)))
        for label, life in sorted(tracks.first_last.items())
    ]
    return np.array(rows, np.int64).reshape(-1, 4)
