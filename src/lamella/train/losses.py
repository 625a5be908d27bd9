"""Losses as a training goes: whoever waits for it may look on."""

from __future__ import annotations

from collections.abc import Callable

Looked = Callable[[int, float, float], object]
"""Is called after every epoch with its number (0 = before the first), the loss on what is learnt
from and that on what is held out; NaN where there is none."""


def nobody_looks(epoch: int, train_loss: float, held_out_loss: float) -> None:
    """The `Looked` that does nothing."""
