"""The flat fields of a run: where they lie, what they were made from, frames divided by them."""

from __future__ import annotations

import glob
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lamella.core.errors import InputError, SettingsError
from lamella.core.frames import Image
from lamella.core.movie import Movie
from lamella.io import fingerprint, open_movie
from lamella.preprocess import Background, CameraOffset, Illumination
from lamella.run.cache import Manifest, key_of
from lamella.run.task import MovieTask

FOLDER = "illumination"
"""Folder of a run that holds the estimates."""

_ALL = "all"


def group_of(step: Illumination, session: str) -> str:
    """Folder of the fields that share their light with those of this session."""
    if step.per == "study" or not session:
        return _ALL
    safe = re.sub(r"[^\w-]+", "_", session)
    return safe if safe == session and safe != _ALL else f"{safe}-{key_of(session)[:6]}"


def flat_file(channel: str) -> str:
    """Name of a channel's flat field in the folder of its group."""
    safe = re.sub(r"[^\w-]+", "_", channel)
    return f"{safe if safe == channel else f'{safe}-{key_of(channel)[:6]}'}.tif"


def dark_of(step: Illumination, background: Background, channel: str) -> float:
    """The grey value without light."""
    if step.dark is None and isinstance(background, CameraOffset):
        return background.level_of(channel)
    return step.dark or 0.0


def dark_deciding(step: Illumination, background: Background) -> Any:
    """What decides `dark_of` in all channels, and nothing else of the background."""
    if step.dark is None and isinstance(background, CameraOffset):
        return background.offset
    return step.dark or 0.0


def key_of_flats(
    step: Illumination, session: str, *, background: Background, out: Path, study_folder: Path
) -> list[Any]:
    """What frames under even light depend on, besides the movie.

    Of estimates, what is recorded of those that are there: they are made before the movies.

    Raises
    ------
    InputError
        When measured flat fields are not there.
    """
    own = [step.version, step.channels]
    if step.dark_files is None:
        own.append(dark_deciding(step, background))
    if step.files is None:
        manifest = Manifest(out / FOLDER / group_of(step, session))
        return [*own, [[channel, done.key] for channel, done in manifest]]
    patterns = [pattern for pattern in (step.files, step.dark_files) if pattern]
    found = []
    for pattern in patterns:
        wanted = _filled(glob.escape(pattern), channel="*", session=glob.escape(session))
        place = Path(glob.escape(str(study_folder.absolute()))) / wanted  # which may be absolute
        files = sorted(Path(place.anchor).glob(str(place.relative_to(place.anchor))))
        if not files:
            raise InputError(
                pattern,
                "no file of this name is there",
                "mend files or dark_files under [illumination]",
            )
        found.append([fingerprint(file) for file in files])
    return [*own, patterns, found]


def evened(movie: Movie, task: MovieTask) -> Movie:
    """The movie as it would be under even light, lazy; as it is where that is not asked for.

    Raises
    ------
    InputError
        When a flat field is not there, has another size, or is not brighter than the dark.
    """
    step, session, study_folder = task.settings.illumination, task.sample.session, task.study_folder
    if not step:
        return movie
    channels: Sequence[str] = step.channels or movie.channel_names
    made = {}
    for channel in channels:
        frames = movie.channel(channel)
        dark: float | Image = dark_of(step, task.settings.measure.background, channel)
        if step.files is None:
            file = task.out / FOLDER / group_of(step, session) / flat_file(channel)
            flat = _read(file, movie)
        else:
            if step.dark_files is not None:
                name = _filled(step.dark_files, channel=channel, session=session)
                dark = _read(study_folder / name, movie)
            file = study_folder / _filled(step.files, channel=channel, session=session)
            flat = _read(file, movie) - np.asarray(dark, np.float32)
            if not flat.min() > 0:
                raise InputError(
                    str(file),
                    f"{np.count_nonzero(flat <= 0)} of its pixels are not brighter than the dark",
                    "give a flat field that is bright all over, or another dark",
                )
            flat = flat / flat.mean()
        made[channel] = step.corrected(frames, flat, dark=dark)
    return movie.corrected(made)


def _filled(pattern: str, *, channel: str, session: str) -> str:
    try:
        return pattern.format(channel=channel, session=session)
    except (KeyError, IndexError, ValueError):
        raise SettingsError(
            f"[illumination] files = {pattern!r}",
            "it names an unknown field",
            "use {channel} and {session}",
        ) from None


def _read(file: Path, movie: Movie) -> Image:
    """The mean of a file's frames, which must have the size of the movie's."""
    found = open_movie(file)
    if found.frame_shape != movie.frame_shape:
        raise InputError(
            str(file),
            f"it is {found.frame_shape} (Y, X), {movie.source} is {movie.frame_shape}",
            "give one of the same camera setting, or make it anew",
        )
    total = np.zeros(found.frame_shape)
    for frame in found.channel():
        total += frame
    mean = (total / found.n_frames).astype(np.float32)
    if not np.isfinite(mean).all():
        raise InputError(str(file), "it holds NaN or infinite pixels", "give another one")
    return mean
