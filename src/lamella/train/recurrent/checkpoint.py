"""The state of a training between two epochs: what it takes to go on exactly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from torch import Tensor, nn
    from torch.optim import Optimizer

_NETWORK, _BEST, _OPTIMISER = "network.", "best.", "optimiser."


class Checkpoint(NamedTuple):
    """Named tensors, and the rest as JSON has it."""

    tensors: dict[str, Tensor]
    """``network.…`` as it is now, ``best.…`` as it was after its best epoch, ``optimiser.…`` the
    optimiser's memory."""
    state: dict[str, Any]
    """Where the training stands, its settings, and the losses so far."""

    @property
    def best(self) -> dict[str, Tensor]:
        """The network after its best epoch."""
        return chosen(self.tensors, _BEST)


def joined(
    network: Mapping[str, Tensor], best: Mapping[str, Tensor], optimiser: Optimizer | None
) -> dict[str, Tensor]:
    """Named tensors of all three, copied to the processor."""
    named = {
        **{_NETWORK + name: tensor for name, tensor in network.items()},
        **{_BEST + name: tensor for name, tensor in best.items()},
    }
    if optimiser is not None:
        for number, memory in optimiser.state_dict()["state"].items():
            for name, tensor in memory.items():
                named[f"{_OPTIMISER}{number}.{name}"] = tensor
    return copied(named)


def copied(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Copies on the processor, which further training does not change."""
    return {
        name: tensor.detach().to("cpu", copy=True).contiguous() for name, tensor in tensors.items()
    }


def chosen(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Tensors whose names begin so, by the rest of their names."""
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in tensors.items()
        if name.startswith(prefix)
    }


def restore(checkpoint: Checkpoint, network: nn.Module, optimiser: Optimizer) -> None:
    """Bring a network and its optimiser into the state in which they were."""
    import torch

    network.load_state_dict(chosen(checkpoint.tensors, _NETWORK))
    weights = [weight for group in optimiser.param_groups for weight in group["params"]]
    memory: dict[int, dict[str, Tensor]] = {}
    for name, tensor in chosen(checkpoint.tensors, _OPTIMISER).items():
        number, key = name.split(".")
        like = weights[int(number)]
        # The optimiser keeps what it is given and writes into it: a copy, in the weights' own
        # order in memory, lest sums be rounded otherwise.
        again = torch.empty_like(like).copy_(tensor) if tensor.dim() else tensor.clone()
        memory.setdefault(int(number), {})[key] = again
    groups = optimiser.state_dict()["param_groups"]
    optimiser.load_state_dict({"state": memory, "param_groups": groups})
