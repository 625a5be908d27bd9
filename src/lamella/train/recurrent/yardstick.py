"""Patches of held-out movies, the same after every epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lamella.train.recurrent.batches import Batch, stacked
from lamella.train.recurrent.library import Library
from lamella.train.recurrent.patches import Patches

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch
    from torch import Tensor, nn

_FEWEST, _MOST = 8, 32
"""Patches that are asked; in between twice as many as there are annotated frames."""
_MOST_MOVIES = 32
"""Of so many movies each is asked for two patches, even if these are more than `_MOST`."""
_SEED = 42


class Asked(NamedTuple):
    """How well a network does on held-out movies; NaN where there are none."""

    loss: float
    jaccard: float
    """Of all pixels of all patches together."""


class Yardstick:
    """Squares of frames as they are, half of them around cells and half anywhere.

    Patches around cells alone would not show what is found where there is nothing.

    Parameters
    ----------
    together : int
        Patches of which a loss is taken at once, as a loss of pixels depends on it; they go through
        the network by as many as memory allows.
    """

    def __init__(
        self,
        library: Library,
        patches: Patches,
        *,
        window: int,
        together: int,
        device: torch.device,
    ) -> None:
        frames = sum(len(library.annotated(i)) for i in range(len(library)))
        most = max(_MOST, 2 * min(len(library), _MOST_MOVIES))
        n = min(max(2 * frames, _FEWEST), most) if frames else 0
        plain = patches.plain()
        anywhere = plain.model_copy(update={"foreground_weight": 1.0})
        self._patches = [
            (anywhere if number % 2 else plain).draw(library, number // 2, _SEED, window)
            for number in range(n)
        ]
        self._together, self._device = together, device

    def __len__(self) -> int:
        return len(self._patches)

    def ask(
        self, network: nn.Module, loss: Callable[[Tensor, Batch], Tensor], batch_size: int
    ) -> Asked:
        """The loss and the overlap, by a network as it predicts."""
        import torch

        from lamella.nets.convlstm_unet.losses import jaccard

        if not self._patches:
            return Asked(float("nan"), float("nan"))
        network.eval()
        total, logits, targets = 0.0, [], []
        with torch.inference_mode():
            for start in range(0, len(self._patches), self._together):
                batch = stacked(self._patches[start : start + self._together], self._device)
                found = torch.cat(
                    [network(some) for some in torch.split(batch.windows, batch_size)]
                )
                total += float(loss(found, batch)) * len(batch.windows)
                logits.append(found[:, :2].cpu())
                targets.append(batch.target.cpu())
        overlap = jaccard(torch.cat(logits), torch.cat(targets))
        return Asked(total / len(self._patches), overlap)
