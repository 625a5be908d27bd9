"""Channels that lie beside each other: told of, or laid over each other where that is asked for."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lamella.core.errors import InputError, LamellaWarning
from lamella.core.frames import Frames, Image, MappedFrames
from lamella.core.movie import Movie
from lamella.kernels.channel_shift import ChannelShift, channel_shift
from lamella.run.settings import ChannelSettings

_TOLD_FROM_PX = 2.0
_LOOK_PIXELS = 200_000  # frames are reduced to this where a shift is only looked for
_FRAMES = 3


class LaidOver(NamedTuple):
    """Channels over each other, and what was done to each, for the manifest."""

    channels: dict[str, Frames]
    told: dict[str, Any]


def laid_over(
    channels: Mapping[str, Frames], settings: ChannelSettings, *, source: str
) -> LaidOver:
    """Every channel moved over the reference channel, and given its size.

    The shift is one for the whole movie, found in its first, middle and last frame; whole pixels
    unless `whole_px` is false, so that grey values stay as they were measured. Where the reference
    sees more than a channel does, the channel's nearest pixels are repeated. A channel whose shift
    is not clear stays where it is, which is warned of.

    Raises
    ------
    InputError
        When there is no reference channel of that name.
    """
    name = settings.reference or next(iter(channels))
    if name not in channels:
        raise InputError(
            source,
            f"[channels] reference = {name!r} is none of its channels",
            f"they are {', '.join(channels)}",
        )
    reference = channels[name]
    moved, told, unclear = {name: reference}, {}, []
    for other, frames in channels.items():
        if other == name:
            continue
        found = _shift(reference, frames, max_shift_px=settings.max_shift_px)
        shift = np.array([found.dy, found.dx]) if found.supported else np.zeros(2)
        if settings.whole_px:
            shift = np.rint(shift)
        if not found.supported:
            unclear.append(other)
        same_size = frames.frame_shape == reference.frame_shape
        moved[other] = frames if same_size and not shift.any() else _moved(frames, shift, reference)
        told[other] = {
            "reference": name,
            "shift_px": shift.tolist(),
            "supported": found.supported,
            "rival": found.rival if np.isfinite(found.rival) else None,
            "frame_shape": list(frames.frame_shape),
            "repeated_fraction": _outside(frames.frame_shape, shift, reference.frame_shape),
        }
    if unclear:
        warnings.warn(
            f"{source}: no clear shift was found between channel {name} and {', '.join(unclear)}, "
            "which stays where it is; look at both, or take another channel as the reference under "
            "[channels]",
            LamellaWarning,
            stacklevel=2,
        )
    return LaidOver({each: moved[each] for each in channels}, told)


def shifts_told(movie: Movie) -> Iterator[str]:
    """What to know of channels that seem shifted against the first; nothing where it is not clear.

    Frames are reduced for it: this takes some hundredths of a second a channel.
    """
    name, *others = movie.channel_names
    for other in others:
        found = _shift(movie.channel(name), movie.channel(other), most_pixels=_LOOK_PIXELS)
        if found.supported and np.hypot(found.dy, found.dx) > _TOLD_FROM_PX:
            yield (
                f"channel {other} seems to lie {found.dy:+.0f} px in y and {found.dx:+.0f} px in x "
                f"from channel {name}, so that outlines do not fit both; look at them, and set "
                'align = "translate" under [channels] to lay them over each other'
            )


def _shift(a: Frames, b: Frames, **options: int) -> ChannelShift:
    last = len(a) - 1
    looked_at = sorted({round(i * last / (_FRAMES - 1)) for i in range(_FRAMES)})
    return channel_shift([(a.frame(t), b.frame(t)) for t in looked_at], **options)


def _moved(frames: Frames, shift: NDArray[np.float64], like: Frames) -> Frames:
    """What the frames show where the reference lies; beyond them their nearest pixels."""
    whole = np.floor(shift).astype(int)
    part = shift - whole
    rows, columns = (np.arange(n) for n in like.frame_shape)

    def taken(image: Image, dy: int, dx: int) -> Image:
        y = np.clip(rows + whole[0] + dy, 0, image.shape[0] - 1)
        x = np.clip(columns + whole[1] + dx, 0, image.shape[1] - 1)
        return image[np.ix_(y, x)]

    def read(t: int) -> Image:
        image = frames.frame(t)
        if not part.any():
            return taken(image, 0, 0)
        mixed = sum(
            wy * wx * taken(image, dy, dx).astype(np.float64)
            for dy, wy in ((0, 1 - part[0]), (1, part[0]))
            for dx, wx in ((0, 1 - part[1]), (1, part[1]))
        )
        out = np.rint(mixed) if image.dtype.kind in "iu" else np.asarray(mixed)
        return out.astype(image.dtype)

    return MappedFrames(frames, read, frame_shape=like.frame_shape)


def _outside(
    shape: tuple[int, int], shift: NDArray[np.float64], reference: tuple[int, int]
) -> float:
    """Share of the reference that a channel does not show."""
    seen = 1.0
    for n, by, wanted in zip(shape, shift.tolist(), reference, strict=True):
        seen *= max(0.0, min(n - by, wanted) - max(-by, 0.0)) / wanted
    return 1 - seen
