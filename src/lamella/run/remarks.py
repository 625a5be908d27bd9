"""What strikes only when all movies of a study are seen together."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median

import numpy as np
from numpy.typing import NDArray

from lamella.core.errors import InputError, LamellaWarning
from lamella.core.frames import Frames, Image, MappedFrames
from lamella.core.movie import Movie
from lamella.kernels.diameter import Diameter, typical_diameter
from lamella.kernels.regions import find_regions

Description = Mapping[str, str]

_AROUND, _JUMP = 2, 1.4


def described(movie: Movie) -> dict[str, str]:
    """What the movies of a study should have in common, in words."""
    return {
        "pixel sizes": _told(movie.scale.pixel_size_um, "µm"),
        "frame intervals": _told(movie.scale.interval_min, "min"),
        "channels": ", ".join(movie.channel_names),
        "pixel types": str(movie.dtype),
    }


def study_remarks(movies: Mapping[str, Description]) -> list[str]:
    """How the movies, given by name, differ: the most common value, and which have another."""
    remarks = []
    for what in dict.fromkeys(what for each in movies.values() for what in each):
        values = {name: each[what] for name, each in movies.items() if what in each}
        (common, n), *others = Counter(values.values()).most_common()
        if others:
            odd = {value: [m for m in values if values[m] == value] for value, _ in others}
            told = "; ".join(
                f"{value}: {', '.join(names[:3])}{' …' if len(names) > 3 else ''}"
                for value, names in odd.items()
            )
            remarks.append(f"the movies have different {what}: {common} in {n}; {told}")
    return remarks


def called(n_frames: Iterable[int]) -> str:
    """What to call the movies of a study: fields where each is a single image."""
    return "field" if set(n_frames) == {1} else "movie"


def _told(value: float | None, unit: str) -> str:
    return "unknown" if value is None else f"{value:g} {unit}"


@contextmanager
def naming(source: str) -> Iterator[None]:
    """Warnings and errors of a step, which knows no files, are told with the name of the movie."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", LamellaWarning)
        try:
            yield
        except InputError as error:
            where = _with_frame(source, error) or source
            raise InputError(where, error.what, error.remedy) from error
    for warning in caught:
        ours = issubclass(warning.category, LamellaWarning)
        told = f"{source}: {warning.message}" if ours else str(warning.message)
        warnings.warn(told, warning.category, stacklevel=3)


def named(frames: Frames, source: str) -> Frames:
    """The same frames; errors that tell a frame's number tell of which movie it is as well."""

    def read(t: int) -> Image:
        try:
            return frames.frame(t)
        except InputError as error:
            where = _with_frame(source, error)
            if where is None:
                raise
            raise InputError(where, error.what, error.remedy) from error

    return MappedFrames(frames, read)


def _with_frame(source: str, error: InputError) -> str | None:
    """The movie and the frame; None where a step names none."""
    return f"{source}, {error.where}" if error.where.startswith("frame ") else None


@dataclass
class Tally:
    """Objects and pixels of every frame of labels, counted as they are read."""

    objects: dict[int, int] = field(default_factory=dict)
    pixels: dict[int, int] = field(default_factory=dict)
    areas: dict[int, NDArray[np.int64]] = field(default_factory=dict)
    """Pixels of every object that no border of the frame cuts."""
    field_px: int = 1

    def watching(self, labels: Frames) -> Frames:
        """The same labels; what is read is counted."""
        self.field_px = labels.frame_shape[0] * labels.frame_shape[1]

        def read(t: int) -> Image:
            frame = labels.frame(t)
            regions = find_regions(frame)
            self.objects[t], self.pixels[t] = len(regions.label), int(regions.area.sum())
            self.areas[t] = regions.area[~regions.at_border(labels.frame_shape)]
            return frame

        return MappedFrames(labels, read)

    def add(self, other: Tally) -> None:
        """Take over what was counted of frames that were read elsewhere."""
        self.objects |= other.objects
        self.pixels |= other.pixels
        self.areas |= other.areas
        self.field_px = other.field_px

    @property
    def n_empty(self) -> int:
        """Frames without any object."""
        return sum(n == 0 for n in self.objects.values())

    @property
    def diameter(self) -> Diameter:
        """Of the objects of all frames."""
        return typical_diameter(np.concatenate([*self.areas.values(), np.zeros(0, np.int64)]))

    def in_words(self) -> str:
        """Range of objects and of the share of the field, over all frames."""
        shares = [f"{100 * n / self.field_px:.3g}" for n in sorted(self.pixels.values())]
        numbers = sorted(self.objects.values())
        return (
            f"{_range(str(numbers[0]), str(numbers[-1]))} objects a frame, "
            f"{_range(shares[0], shares[-1])} % of the field"
        )

    def jumps(self) -> dict[int, float]:
        """Frames whose area is far from that of the frames around: by which factor.

        Cells do not change by 1.4 times and back within two frames either side; masks do. Empty
        frames are left out: they are told elsewhere.
        """
        seen = sorted(t for t, n in self.pixels.items() if n)
        odd = {}
        for t in seen:
            around = [self.pixels[u] for u in seen if u != t and abs(u - t) <= _AROUND]
            if len(around) > _AROUND:
                factor = self.pixels[t] / median(around)
                if max(factor, 1 / factor) > _JUMP:
                    odd[t] = factor
        return odd

    def warn(self, source: str) -> None:
        """Tell frames whose masks are probably wrong."""
        odd = self.jumps()
        if not odd:
            return
        worst = max(odd, key=lambda t: max(odd[t], 1 / odd[t]))
        warnings.warn(
            f"{source}: in {len(odd)} of {len(self.pixels)} frames the segmented area is far from "
            f"that of the frames around, such as {odd[worst]:.2g} times in frame {worst}: the "
            "masks are probably wrong there; look at them, and compare methods with: "
            "lamella suggest",
            LamellaWarning,
            stacklevel=3,
        )


def _range(low: str, high: str) -> str:
    return low if low == high else f"{low} to {high}"
