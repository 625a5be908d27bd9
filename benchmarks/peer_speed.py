"""Topic t: shape and light of the cells of a movie, against celldetective's own code."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
from region_speed import field
from timing import ratio, told

from lamella.measure.region import region_table

PEER = "CELLDETECTIVE_PYTHON"
"""Names the interpreter of an environment with celldetective, which cannot share ours."""

_FRAMES, _REPEATS = 3, 5
_FEATURES = ("area", "intensity_mean", "perimeter", "eccentricity", "solidity", "axis_major_length",
             "axis_minor_length", "orientation", "feret_diameter_max", "euler_number")  # fmt: skip


def measuring() -> list[str]:
    """Topic t."""
    python = os.environ.get(PEER)
    if python is None:
        raise SystemExit(
            f"set {PEER} to the Python of an environment with celldetective, which wants other "
            "versions of numpy and OpenCV than Lamella; or leave topic t out"
        )
    made = [field(seed=seed) for seed in range(_FRAMES)]
    labels, images = [each for each, _ in made], [light["a"] for _, light in made]
    with tempfile.TemporaryDirectory() as folder:
        given, told_by_peer = Path(folder) / "frames.npz", Path(folder) / "first.npy"
        np.savez(given, labels=labels, images=images, features=list(_FEATURES))
        side = Path(__file__).with_name("celldetective_side.py")
        with subprocess.Popen(
            [python, str(side), str(given), str(told_by_peer)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=folder,
            env={"PATH": os.environ["PATH"], "HOME": folder, "OMP_NUM_THREADS": "1"},
        ) as peer:  # fmt: skip
            _again(peer, "tell")
            ours = _seconds(labels, images)
            _refuse_different(np.load(told_by_peer), labels[0], images[0])
            pairs = np.array(
                [(_again(peer, "go"), _seconds(labels, images)) for _ in range(_REPEATS)]
            )
            assert peer.stdin is not None
            peer.stdin.close()
        version = _version(python)
    theirs, ours = pairs.T
    return [
        f"{_FRAMES} frames of 2048×2048 with 2000 cells each, one channel, in memory: "
        f"`measure_features` of celldetective {version} with {', '.join(_FEATURES)}, in an "
        "environment of its own, in turns with `region_table`, which has all columns of `Region`, "
        "more than these. Areas and mean intensities are the same.",
        "",
        "| celldetective | Lamella | celldetective ÷ Lamella |",
        "| --- | --- | --- |",
        f"| {told(theirs)} | {told(ours)} | {ratio(theirs, ours):.0f} |",
    ]


def _again(peer: subprocess.Popen[str], word: str) -> float:
    assert peer.stdin is not None
    assert peer.stdout is not None
    peer.stdin.write(f"{word}\n")
    peer.stdin.flush()
    for line in peer.stdout:
        word, _, seconds = line.partition(" ")
        if word == "took":
            return float(seconds)
    raise AssertionError("celldetective ended before it was asked to")


def _seconds(labels: list[np.ndarray], images: list[np.ndarray]) -> float:
    started = time.perf_counter()
    for mask, image in zip(labels, images, strict=True):
        region_table(mask, {"a": image})
    return time.perf_counter() - started


def _refuse_different(theirs: np.ndarray, labels: np.ndarray, image: np.ndarray) -> None:
    ours = region_table(labels, {"a": image})
    same = np.array_equal(ours["area_px"], theirs[:, 1])
    if not same or not np.allclose(ours["intensity_mean"], theirs[:, 2], rtol=1e-6):
        raise AssertionError("areas or mean intensities differ")


def _version(python: str) -> str:
    told_by = "import importlib.metadata as m; print(m.version('celldetective'))"
    return subprocess.check_output([python, "-c", told_by], text=True).strip()


if __name__ == "__main__":
    print("\n".join(measuring()))
