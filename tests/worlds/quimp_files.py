"""Outlines as QuimP writes them, traced around masks."""

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from skimage.measure import find_contours

Outlines = dict[int, NDArray[np.float64]]
"""Frame from 0 to nodes x, y in ImageJ's coordinates."""


def traced(mask: NDArray[np.bool_], *, apart_px: float = 1.5) -> NDArray[np.float64]:
    """Nodes between pixels around the largest piece of a mask, as an active contour has them.

    The line around the pixels is smoothed, so that it runs neither along pixels nor through their
    corners, and cut into pieces of equal length; QuimP writes two decimals.
    """
    line = max(find_contours(np.pad(mask, 1).astype(float), 0.5), key=len)[:-1] - 1
    line = sum(np.roll(line, k, axis=0) for k in (-1, 0, 1)) / 3
    closed = np.vstack([line, line[:1]])
    length = np.concatenate([[0], np.hypot(*np.diff(closed, axis=0).T).cumsum()])
    at = np.linspace(0, length[-1], max(8, round(length[-1] / apart_px)), endpoint=False)
    y, x = (np.interp(at, length, closed[:, axis]) + 0.5 for axis in (0, 1))
    return np.round(np.stack([x, y], axis=1), 2)


def write_old(folder: Path, name: str, outlines: Outlines, *, n_frames: int) -> Path:
    """A ``.paQP`` with its ``.snQP``; frames without outline have no nodes."""
    parameters = [
        *("#p2 - QuimP parameter file", "1", f"C:\\{name}.tif", f"C:\\{name}.snQP"),
        *("#Image calibration", "0.5", "60", "#segmentation", *["1"] * 13),
        *("#new", "0.7", "1", str(n_frames), "3.0", f"{name}.stQP.csv", "/", "/", "/", "#END"),
    ]
    nodes = ["#QuimP11 Node data", "#Node Position\tX-coord\tY-coord", "#"]
    for t in range(n_frames):
        own = outlines.get(t, ())
        nodes += [f"#Frame {t + 1}", str(len(own))]
        nodes += [f"{i / len(own):f}\t{x}\t{y}\t0\t0\t0" for i, (x, y) in enumerate(own)]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.paQP").write_text("\n".join(parameters))
    (folder / f"{name}.snQP").write_text("\n".join(nodes))
    return folder / f"{name}.paQP"


def write_new(
    folder: Path, name: str, outlines: Outlines, *, n_frames: int, frame_shape: tuple[int, int]
) -> Path:
    """A ``.QCONF`` of one cell."""

    def node(x: float, y: float, *, head: bool) -> dict[str, object]:
        return {"point": {"x": float(x), "y": float(y)}, "head": head}

    snakes = [
        {
            "head": node(*outlines[t][0], head=True),
            "Elements": [node(*each, head=False) for each in outlines[t][1:]],
        }
        if t in outlines
        else None
        for t in range(n_frames)
    ]
    height, width = frame_shape
    boap = {"FRAMES": n_frames, "HEIGHT": height, "WIDTH": width, "imageScale": 0.5}
    cell = {"startFrame": 1, "endFrame": n_frames, "finalSnakes": snakes}
    state = {"boap": boap, "nest": {"sHs": [cell]}}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.QCONF"
    path.write_text(json.dumps({"className": "DataContainer", "obj": {"BOAState": state}}))
    return path
