"""What has been done for a movie, and whether it still holds: keys and the manifest.

Every stage of a movie has a key: a hash of all that decides its result (the fingerprint of its
input files, the settings and versions of its steps, the keys of the stages that it builds on). To
resume is to compare keys: a stage whose key stands in the manifest, and whose files hold what they
were left with, is not run again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from lamella.core.errors import InputError
from lamella.io.documents import as_json, read_json, write_json
from lamella.io.intact import content_of, digest_of_text, holds_content

MANIFEST = "manifest.json"
_LISTED = ("files", "warnings", "cleaned")


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
    content: dict[str, str] = field(default_factory=dict)
    """Size and hash of every file; filled in as the stage is recorded."""
    cleaned: tuple[str, ...] = ()
    """Files that were removed since to save space; see `lamella.run.clean`."""


class Manifest:
    """The finished stages of one movie, kept in its ``manifest.json``.

    A file that was cut off, or changed, after a stage had left it makes that stage run again, and
    so does a manifest that does not fit its own digest. Files that are older than the manifest are
    told by their size alone, see `holds_content`; `damaged` looks at every byte.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._stages: dict[str, Done] = {}
        self._written_ns = 0
        try:
            self._written_ns = (folder / MANIFEST).stat().st_mtime_ns
            told = read_json(folder / MANIFEST)
            if told["digest"] != digest_of_text(as_json(told["stages"])):
                return
            for name, stage in told["stages"].items():
                listed = {key: tuple(stage.get(key, ())) for key in _LISTED}
                self._stages[name] = Done(**{**stage, **listed})
        except (InputError, LookupError, TypeError, AttributeError, OSError):
            self._stages = {}  # none yet, or not ours: everything is done anew

    def holds(self, stage: str, key: str, *, or_cleaned: bool = False) -> bool:
        """Whether this stage has been done with this key, and its files are as it left them.

        Parameters
        ----------
        or_cleaned : bool
            Files that were removed to save space count as if they were there.
        """
        done = self._stages.get(stage)
        if done is None or done.key != key:
            return False
        return self._intact(done, newer_than=self._written_ns, or_cleaned=or_cleaned)

    def damaged(self) -> list[str]:
        """Finished stages of which a file is gone or holds other bytes; every file is read."""
        return [
            name for name, done in self._stages.items() if not self._intact(done, or_cleaned=True)
        ]

    def _intact(self, done: Done, *, newer_than: int = 0, or_cleaned: bool) -> bool:
        return all(
            (or_cleaned and file in done.cleaned)
            or holds_content(
                self.folder / file, done.content.get(file, ""), trusted_before_ns=newer_than
            )
            for file in done.files
        )

    def refuse_cleaned(self, file: str) -> None:
        """Raise the InputError of a file that was removed to save space."""
        gone = any(file in done.cleaned for done in self._stages.values())
        if gone and not (self.folder / file).exists():
            raise InputError(
                str(self.folder / file),
                "it was removed to save space",
                f"make it again: lamella run STUDY --fresh --only {self.folder.name}",
            )

    def __getitem__(self, stage: str) -> Done:
        return self._stages[stage]

    def __iter__(self) -> Iterator[tuple[str, Done]]:
        """Finished stages and what they left."""
        return iter(self._stages.items())

    def record(self, made: Mapping[str, Done]) -> None:
        """Note stages as finished, with what their files hold, on disk too."""
        for stage, done in made.items():
            content = {file: content_of(self.folder / file) for file in done.files}
            self._stages[stage] = replace(done, content=content)
        self._write()

    def clean(self, doomed: Mapping[str, Iterable[str]]) -> None:
        """Note which files of finished stages go, before they do: the stages stay finished.

        What is newer than the manifest is read when it is held against it. It stays so: the
        manifest keeps its time.
        """
        for stage, files in doomed.items():
            done = self._stages[stage]
            gone = tuple(dict.fromkeys([*done.cleaned, *files]))
            self._stages[stage] = replace(done, cleaned=gone)
        before = self._written_ns
        self._write()
        os.utime(self.folder / MANIFEST, ns=(before, before))
        self._written_ns = before

    def forget(self, *stages: str) -> None:
        """Strike stages out before they are run again.

        Otherwise a run that is killed between replacing the stage's files and recording them would
        leave the old key beside the new files, and going back to the old settings would trust it.
        """
        known = [stage for stage in stages if self._stages.pop(stage, None) is not None]
        if known:
            self._write()

    def _write(self) -> None:
        stages = {name: vars(each) for name, each in sorted(self._stages.items())}
        write_json(
            self.folder / MANIFEST,
            {"stages": stages, "digest": digest_of_text(as_json(stages))},
        )
        self._written_ns = (self.folder / MANIFEST).stat().st_mtime_ns
