"""How fast Cellpose is: frames in batches, one cell followed by crops, half precision on a card."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from timing import paired, ratio, told

from lamella.core.frames import ArrayFrames
from lamella.kernels.overlap import intersection_over_union
from lamella.kernels.regions import find_regions
from lamella.nets.cellpose import evaluate, from_scratch, half_precision, load, version
from lamella.nets.device import described, pick
from lamella.phantom import CellPhantom
from lamella.segment import Cellpose
from lamella.segment.cellpose.half import least_iou

DIAMETER_PX = 60.0
FIELDS = ((165, 165), (256, 256), (456, 594))
N_FRAMES, SEEDS = 11, (400, 401)  # the model learns from seeds below 100
BATCH, SIDE = 8, 512
_TAUGHT_IN = (
    (120, 130), (150, 150), (165, 165), (200, 180), (256, 256), (300, 220), (340, 340), (456, 400),
)  # fmt: skip


def cellpose() -> list[str]:
    """Topic o."""
    with tempfile.TemporaryDirectory() as folder:
        weights = small_model(Path(folder))
        return [
            f"Cellpose {version()} with a model trained from scratch on a few phantoms of "
            f"one cell of {DIAMETER_PX:.0f} px: its architecture is that of any model, as are "
            "its times.",
            "",
            *followed(weights),
            "",
            *batched(weights),
            "",
            *on_card(weights),
        ]


def small_model(folder: Path) -> Path:
    """16 frames in fields of 8 sizes, 40 rounds: two minutes of one core."""
    import torch
    from cellpose.train import train_seg

    images, labels = [], []
    for seed, field in enumerate(_TAUGHT_IN):
        light = (150.0, 300.0, 600.0, 1000.0)[seed % 4]
        phantom = _movie(field, seed=seed, n_frames=2, interval_min=5.0, photoelectrons=light)
        images += list(phantom.movie.channel())
        labels += [frame.astype(np.int32) for frame in phantom.truth.frames]
    torch.manual_seed(0)
    np.random.seed(0)  # noqa: NPY002  Cellpose draws its crops from it
    file = train_seg(
        from_scratch(device="cpu").net, train_data=images, train_labels=labels, channels=[0, 0],
        normalize={"normalize": True}, batch_size=4, n_epochs=40, learning_rate=0.05,
        weight_decay=1e-4, SGD=True, bsize=80, min_train_masks=1, save_path=folder,
        model_name="small",
    )[0]  # fmt: skip
    return Path(file)


def followed(weights: Path) -> list[str]:
    """A movie of one cell, by crops and by whole frames, on the processor."""
    whole = Cellpose(model=str(weights), diameter_px=DIAMETER_PX, device="cpu")
    crops = whole.model_copy(update={"follow": Cellpose(follow=True).follow})
    lines = [
        "One cell in its field, on the processor: `follow = true` against whole frames, movie by "
        f"movie in turns ({len(SEEDS)} movies of {N_FRAMES} frames; frames 0 and 10 are whole in "
        "both). IoU of the cell against whole frames, and of both against the truth.",
        "",
        "| field | whole, a frame | followed, a frame | whole ÷ followed | target | mean IoU | "
        "least IoU | cells lost | whole to truth | followed to truth |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for field in FIELDS:
        seconds: dict[str, list[float]] = {"whole": [], "crops": []}
        same, to_truth, lost = [], {"whole": [], "crops": []}, 0
        for seed in SEEDS:
            phantom = _movie(field, seed=seed)
            frames = ArrayFrames(phantom.movie.channel().asarray())
            masks = {}
            for name, step in (("whole", whole), ("crops", crops)):
                step(frames).frame(1)  # not counted
                started = time.perf_counter()
                labels = step(frames).asarray()
                seconds[name].append((time.perf_counter() - started) / N_FRAMES)
                masks[name] = [_largest(frame) for frame in labels]
                to_truth[name] += [
                    intersection_over_union(*pair)
                    for pair in zip(masks[name], phantom.truth.frames, strict=True)
                ]
            pairs = list(zip(masks["whole"], masks["crops"], strict=True))
            same += [intersection_over_union(*pair) for pair in pairs]
            lost += sum(bool(a.any() and not b.any()) for a, b in pairs)
        times = {name: np.array(each) for name, each in seconds.items()}
        lines.append(
            f"| {field[0]}×{field[1]} | {told(times['whole'])} | {told(times['crops'])} | "
            f"{ratio(times['whole'], times['crops']):.1f} | ≥ 1.5 | {np.nanmean(same):.3f} | "
            f"{np.nanmin(same):.3f} | {lost} | {np.mean(to_truth['whole']):.3f} | "
            f"{np.mean(to_truth['crops']):.3f} |"
        )
    return lines


def batched(weights: Path) -> list[str]:
    """Many frames at once against one by one, on the processor."""
    frames = _stack((165, 165), BATCH)
    model = load(weights, device="cpu")
    seconds = paired(
        {
            "plain": lambda: [_plain(model, frame) for frame in frames],
            "one": lambda: _evaluated(model, frames, 1),
            "many": lambda: _evaluated(model, frames, BATCH),
        },
        repeats=3,
    )
    each = {name: times / BATCH for name, times in seconds.items()}
    return [
        f"{BATCH} frames of 165×165 on the processor: one by one with `CellposeModel.eval` "
        f"{told(each['plain'])} a frame; with Lamella {told(each['one'])} one at a time, which is "
        f"its default there, and {told(each['many'])} with {BATCH} tiles at a time."
    ]


def on_card(weights: Path) -> list[str]:
    """The same, and half precision, where there is a graphics card."""
    device = pick("auto")
    if device.type == "cpu":
        return [f"On a graphics card: not measured, PyTorch finds none here ({described(device)})."]
    frames = _stack((SIDE, SIDE), 4 * BATCH)
    model = load(weights, device=device.type)
    jobs = {
        "plain": lambda: [_plain(model, frame) for frame in frames],
        **{str(n): lambda n=n: _evaluated(model, frames, n) for n in (BATCH, 4 * BATCH)},
        "half": lambda: _in_half(model, frames, 4 * BATCH),
    }
    seconds = paired(jobs, repeats=3)
    masks = {name: job() for name, job in jobs.items()}
    agreed = [
        np.nanmin([least_iou(a, b) for a, b in zip(masks["plain"], masks[name], strict=True)])
        for name in list(jobs)[1:]
    ]
    names = [f"{BATCH} tiles at a time", f"{4 * BATCH}", f"{4 * BATCH}, half precision"]
    rows = zip(list(jobs)[1:], names, agreed, strict=True)
    return [
        f"On {described(device)}, {len(frames)} frames of {SIDE}×{SIDE}:",
        "",
        "| | frames/s | of the loop's | target | least IoU of any object |",
        "| --- | --- | --- | --- | --- |",
        f"| `CellposeModel.eval` frame by frame | {_rate(seconds['plain'], frames)} | | | |",
        *(
            f"| {name} | {_rate(seconds[job], frames)} | "
            f"{ratio(seconds['plain'], seconds[job]):.1f}× | ≥ 4 | {iou:.3f} |"
            for job, name, iou in rows
        ),
    ]


def _movie(field: tuple[int, int], *, seed: int, n_frames: int = N_FRAMES, **changes: Any) -> Any:
    settings = {
        "field_px": field, "n_frames": n_frames, "interval_min": 1.0, "area_um2": 288.0,
        "photoelectrons": 400.0, "seed": seed, **changes,
    }  # fmt: skip
    return CellPhantom.model_validate(settings).make()


def _stack(field: tuple[int, int], n: int) -> list[NDArray[Any]]:
    return list(_movie(field, seed=SEEDS[0], n_frames=n).movie.channel())


def _plain(model: Any, frame: NDArray[Any]) -> NDArray[Any]:
    masks: NDArray[Any] = model.eval(
        frame, channels=[0, 0], diameter=DIAMETER_PX, normalize={"normalize": True}
    )[0]
    return masks


def _evaluated(model: Any, frames: list[NDArray[Any]], batch_size: int) -> list[NDArray[Any]]:
    return evaluate(model, frames, diameter_px=DIAMETER_PX, batch_size=batch_size)


def _in_half(model: Any, frames: list[NDArray[Any]], batch_size: int) -> list[NDArray[Any]]:
    with half_precision(model):
        return _evaluated(model, frames, batch_size)


def _largest(labels: NDArray[Any]) -> NDArray[np.bool_]:
    found = find_regions(labels)
    if not len(found.label):
        return np.zeros(labels.shape, bool)
    cell: NDArray[np.bool_] = labels == found.label[np.argmax(found.area)]
    return cell


def _rate(seconds: NDArray[np.float64], frames: list[NDArray[Any]]) -> str:
    return f"{len(frames) / np.median(seconds):.1f}"


if __name__ == "__main__":
    print("\n".join(cellpose()))
