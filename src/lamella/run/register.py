"""Register one movie: what `lamella drift` does."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import ValidationError

from lamella.core.errors import FaultsError, LamellaWarning
from lamella.core.frames import Frames
from lamella.core.registration import Registration
from lamella.core.table import Col
from lamella.core.take import WHOLE, Take
from lamella.io import open_movie, tiff, write_table
from lamella.preprocess import Drift, doubt, refuse_nan
from lamella.run.counted import counted
from lamella.run.options import values_of
from lamella.run.settings import faults_of
from lamella.run.single import Advance, refuse_existing, refuse_input


def drift_from(options: Sequence[str], **chosen: Any) -> Drift:
    """The step from ``key=value`` options and from settings that have an option of their own.

    Raises
    ------
    SettingsError, FaultsError
        When an option has no value or does not exist, or its value does not fit.
    """
    values: dict[str, Any] = {name: value for name, value in chosen.items() if value is not None}
    try:
        return Drift.model_validate(values | values_of(options))
    except ValidationError as error:
        raise FaultsError(faults_of(error, Drift, where="lamella drift")) from None


def register_movie(
    source: Path,
    out: Path,
    *,
    drift: Drift,
    axes: str | None = None,
    take: Take = WHOLE,
    force: bool = False,
    advance: Advance = lambda done, total: None,
) -> tuple[Registration, Path]:
    """Write the registered movie as OME-TIFF, and beside it the estimate of every frame as CSV.

    Returns
    -------
    registration : Registration
    table : Path
        The CSV: the movie's name with ``_drift.csv``.

    Raises
    ------
    OutputError
        When one of the files is there already, unless `force`.
    """
    table = out.with_name(out.name.partition(".")[0] + "_drift.csv")
    for path in (out, table):
        refuse_input(path, source)
        refuse_existing(path, force=force)
    movie = refuse_nan(open_movie(source, axes=axes, take=take))
    n = movie.n_frames
    looked = counted(movie.channel(drift.channel), lambda done: advance(done, 2 * n))
    registration = drift.estimate(drift.prepare(looked))
    told = doubt(registration, movie.source)
    if told is not None:
        warnings.warn(told, LamellaWarning, stacklevel=2)
    channels: Mapping[str, Frames] = {
        name: drift(frames, registration=registration) for name, frames in movie.channels.items()
    }
    last = movie.channel_names[-1]
    written = counted(channels[last], lambda done: advance(n + done, 2 * n))
    tiff.write_movie(out, {**channels, last: written}, scale=movie.scale)
    write_table(table, drift_table(registration, frame_shape=movie.frame_shape))
    return registration, table


def drift_table(registration: Registration, *, frame_shape: tuple[int, int]) -> pd.DataFrame:
    """One row per frame: the drift of the field's middle, what speaks for it, and the matrix."""
    n = len(registration)
    middle = (np.array([frame_shape], np.float64) - 1) / 2
    moved = np.concatenate([registration.from_reference(middle, t) - middle for t in range(n)])
    names = ("yy", "yx", "y", "xy", "xx", "x")
    matrices = registration.matrices.reshape(n, 6)
    return pd.DataFrame(
        {
            Col.FRAME: np.arange(n),
            Col.DRIFT_Y_PX: moved[:, 0],
            Col.DRIFT_X_PX: moved[:, 1],
            Col.DRIFT_SUPPORT: registration.support,
            Col.DRIFT_ESTIMABLE: registration.estimable,
            **{f"to_reference_{name}": matrices[:, i] for i, name in enumerate(names)},
        }
    )
