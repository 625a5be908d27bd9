"""One input of a reader: the files that it is given, by their paths."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"
_SEVERAL = ".case.zip"
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Case:
    """What a reader is called with.

    Parameters
    ----------
    entry : str
        The path that the reader is given, below the folder of the case.
    files : mapping of str to bytes
        Content by path.
    """

    entry: str
    files: Mapping[str, bytes]

    @classmethod
    def of(cls, folder: Path, entry: str) -> Case:
        """Everything that lies in a folder."""
        found = sorted(path for path in folder.rglob("*") if path.is_file())
        return cls(entry, {p.relative_to(folder).as_posix(): p.read_bytes() for p in found})

    def with_file(self, name: str, data: bytes) -> Case:
        """The same with one file changed."""
        return Case(self.entry, {**self.files, name: data})

    def without_file(self, name: str) -> Case:
        """The same with one file less."""
        return Case(self.entry, {k: v for k, v in self.files.items() if k != name})

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(map(len, self.files.values()))

    def write(self, folder: Path) -> Path:
        """Lay the files out below a folder; gives the path of the entry."""
        for name, data in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return folder / self.entry

    def keep(self, folder: Path) -> Path:
        """Write it into a corpus, as one file named by its content."""
        folder.mkdir(parents=True, exist_ok=True)
        if set(self.files) == {self.entry}:
            data, suffix = self.files[self.entry], ""
        else:
            data, suffix = self._packed(), _SEVERAL
        name = hashlib.sha256(data).hexdigest()[:12]
        path = folder / f"{name}_{self.entry}{suffix}"
        path.write_bytes(data)
        return path

    def _packed(self) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in sorted(self.files.items()):
                archive.writestr(zipfile.ZipInfo(name, _EPOCH), data, zipfile.ZIP_DEFLATED)
        return buffer.getvalue()


def kept(folder: Path) -> Iterator[tuple[str, Case]]:
    """The cases that were kept in a folder, such as `CORPUS` / reader, by their files' names."""
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        entry = path.name.partition("_")[2]
        if entry.endswith(_SEVERAL):
            with zipfile.ZipFile(path) as archive:
                files = {name: archive.read(name) for name in archive.namelist()}
            yield path.name, Case(entry.removesuffix(_SEVERAL), files)
        else:
            yield path.name, Case(entry, {entry: path.read_bytes()})
