"""The recurrent network: cells in phase contrast, seen in their time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from lamella.core.errors import InputError, LamellaError
from lamella.core.frames import Frames, Image, MappedFrames
from lamella.core.step import Reach
from lamella.kernels.counts import ValueCounts, merge_counts
from lamella.kernels.grey_levels import Levels, count_greys, levels_of
from lamella.nets.convlstm_unet import Architecture, find_model, load_network, read_architecture
from lamella.nets.convlstm_unet.installation import refuse_without
from lamella.nets.device import Device
from lamella.segment.by_network import _ByNetwork
from lamella.segment.recurrent.held import Held
from lamella.segment.recurrent.objects import cleaned, large, single
from lamella.segment.recurrent.predict import Prediction, Said
from lamella.segment.recurrent.smooth import reach_of, smoothed

if TYPE_CHECKING:
    from lamella.nets.convlstm_unet.inference import Inference


class Greys(NamedTuple):
    """How often each grey value occurs in a movie."""

    counted: ValueCounts
    dtype: np.dtype[Any]

    @property
    def levels(self) -> Levels:
        """Both 0 where a movie has no number in it."""
        if not self.counted.total:
            return Levels(0.0, 0.0)
        return levels_of(self.counted, self.dtype)


class Recurrent(_ByNetwork):
    """Find cells with the recurrent network, which sees every frame together with those before it.

    It maps the percentiles 0.1 and 99.1 of the grey values of the whole movie to 0 and 1 itself.
    Sizes are those of a movie with about 0.8 µm per pixel, in which the network was published.

    Parameters
    ----------
    model : str or None
        The path of a ``.safetensors`` file or of a model folder. None is the model that comes with
        Lamella.
    window : int or None
        Frames that the network is shown, of which it segments the last. None is what it was
        trained with; 1 shows every frame alone.
    threshold : float
        Pixels whose probability of being cell is higher are cell.
    separate : {"distance", "components"}
        How cells that touch are told apart: by the distance from their border, where the network
        has learnt it; or not at all, so that what is connected is one object.
    seed_above : float
        With "distance": connected pixels above are the middle of one cell, from 0 (its border) to
        1. Lower keeps cells whole, higher cuts more.
    close_px : int
        Gaps are closed with a disc of this radius; 0 = none.
    fill : bool
        Fill holes that do not touch the edge of the frame.
    smallest_px : int
        Smaller objects are dropped.
    smooth_sigma : float
        SD in frames and pixels of a Gaussian over the masks, along time and space (see
        `lamella.segment.recurrent.smooth.smoothed`), which bridges gaps of a few frames; 0 = none.
    smooth_above : float
        What is cell after that. 0 is as published: a union over 4 SDs before and after, by which
        cells that move swell.
    smallest_after_px : int
        Smaller objects are dropped after smoothing along time.
    backwards : bool
        Let the network see the movie in reverse as well, and average what it says; takes about
        twice as long.
    tile_px : int or None
        Rows and columns that are encoded at once, which bounds memory; no part of the result. None:
        whole frames up to 1.5 million pixels, else tiles of 1280 px. Smaller ones are slower, since
        more of each overlaps; at least three times the overlap is taken (624 px with 4 poolings).
    device : {"auto", "cpu", "cuda", "mps"}
        What computes; no part of the result.
    batch_size : int or None
        Tiles that are encoded at once; no part of the result. None: one on a processor, 8 on a
        graphics card.

    References
    ----------
    Gómez-de-Mariscal et al., "Search for temporal cell segmentation robustness in phase-contrast
    microscopy videos", arXiv:2112.08817.
    """

    version: ClassVar[int] = 1
    scale_free: ClassVar[bool] = True
    execution: ClassVar[frozenset[str]] = frozenset({"device", "batch_size", "tile_px"})
    method: Literal["recurrent"] = "recurrent"
    model: str | None = Field(None, min_length=1)
    window: int | None = Field(None, ge=1, le=64)
    threshold: float = Field(0.5, gt=0, lt=1)
    separate: Literal["distance", "components"] = "distance"
    seed_above: float = Field(0.5, ge=0, lt=1)
    close_px: int = Field(3, ge=0)
    fill: bool = True
    smallest_px: int = Field(150, ge=1)
    smooth_sigma: float = Field(0.0, ge=0, le=50)
    smooth_above: float = Field(0.5, ge=0, lt=1)
    smallest_after_px: int = Field(100, ge=1)
    backwards: bool = False
    tile_px: int | None = Field(None, ge=64)
    device: Device = "auto"
    batch_size: int | None = Field(None, ge=1)

    @property
    def reach(self) -> Reach:
        """The window's other frames on both sides: at the start of a movie they come after."""
        far = self._length(self.architecture) - 1 + self._smoothing
        return Reach(far, far)

    @property
    def architecture(self) -> Architecture:
        """That of the network, read from its file; needs no PyTorch."""
        return read_architecture(find_model(self.model))

    @classmethod
    def suggestions(cls) -> dict[str, Self]:
        """Its defaults, where PyTorch and the model are on this machine."""
        try:
            find_model()
            refuse_without("torch", "safetensors")
        except LamellaError:
            return {}
        return {"": cls()}

    def prepare(self, frames: Frames) -> Greys:
        """How often each grey value occurs in a part of the movie."""
        counted = merge_counts(count_greys(frame) for frame in frames)
        return Greys(counted, frames.dtype)

    def merge(self, states: Sequence[Greys]) -> Greys:
        return Greys(merge_counts([state.counted for state in states]), states[0].dtype)

    def told(self, state: Greys) -> dict[str, Any]:
        """The grey values that became 0 and 1."""
        return {"black": state.levels.low, "white": state.levels.high}

    def in_words(self, state: Greys) -> str:
        """Such as ``grey values stretched from 102 to 1890``."""
        return f"grey values stretched from {state.levels.low:g} to {state.levels.high:g}"

    def __call__(self, frames: Frames, *, state: Greys | None = None) -> Frames:
        """Labels of every frame, (T, Y, X), numbered within their frame.

        uint16 where a frame has no room for more objects than that holds, else uint32. A frame of
        one grey value has no cells.

        Raises
        ------
        NotInstalledError, SettingsError, InputError
            When PyTorch or the model are not there, or are not what they should be; see
            `lamella.nets.convlstm_unet.find_model` and `load_network`.
        """
        said = self._said(frames, state, most=2 * self._smoothing + 1)
        mask = self._masks(frames, said)
        height, width = frames.frame_shape
        smallest = self.smallest_after_px if self.smooth_sigma else self.smallest_px
        few = height * width // smallest <= np.iinfo(np.uint16).max
        dtype = np.dtype(np.uint16 if few else np.uint32)

        def labels_of(t: int) -> Image:
            found = mask(t)
            distance = said(t).distance if self.separate == "distance" else None
            cells = single(found, distance, seed_above=self.seed_above)
            return _numbered(cells, t, dtype)

        return MappedFrames(frames, labels_of, dtype=dtype)

    def confidence(self, frames: Frames, *, state: Greys | None = None) -> Frames:
        """How sure the network is of every pixel, (T, Y, X) float32 from 0 to 1.

        ``|2 p - 1|`` of the probability `p` of being cell, on either side: 0 where it might as well
        toss a coin. It is what the network says of itself, before the mask is cleaned; a network
        that is shown what it has not learnt can be surely wrong.
        """
        said = self._said(frames, state, most=1)

        def sure(t: int) -> Image:
            distance_from_doubt: Image = np.abs(2 * said(t).cell - 1)
            return distance_from_doubt

        return MappedFrames(frames, sure, dtype=np.float32)

    def load(self) -> Inference:
        """The network with its weights, ready to predict; made once per process."""
        network = load_network(find_model(self.model), device=self.device)
        from lamella.nets.convlstm_unet.inference import for_inference

        return for_inference(network)

    @property
    def _smoothing(self) -> int:
        return reach_of(self.smooth_sigma)

    def _length(self, architecture: Architecture) -> int:
        if not architecture.recurrent:
            return 1
        return self.window or architecture.window

    def _said(self, frames: Frames, state: Greys | None, *, most: int) -> Held[Said]:
        network = self.load()
        levels = (self.prepare(frames) if state is None else state).levels
        length = self._length(network.architecture)
        prediction = Prediction(
            network,
            frames,
            levels,
            window=length,
            backwards=self.backwards and length > 1,
            tile_px=self.tile_px,
            batch_size=self.batch_size or network.at_once,
        )
        return Held(prediction, most=most)

    def _masks(self, frames: Frames, said: Held[Said]) -> Held[NDArray[np.bool_]]:
        def mask_of(t: int) -> NDArray[np.bool_]:
            return cleaned(
                said(t).cell > self.threshold,
                close_px=self.close_px,
                fill=self.fill,
                smallest_px=self.smallest_px,
            )

        if not self.smooth_sigma:
            return Held(mask_of, most=1)
        masks = Held(mask_of, most=2 * self._smoothing + 1)

        def smooth(t: int) -> NDArray[np.bool_]:
            n = frames.span.stop
            share = smoothed(masks, t, sigma=self.smooth_sigma, n_frames=n)
            return large(share > self.smooth_above, self.smallest_after_px)

        return Held(smooth, most=1)


def _numbered(cells: NDArray[np.int32], t: int, dtype: np.dtype[Any]) -> Image:
    """The same numbers in the type of all frames; pieces of cut objects can be small and many."""
    n = int(cells.max(initial=0))
    if n > np.iinfo(dtype).max:
        raise InputError(
            "method = recurrent",
            f"frame {t} shows {n} objects, more than labels of {8 * dtype.itemsize} bits hold",
            'set separate = "components", or raise seed_above',
        )
    return cells.astype(dtype)
