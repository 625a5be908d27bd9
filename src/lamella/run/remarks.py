"""What strikes only when all movies of a study are seen together."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from lamella.core.errors import InputError, LamellaWarning
from lamella.core.movie import Movie

Description = Mapping[str, str]


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
            raise InputError(source, error.what, error.remedy) from error
    for warning in caught:
        ours = issubclass(warning.category, LamellaWarning)
        told = f"{source}: {warning.message}" if ours else str(warning.message)
        warnings.warn(told, warning.category, stacklevel=3)
