"""Masks of images by Cellpose: the one place that calls it."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Sequence
from itertools import groupby
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from lamella.core.errors import InputError, LamellaWarning
from lamella.nets.cellpose.installation import imported, installed
from lamella.nets.device import out_of_memory

Labels = NDArray[np.uint32]

# Cellpose writes into the module's own defaults unless it is handed all of them.
_STRETCH = {
    "lowhigh": None, "percentile": None, "normalize": True, "norm3D": False, "sharpen_radius": 0,
    "smooth_radius": 0, "tile_norm_blocksize": 0, "tile_norm_smooth3D": 1, "invert": False,
}  # fmt: skip
# What a model's device has shown to hold, so that it is found out, and told, once.
_HOLDS: WeakKeyDictionary[Any, int] = WeakKeyDictionary()


def evaluate(
    model: Any,
    images: Sequence[NDArray[Any]],
    *,
    diameter_px: float | None = None,
    flow_threshold: float = 0.4,
    cellprob_threshold: float = 0.0,
    smallest_px: int = 15,
    largest_fraction: float = 0.4,
    stretch: bool = True,
    batch_size: int | None = None,
) -> list[Labels]:
    """Masks of every image, as ``CellposeModel.eval`` gives them for one image at a time.

    Parameters
    ----------
    model : cellpose.models.CellposeModel
        See :func:`lamella.nets.cellpose.load`.
    images : sequence of (Y, X) or (2, Y, X) arrays
        Whole or real numbers; the second channel is the nucleus. Sizes may differ. Images of equal
        shape that follow each other share batches when `batch_size` is above 1.
    diameter_px : float, optional
        Diameter of the cells. None takes what the weights were trained on (Cellpose 4: any).
    flow_threshold : float
        Masks whose flows err by more are dropped; 0 keeps all.
    cellprob_threshold : float
        Pixels above are cell.
    smallest_px : int
        Masks of fewer pixels are dropped.
    largest_fraction : float
        Masks of more than this share of the image are dropped.
    stretch : bool
        Whether Cellpose maps the 1st and 99th percentile of every channel of every image to 0
        and 1. Without it the images must already be so.
    batch_size : int, optional
        Tiles that go through the network together; None is 1 on the processor, where more is
        slower, and 8 elsewhere.

    Returns
    -------
    list of (Y, X) uint32 arrays
        0 = background. A constant image has no objects.

    Warns
    -----
    LamellaWarning
        When the device's memory was too small for the batch and smaller ones were taken. Said once
        per model and size.

    Raises
    ------
    InputError
        When an image has other axes, no pixels, or pixels that are not finite; when it shrinks to
        nothing at this diameter; when even one tile does not fit into the device's memory.
    """
    if batch_size is None:
        batch_size = 1 if model.device.type == "cpu" else 8
    settings = {
        "diameter": diameter_px,
        "flow_threshold": flow_threshold,
        "cellprob_threshold": cellprob_threshold,
        "min_size": smallest_px,
        "max_size_fraction": largest_fraction,
        "normalize": {**_STRETCH, "normalize": stretch},
    }
    prepared = [_channels_last(image, i) for i, image in enumerate(images)]
    for image in prepared:
        _refuse_shrinking(model, image, diameter_px)
    masks: list[Labels] = []
    for _, alike in groupby(prepared, key=np.shape):
        stack = list(alike)
        # Together they cost memory, and on a device that takes one tile at a time gain nothing.
        together = len(stack) if batch_size > 1 else 1
        for start in range(0, len(stack), together):
            masks += _masks_of(model, stack[start : start + together], batch_size, settings)
    return [
        np.ascontiguousarray(mask[: image.shape[-2], : image.shape[-1]])
        for mask, image in zip(masks, images, strict=True)
    ]


def stretched(image: NDArray[Any]) -> NDArray[np.float32]:
    """The image as `evaluate` has Cellpose stretch it, of the same shape, float32.

    A part of it, evaluated without stretch, is then seen as it is within the whole. Channels of one
    grey value stay as they are.

    Parameters
    ----------
    image : (Y, X) or (2, Y, X) array

    Raises
    ------
    InputError
        As `evaluate` does.
    """
    seen = imported("transforms").normalize_img(_channels_last(image, 0), **_STRETCH)
    height, width = image.shape[-2:]
    planes = np.moveaxis(np.asarray(seen, np.float32)[:height, :width], -1, 0)
    return np.ascontiguousarray(planes if image.ndim == 3 else planes[0])


def _masks_of(
    model: Any, stack: list[NDArray[np.float32]], batch_size: int, settings: dict[str, Any]
) -> list[Labels]:
    """Masks of images of one shape, with smaller batches where memory runs out."""
    # A stack of one would be squeezed by Cellpose, and its axes guessed anew.
    x = stack[0] if len(stack) == 1 else np.stack(stack)
    batch_size = min(batch_size, _HOLDS.get(model, batch_size))
    while True:
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                found = model.eval(x, channel_axis=-1, batch_size=batch_size, **settings)[0]
            break
        except (RuntimeError, MemoryError) as error:
            if not out_of_memory(error):
                raise
            if batch_size == 1:
                raise InputError(
                    f"image of {x.shape[-3]} × {x.shape[-2]} px",
                    f"even one tile at a time does not fit into the memory of {model.device}",
                    'close what else uses it, or set device = "cpu"',
                ) from error
        # Outside of the except clause, whose traceback still holds what filled the memory.
        batch_size //= 2
        _HOLDS[model] = batch_size
        _release()
        warnings.warn(
            f"the memory of {model.device} is too small: {batch_size} tiles at a time from now on; "
            "the masks are the same",
            LamellaWarning,
            stacklevel=3,
        )
    return list(np.asarray(found, np.uint32).reshape(len(stack), *x.shape[-3:-1]))


def _channels_last(image: NDArray[Any], i: int) -> NDArray[np.float32]:
    """(Y, X, C) as the installed Cellpose wants it, at least 2 × 2 px."""
    array = np.asarray(image)
    where = f"image {i}"
    if array.ndim not in (2, 3) or (array.ndim == 3 and len(array) != 2) or array.size == 0:
        raise InputError(
            where,
            f"its shape is {array.shape}",
            "give (Y, X), or (2, Y, X) with the nucleus as the second channel",
        )
    array = array.astype(np.float32)
    n_bad = array.size - np.count_nonzero(np.isfinite(array))
    if n_bad:
        raise InputError(
            where,
            f"it holds {n_bad} pixels that are NaN or infinite",
            "replace them by the background",
        )
    channels = array[np.newaxis] if array.ndim == 2 else array
    if installed() == 3 and len(channels) == 1:
        channels = np.concatenate([channels, np.zeros_like(channels)])
    lacking = [(0, max(0, 2 - side)) for side in channels.shape[1:]]
    return np.moveaxis(np.pad(channels, [(0, 0), *lacking], mode="edge"), 0, -1)


def _refuse_shrinking(model: Any, image: NDArray[np.float32], diameter_px: float | None) -> None:
    if diameter_px is None:
        return
    trained = float(model.diam_mean) if installed() == 3 else 30.0
    if min(image.shape[:2]) * trained / diameter_px < 1:
        raise InputError(
            f"image of {image.shape[0]} × {image.shape[1]} px",
            f"it shrinks to nothing when cells of {diameter_px:g} px are brought to {trained:g}",
            "give a smaller diameter",
        )


def _release() -> None:
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    if torch.backends.mps.is_available():
        torch.mps.empty_cache()
