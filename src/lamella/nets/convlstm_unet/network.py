"""The recurrent U-Net: frames are encoded and decoded one by one, and a ConvLSTM sees the time.

References
----------
Gómez-de-Mariscal et al., "Search for temporal cell segmentation robustness in phase-contrast
microscopy videos", arXiv:2112.08817. ConvLSTM: Shi et al., NeurIPS 2015, arXiv:1506.04214.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from lamella.nets.convlstm_unet.architecture import Architecture
from lamella.nets.convlstm_unet.mobilenet import Encoder

_DROPPED = 0.05
_EPSILON, _MOMENTUM = 1e-3, 0.01  # Keras' defaults


class ConvLSTMUNet(nn.Module):
    """The network of an `Architecture`, with random weights as Keras would draw them.

    Every weight is of Glorot's uniform distribution, but for the ConvLSTM's of its state, which are
    orthogonal; biases are 0, those of its forget gate 1.

    Attributes
    ----------
    encoder, levels, last : Module
        What sees single frames; `levels` from coarse to fine, and `last` at the image's own size.
    memory : ConvLSTM or None
    out : Module
        What makes the logits.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.architecture = architecture
        f = architecture.filters
        self.encoder = Encoder(architecture.poolings, architecture.width)
        inside = self.encoder.channels[-1]
        self.levels = nn.ModuleList()
        for i in range(architecture.poolings - 1, 0, -1):
            self.levels.append(_Level(inside, f * 2**i))
            inside = f * 2**i + self.encoder.channels[i - 1]
        self.last = _Level(inside, f)
        self.memory = ConvLSTM(f, f) if architecture.recurrent else None
        self.out = nn.Conv2d(f, architecture.outputs, 1)
        for part in (self.encoder, self.levels, self.last, self.out):
            for layer in part.modules():
                if isinstance(layer, nn.Conv2d):
                    nn.init.xavier_uniform_(layer.weight)
                    if layer.bias is not None:
                        nn.init.zeros_(layer.bias)

    def features(self, frames: Tensor) -> Tensor:
        """What is seen in single frames: (B, Y, X) normalised grey values to (B, filters, Y, X).

        Y and X are multiples of `Architecture.multiple`.
        """
        out: Tensor = self.last(doubled(self.coarse(frames)))
        return out

    def coarse(self, frames: Tensor) -> Tensor:
        """What `last` is given, before it is doubled to the size of the frames."""
        skips: list[Tensor] = self.encoder(frames[:, None].expand(-1, 3, -1, -1))
        x = skips[-1]
        for level, skip in zip(self.levels, reversed(skips[:-1]), strict=True):
            x = torch.cat([doubled(level(x)), skip], dim=1)
        return x

    def forward(self, windows: Tensor) -> Tensor:
        """Logits of the last frame of every window: (B, N, Y, X) to (B, outputs, Y, X).

        Outputs are background, cell and, with that head, the distance, which is no logit. A window
        may have any number of frames.
        """
        if self.memory is None:
            last: Tensor = self.out(self.features(windows[:, -1]))
            return last
        b, n, height, width = windows.shape
        seen = self.features(windows.reshape(b * n, height, width))
        driven = self.memory.driven(seen).view(b, n, -1, height, width)
        out: Tensor = self.out(self.memory.last_state(driven.unbind(1)))
        return out


class ConvLSTM(nn.Module):
    """A recurrent layer whose gates are convolutions, 3 × 3, one bias per gate; as in Keras.

    What a frame contributes does not depend on the frames around it (`driven`), so that it is
    computed once for all windows that the frame stands in.
    """

    def __init__(self, inside: int, outside: int) -> None:
        super().__init__()
        self.of_input = nn.Conv2d(inside, 4 * outside, 3, padding=1)
        self.of_state = nn.Conv2d(outside, 4 * outside, 3, padding=1, bias=False)
        nn.init.xavier_uniform_(self.of_input.weight)
        nn.init.orthogonal_(self.of_state.weight)
        # Gates stand in Keras' order: let in, keep, new, let out. At first everything is kept.
        at_first = torch.zeros(4, outside)
        at_first[1] = 1
        self.of_input.bias = nn.Parameter(at_first.flatten())

    def driven(self, x: Tensor) -> Tensor:
        """What single frames contribute to the four gates, (B, 4 × outside, Y, X)."""
        out: Tensor = self.of_input(x)
        return out

    def last_state(self, driven: Sequence[Tensor]) -> Tensor:
        """The state after the last of some frames, (B, outside, Y, X), from an empty one.

        Parameters
        ----------
        driven : sequence of Tensor
            What `driven` gave for each frame, in order of time.
        """
        state: Tensor | None = None
        cell: Tensor | None = None
        for each in driven:
            gates = each if state is None else each + self.of_state(state)
            let_in, keep, new, let_out = gates.chunk(4, dim=1)
            fresh = let_in.sigmoid() * new.tanh()
            cell = fresh if cell is None else keep.sigmoid() * cell + fresh
            state = let_out.sigmoid() * cell.tanh()
        if state is None:
            raise ValueError("a window has at least one frame")
        return state


class _Level(nn.Sequential):
    """Two separable convolutions."""

    def __init__(self, inside: int, outside: int) -> None:
        super().__init__(_separable(inside, outside), _separable(outside, outside))


def _separable(inside: int, outside: int) -> nn.Sequential:
    """Every channel filtered for itself, then mixed."""
    return nn.Sequential(
        nn.Conv2d(inside, inside, 3, padding=1, groups=inside, bias=False),
        nn.Conv2d(inside, outside, 1),
        nn.BatchNorm2d(outside, eps=_EPSILON, momentum=_MOMENTUM),
        nn.ELU(),
        nn.Dropout(_DROPPED),
    )


def doubled(x: Tensor) -> Tensor:
    """Twice as many rows and columns."""
    return interpolate(x, scale_factor=2, mode="nearest")
