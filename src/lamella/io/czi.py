"""CZI, what ZEN of Zeiss writes, through Zeiss' own library; its scenes are positions."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from lamella.core.errors import InputError, LamellaError, NotInstalledError
from lamella.core.frames import Image
from lamella.core.movie import Movie, regular_times
from lamella.core.take import names_or_numbers, place_of
from lamella.io.czi_blocks import Blocks, complete_frames
from lamella.io.first_bytes import of_another_kind
from lamella.io.plane_reader import OpenedWhereRead, assembled, unreadable
from lamella.io.planned import frames_taken
from lamella.io.stated import Stated
from lamella.io.wanted import AS_IT_IS, Wanted
from lamella.io.xml_text import xml_root

SUFFIXES = (".czi",)
_GREY: dict[str, type[np.generic]] = {
    "Gray8": np.uint8,
    "Gray16": np.uint16,
    "Gray32Float": np.float32,
}
_LEAST_PLANE = 32  # bytes of an entry in the directory of planes, whatever the plane
_OTHERS = "RIHVB"  # rotation, illumination, phase, view, block
_T = TypeVar("_T")


def open_czi(path: str | os.PathLike[str], wanted: Wanted = AS_IT_IS) -> Movie:
    """One scene of a CZI as a movie; tiles of a scene are laid side by side.

    Raises
    ------
    NotInstalledError
        Without the package of the extra ``czi``.
    InputError
        What is no CZI or damaged, colour, several phases or views, several scenes or slices none
        of which was chosen, a plane that is missing amid others. Frames of the end that were
        planned and never taken are left out, with a note.
    """

    def opened(file: Any) -> Movie:
        source = str(path)
        scenes = _scenes(file)
        names = _names(file, scenes)
        number = scenes[place_of(names, wanted.take.position, source=source)]
        planes = CziPlanes(source, file, number)
        stated = stated_in_czi(file.raw_metadata, planes.n_frames, planes.n_channels)
        return assembled(
            planes,
            replace(stated, notes=planes.notes + stated.notes),
            wanted,
        )

    return _with_file(path, opened)


def positions_in_czi(path: str | os.PathLike[str]) -> tuple[str, ...]:
    """Names of the scenes, or their numbers; raises as `open_czi`."""
    return _with_file(path, lambda file: _names(file, _scenes(file)))


def _with_file(path: str | os.PathLike[str], ask: Callable[[Any], _T]) -> _T:
    try:
        from pylibCZIrw import czi
    except ImportError as error:
        raise NotInstalledError(
            "CZI", "the package pylibCZIrw is not installed", 'pip install "lamella[czi]"'
        ) from error
    source = str(path)
    try:
        _refuse_other(Path(path))
        with czi.open_czi(source) as file:
            return ask(file)
    except LamellaError:
        raise
    except Exception as error:  # of many kinds; a damaged directory asks for all memory
        raise unreadable(source, "CZI", error) from error


def _refuse_other(path: Path) -> None:
    with path.open("rb") as stream:
        start = stream.read(10)
    if start[:7] != b"ZISRAWF":
        raise of_another_kind(path, start, "CZI")


def _scenes(file: Any) -> list[int | None]:
    """Numbers of the scenes; one that is None where the file knows no scenes."""
    return sorted(file.scenes_bounding_rectangle_no_pyramid) or [None]


def _names(file: Any, scenes: Sequence[int | None]) -> tuple[str, ...]:
    """Names of scenes, with those of their regions where ZEN gave them (a well, say)."""
    told: dict[str | None, str] = {}
    root = xml_root(file.raw_metadata)
    for scene in () if root is None else root.iterfind(".//Image/Dimensions/S/Scenes/Scene"):
        shape = scene.find("Shape")
        parts = (scene.get("Name"), None if shape is None else shape.get("Name"))
        told[scene.get("Index")] = "-".join(part for part in parts if part)
    return names_or_numbers(
        [told.get(str(number)) for number in scenes],
        [0 if number is None else number for number in scenes],
    )


class CziPlanes(OpenedWhereRead):
    """Planes of one scene. The file is open where planes were read."""

    def __init__(self, source: str, file: Any, scene: int | None) -> None:
        self.source, self._scene = source, scene
        box = file.total_bounding_box_no_pyramid
        _refuse_others(source, box)
        self._start = {axis: box[axis][0] if axis in box else 0 for axis in "TCZ"}
        sizes = [box[axis][1] - box[axis][0] if axis in box else 1 for axis in "TCZ"]
        self.n_frames, self.n_channels, self.n_slices = sizes
        _refuse_hollow(source, sizes)
        if scene is None:
            left, top = box["X"][0], box["Y"][0]
            roi = (left, top, box["X"][1] - left, box["Y"][1] - top)
        else:
            rect = file.scenes_bounding_rectangle_no_pyramid[scene]
            roi = (rect.x, rect.y, rect.w, rect.h)
        self._roi = tuple(map(int, roi))
        self.frame_shape = (self._roi[3], self._roi[2])
        self.dtype = np.dtype(_grey(source, set(file.pixel_types.values())))
        self._blocks = Blocks(source, scene)
        complete = complete_frames(self._blocks, list(self._start.values()), sizes)
        self.n_frames, self.notes = frames_taken(complete, source=source)
        super().__init__()

    def read(self, t: int, c: int, z: int) -> Image:
        """One plane, shape (Y, X)."""
        from pylibCZIrw import czi

        with self._lock:
            if self._held is None:
                self._held = self._stack.enter_context(czi.open_czi(self.source))
            at = {"T": t, "C": c, "Z": z}
            plane = {axis: self._start[axis] + n for axis, n in at.items()}
            self._blocks.refuse_cut_off(*plane.values())
            found = self._held.read(plane=plane, scene=self._scene, roi=self._roi)
        image: Image = np.asarray(found)[..., 0]
        return image


def _refuse_hollow(source: str, sizes: list[int]) -> None:
    """Before the library walks over what a damaged directory declares, for hours."""
    n_planes, n_bytes = math.prod(sizes), Path(source).stat().st_size
    if min(sizes) < 1 or n_planes > n_bytes // _LEAST_PLANE:
        raise InputError(
            source,
            f"it declares {sizes[0]} frames, {sizes[1]} channels and {sizes[2]} slices, and has "
            f"{n_bytes} bytes",
            "copy it again from its source",
        )


def _refuse_others(source: str, box: dict[str, tuple[int, int]]) -> None:
    others = {a: box[a][1] - box[a][0] for a in _OTHERS if a in box and box[a][1] - box[a][0] > 1}
    if others:
        told = ", ".join(f"{axis} {size}" for axis, size in others.items())
        raise InputError(
            source,
            f"it has axes that are more than time, channels and slices ({told})",
            "split it in ZEN (Processing > Create image subset)",
        )


def _grey(source: str, kinds: set[str]) -> type[np.generic]:
    if len(kinds) == 1 and (kind := next(iter(kinds))) in _GREY:
        return _GREY[kind]
    told = ", ".join(sorted(kinds))
    what = "colour images" if "Bgr" in told else "of several types or none that is known"
    raise InputError(
        source, f"its pixels are {what} ({told})", "split its channels in ZEN, or save it as grey"
    )


def stated_in_czi(xml: str, n_frames: int, n_channels: int) -> Stated:
    """What the metadata of a CZI states: lengths are in metres, times in seconds."""
    root = xml_root(xml)
    if root is None:
        return Stated(notes=("its metadata is damaged: scale and channel names are not read",))
    sizes = []
    for axis in "XY":
        found = root.find(f"./Metadata/Scaling/Items/Distance[@Id='{axis}']/Value")
        sizes.append(_positive(None if found is None else found.text))
    x, y = sizes
    step = root.find(".//Image/Dimensions/T/Positions/Interval/Increment")
    seconds = _positive(None if step is None else step.text)
    names = tuple(
        each.get("Name") for each in root.iterfind(".//Image/Dimensions/Channels/Channel")
    )
    return Stated(
        None if x is None else (_um(x), _um(x if y is None else y)),
        None if seconds is None else regular_times(n_frames, seconds / 60),
        names if len(names) == n_channels else None,
    )


def _positive(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if 0 < value < float("inf") else None


def _um(metres: float) -> float:
    """Metres in µm; the last digits, which a product with 10⁶ makes up, are rounded away."""
    return float(f"{metres * 1e6:.12g}")
