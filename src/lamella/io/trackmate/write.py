"""Write TrackMate's XML so that TrackMate opens it."""

from __future__ import annotations

import math
import os
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import quoteattr

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from lamella.core.errors import InputError, LamellaWarning
from lamella.core.table import Col
from lamella.core.tracked import Tracked
from lamella.io.atomic import whole_file
from lamella.io.trackmate import parts
from lamella.io.trackmate.names import spot_name
from lamella.kernels.regions import find_regions, inside_of
from lamella.kernels.tracing import trace_rings


def write_trackmate(
    path: str | os.PathLike[str],
    tracked: Tracked,
    *,
    image: str | os.PathLike[str] | None = None,
    point_radius_px: float = 5.0,
) -> None:
    """Write tracked objects as a file that TrackMate loads.

    Parameters
    ----------
    path : path
    tracked : Tracked
    image : path, optional
        The movie that TrackMate is to open with the tracks; without it TrackMate shows them on an
        empty image.
    point_radius_px : float
        Radius of spots of which only the place is known.

    Raises
    ------
    InputError
        A cell whose place is not known in a frame where it was found.
    OutputError
        The file cannot be written.

    Warns
    -----
    LamellaWarning
        A spot of TrackMate is one line without holes: of objects in several pieces the largest is
        written, holes are filled. An edge runs forward in time: a parent that is still there when
        its daughter begins is not written as such. Both are counted.

    Notes
    -----
    Lengths are in µm where the pixel size is known, else in pixels; times in minutes, else frames.
    What the loader asks for is taken from TmXmlReader of TrackMate 7 and 8.
    """
    graph = _Graph(tracked)
    ruler = parts.Ruler.of(tracked)
    told = _Told()
    with whole_file(path) as part, part.open("w", encoding="utf-8", newline="\n") as out:
        out.write('<?xml version="1.0" encoding="UTF-8"?>\n<TrackMate version="7.11.1">\n')
        out.write("  <Log>Written by Lamella.</Log>\n")
        space, time = quoteattr(ruler.space_unit), quoteattr(ruler.time_unit)
        out.write(f"  <Model spatialunits={space} timeunits={time}>\n")
        out.write(parts.FEATURES)
        out.write(f'    <AllSpots nspots="{len(graph.cell)}">\n')
        out.writelines(_spots(tracked, graph, ruler, point_radius_px, told))
        out.write("    </AllSpots>\n")
        out.writelines(_tracks(graph, ruler))
        out.write("  </Model>\n")
        folder, name = ("", "") if image is None else os.path.split(Path(image).absolute())
        out.write(parts.settings(tracked, ruler, folder=_clean(folder), name=_clean(name)))
        out.write('  <GUIState state="ConfigureViews" />\n')
        out.write(parts.DISPLAY)
        out.write("</TrackMate>\n")
    told.warn(str(path), graph.n_untold)


class _Told:
    """Counts for the one warning."""

    n_simplified = 0
    n_without = 0

    def warn(self, where: str, n_untold: int) -> None:
        said = []
        if self.n_simplified:
            said.append(
                f"{self.n_simplified} objects with holes or several pieces are written as the "
                "filled outline of their largest piece"
            )
        if self.n_without:
            said.append(
                f"{self.n_without} objects of cells are not in the labels and are written as places"
            )
        if n_untold:
            said.append(
                f"{n_untold} parents are left out, as they do not end before their daughter begins "
                "or were never found"
            )
        if said:
            warnings.warn(
                f"{where}: TrackMate cannot hold all: {'; '.join(said)}",
                LamellaWarning,
                stacklevel=3,
            )


class _Graph:
    """Spots, one per row of the links, in order of frames, and the edges between them."""

    def __init__(self, tracked: Tracked) -> None:
        links = tracked.tracks.links.sort_values([Col.FRAME, Col.CELL])
        self.cell, self.frame, self.label = (
            links[column].to_numpy(np.int64) for column in (Col.CELL, Col.FRAME, Col.LABEL)
        )
        self.place = links[[Col.Y_PX, Col.X_PX]].to_numpy(np.float64)
        lost = np.flatnonzero(~np.isfinite(self.place).all(axis=1))
        if len(lost):
            raise InputError(
                tracked.source,
                f"cell {self.cell[lost[0]]} has no place in frame {self.frame[lost[0]]}, "
                f"and so have {len(lost) - 1} more",
                "leave frames in which a cell was not found out of the links",
            )
        if len(self.frame) and self.frame[-1] >= tracked.n_frames:
            raise InputError(
                tracked.source,
                f"it has an object in frame {self.frame[-1]} of {tracked.n_frames} frames",
                "check the number of frames",
            )
        by_cell = np.lexsort((self.frame, self.cell))
        same = self.cell[by_cell][1:] == self.cell[by_cell][:-1]
        edges = [np.column_stack([by_cell[:-1][same], by_cell[1:][same]])]
        begins = np.concatenate([[True], ~same])[: len(by_cell)]
        ends = np.concatenate([~same, [True]])[: len(by_cell)]
        self.first = {int(self.cell[i]): int(i) for i in by_cell[begins]}
        last = {int(self.cell[i]): int(i) for i in by_cell[ends]}

        self.n_untold = 0
        kin = []
        for cell, parents in tracked.tracks.parents.items():
            for parent in parents:
                early, late = last.get(parent, -1), self.first.get(cell, -1)
                if early < 0 or late < 0 or self.frame[early] >= self.frame[late]:
                    self.n_untold += 1
                else:
                    kin.append((early, late))
        edges.append(np.array(kin, np.int64).reshape(-1, 2))
        self.edges: NDArray[np.int64] = np.concatenate(edges)
        self.n_after = np.bincount(self.edges[:, 0], minlength=len(self.cell))
        self.n_before = np.bincount(self.edges[:, 1], minlength=len(self.cell))
        # Only daughters: nothing but the name tells such a cell from its parent.
        self.only_child = {
            late: int(self.cell[early])
            for early, late in kin
            if self.n_after[early] == 1 and self.n_before[late] == 1
        }

    def name(self, spot: int) -> str:
        return spot_name(int(self.cell[spot]), self.only_child.get(spot, 0))


def _spots(
    tracked: Tracked, graph: _Graph, ruler: parts.Ruler, point_radius_px: float, told: _Told
) -> Iterator[str]:
    bounds = np.searchsorted(graph.frame, np.arange(tracked.n_frames + 1))
    for t in range(tracked.n_frames):
        first, end = int(bounds[t]), int(bounds[t + 1])
        if first == end:
            yield f'      <SpotsInFrame frame="{t}" />\n'
            continue
        forms = {}
        if tracked.labels is not None:
            forms = _forms(tracked.labels.frame(t), graph.label[first:end], told)
        yield f'      <SpotsInFrame frame="{t}">\n'
        for spot in range(first, end):
            y, x = graph.place[spot]
            form = forms.get(int(graph.label[spot]))
            told.n_without += form is None and tracked.labels is not None
            radius = point_radius_px if form is None else math.sqrt(form.area_px / math.pi)
            head = (
                f'        <Spot ID="{spot}" name={quoteattr(graph.name(spot))} QUALITY="1.0" '
                f'POSITION_T="{ruler.time(t)}" FRAME="{t}" '
                f'VISIBILITY="1" RADIUS="{ruler.length(radius)}" '
                f'POSITION_X="{ruler.length(x)}" POSITION_Y="{ruler.length(y)}" POSITION_Z="0.0"'
            )
            if form is None:
                yield f"{head} />\n"
                continue
            around = (form.outline - (y, x))[:, ::-1] * ruler.pixel
            text = " ".join(map(repr, around.ravel().tolist()))
            yield f'{head} ROI_N_POINTS="{len(around)}">{text}</Spot>\n'
        yield "      </SpotsInFrame>\n"


class _Form(NamedTuple):
    outline: NDArray[np.float64]
    area_px: int


def _forms(labels: NDArray[np.generic], wanted: NDArray[np.int64], told: _Told) -> dict[int, _Form]:
    """The outline of every wanted object of a frame."""
    regions = find_regions(labels)
    forms = {}
    for i in np.flatnonzero(np.isin(regions.label, wanted)):
        box = regions.box[i]
        outer, holes = trace_rings(
            inside_of(labels, regions.label[i], box), top=int(box[0]), left=int(box[1])
        )
        told.n_simplified += len(outer) > 1 or len(holes) > 0
        forms[int(regions.label[i])] = _Form(outer[0], int(regions.area[i]))
    return forms


def _tracks(graph: _Graph, ruler: parts.Ruler) -> Iterator[str]:
    """Connected spots are a track of TrackMate."""
    n = len(graph.cell)
    ends = (graph.edges[:, 0], graph.edges[:, 1])
    joined = coo_array((np.ones(len(graph.edges), bool), ends), shape=(n, n))
    _, group = connected_components(joined, directed=False) if n else (0, np.empty(0, np.int64))
    order = np.argsort(group[graph.edges[:, 0]], kind="stable")
    edges = graph.edges[order]
    groups, starts = np.unique(group[edges[:, 0]], return_index=True)
    bounds = [*starts.tolist(), len(edges)]
    yield "    <AllTracks>\n"
    for track in range(len(groups)):
        own = edges[bounds[track] : bounds[track + 1]]
        spots = np.unique(own)
        gaps = graph.frame[own[:, 1]] - graph.frame[own[:, 0]] - 1
        begin, end = spots[0], spots[-1]  # spots are in order of frames
        splits, merges = graph.n_after[spots] > 1, graph.n_before[spots] > 1
        start, stop = ruler.time(int(graph.frame[begin])), ruler.time(int(graph.frame[end]))
        moved = ruler.length(float(np.hypot(*(graph.place[end] - graph.place[begin]))))
        yield (
            f'      <Track name="Track_{track}" TRACK_ID="{track}" TRACK_INDEX="{track}" '
            f'NUMBER_SPOTS="{len(spots)}" NUMBER_GAPS="{np.count_nonzero(gaps)}" '
            f'NUMBER_SPLITS="{np.count_nonzero(splits & ~merges)}" '
            f'NUMBER_MERGES="{np.count_nonzero(merges & ~splits)}" '
            f'NUMBER_COMPLEX="{np.count_nonzero(splits & merges)}" LONGEST_GAP="{gaps.max()}" '
            f'TRACK_DURATION="{stop - start}" TRACK_START="{start}" TRACK_STOP="{stop}" '
            f'TRACK_DISPLACEMENT="{moved}">\n'
        )
        for source, target in own:
            yield (
                f'        <Edge SPOT_SOURCE_ID="{source}" SPOT_TARGET_ID="{target}" '
                'LINK_COST="-1.0" />\n'
            )
        yield "      </Track>\n"
    yield "    </AllTracks>\n    <FilteredTracks>\n"
    for track in range(len(groups)):
        yield f'      <TrackID TRACK_ID="{track}" />\n'
    yield "    </FilteredTracks>\n"


def _clean(text: str) -> str:
    """Without the characters that XML cannot hold."""
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", "", text)
