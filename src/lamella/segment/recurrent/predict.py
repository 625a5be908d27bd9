"""What the network says of every frame: each is encoded once, for all windows it stands in."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lamella.core.errors import InputError
from lamella.core.frames import Frames
from lamella.kernels.grey_levels import Levels, levelled
from lamella.kernels.time_window import window_after, window_before
from lamella.nets.device import out_of_memory
from lamella.segment.recurrent.held import Held
from lamella.segment.recurrent.tiles import Tile, tiles_of

if TYPE_CHECKING:
    import torch

    from lamella.nets.convlstm_unet.inference import Inference


class Said(NamedTuple):
    """What the network says of one frame."""

    cell: NDArray[np.float32]
    """Probability of cell, (Y, X)."""
    distance: NDArray[np.float32] | None
    """How far a pixel lies within its cell, (Y, X); None where the network has no such output."""


class Prediction:
    """What the network says of the frames of a movie, on demand.

    A frame's features do not depend on other frames: they are computed once and held for as long
    as rising frame numbers need them. Only the recurrence runs anew for every window.

    A part of a movie gives what the whole one does. Windows are counted in frame numbers of the
    movie, and are mirrored at its first and last frame. What is mirrored at the start needs no
    knowledge of the end, unless the movie is shorter than the window. A part that ends before the
    movie does is asked only for frames whose windows, forwards and backwards, end within it, so
    that nothing is mirrored at its end; a part that reaches the end of the movie knows it.

    Parameters
    ----------
    frames : Frames
        Raw grey values.
    window : int
        Frames that the recurrence sees.
    backwards : bool
        Whether the movie is also seen in reverse, and both averaged.
    tile_px : int or None
        Most rows and columns that are encoded at once; None: whole frames where they are not large.
    batch_size : int
        Tiles that are encoded at once.
    """

    def __init__(
        self,
        network: Inference,
        frames: Frames,
        levels: Levels,
        *,
        window: int,
        backwards: bool,
        tile_px: int | None,
        batch_size: int,
    ) -> None:
        self._network, self._frames, self._levels = network, frames, levels
        self._window, self._backwards, self._batch = window, backwards, batch_size
        multiple = network.multiple
        height, width = (-(-n // multiple) * multiple for n in frames.frame_shape)
        self._shape = (height, width)
        side = tile_px or (max(height, width) if height * width <= _WHOLE_PX else _SIDE_PX)
        self._tiles = tiles_of(
            self._shape, side_px=side, margin_px=network.margin_px, multiple=multiple
        )
        needed = 2 * window - 1 if backwards else window
        gates = 4 * 4 * network.architecture.filters * needed * height * width
        self._features_only = gates > _HELD_BYTES
        self._blank: set[int] = set()
        """Frames in which nothing shows, such as those of a shutter that stayed shut."""
        self._contribution: Callable[[int], torch.Tensor] = Held(self._contributed, most=needed)

    def __call__(self, t: int) -> Said:
        """What it says of frame `t`."""
        n = self._frames.span.stop
        windows = [window_before(t, length=self._window, n_frames=n)]
        if self._backwards:
            windows.append(window_after(t, length=self._window, n_frames=n))
        height, width = self._frames.frame_shape
        try:
            found = [self._network.last([self._contribution(i) for i in each]) for each in windows]
        except Exception as error:
            if not out_of_memory(error):
                raise
            raise InputError(
                "the recurrent network",
                f"frames of {height} × {width} px need more memory than there is",
                'set tile_px = 640, batch_size = 1 or device = "cpu"; of very large frames, '
                "window = 1 holds the least",
            ) from error
        mean = np.mean(found, axis=0, dtype=np.float32)[:, :height, :width]
        cell = np.zeros_like(mean[0]) if t in self._blank else mean[0]
        return Said(cell, mean[1] if len(mean) > 1 else None)

    def _contributed(self, t: int) -> torch.Tensor:
        image = levelled(self._frames.frame(t), self._levels)
        if image.min() == image.max():
            self._blank.add(t)
        seen = mirrored_to(image, self._shape)
        if len(self._tiles) == 1:
            return self._network.contribution(seen[None], features_only=self._features_only)[0]
        whole: torch.Tensor | None = None
        for start in range(0, len(self._tiles), self._batch):
            tiles = self._tiles[start : start + self._batch]
            for _, group in groupby(tiles, key=_size):
                some = list(group)
                made = self._network.contribution(
                    np.stack([seen[tile.here] for tile in some]), features_only=self._features_only
                )
                if whole is None:
                    whole = made.new_empty((*self._shape, made.shape[-1]))
                for tile, each in zip(some, made, strict=True):
                    whole[tile.there] = each[tile.inner]
        assert whole is not None  # noqa: S101  a frame has one tile at least
        return whole


_WHOLE_PX = 3 * 2**19
"""Of a frame that is encoded whole: some 1.2 GB of memory."""
_SIDE_PX = 1280
_HELD_BYTES = 3 * 2**30
"""Of what the frames of a window contribute to the gates; else a quarter of it is held, and the
rest computed in every window."""


def _size(tile: Tile) -> tuple[int, int]:
    top, bottom, left, right = tile.seen
    return bottom - top, right - left


def mirrored_to(image: NDArray[np.float32], shape: tuple[int, int]) -> NDArray[np.float32]:
    """The image with rows and columns mirrored behind its last ones, up to this shape."""
    (height, width), (wanted_height, wanted_width) = image.shape, shape
    after = ((0, wanted_height - height), (0, wanted_width - width))
    return np.pad(image, after, mode="symmetric")
