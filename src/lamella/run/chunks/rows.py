"""What the frames of a chunk showed to the measures, as a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lamella.measure import Columns, Gathered, Seen
from lamella.run.chunks.states import read_state, write_state


def write_gathered(path: Path, gathered: Gathered) -> None:
    """Write what was gathered; every column of all frames as one array."""
    frames = [t for t, _ in gathered.seen]
    labels = [label for _, label in gathered.seen]
    tree = {
        "frames": np.array(frames, np.int64),
        "objects": _joined([{"": label} for label in labels]),
        "base": _joined(gathered.of_base),
        "groups": [
            {
                "objects": _joined([rows.objects for rows in of_group]),
                "kept": _joined([rows.kept for rows in of_group]),
                "finer": {
                    kind: _joined([rows.finer[kind] for rows in of_group])
                    for kind in (of_group[0].finer if of_group else ())
                },
            }
            for of_group in gathered.of_groups
        ],
    }
    write_state(path, tree)


def read_gathered(path: Path) -> Gathered:
    """What `write_gathered` wrote."""
    tree = read_state(path)
    frames: list[int] = tree["frames"].tolist()
    if not frames:
        return Gathered([], [], [[] for _ in tree["groups"]])
    labels = [columns[""] for columns in _split(tree["objects"])]
    return Gathered(
        list(zip(frames, labels, strict=True)),
        list(_split(tree["base"])),
        [_seen(group, len(frames)) for group in tree["groups"]],
    )


def _seen(group: Mapping[str, Any], n: int) -> list[Seen]:
    objects, kept = _split(group["objects"]), _split(group["kept"])
    finer = {kind: _split(columns) for kind, columns in group["finer"].items()}
    return [
        Seen(objects[i], {kind: columns[i] for kind, columns in finer.items()}, kept[i])
        for i in range(n)
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
