"""One movie without its background: what `lamella background` does."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from lamella.core.errors import FaultsError, LamellaWarning, SettingsError
from lamella.core.frames import Frames, Image, MappedFrames
from lamella.core.take import WHOLE, Take
from lamella.io import open_movie, tiff
from lamella.kernels.rolling_ball import pixel_type
from lamella.preprocess import RollingBall, refuse_nan
from lamella.run.counted import counted
from lamella.run.settings import faults_of
from lamella.run.single import Advance, refuse_existing, refuse_input

_MANY_CUT = 0.35
"""With smoothing a sixth to a quarter is usual: noise of the empty field."""


def ball_from(method: str, **chosen: Any) -> RollingBall:
    """The step from the options of the command line; None is the default.

    Raises
    ------
    SettingsError, FaultsError
        Another method, or a value that does not fit.
    """
    if method != "rolling_ball":
        raise SettingsError(
            f"--method {method}",
            "no such method changes an image",
            "use rolling_ball; offset and percentile are one grey value for a frame, and are set "
            "under [measure.background]",
        )
    given = {name: value for name, value in chosen.items() if value is not None}
    if {"radius_px", "radius_um"} <= set(given):
        raise SettingsError("--radius-um", "--radius-px is given, too", "give one of them")
    try:
        return RollingBall.model_validate(given)
    except ValidationError as error:
        raise FaultsError(faults_of(error, RollingBall, where="lamella background")) from None


@dataclass
class Cut:
    """How many pixels were cut off at the end of the range of their type."""

    n_pixels: int = 0
    n_cut: int = 0

    @property
    def share(self) -> float:
        return self.n_cut / self.n_pixels if self.n_pixels else 0.0


def subtract_background(
    source: Path,
    out: Path,
    *,
    step: RollingBall,
    create: bool = False,
    channel: str | None = None,
    axes: str | None = None,
    take: Take = WHOLE,
    pixel_size_um: float | None = None,
    force: bool = False,
    advance: Advance = lambda done, total: None,
) -> Cut:
    """Write a movie or a still without its background as OME-TIFF, or its background alone.

    Scale and names of channels are kept, 8 and 16 bit too; other types become 32-bit floats, as
    they are in ImageJ. Frames are read and written one at a time.

    Parameters
    ----------
    create : bool
        Write the background.
    channel : str, optional
        The one to write; by default all, each with a background of its own.

    Returns
    -------
    Cut
        What fell below 0 (above the highest value on a light background) and was cut off there.

    Raises
    ------
    InputError
        A colour image, NaN or infinity, a channel that does not exist, a radius in µm of an image
        without a scale.
    OutputError
        When `out` is there already, unless `force`.
    """
    if out.suffix.lower() not in (".tif", ".tiff"):
        raise SettingsError(str(out), "images are written as TIFF", "give a name that ends in .tif")
    refuse_input(out, source)
    refuse_existing(out, force=force)
    movie = refuse_nan(open_movie(source, axes=axes, take=take, pixel_size_um=pixel_size_um))
    step = step.in_px(movie.scale, movie.source)
    chosen = movie.channel_names if channel is None else (channel,)
    cut = Cut()
    made: dict[str, Frames] = {}
    for name in chosen:
        frames = movie.channel(name)
        made[name] = step(frames, create=True) if create else _watched(step, frames, cut)
    n, last = movie.n_frames, chosen[-1]
    made[last] = counted(made[last], lambda done: advance(done, n))
    tiff.write_movie(out, made, scale=movie.scale)
    if cut.share > _MANY_CUT:
        warnings.warn(
            f"{source}: {cut.share:.0%} of the pixels lie {'above' if step.light else 'below'} "
            f"their background and were cut off at {'white' if step.light else '0'}, so that dim "
            "objects come out too bright; turn smoothing off, or convert the image to 32 bit "
            "first, whose values may be negative",
            LamellaWarning,
            stacklevel=2,
        )
    return cut


def _watched(step: RollingBall, frames: Frames, cut: Cut) -> Frames:
    """The frames without background, counting what is cut off."""
    kept = pixel_type(frames.dtype)

    def less(t: int) -> Image:
        frame = frames.frame(t)
        background = step.background(frame)
        cut.n_pixels += frame.size
        if kept.kind != "f":
            above = background - frame.astype(np.float32)
            cut.n_cut += int(np.count_nonzero(above < -0.5 if step.light else above > 0.5))
        return step.less(frame, background)

    return MappedFrames(frames, less, dtype=kept)
