"""Batches of patches, drawn while the network learns from those before."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

from lamella.train.recurrent.patches import Patch

if TYPE_CHECKING:
    import torch
    from torch import Tensor

_MOST_DRAWERS = 8


class Batch(NamedTuple):
    """Patches on the device that learns."""

    windows: Tensor
    """(B, N, P, P) float32."""
    target: Tensor
    """(B, P, P) int64: 1 cell, 0 background, −1 not known."""
    depths: Tensor
    """(B, P, P) float32."""


def stacked(patches: Sequence[Patch], device: torch.device) -> Batch:
    """Patches of equal windows as one batch."""
    import torch

    labels = np.stack([each.labels for each in patches])
    return Batch(
        torch.from_numpy(np.stack([each.frames for each in patches])).to(device),
        torch.from_numpy(np.sign(labels).astype(np.int64)).to(device),
        torch.from_numpy(np.stack([each.depths for each in patches])).to(device),
    )


class Drawers:
    """Draws patches ahead, in threads of its own; use it in a ``with`` block.

    One thread keeps up with a processor that learns; a card learns faster than one thread draws.
    """

    def __init__(self, device: torch.device) -> None:
        n = 1 if device.type == "cpu" else min(_MOST_DRAWERS, os.cpu_count() or 1)
        self._pool = ThreadPoolExecutor(n, thread_name_prefix="patches")
        self._device = device

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def batches(
        self, wanted: Sequence[Sequence[int]], draw: Callable[[int, int], Patch]
    ) -> Iterator[Batch]:
        """A batch for every list of numbers; `draw` is given the place of the list and a number."""
        waiting: deque[list[Future[Patch]]] = deque()
        for place, numbers in enumerate(wanted):
            waiting.append([self._pool.submit(draw, place, number) for number in numbers])
            if len(waiting) > 2:
                yield self._gathered(waiting.popleft())
        while waiting:
            yield self._gathered(waiting.popleft())

    def _gathered(self, drawn: list[Future[Patch]]) -> Batch:
        return stacked([each.result() for each in drawn], self._device)
