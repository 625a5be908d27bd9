"""The recurrent network for prediction: the numbers of the network itself, in less time and memory.

Batch normalisation becomes part of the convolutions before it. What is as large as the image goes
through in strips, small enough that memory is used again instead of being asked for anew. On a
processor, channels lie beside each other, as its convolutions want them.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import conv2d
from torch.nn.utils.fusion import fuse_conv_bn_eval

from lamella.nets.convlstm_unet.mobilenet import ConvNorm
from lamella.nets.convlstm_unet.network import ConvLSTM, ConvLSTMUNet, doubled
from lamella.nets.convlstm_unet.receptive_field import whole_reach

_STRIP_BYTES = 8 * 2**20
_TILES_ON_A_CARD = 8


class Inference:
    """A network in two parts: what frames contribute, each for itself, and what windows give.

    Attributes
    ----------
    multiple : int
        Sides of images are multiples of it.
    margin_px : int
        Pixels along an edge of a tile whose contribution may be changed by what lies beyond it; a
        multiple of `multiple`. How long windows are is no part of it: these see whole frames.
    at_once : int
        Tiles that this device wants to be given at once.
    """

    def __init__(self, network: ConvLSTMUNet) -> None:
        self.architecture = network.architecture
        self.multiple = network.architecture.multiple
        reach = max(whole_reach(network.architecture.model_copy(update={"window": 1})))
        self.margin_px = -(-reach // self.multiple) * self.multiple
        self._device = next(network.parameters()).device
        self._on_processor = self._device.type == "cpu"
        self.at_once = 1 if self._on_processor else _TILES_ON_A_CARD
        with torch.no_grad():
            self._net = _fused(copy.deepcopy(network).eval())
            if self._net.memory is not None:
                _with_one_function(self._net.memory)
        if self._on_processor:
            for weights in self._net.parameters():
                if weights.ndim == 4:
                    weights.data = weights.data.contiguous(memory_format=torch.channels_last)

    def contribution(self, images: NDArray[np.float32], *, features_only: bool = False) -> Tensor:
        """What frames contribute to any window, (B, Y, X, C), where the network runs.

        Parameters
        ----------
        images : (B, Y, X) float32 array
            Grey values from 0 to 1.
        features_only : bool
            A quarter of the memory; windows then take longer.
        """
        net = self._net
        with torch.inference_mode():
            coarse = net.coarse(torch.from_numpy(np.ascontiguousarray(images)).to(self._device))
            made: Tensor | None = None
            for (top, bottom), (low, high) in self._strips(coarse.shape[2:], _PIXEL_BYTES):
                part = net.last(doubled(coarse[:, :, low:high]))
                if net.memory is not None and not features_only:
                    part = net.memory.driven(part)
                part = part[:, :, 2 * (top - low) : 2 * (bottom - low)].permute(0, 2, 3, 1)
                if made is None:
                    sides = 2 * coarse.shape[2], 2 * coarse.shape[3]
                    made = part.new_empty((len(part), *sides, part.shape[3]))
                made[:, 2 * top : 2 * bottom] = part
        assert made is not None  # noqa: S101  an image has rows
        return made

    def last(self, contributions: Sequence[Tensor]) -> NDArray[np.float32]:
        """What the network says of the last frame of a window.

        Parameters
        ----------
        contributions : sequence of (Y, X, C) tensors
            Of the frames of the window, in their order.

        Returns
        -------
        (1 or 2, Y, X) float32 array
            The probability of cell, and where the network has that output, how far a pixel lies
            within its cell.
        """
        net = self._net
        height, width, depth = contributions[-1].shape
        said = contributions[-1].new_empty((net.out.out_channels - 1, height, width))
        far = len(contributions) if net.memory is not None else 0
        with torch.inference_mode():
            for (top, bottom), (low, high) in self._strips((height, width), 4 * depth, far):
                given = [each[low:high].permute(2, 0, 1)[None] for each in contributions]
                state = given[-1]
                if net.memory is not None:
                    if depth == net.architecture.filters:
                        given = [net.memory.driven(each) for each in given]
                    state = _last_state(net.memory, given)
                logits = net.out(state)[0, :, top - low : bottom - low]
                said[0, top:bottom] = torch.sigmoid(logits[1] - logits[0])
                said[1:, top:bottom] = logits[2:]
        out: NDArray[np.float32] = said.cpu().numpy()
        return out

    def _strips(
        self, shape: Sequence[int], pixel_bytes: int, margin: int = 2
    ) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
        """(rows that are kept, rows that are looked at); a graphics card takes all at once."""
        height, width = shape
        rows = height
        if self._on_processor:
            rows = max(_STRIP_BYTES // (pixel_bytes * width), 4 * margin, 1)
        for top in range(0, height, rows):
            bottom = min(top + rows, height)
            yield (top, bottom), (max(top - margin, 0), min(bottom + margin, height))


_PIXEL_BYTES = 4 * 4 * 80
"""Of a coarse pixel that becomes four, with some 80 channels each."""


@lru_cache(maxsize=4)
def for_inference(network: ConvLSTMUNet) -> Inference:
    """The form that predicts, made once of every network."""
    return Inference(network)


def _fused(network: ConvLSTMUNet) -> ConvLSTMUNet:
    """The network with its batch normalisation inside of its convolutions, in place."""
    for module in list(network.modules()):
        if isinstance(module, ConvNorm) and isinstance(module.norm, nn.BatchNorm2d):
            module.conv, module.norm = fuse_conv_bn_eval(module.conv, module.norm), None
        if isinstance(module, nn.Sequential):
            for i, (first, second) in enumerate(zip(module, list(module)[1:], strict=False)):
                if isinstance(first, nn.Conv2d) and isinstance(second, nn.BatchNorm2d):
                    module[i], module[i + 1] = fuse_conv_bn_eval(first, second), nn.Identity()
    return network


def _with_one_function(memory: ConvLSTM) -> None:
    """Doubles the third gate's input, in place: tanh(x) is 2 σ(2 x) − 1, so that σ serves all."""
    third = slice(2 * memory.of_state.in_channels, 3 * memory.of_state.in_channels)
    memory.of_input.weight[third] *= 2
    memory.of_state.weight[third] *= 2
    assert memory.of_input.bias is not None  # noqa: S101  it was made with one
    memory.of_input.bias[third] *= 2


def _last_state(memory: ConvLSTM, driven: Sequence[Tensor]) -> Tensor:
    """As `ConvLSTM.last_state`, of a memory that was changed by `_with_one_function`."""
    gates = driven[0].clone()
    state: Tensor | None = None
    cell: Tensor | None = None
    for each in driven:
        if state is not None:
            gates = conv2d(state, memory.of_state.weight, padding=1).add_(each)
        let_in, keep, new, let_out = gates.sigmoid_().chunk(4, dim=1)
        new = new.mul_(2).sub_(1).mul_(let_in)
        cell = new if cell is None else keep.mul_(cell).add_(new)
        state = cell.tanh().mul_(let_out)
    assert state is not None  # noqa: S101  a window has a frame
    return state
