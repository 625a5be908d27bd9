"""How far a network sees: the image pixels that one pixel of its output depends on.

Tiles that overlap by no less give what the whole image gives. Everything is computed from the
layers themselves, along one side of the image: all layers are square.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import nn

from lamella.nets.convlstm_unet.architecture import Architecture
from lamella.nets.convlstm_unet.mobilenet import Encoder
from lamella.nets.convlstm_unet.network import ConvLSTMUNet


class Reach(NamedTuple):
    """Pixels before and after the one that is looked at, which is not counted."""

    before: int
    after: int


class _Seen(NamedTuple):
    """Activation i depends on the pixels from i × stride − before to i × stride + after."""

    stride: int
    before: int
    after: int


def encoder_field(architecture: Architecture) -> int:
    """Side in px of what one pixel of the encoder's deepest activation depends on."""
    deepest = _encoder_seen(_unfilled(architecture).encoder)[-1]
    return deepest.before + 1 + deepest.after


def whole_field(architecture: Architecture) -> int:
    """Side in px of what one pixel of the network's output depends on, in any of its frames."""
    before, after = whole_reach(architecture)
    return before + 1 + after


def whole_reach(architecture: Architecture) -> Reach:
    """What a pixel of the output depends on, to both sides, of the pixel that sees farthest.

    Pixels differ by where they lie within the coarsest stride.
    """
    net = _unfilled(architecture)
    seen = _encoder_seen(net.encoder)
    ends = [(x, *_ends(x, net, seen)) for x in range(architecture.multiple)]
    return Reach(max(x - first for x, first, _ in ends), max(last - x for x, _, last in ends))


def _ends(x: int, net: ConvLSTMUNet, seen: list[_Seen]) -> tuple[int, int]:
    """First and last image pixel that the output at `x` depends on; walked from there back."""
    around = _around(net.last)
    if net.memory is not None:
        # The frame before the last is seen through one more step of the state, and so on.
        steps_back = net.architecture.window - 1
        around += _around(net.memory.of_input) + steps_back * _around(net.memory.of_state)
    low, high = x - around, x + around
    firsts, lasts = [], []
    # From the finest activation to the deepest: before it is joined by one, what comes from the
    # coarser ones has passed a level of the decoder and was doubled.
    passed = [0, *(_around(level) for level in reversed(net.levels))]
    for (stride, before, after), around in zip(seen, passed, strict=True):
        low, high = low // 2 - around, high // 2 + around
        firsts.append(low * stride - before)
        lasts.append(high * stride + after)
    return min(firsts), max(lasts)


def _encoder_seen(encoder: Encoder) -> list[_Seen]:
    """Of every activation that is taken, finest first."""
    seen, taken = _Seen(1, 0, 0), []
    for layer, is_taken in encoder.steps():
        after = layer.conv.kernel_size[0] - 1 - layer.zeros_before
        seen = _Seen(
            seen.stride * layer.conv.stride[0],
            seen.before + layer.zeros_before * seen.stride,
            seen.after + after * seen.stride,
        )
        if is_taken:
            taken.append(seen)
    return taken


def _around(module: nn.Module) -> int:
    """Pixels that convolutions of odd size, one after the other, see to each side."""
    return sum(each.kernel_size[0] // 2 for each in module.modules() if isinstance(each, nn.Conv2d))


def _unfilled(architecture: Architecture) -> ConvLSTMUNet:
    with torch.device("meta"):
        return ConvLSTMUNet(architecture)
