"""What the frames of a chunk showed to the measures, as files.

What groups keep until the whole movie is seen is much: its arrays lie in files of their own, which
are mapped when they are asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lamella.measure import Columns, Gathered, Seen
from lamella.run.chunks.states import read_state, write_state

_ROWS = "rows.npz"


def write_gathered(folder: Path, gathered: Gathered) -> None:
    """Write what was gathered; every column of all frames as one array."""
    frames = [t for t, _ in gathered.seen]
    labels = [label for _, label in gathered.seen]
    tree: dict[str, Any] = {
        "frames": np.array(frames, np.int64),
        "objects": _joined([{"": label} for label in labels]),
        "base": _joined(gathered.of_base),
        "groups": [
            {
                "objects": _joined([rows.objects for rows in of_group]),
                "finer": {
                    kind: _joined([rows.finer[kind] for rows in of_group])
                    for kind in (of_group[0].finer if of_group else ())
                },
            }
            for of_group in gathered.of_groups
        ],
        "kept": [[*(of_frames[0] if of_frames else ())] for of_frames in gathered.kept],
    }
    for n, (names, of_frames) in enumerate(zip(tree["kept"], gathered.kept, strict=True)):
        for name, path in _files_of(folder, n, names).items():
            whole = np.concatenate([kept[name] for kept in of_frames])
            np.save(path, whole, allow_pickle=False)
    write_state(folder / _ROWS, tree)


def read_gathered(folder: Path) -> Gathered:
    """What `write_gathered` wrote; what was kept is read when it is asked for."""
    tree = read_state(folder / _ROWS)
    frames: list[int] = tree["frames"].tolist()
    if not frames:
        nothing: list[list[Any]] = [[] for _ in tree["groups"]]
        return Gathered([], [], nothing, nothing)
    labels = [columns[""] for columns in _split(tree["objects"])]
    return Gathered(
        list(zip(frames, labels, strict=True)),
        list(_split(tree["base"])),
        [_seen(group, len(frames)) for group in tree["groups"]],
        [[_Mapped(_files_of(folder, n, names))] for n, names in enumerate(tree["kept"])],
    )


class _Mapped(Mapping[str, NDArray[Any]]):
    """Arrays in files, by name; each is mapped whenever it is asked for."""

    def __init__(self, files: Mapping[str, Path]) -> None:
        self._files = files

    def __getitem__(self, name: str) -> NDArray[Any]:
        mapped: NDArray[Any] = np.load(self._files[name], mmap_mode="r", allow_pickle=False)
        return mapped

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)


def _files_of(folder: Path, group: int, names: Sequence[str]) -> dict[str, Path]:
    """Where the arrays lie that a group keeps: by number, for channels may have any name."""
    return {name: folder / f"kept.{group}.{n}.npy" for n, name in enumerate(names)}


def _seen(group: Mapping[str, Any], n: int) -> list[Seen]:
    objects = _split(group["objects"])
    finer = {kind: _split(columns) for kind, columns in group["finer"].items()}
    return [
        Seen(objects[i], {kind: columns[i] for kind, columns in finer.items()}) for i in range(n)
    ]


def _joined(frames: Sequence[Columns]) -> dict[str, Any]:
    """Columns of all frames one behind the other, and how many rows each frame has."""
    names = list(frames[0]) if frames else []
    counts = [len(columns[names[0]]) if names else 0 for columns in frames]
    return {
        "rows": np.array(counts, np.int64),
        "columns": {name: np.concatenate([columns[name] for columns in frames]) for name in names},
    }


def _split(joined: Mapping[str, Any]) -> list[dict[str, NDArray[Any]]]:
    """The columns of every frame."""
    ends = np.cumsum(joined["rows"]).tolist()
    starts = [0, *ends[:-1]]
    return [
        {name: values[a:b] for name, values in joined["columns"].items()}
        for a, b in zip(starts, ends, strict=True)
    ]
