"""All scores of one movie against a reference, in one walk over its frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from lamella.core.errors import InputError, NotInstalledError
from lamella.core.frames import Image
from lamella.core.table import Col
from lamella.core.tracked import Tracked
from lamella.evaluate.ctc import Found, Graph, corrections
from lamella.evaluate.objects import (
    KINDS,
    MATCH_COLUMNS,
    THRESHOLDS,
    PrecisionCounts,
    matches_of_frame,
)
from lamella.evaluate.pixels import PixelCounts
from lamella.evaluate.switches import found_alone, switches
from lamella.kernels.contingency import Contingency, contingency

GRAPH_SCORES = ("DET", "TRA", "AOGM", "AOGM_0")
GRAPH_COUNTS = ("AOGM_NS", "AOGM_FN", "AOGM_FP", "AOGM_ED", "AOGM_EA", "AOGM_EC")
_EDGES = ("TRA", "AOGM", "AOGM_0", "AOGM_ED", "AOGM_EA", "AOGM_EC")


@dataclass(frozen=True)
class Subject:
    """A reference, or a result: its labels, and its tracks where they are known.

    Parameters
    ----------
    source : str
        Where it comes from, for messages.
    n_frames : int or None
        Frames of the movie; None for a reference that shows some of its frames and does not tell.
    shape_of : function
        Frame number to (Y, X) labels.
    shown : sequence of int
        Frames of which `shape_of` knows the shapes.
    tracked : Tracked, optional
        Labels of every frame with their tracks.
    shapes_are_tracked : bool
        Whether `shape_of` gives the labels of `tracked`.
    untracked : str
        Why there are no tracks.
    """

    source: str
    n_frames: int | None
    shape_of: Callable[[int], Image]
    shown: Sequence[int]
    tracked: Tracked | None = None
    shapes_are_tracked: bool = True
    untracked: str = "the tracks are not known"


class Scores(NamedTuple):
    """What became of an evaluation."""

    values: dict[str, float]
    """Scores by their names in scores.json; NaN where they could not be computed."""
    reasons: dict[str, str]
    """Why, by name."""
    matches: pd.DataFrame
    """What became of every object, rows of `matches_of_frame`."""
    switches: pd.DataFrame | None
    """Rows of `switches`; None without tracks."""


def score(
    reference: Subject,
    result: Subject,
    *,
    advance: Callable[[int, int], object] = lambda done, total: None,
) -> Scores:
    """Compare a result with a reference: pixels, objects, detection and tracks.

    SEG, the scores of pixels and those of objects are over the frames of which the reference knows
    the shapes. DET needs a reference that knows them, or the tracks, of every frame; TRA and
    switches need the tracks of both.

    Raises
    ------
    InputError
        When the two differ in number of frames or in frame size.
    """
    n_frames = _common_length(reference, result)
    walk = _Walk(reference, result, n_frames)
    for t in range(n_frames):
        walk.frame(t)
        advance(t + 1, n_frames)
    return walk.scores()


class _Walk:
    """The counts of the frames so far."""

    def __init__(self, reference: Subject, result: Subject, n_frames: int) -> None:
        self.reference, self.result, self.n_frames = reference, result, n_frames
        self.pixels, self.precision, self.shapes = PixelCounts(), PrecisionCounts(), Found()
        self.matches: list[pd.DataFrame] = []
        self.shown = set(reference.shown)
        tracked = reference.tracked, result.tracked
        self.graphs = [None if each is None else Graph.of(each) for each in tracked]
        self.nodes = Found()
        self.alone: list[pd.DataFrame] = []
        self.every_node = self.graphs[0] is not None or len(self.shown) == n_frames

    def frame(self, t: int) -> None:
        pairs: Contingency | None = None
        if t in self.shown:
            one, two = self.reference.shape_of(t), self.result.shape_of(t)
            self._refuse_other_size(t, one, two)
            pairs = contingency(one, two)
            self.pixels = self.pixels.plus(PixelCounts.of(one, two))
            self.precision.add(pairs)
            self.shapes.add(pairs)
            self.matches.append(matches_of_frame(one, two, frame=t, pairs=pairs))
        if self.every_node:
            nodes = self._nodes(t, pairs)
            self.nodes.add(nodes)
            graph, other = self.graphs
            if graph is not None and other is not None:
                cells = {"cell_of_reference": graph.cell_of, "cell_of_result": other.cell_of}
                self.alone.append(found_alone(nodes, frame=t, **cells))

    def _nodes(self, t: int, pairs: Contingency | None) -> Contingency:
        """The contingency of the graphs' objects, that of the shapes where they are the same."""
        subjects = self.reference, self.result
        if pairs is not None and all(
            graph is None or (subject.shapes_are_tracked and graph.holds(t, labels))
            for graph, subject, labels in zip(
                self.graphs, subjects, (pairs.label_a, pairs.label_b), strict=True
            )
        ):
            return pairs
        images = [
            subject.shape_of(t) if graph is None else graph.frames.frame(t)
            for graph, subject in zip(self.graphs, subjects, strict=True)
        ]
        self._refuse_other_size(t, *images)
        return contingency(*images)

    def _refuse_other_size(self, t: int, one: Image, two: Image) -> None:
        if one.shape != two.shape:
            raise InputError(
                self.result.source,
                f"frame {t} is {two.shape}, in the reference {one.shape} (Y, X)",
                "evaluate labels of the same frames, uncropped and unbinned",
            )

    def scores(self) -> Scores:
        counts, kinds = self.pixels, _kinds(self.matches)
        values: dict[str, float] = {
            "SEG": self.shapes.seg,
            "F1": counts.dice,
            "precision": counts.precision,
            "recall": counts.recall,
            "IoU": counts.iou,
            "Dice": counts.dice,
            "AP50": self.precision.at(THRESHOLDS[0]),
            "AP75": self.precision.at(0.75),
            "AP50_95": self.precision.mean(),
            "n_frames": self.n_frames,
            "n_frames_with_shapes": len(self.shown),
            "n_objects_reference": self.precision.n_reference,
            "n_objects_result": self.precision.n_result,
            **{f"n_{kind}": kinds[kind] for kind in KINDS},
        }
        reasons = {
            name: "there is no object in the reference"
            if name in ("SEG", "recall") else "there is nothing to compare"
            for name, value in values.items()
            if np.isnan(value)
        }  # fmt: skip
        graph, why = self._corrections()
        values |= dict(zip((*GRAPH_SCORES, *GRAPH_COUNTS), graph, strict=True))
        reasons |= why
        switched = None
        if self.reference.tracked is not None and self.result.tracked is not None:
            switched = switches(self.reference.tracked.tracks, self.alone)
            values["n_switches"] = len(switched)
        else:
            values["n_switches"] = np.nan
            reasons["n_switches"] = self._untracked()
        matches = pd.concat(self.matches, ignore_index=True) if self.matches else pd.DataFrame()
        return Scores(values, reasons, matches.reindex(columns=list(MATCH_COLUMNS)), switched)

    def _untracked(self) -> str:
        sides: dict[str, list[str]] = {}
        for name, side in (("reference", self.reference), ("result", self.result)):
            if side.tracked is None:
                sides.setdefault(side.untracked, []).append(name)
        return "; ".join(f"{' and '.join(names)}: {why}" for why, names in sides.items())

    def _corrections(self) -> tuple[Sequence[float], dict[str, str]]:
        nothing = [np.nan] * (len(GRAPH_SCORES) + len(GRAPH_COUNTS))
        names = (*GRAPH_SCORES, *GRAPH_COUNTS)
        if not self.every_node:
            why = "the reference knows the objects of some frames only"
            return nothing, dict.fromkeys(names, why)
        one, two = self.graphs
        edges = (one.tracks, two.tracks) if one is not None and two is not None else (None, None)
        try:
            found = corrections(self.nodes, *edges)
        except NotInstalledError as error:
            return nothing, dict.fromkeys(names, f"{error.what}; {error.remedy}")
        except ValueError as error:
            return nothing, dict.fromkeys(names, str(error))
        return found, {} if edges[0] is not None else dict.fromkeys(_EDGES, self._untracked())


def _kinds(matches: list[pd.DataFrame]) -> dict[str, int]:
    """Rows of every kind."""
    counts = dict.fromkeys(KINDS, 0)
    for table in matches:
        for kind, n in table[Col.KIND].value_counts().items():
            counts[str(kind)] += int(n)
    return counts


def _common_length(reference: Subject, result: Subject) -> int:
    """Frames of both, refused where they differ."""
    n_result = max(result.shown, default=-1) + 1 if result.n_frames is None else result.n_frames
    n_reference = n_result if reference.n_frames is None else reference.n_frames
    last = max(reference.shown, default=-1)
    if n_reference != n_result or last >= n_result:
        raise InputError(
            result.source,
            f"it has {n_result} frames, the reference {max(n_reference, last + 1)}",
            "evaluate labels of the same frames",
        )
    nodes_of_shapes = reference.tracked is not None and result.tracked is None
    wanted = set(range(n_result)) if nodes_of_shapes else set(reference.shown)
    unknown = sorted(wanted - set(result.shown))
    if unknown:
        raise InputError(
            result.source,
            f"it has no labels of frame {unknown[0]}, which the reference has",
            "give a result with labels of every frame",
        )
    return n_result
