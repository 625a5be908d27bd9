"""What a QuimP analysis holds, whichever its format."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lamella.core.errors import InputError

# A node a pixel around a cell of 10 000 px; whether edges cross is looked for among all pairs.
MOST_NODES = 2**15


@dataclass
class Analysis:
    """Outlines of cells, and what the files state beside them.

    Parameters
    ----------
    source : str
    whole : {"floor", "round"}
        How this version of QuimP turns nodes into the whole pixels of which it states the area.
    outlines : mapping of (cell, frame) to (N, 2) float array
        Nodes x, y in ImageJ's coordinates; cells from 1, frames from 0.
    areas_um2 : mapping of (cell, frame) to float
        Areas that QuimP states.
    """

    source: str
    whole: Literal["floor", "round"]
    pixel_size_um: float | None = None
    interval_s: float | None = None
    frame_shape: tuple[int, int] | None = None
    n_frames: int = 0
    outlines: dict[tuple[int, int], NDArray[np.float64]] = field(default_factory=dict)
    areas_um2: dict[tuple[int, int], float] = field(default_factory=dict)


def open_analysis(path: str | os.PathLike[str]) -> Analysis:
    """Read a ``.QCONF``, a ``.paQP`` or a ``.snQP`` with what lies beside it.

    Raises
    ------
    InputError
    """
    from lamella.io.quimp.old import read_old
    from lamella.io.quimp.qconf import read_qconf

    path = Path(path)
    if not path.is_file():
        raise InputError(str(path), "there is no such file", "check the path")
    kind = path.suffix.lower()
    if kind == ".qconf":
        return read_qconf(path)
    if kind in (".paqp", ".snqp"):
        return read_old(path)
    raise InputError(
        str(path), f"{kind or 'a file without suffix'} is not of QuimP", "give a .QCONF or a .paQP"
    )


def checked_nodes(
    nodes: list[tuple[float, float]], *, source: str, frame: int
) -> NDArray[np.float64]:
    """Nodes as an array (N, 2), 3 ≤ N ≤ `MOST_NODES` and finite.

    Raises
    ------
    InputError
    """
    if len(nodes) > MOST_NODES:
        raise InputError(
            source, f"the outline of its frame {frame} has {len(nodes)} nodes", "save it again"
        )
    out = np.array(nodes, np.float64).reshape(-1, 2)
    if len(out) < 3 or not (np.abs(out) < 1e9).all():
        raise InputError(
            source,
            f"the outline of its frame {frame} has {len(out)} nodes, not three or more finite ones",
            "save it again in QuimP",
        )
    return out
