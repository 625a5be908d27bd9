"""A small Cellpose model, trained from scratch on phantoms, and the cells that it knows.

The architecture is Cellpose's own (version 3, some 6.6 million weights); only the training is
short. It knows single bright cells of 30 px on an even ground, and no others.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from filelock import FileLock

from lamella.phantom import CellPhantom, Phantom
from lamella.train.cellpose.patches import numpy_seeded

DIAMETER_PX = 30.0
_LIGHT = (150.0, 300.0, 600.0, 1000.0)


def small_cell(seed: int, *, n_frames: int = 2, **changes: object) -> Phantom:
    """A movie of one cell of 30 px, 96 × 96 px unless told otherwise.

    The model is trained on seeds below 100; test it on others.
    """
    settings = {
        "field_px": (96, 96),
        "n_frames": n_frames,
        "interval_min": 5.0,
        "area_um2": 72.0,
        "photoelectrons": 400.0,
        "seed": seed,
        **changes,
    }
    return CellPhantom.model_validate(settings).make()


def small_model(folder: Path) -> Path:
    """The weights, trained the first time that they are asked for in this folder.

    Some 16 s on one core. Workers of one run of tests that share the folder wait for each other.
    """
    weights = Path(folder) / "small_cellpose.pth"
    with FileLock(f"{weights}.lock"):
        if not weights.exists():
            _trained(Path(folder)).rename(weights)
    return weights


def _trained(folder: Path) -> Path:
    """8 frames, 60 rounds of two of them by Cellpose's own trainer."""
    import torch
    from cellpose.models import CellposeModel
    from cellpose.train import train_seg

    movies = [small_cell(seed, photoelectrons=light) for seed, light in enumerate(_LIGHT)]
    images = [frame for movie in movies for frame in movie.movie.channel()]
    labels = [frame.astype(np.int32) for movie in movies for frame in movie.truth.frames]
    with _seeded():
        model = CellposeModel(gpu=False, diam_mean=DIAMETER_PX, device=torch.device("cpu"))
        file, _, _ = train_seg(
            model.net,
            train_data=images,
            train_labels=labels,
            channels=[0, 0],
            normalize={"normalize": True},
            batch_size=2,
            # Cellpose's rate of learning rises over the first 10 rounds: short ones waste least.
            nimg_per_epoch=2,
            n_epochs=60,
            learning_rate=0.05,
            weight_decay=1e-4,
            SGD=True,
            bsize=64,
            min_train_masks=1,
            save_path=folder,
            model_name="small_cellpose.part",
        )
    return Path(file)


@contextmanager
def _seeded() -> Iterator[None]:
    """The same model on every run, and nobody else's random numbers changed by it."""
    import torch

    threads = torch.get_num_threads()
    with torch.random.fork_rng(devices=[]), numpy_seeded(0):
        torch.manual_seed(0)
        # Workers of the tests share the cores: one thread each.
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(threads)
