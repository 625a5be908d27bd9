"""Where the existing masks of a movie lie: a pattern with the fields of its row of samples.csv."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lamella.core.errors import InputError

if TYPE_CHECKING:
    from lamella.run.samples import Sample


def masks_of(sample: Sample, pattern: str) -> str:
    """The path of the masks, relative to the study.

    Raises
    ------
    InputError
        When the pattern names a field that does not exist.
    """
    raw = Path(sample.path)
    fields = {
        "movie": sample.movie,
        "condition": sample.condition,
        "session": sample.session,
        "stem": raw.name.partition(".")[0] if raw.suffix else raw.name,
        "folder": raw.parent.as_posix(),
        **sample.extra,
    }
    try:
        return pattern.format(**fields)
    except (KeyError, IndexError, ValueError):
        known = ", ".join(f"{{{name}}}" for name in fields)
        raise InputError(
            f"pattern = {pattern!r}", "it names an unknown field", f"use {known}"
        ) from None
