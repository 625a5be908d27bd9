"""What a TrackMate file holds, read element by element so that no tree of it stands in memory."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lamella.core.errors import InputError, NotInstalledError

_SAVE_AGAIN = "open it in TrackMate and save it again"


class Spot(NamedTuple):
    """A spot in the file's units; `contour` is (N, 2) x, y around the centre."""

    frame: int
    x: float
    y: float
    radius: float
    visible: bool
    name: str
    contour: NDArray[np.float64] | None


@dataclass
class Document:
    """What was read."""

    space_unit: str = ""
    time_unit: str = ""
    spots: dict[int, Spot] = field(default_factory=dict)
    edges: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    """Track to its edges."""
    filtered: set[int] | None = None
    """Tracks that passed TrackMate's filters; None where the file does not say."""
    image: dict[str, str] = field(default_factory=dict)
    times: dict[int, float] = field(default_factory=dict)
    """Frame to POSITION_T of its spots."""


def parse(path: str | os.PathLike[str]) -> Document:
    """Read a file.

    Raises
    ------
    InputError
        A file that is missing, is no TrackMate file, is cut short, holds a DTD or entities, or
        whose spots and edges do not fit together.
    NotInstalledError
        Without defusedxml.
    """
    try:
        from defusedxml.common import DefusedXmlException
        from defusedxml.ElementTree import ParseError, iterparse
    except ImportError as error:
        raise NotInstalledError(
            str(path), "reading XML needs defusedxml", 'pip install "lamella[formats]"'
        ) from error
    where = str(path)
    if not Path(path).is_file():
        raise InputError(where, "there is no such file", "check the path")
    try:
        with Path(path).open("rb") as file:
            return _Reader(where).read(iterparse(file, events=("start", "end"), forbid_dtd=True))
    except DefusedXmlException as error:
        raise InputError(
            where,
            "it declares a document type or entities, which TrackMate never writes and which can "
            "fetch or blow up data",
            _SAVE_AGAIN,
        ) from error
    except (ParseError, ValueError, LookupError) as error:
        raise InputError(where, f"it is not whole XML ({error})", _SAVE_AGAIN) from error


class _Reader:
    def __init__(self, where: str) -> None:
        self._where = where
        self._found = Document()
        self._frame: int | None = None
        self._track: int | None = None
        self._pairs: set[tuple[int, int]] = set()

    def read(self, events: Iterator[tuple[str, Any]]) -> Document:
        root = None
        for event, element in events:
            if root is None:
                root = element
                if element.tag != "TrackMate":
                    raise InputError(
                        self._where,
                        f"its first element is {str(element.tag)[:40]!r}, not TrackMate",
                        "give the file that TrackMate's Save button writes",
                    )
            if event == "start":
                self._start(element)
            else:
                self._end(element)
        self._check_edges()
        return self._found

    def _start(self, element: Any) -> None:
        tag, get = element.tag, element.get
        if tag == "Model":
            self._found.space_unit = get("spatialunits", "")
            self._found.time_unit = get("timeunits", "")
        elif tag == "SpotsInFrame":
            self._frame = self._whole(element, "frame")
        elif tag == "Track":
            self._track = self._whole(element, "TRACK_ID")
            if self._track in self._found.edges:
                raise self._fault(f"track {self._track} stands in it twice")
            self._found.edges[self._track] = []
        elif tag == "FilteredTracks":
            self._found.filtered = set()

    def _end(self, element: Any) -> None:
        tag = element.tag
        if tag == "Spot":
            self._add_spot(element)
        elif tag == "Edge":
            self._add_edge(element)
        elif tag == "TrackID" and self._found.filtered is not None:
            self._found.filtered.add(self._whole(element, "TRACK_ID"))
        elif tag == "ImageData":
            self._found.image = dict(element.attrib)
        elif tag == "SpotsInFrame":
            self._frame = None
        elif tag == "Track":
            self._track = None
        element.clear()  # what was read is let go of

    def _add_spot(self, element: Any) -> None:
        spot = self._whole(element, "ID")
        if spot in self._found.spots:
            raise self._fault(f"spot {spot} stands in it twice")
        frame = self._frame if self._frame is not None else self._whole(element, "FRAME")
        if frame < 0:
            raise self._fault(f"spot {spot} is of frame {frame}")
        self._found.spots[spot] = Spot(
            frame,
            self._number(element, "POSITION_X"),
            self._number(element, "POSITION_Y"),
            self._number(element, "RADIUS", missing=math.nan),
            element.get("VISIBILITY", "1") not in ("0", "0.0"),
            element.get("name", ""),
            self._contour(element, spot),
        )
        time = self._number(element, "POSITION_T", missing=math.nan)
        if math.isfinite(time):
            self._found.times[frame] = time

    def _contour(self, element: Any, spot: int) -> NDArray[np.float64] | None:
        n_points = self._whole(element, "ROI_N_POINTS", missing=0)
        if n_points < 3:
            return None
        try:
            numbers = np.array((element.text or "").split(), dtype=np.float64)
        except ValueError as error:
            raise self._fault(f"the contour of spot {spot} is not all numbers ({error})") from error
        if len(numbers) != 2 * n_points:
            raise self._fault(
                f"the contour of spot {spot} has {len(numbers)} numbers for {n_points} points"
            )
        # Beyond this no image reaches, and sums of squares would overflow.
        if not (np.abs(numbers) < 1e12).all():
            raise self._fault(f"the contour of spot {spot} is not all finite numbers")
        return numbers.reshape(-1, 2)

    def _add_edge(self, element: Any) -> None:
        if self._track is None:
            raise self._fault("an edge stands outside of any track")
        source = self._whole(element, "SPOT_SOURCE_ID")
        target = self._whole(element, "SPOT_TARGET_ID")
        pair = (min(source, target), max(source, target))
        if pair in self._pairs:
            raise self._fault(f"the edge from spot {source} to spot {target} stands in it twice")
        self._pairs.add(pair)
        self._found.edges[self._track].append((source, target))

    def _check_edges(self) -> None:
        """Spots may stand behind the edges, so that these are checked last."""
        spots = self._found.spots
        for track, edges in self._found.edges.items():
            for i, (source, target) in enumerate(edges):
                for spot in (source, target):
                    if spot not in spots:
                        raise self._fault(f"an edge of track {track} goes to spot {spot}, unknown")
                first, last = spots[source].frame, spots[target].frame
                if first == last:
                    raise self._fault(
                        f"an edge of track {track} joins spots {source} and {target} of one frame, "
                        f"{first}"
                    )
                if first > last:
                    edges[i] = (target, source)
        for track in sorted((self._found.filtered or set()) - set(self._found.edges)):
            raise self._fault(f"track {track} is said to pass the filters, and is not there")

    def _whole(self, element: Any, key: str, *, missing: int | None = None) -> int:
        text = element.get(key)
        if text is None and missing is not None:
            return missing
        value = self._number(element, key)
        if value != int(value) or abs(value) > 2**53:
            raise self._fault(f"{key}={text[:40]!r} of a {element.tag} is no whole number")
        return int(value)

    def _number(self, element: Any, key: str, *, missing: float | None = None) -> float:
        text = element.get(key)
        if text is None:
            if missing is not None:
                return missing
            raise self._fault(f"a {element.tag} has no {key}")
        try:
            value = float(text)
        except ValueError as error:
            raise self._fault(f"{key}={text[:40]!r} of a {element.tag} is no number") from error
        if missing is None and not abs(value) < 1e15:
            raise self._fault(f"{key}={text[:40]!r} of a {element.tag} is not finite")
        return value

    def _fault(self, what: str) -> InputError:
        return InputError(self._where, what, _SAVE_AGAIN)
