"""A small recurrent network that knows single bright cells: random layers, and a fitted last one.

Its batch statistics are those of the cells that it was made with, as after a training.
"""

from pathlib import Path

import numpy as np
from filelock import FileLock
from scipy.ndimage import distance_transform_edt

from lamella.nets.convlstm_unet import Architecture
from worlds.small_cellpose import small_cell

WINDOW = 3
_DAMPING = 1e-3


def small_recurrent_model(folder: Path) -> Path:
    """The file, made the first time that it is asked for in this folder; under a second."""
    file = Path(folder) / "small_recurrent.safetensors"
    with FileLock(f"{file}.lock"):
        if not file.exists():
            _made(file)
    return file


def _made(file: Path) -> None:
    import torch

    from lamella.nets.convlstm_unet import from_scratch, save_model

    architecture = Architecture(poolings=2, filters=16, window=WINDOW, head="distance")
    net = from_scratch(architecture, seed=0)
    movies = [small_cell(seed, n_frames=WINDOW) for seed in range(4)]
    frames = np.stack([movie.movie.channel().asarray() for movie in movies]).astype(np.float32)
    low, high = np.percentile(frames, (0.1, 99.1), axis=(1, 2, 3), keepdims=True)
    windows = torch.from_numpy(np.clip((frames - low) / (high - low), 0, 1).astype(np.float32))
    truth = np.stack([movie.truth.frames.frame(WINDOW - 1) > 0 for movie in movies])
    depth = np.stack([distance_transform_edt(mask) for mask in truth])
    with torch.no_grad():
        net.train()
        for layer in net.modules():
            if isinstance(layer, torch.nn.BatchNorm2d):
                layer.momentum = 1.0  # the statistics of what it is shown here
        net.features(windows[:, -1].contiguous())
        net.eval()
        seen = []
        net.out.register_forward_pre_hook(lambda layer, given: seen.append(given[0]))
        net(windows)
        known = seen[0].permute(0, 2, 3, 1).reshape(-1, architecture.filters).numpy()
        known = np.column_stack([known, np.ones(len(known))]).astype(np.float64)
        wanted = np.column_stack([8.0 * truth.ravel() - 4, (depth / depth.max()).ravel()])
        # Both classes weigh alike.
        counts = np.sqrt(np.where(truth.ravel(), 1 / truth.sum(), 1 / (~truth).sum()))[:, None]
        known, wanted = known * counts, wanted * counts
        # No feature is trusted so much that the last digits of a float32 show.
        damped = known.T @ known + _DAMPING * np.eye(known.shape[1])
        weights = np.linalg.solve(damped, known.T @ wanted).T
        net.out.weight.zero_()
        net.out.bias.zero_()
        net.out.weight[1:, :, 0, 0] = torch.from_numpy(weights[:, :-1])
        net.out.bias[1:] = torch.from_numpy(weights[:, -1])
    save_model(file, net.state_dict(), architecture, about={"made from": "phantoms"})
