"""What a recurrent network is built from; known without torch."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

LEVELS = 5
"""Activations that MobileNetV2 gives: at strides 2, 4, 8, 16 and 32."""


class Architecture(BaseModel):
    """What decides the shapes of a network's weights, and how many frames it is shown.

    Parameters
    ----------
    poolings : int
        Times that the image is halved.
    filters : int
        Of the decoder's last level and of the ConvLSTM; every coarser level has twice as many.
    width : float
        Of the encoder.
    window : int
        Frames that it is shown; it segments the last.
    recurrent : bool
        Without ConvLSTM it sees the last frame only.
    head : {"none", "distance"}
        "distance" adds an output: how far a pixel lies within its cell, to tell neighbours apart.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    poolings: int = Field(4, ge=1, le=LEVELS)
    filters: int = Field(25, ge=1, le=512)
    width: float = Field(0.35, gt=0, le=2)
    window: int = Field(5, ge=1, le=64)
    recurrent: bool = True
    head: Literal["none", "distance"] = "none"

    @property
    def outputs(self) -> int:
        """Channels that the network gives: background, cell, and the distance."""
        return 3 if self.head == "distance" else 2

    @property
    def multiple(self) -> int:
        """Sides of images are multiples of this many pixels."""
        return int(2**self.poolings)


PUBLISHED = {
    "B1": Architecture(poolings=5, filters=16),
    "B2": Architecture(poolings=4, filters=25),
    "B3": Architecture(poolings=4, filters=25),
    "B4": Architecture(poolings=4, filters=50),
    "B5": Architecture(poolings=3, filters=25),
}
"""The networks of the paper; B3 differs from B2 by its batch of 2."""

SHIPPED = Architecture(poolings=4, filters=16, window=5, head="distance")
"""The network that comes with Lamella, and what a new one is unless told otherwise."""
