"""How long each part of the work took, over all the times that it was begun."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lamella.io import whole_file


class Times:
    """Minutes by the name of the part, kept in a file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        told = json.loads(file.read_text("utf-8")) if file.is_file() else {}
        self.minutes: dict[str, float] = told

    @contextmanager
    def of(self, part: str) -> Iterator[None]:
        """Count what the block takes, stopped or not."""
        start = time.monotonic()
        try:
            yield
        finally:
            before = self.minutes.get(part, 0.0)
            self.minutes[part] = before + (time.monotonic() - start) / 60
            with whole_file(self._file) as written:
                written.write_text(json.dumps(self.minutes), encoding="utf-8")
