"""What has been done for a movie, and whether it still holds: keys and the manifest.

Every stage of a movie has a key: a hash of all that decides its result (the fingerprint of its
input files, the settings and versions of its steps, the keys of the stages that it builds on). To
resume is to compare keys: a stage whose key stands in the manifest, and whose files exist, is not
run again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lamella.core.errors import InputError
from lamella.io.documents import read_json, write_json

MANIFEST = "manifest.json"


def key_of(*parts: Any) -> str:
    """A hash of anything that JSON can say; the same parts give the same key everywhere."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


@dataclass(frozen=True)
class Done:
    """A finished stage: its key, the files it wrote in the movie's folder, and what it found."""

    key: str
    files: tuple[str, ...] = ()
    found: dict[str, Any] = field(default_factory=dict)
    provenance: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


class Manifest:
    """The finished stages of one movie, kept in its ``manifest.json``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._stages: dict[str, Done] = {}
        try:
            for name, stage in read_json(folder / MANIFEST)["stages"].items():
                listed = {key: tuple(stage[key]) for key in ("files", "warnings")}
                self._stages[name] = Done(**{**stage, **listed})
        except (InputError, LookupError, TypeError, AttributeError):
            self._stages = {}  # none yet, or not ours: everything is done anew

    def holds(self, stage: str, key: str) -> bool:
        """Whether this stage has been done with this key, and its files are still there."""
        done = self._stages.get(stage)
        return (
            done is not None
            and done.key == key
            and all((self.folder / file).exists() for file in done.files)
        )

    def __getitem__(self, stage: str) -> Done:
        return self._stages[stage]

    def __iter__(self) -> Iterator[tuple[str, Done]]:
        """Finished stages and what they left."""
        return iter(self._stages.items())

    def record(self, stage: str, done: Done) -> None:
        """Note a stage as finished, on disk too."""
        self._stages[stage] = done
        self._write()

    def forget(self, stage: str) -> None:
        """Strike a stage out before it is run again.

        Otherwise a run that is killed between replacing the stage's files and recording them would
        leave the old key beside the new files, and going back to the old settings would trust it.
        """
        if self._stages.pop(stage, None) is not None:
            self._write()

    def _write(self) -> None:
        stages = {name: vars(each) for name, each in sorted(self._stages.items())}
        write_json(self.folder / MANIFEST, {"stages": stages})
