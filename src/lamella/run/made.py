"""What a stage of a movie leaves."""

from __future__ import annotations

from typing import Any, NamedTuple


class Made(NamedTuple):
    """What a stage left: files relative to the movie's folder, findings, provenance."""

    files: tuple[str, ...] = ()
    found: dict[str, Any] = {}  # noqa: RUF012  never written into
    provenance: dict[str, Any] = {}  # noqa: RUF012
