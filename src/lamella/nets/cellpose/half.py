"""Cellpose 3 in half precision: convolutions on graphics cards are built for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from lamella.nets.cellpose.installation import installed


@contextmanager
def half_precision(model: Any) -> Iterator[None]:
    """Inside, the model's network computes in 16 bits where that does little harm.

    Convolutions do, and sums, means and norms stay in 32 bits (automatic mixed precision of
    PyTorch). float16 on a graphics card, whose 11 bits of precision suffice since the network
    normalises all that it sees; bfloat16 on a processor, which has no other. Cellpose 4 computes in
    bfloat16 of its own accord: nothing is changed.

    Parameters
    ----------
    model : cellpose.models.CellposeModel
        As `load` gives it; not to be used elsewhere at the same time. On a processor nothing is
        gained by it.
    """
    if installed() != 3:
        yield
        return
    import torch

    net, kind = model.net, model.device.type
    plain = net.forward
    number = torch.bfloat16 if kind == "cpu" else torch.float16

    def forward(images: Any) -> tuple[Any, ...]:
        with torch.autocast(kind, dtype=number):
            flows, style, *rest = plain(images)
        # numpy has no bfloat16, and Cellpose turns what it gets into numpy.
        return flows.float(), style.float(), *rest

    net.forward = forward
    try:
        yield
    finally:
        del net.forward
