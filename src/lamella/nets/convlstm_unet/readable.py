"""The network as other programs run it: probabilities in place of logits."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from lamella.nets.convlstm_unet.architecture import Architecture
from lamella.nets.convlstm_unet.network import ConvLSTMUNet

INPUT, CELL, DISTANCE = "windows", "cell", "distance"
"""Names of what goes in and comes out."""


class Readable(nn.Module):
    """Windows of levelled grey values in, what every pixel of the last frame is out."""

    def __init__(self, network: ConvLSTMUNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, windows: Tensor) -> tuple[Tensor, ...]:
        """(B, N, Y, X) grey values, 0 to 1, to the probability of cell, (B, 1, Y, X).

        With its head also the distance from the edge of the cell, of the same shape.
        """
        logits = self.network(windows)
        cell = logits[:, :2].softmax(1)[:, 1:2]
        return (cell, logits[:, 2:3]) if self.network.architecture.head == "distance" else (cell,)

    @property
    def names(self) -> tuple[str, ...]:
        """What comes out, in order."""
        both = self.network.architecture.head == "distance"
        return (CELL, DISTANCE) if both else (CELL,)


def from_settings(**architecture: Any) -> Readable:
    """The network of an architecture, given by its settings, with random weights."""
    return Readable(ConvLSTMUNet(Architecture(**architecture)))
