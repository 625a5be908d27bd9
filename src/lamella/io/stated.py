"""What a file states about itself, and how settings and file are brought together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lamella.core.errors import InputError
from lamella.core.movie import Scale, default_channel_names, regular_times
from lamella.io.wanted import Wanted

# Files and settings may round differently; beyond this they disagree.
_TOLERANCE = 0.01


@dataclass(frozen=True)
class Stated:
    """Scale and names as a file states them; None = it does not say.

    Parameters
    ----------
    pixel_um : tuple of float or None
        Size of a pixel in x and in y, in µm.
    time_min : (T,) float64 array or None
        Time of every frame in minutes, the first at 0.
    channel_names : tuple of (str or None), or None
    notes : tuple of str
        What a user should know about these values.
    """

    pixel_um: tuple[float, float] | None = None
    time_min: NDArray[np.float64] | None = None
    channel_names: tuple[str | None, ...] | None = None
    notes: tuple[str, ...] = ()

    def filled_from(self, other: Stated) -> Stated:
        """These values; where they are missing, those of `other`."""
        return Stated(
            self.pixel_um or other.pixel_um,
            other.time_min if self.time_min is None else self.time_min,
            self.channel_names or other.channel_names,
            self.notes + other.notes,
        )


@dataclass(frozen=True)
class Settled:
    """Scale and channel names that a movie is opened with."""

    scale: Scale
    channel_names: tuple[str, ...]
    notes: tuple[str, ...]


def settle(
    stated: Stated, wanted: Wanted, *, source: str, n_frames: int, n_channels: int
) -> Settled:
    """Settings win over the file; where they differ by more than 1 %, a note says so.

    Raises
    ------
    InputError
        Pixels that are not square and no pixel size is wanted; a wrong number of names.
    """
    notes = list(stated.notes)
    pixel = _pixel_size(stated, wanted.pixel_size_um, source, notes)
    times = _times(stated, wanted.interval_min, n_frames, notes)
    channel_names = wanted.channel_names
    if channel_names is not None and len(channel_names) != n_channels:
        raise InputError(
            source,
            f"it has {n_channels} channel{'s' * (n_channels != 1)}, "
            f"and {len(channel_names)} names are given ({', '.join(channel_names)})",
            "give one name a channel",
        )
    if channel_names is not None and len(set(channel_names)) < n_channels:
        raise InputError(
            source, f"channel names repeat: {', '.join(channel_names)}", "give each its own name"
        )
    names = stated.channel_names if channel_names is None else tuple(channel_names)
    return Settled(Scale(pixel, times), unique_names(names, n_channels), tuple(notes))


def _pixel_size(
    stated: Stated, setting: float | None, source: str, notes: list[str]
) -> float | None:
    if stated.pixel_um is None:
        return setting
    x, y = stated.pixel_um
    if setting is None:
        if differ(x, y):
            raise InputError(
                source,
                f"its pixels are not square (x {x:g} µm, y {y:g} µm)",
                "resample it to square pixels, or set pixel_size_um if the file is wrong",
            )
        return x
    if differ(x, setting):
        notes.append(f"file says {x:.4g} µm/px, settings say {setting:.4g}: settings used")
    return setting


def _times(
    stated: Stated, setting: float | None, n_frames: int, notes: list[str]
) -> NDArray[np.float64] | None:
    if setting is None:
        return stated.time_min
    if stated.time_min is not None and n_frames > 1:
        interval = float(np.median(np.diff(stated.time_min)))
        if differ(interval, setting):
            notes.append(
                f"file says {interval:.4g} min between frames, settings say {setting:.4g}: "
                "settings used"
            )
    return regular_times(n_frames, setting)


def differ(a: float, b: float) -> bool:
    """Whether two values of a scale are more than 1 % apart: files and settings may round."""
    return abs(a - b) > _TOLERANCE * max(abs(a), abs(b))


def unique_names(names: Sequence[str | None] | None, n_channels: int) -> tuple[str, ...]:
    """A name for every channel: ``ch0`` … where there is none, ``DAPI_2`` for the second DAPI.

    >>> unique_names(["DAPI", None, "DAPI"], 3)
    ('DAPI', 'ch1', 'DAPI_2')
    """
    default = default_channel_names(n_channels)
    wanted = names if names is not None and len(names) == n_channels else default
    out: list[str] = []
    for name, fallback in zip(wanted, default, strict=True):
        bare = unique = (name or "").strip() or fallback
        number = 1
        while unique in out:
            number += 1
            unique = f"{bare}_{number}"
        out.append(unique)
    return tuple(out)
