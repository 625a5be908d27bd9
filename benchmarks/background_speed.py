"""How fast the rolling ball rolls: against scikit-image, and ImageJ where it is installed."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

from lamella.kernels.rolling_ball import ball_background, less_background

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from oracles.imagej.subtract_background import INSTALLED, by_imagej, cells

SHAPE = (1040, 1388)


def rolling() -> list[str]:
    """Subtract the background of a 16-bit field, radius 50 and 10 px, and by a paraboloid."""
    from skimage.restoration import rolling_ball

    image = cells(SHAPE, dtype=np.uint16, seed=5, top=40000)
    rows = [("ball, 50 px", 50, ""), ("ball, 10 px", 10, ""), ("paraboloid, 50 px", 50, "sliding")]
    ours = {(radius, how): _median(image, radius, how) for _, radius, how in rows}
    theirs: dict[tuple[int, str], float] = {}
    same = "ImageJ is not installed here."
    if INSTALLED:
        # The first runs of each warm ImageJ's compiler up.
        wanted = [("field", radius, how) for _ in range(5) for _, radius, how in rows]
        made, told = by_imagej({"field": image}, wanted)
        lines = [line.split(" ms ") for line in told.splitlines()[1:]]
        times = np.array([float(ms) for ms, _ in lines]).reshape(5, len(rows))
        theirs = {(r, h): float(np.median(times[1:, i])) for i, (_, r, h) in enumerate(rows)}
        differ = [
            np.count_nonzero(_less(image, radius, how) != made["field", radius, how])
            for _, radius, how in rows
        ]
        same = f"{told.splitlines()[0]} gives the same image in all but {sum(differ)} pixels."
    start = time.perf_counter()
    image - rolling_ball(image, radius=50)
    skimage = (time.perf_counter() - start) * 1e3
    lines = [
        f"16 bit, {SHAPE[0]} × {SHAPE[1]} px; ImageJ's times are its own, without start and files, "
        f"median of four after a first. {same}",
        "",
        "| background | Lamella (ms) | ImageJ (ms) | scikit-image (ms) | ImageJ ÷ Lamella "
        "| scikit-image ÷ Lamella |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, radius, how in rows:
        own, other = ours[radius, how], theirs.get((radius, how))
        ij = f"{other:.0f} | " if other else "– | "
        ratio = f"{other / own:.1f}" if other else "–"
        sk = (f"{skimage:.0f}", f"{skimage / own:.0f}") if name == rows[0][0] else ("–", "–")
        lines.append(f"| {name} | {own:.0f} | {ij}{sk[0]} | {ratio} | {sk[1]} |")
    return lines


def _less(image, radius, how):
    return less_background(image, ball_background(image, radius_px=radius, sliding=bool(how)))


def _median(image, radius, how, rounds=7):
    _less(image, radius, how)
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        _less(image, radius, how)
        times.append(time.perf_counter() - start)
    return float(np.median(times)) * 1e3
