"""How fast the recurrent network segments, against every window through the whole network anew."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from timing import paired, ratio, told

from lamella.core.frames import ArrayFrames
from lamella.kernels.grey_levels import levelled
from lamella.kernels.time_window import window_before
from lamella.nets.convlstm_unet import Architecture, from_scratch, load_network, save_model
from lamella.nets.device import Device, described, pick
from lamella.segment import Recurrent

FIELD = (983, 985)
N_FRAMES = 24
ARCHITECTURE = Architecture(poolings=4, filters=16, window=5, head="distance")
TILE, OVERLAP = 512, 95  # as published
REPEATS = {"cpu": 3, "cuda": 7}
TARGET = 3.0


def inference() -> list[str]:
    """Topic p."""
    import torch

    lines = [
        f"A frame of {FIELD[0]} × {FIELD[1]} px in the middle of a movie, through the network of "
        "the model that comes with Lamella (4 poolings, 16 filters, windows of 5 frames; weights "
        "at random, which takes as long). The network, up to the probability of every pixel. "
        f"Compared are the window's {ARCHITECTURE.window} frames through the whole network for "
        f"every frame, in one piece, and in the published tiles of {TILE} px that overlap by "
        f"{OVERLAP} px, by the plain network, without gradients.",
        "",
        "| device | every frame once | window by window | ratio | target | in published tiles | "
        "ratio |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model.safetensors"
        save_model(model, from_scratch(ARCHITECTURE, seed=0).state_dict(), ARCHITECTURE)
        lines.append(_row(model, "cpu"))
        if torch.cuda.is_available():
            lines.append(_row(model, "cuda"))
        else:
            lines += ["", "No graphics card was at hand."]
    return lines


def _row(model: Path, device: Device) -> str:
    jobs = _jobs(model, device)
    seconds = paired(jobs, repeats=REPEATS[device])
    once, windows, tiles = (seconds[name] for name in jobs)
    return (
        f"| {described(pick(device))} | {told(once)} | {told(windows)} | "
        f"{ratio(windows, once):.1f} | ≥ {TARGET:g} | {told(tiles)} | {ratio(tiles, once):.1f} |"
    )


def _jobs(model: Path, device: Device) -> dict[str, Callable[[], object]]:
    """Each gives the next frame of the same movie."""
    rng = np.random.default_rng(0)
    frames = ArrayFrames(rng.integers(0, 4000, (N_FRAMES, *FIELD)).astype(np.uint16))
    step = Recurrent(model=str(model), device=device)
    state = step.prepare(frames)
    sure = step.confidence(frames, state=state)
    numbers = itertools.count(ARCHITECTURE.window)
    sure.frame(ARCHITECTURE.window - 1)  # what the first frame needs is no cost of a frame

    def window(t: int) -> NDArray[np.float32]:
        chosen = window_before(t, length=ARCHITECTURE.window, n_frames=N_FRAMES)
        seen = np.stack([levelled(frames.frame(i), state.levels) for i in chosen])
        rows, columns = (-n % ARCHITECTURE.multiple for n in FIELD)
        return np.pad(seen, ((0, 0), (0, rows), (0, columns)), mode="symmetric")

    return {
        "once": lambda: sure.frame(next(numbers)),
        "windows": lambda: _by_windows(model, device, window(9), None),
        "tiles": lambda: _by_windows(model, device, window(9), TILE),
    }


def _by_windows(
    model: Path, device: Device, window: NDArray[np.float32], tile: int | None
) -> NDArray[np.float32]:
    """The probability of cell, as the plain network gives it for a window."""
    import torch

    network = load_network(model, device=device)
    _, height, width = window.shape
    found = np.empty((height, width), np.float32)
    with torch.inference_mode():
        for top, left in itertools.product(_starts(height, tile), _starts(width, tile)):
            side = tile or max(height, width)
            part = window[None, :, top : top + side, left : left + side]
            logits = network(torch.from_numpy(np.ascontiguousarray(part)).to(pick(device)))[0]
            cell = torch.sigmoid(logits[1] - logits[0]).cpu().numpy()
            inner_top, inner_left = (OVERLAP if start else 0 for start in (top, left))
            found[top + inner_top : top + side, left + inner_left : left + side] = cell[
                inner_top:, inner_left:
            ]
    return found


def _starts(n: int, tile: int | None) -> list[int]:
    """First rows of tiles that overlap by twice `OVERLAP` and end with the frame."""
    if tile is None or n <= tile:
        return [0]
    return [*range(0, n - tile, tile - 2 * OVERLAP), n - tile]
