"""Statistics of batch normalisation that belong to the weights as they are."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from torch import Tensor, nn, no_grad

if TYPE_CHECKING:
    from lamella.nets.convlstm_unet.network import ConvLSTMUNet


def norms_of(module: nn.Module) -> dict[str, nn.BatchNorm2d]:
    """Layers of batch normalisation, by name."""
    return {name: each for name, each in module.named_modules() if isinstance(each, nn.BatchNorm2d)}


def measured(module: nn.Module) -> list[str]:
    """Names of the layers whose statistics are of images, not those that a layer begins with."""
    return [
        name
        for name, norm in norms_of(module).items()
        if norm.num_batches_tracked is not None and norm.num_batches_tracked > 0
    ]


def renew(
    network: ConvLSTMUNet, batches: Iterable[Tensor], *, still: Collection[nn.Module] = ()
) -> None:
    """Measure means and variances of the layers anew, each batch counting the same.

    Moving statistics lag behind weights that change fast: after the few batches of a short training
    they are still those of other weights, and a network that has learnt predicts nothing. Nothing
    is dropped out here, as nothing is in prediction.

    Parameters
    ----------
    batches : iterable of Tensor
        Windows, (B, N, P, P); every frame counts for itself.
    still : collection of Module
        Layers whose statistics stay.
    """
    norms = [norm for norm in norms_of(network).values() if norm not in still]
    moving = [norm.momentum for norm in norms]
    network.eval()
    try:
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None  # a plain mean over batches
            norm.train()
        with no_grad():
            for windows in batches:
                network.features(windows.flatten(0, 1))
    finally:
        for norm, momentum in zip(norms, moving, strict=True):
            norm.momentum = momentum
