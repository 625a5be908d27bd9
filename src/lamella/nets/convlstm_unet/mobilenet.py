"""MobileNetV2, the encoder: a frame becomes activations at ever coarser strides.

References
----------
Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", CVPR 2018,
doi:10.1109/CVPR.2018.00474. Paddings and constants are those of Keras, so that its weights fit.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from torch import Tensor, nn
from torch.nn.functional import pad

from lamella.nets.convlstm_unet.architecture import LEVELS

_EPSILON, _MOMENTUM = 1e-3, 1e-3  # of batch normalisation; Keras' momentum is 1 minus this
_EXPANSION = 6
_FIRST = 32
"""Channels of the stem at width 1."""


class _Block(NamedTuple):
    channels: int
    """Given out, at width 1."""
    stride: int


_BLOCKS = tuple(
    _Block(channels, stride if i == 0 else 1)
    for channels, stride, n in (
        (16, 1, 1), (24, 2, 2), (32, 2, 3), (64, 2, 4), (96, 1, 3), (160, 2, 3), (320, 1, 1),
    )
    for i in range(n)
)  # fmt: skip
_TAPPED = (1, 3, 6, 13, 16)
"""Blocks whose expanded activation is taken; of the last it is the projection."""


class ConvNorm(nn.Module):
    """A convolution without bias, batch normalisation, and values clipped to 0 … 6.

    Parameters
    ----------
    inside, outside : int
        Channels taken and given.
    stride : int
        1, or 2 on sides that are even.
    clipped, normalised : bool
        Without the one, without both.
    """

    def __init__(
        self,
        inside: int,
        outside: int,
        *,
        kernel: int,
        stride: int = 1,
        groups: int = 1,
        clipped: bool = True,
        normalised: bool = True,
    ) -> None:
        super().__init__()
        # With stride 2 Keras adds one row of zeros after the last of an even number, none before.
        self.zeros_before = kernel // 2 if stride == 1 else 0
        self._zeros_after = 0 if stride == 1 else 1
        self.conv = nn.Conv2d(
            inside, outside, kernel, stride, padding=self.zeros_before, groups=groups, bias=False
        )
        self.norm = (
            nn.BatchNorm2d(outside, eps=_EPSILON, momentum=_MOMENTUM) if normalised else None
        )
        self.clip = nn.ReLU6() if clipped else None

    def forward(self, x: Tensor) -> Tensor:
        if self._zeros_after:
            x = pad(x, (0, self._zeros_after, 0, self._zeros_after))
        x = self.conv(x)
        if self.norm is not None:
            x = self.norm(x)
        return x if self.clip is None else self.clip(x)


class Encoder(nn.Module):
    """The first levels of MobileNetV2, as far as they are needed.

    Parameters
    ----------
    levels : int
        Activations to give, 1 to 5. Of 5, the deepest is taken before its batch normalisation.
    width : float
        Multiplies the channels of every layer.

    Attributes
    ----------
    channels : list of int
        Of every activation given.
    """

    def __init__(self, levels: int, width: float = 0.35) -> None:
        super().__init__()
        if not 1 <= levels <= LEVELS:
            raise ValueError(f"MobileNetV2 has 1 to {LEVELS} levels, not {levels}")
        inside = _divisible(_FIRST * width)
        self.stem = ConvNorm(3, inside, kernel=3, stride=2)
        self.blocks = nn.ModuleList()
        self.channels: list[int] = []
        deepest = _TAPPED[levels - 1]
        for i, block in enumerate(_BLOCKS[: deepest + 1]):
            outside = _divisible(block.channels * width)
            added = _InvertedResidual(
                inside,
                outside,
                block.stride,
                expansion=1 if i == 0 else _EXPANSION,
                narrows=i < deepest or i == _TAPPED[-1],
                normalised=i != _TAPPED[-1],
            )
            self.blocks.append(added)
            if i in _TAPPED:
                self.channels.append(outside if i == _TAPPED[-1] else inside * _EXPANSION)
            inside = outside

    def forward(self, images: Tensor) -> list[Tensor]:
        """The activations of (B, 3, Y, X) images, finest first; their sides are multiples of the
        coarsest stride.
        """
        taken = []
        x = self.stem(images)
        for i, block in enumerate(self.blocks):
            expanded, x = block(x)
            if i in _TAPPED:
                taken.append(x if i == _TAPPED[-1] else expanded)
        return taken

    def steps(self) -> Iterator[tuple[ConvNorm, bool]]:
        """The layers in order, and whether the activation after each is taken."""
        yield self.stem, False
        for i, block in enumerate(self.blocks):
            tap = block.project if i == _TAPPED[-1] else block.expand
            for layer in block.children():
                if isinstance(layer, ConvNorm):
                    yield layer, i in _TAPPED and layer is tap


class _InvertedResidual(nn.Module):
    """Widen, filter every channel for itself, and narrow again.

    Parameters
    ----------
    narrows : bool
        Else it ends with the wide activation.
    normalised : bool
        Whether the narrow activation is.
    """

    def __init__(
        self,
        inside: int,
        outside: int,
        stride: int,
        *,
        expansion: int,
        narrows: bool,
        normalised: bool,
    ) -> None:
        super().__init__()
        wide = inside * expansion
        self.expand = ConvNorm(inside, wide, kernel=1) if expansion > 1 else None
        self.filter = (
            ConvNorm(wide, wide, kernel=3, stride=stride, groups=wide) if narrows else None
        )
        self.project = (
            ConvNorm(wide, outside, kernel=1, clipped=False, normalised=normalised)
            if narrows
            else None
        )
        self._adds = stride == 1 and inside == outside and normalised

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        expanded = x if self.expand is None else self.expand(x)
        if self.filter is None or self.project is None:
            return expanded, expanded
        y = self.project(self.filter(expanded))
        return expanded, x + y if self._adds else y


def _divisible(channels: float) -> int:
    """The nearest multiple of 8, at least 8, and not below 90 % of the number."""
    near = max(8, int(channels + 4) // 8 * 8)
    return near + 8 if near < 0.9 * channels else near
