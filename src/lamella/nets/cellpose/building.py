"""Cellpose's network with weights in it, built once per process."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lamella.core.errors import InputError, NotInstalledError
from lamella.nets.cellpose.installation import imported, installed, version
from lamella.nets.device import Device, pick
from lamella.nets.weights import Stamp, read_tensors

if TYPE_CHECKING:
    import torch

# Weights saved before Cellpose 2 say nothing of diameters: the network's own 30 px stand.
_MAY_MISS = frozenset({"diam_mean", "diam_labels"})
_MARK_OF_4 = "W2"
_MARK_OF_3 = "downsample.down.res_down_0.conv.conv_0.0.weight"


def load(path: Path, *, device: Device = "auto") -> Any:
    """Cellpose's model with the weights of a file; the same object for the same file and device.

    Whoever trains it works on a copy.

    Parameters
    ----------
    path : Path
        A file of weights, see :func:`lamella.nets.cellpose.find`.
    device : str
        See :func:`lamella.nets.device.pick`.

    Returns
    -------
    cellpose.models.CellposeModel

    Raises
    ------
    NotInstalledError
        When Cellpose is absent, or the weights belong to its other version.
    InputError
        When the file cannot be read, or its tensors are not exactly those of the network (Cellpose
        itself loads what fits and leaves the rest at random), or are not finite.
    """
    return _loaded(Stamp.of(path), pick(device))


@lru_cache(maxsize=4)
def _loaded(stamp: Stamp, device: torch.device) -> Any:
    path = Path(stamp.path)
    _refuse_misfits(str(path), read_tensors(path))
    return _built(pretrained_model=str(path), device=device)


def from_scratch(*, diameter_px: float = 30.0, seed: int = 0, device: Device = "auto") -> Any:
    """Cellpose 3's model with random weights, the same for the same seed.

    Parameters
    ----------
    diameter_px : float
        The diameter that the network sees every cell at.

    Raises
    ------
    NotInstalledError
        When Cellpose 3 is not what is installed: Cellpose 4 is only ever fine-tuned.
    """
    if installed() != 3:
        raise NotInstalledError(
            f"Cellpose {version()}",
            "it cannot be trained from scratch",
            'pip install "lamella[cellpose]" in an environment of its own, or fine-tune a model',
        )
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return _built(pretrained_model=False, diam_mean=diameter_px, device=pick(device))


def _built(**settings: Any) -> Any:
    """Cellpose's model, whose network stays an ordinary one.

    On a processor Cellpose 3 turns the network into MKL-DNN's layout when it first segments, for
    good: it can then be neither saved, copied nor trained. PyTorch takes MKL-DNN's convolutions for
    ordinary networks too, so nothing is gained by it (5.2 to 5.9 s against 5.4 to 5.6 s of one core
    for three frames of 256²; outputs differ by 1e-7).
    """
    if installed() == 3:
        settings["mkldnn"] = False
    return imported("models").CellposeModel(**settings)


def _refuse_misfits(where: str, tensors: dict[str, torch.Tensor]) -> None:
    import torch

    major = installed()
    # Weights of a network that was trained on several cards.
    found = {
        name.removeprefix("module.") if major == 4 else name: tensor
        for name, tensor in tensors.items()
    }
    told = 4 if _MARK_OF_4 in found else 3 if _MARK_OF_3 in found else None
    if told not in (None, major):
        extra = {3: "cellpose", 4: "cellpose4"}[told]
        raise NotInstalledError(
            where,
            f"these are weights of Cellpose {told}, and Cellpose {version()} is installed",
            f'pip install "lamella[{extra}]" in an environment of its own, or use other weights',
        )
    wanted = _shapes(major)
    missing = sorted(wanted.keys() - found.keys() - _MAY_MISS)
    extra_ones = sorted(found.keys() - wanted.keys())
    bent = sorted(
        name for name in wanted.keys() & found.keys() if wanted[name] != tuple(found[name].shape)
    )
    faults = [
        f"{len(names)} {fault} ({names[0]}{', …' if len(names) > 1 else ''})"
        for names, fault in (
            (missing, "missing"), (extra_ones, "unknown"), (bent, "of another shape"),
        )
        if names
    ]  # fmt: skip
    if faults:
        raise InputError(
            where,
            f"its tensors are not those of Cellpose {major}: {', '.join(faults)}",
            f"give weights that Cellpose {major} saved",
        )
    for name, tensor in found.items():
        if not bool(torch.isfinite(tensor).all()):
            raise InputError(
                where, f"its tensor {name} holds NaN or infinity", "train or fetch it again"
            )


@lru_cache(maxsize=1)
def _shapes(major: int) -> dict[str, tuple[int, ...]]:
    """Name and shape of every tensor of the network; none is filled."""
    import torch

    with torch.device("meta"):
        if major == 3:
            net = imported("resnet_torch").CPnet([2, 32, 64, 128, 256], 3, sz=3)
        else:
            net = imported("vit").CPSAM()
    return {name: tuple(tensor.shape) for name, tensor in net.state_dict().items()}
