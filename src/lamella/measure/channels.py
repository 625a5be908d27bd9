"""Which channels a group of measures looks at, and what their columns end in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator


def _each_once(names: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if names is not None and len(set(names)) < len(names):
        raise ValueError("a channel is named twice")
    return names


Channels = Annotated[tuple[str, ...] | None, AfterValidator(_each_once)]
"""Names of channels, each once; None = all that the movie has."""


def suffixes(names: Channels, of_movie: Sequence[str]) -> dict[str, str | None]:
    """The channels to measure, each with what `Column.of` wants: None where there is only one."""
    chosen = of_movie if names is None else names
    return {name: name if len(chosen) > 1 else None for name in chosen}
