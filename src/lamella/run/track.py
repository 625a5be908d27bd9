"""Link the objects of one label movie over time: what `lamella track` does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from lamella.core.errors import InputError, SettingsError
from lamella.core.movie import Movie, Scale, regular_times
from lamella.core.take import WHOLE, Take
from lamella.core.tracked import Tracked
from lamella.io import open_labels, open_movie
from lamella.io.tables import write_table
from lamella.io.track_folder import TABLE
from lamella.io.tracked_masks import write_tracked_masks
from lamella.measure import refuse_mismatch
from lamella.preprocess import refuse_nan
from lamella.run.cautions import refuse_image, warn_of_binary
from lamella.run.counted import counted
from lamella.run.follow import Followed, follow
from lamella.run.single import refuse_existing, refuse_input, step_from
from lamella.track import Tracker

EVENTS_FILE = "events.csv"


def tracker_from(method: str, options: Sequence[str]) -> Tracker:
    """A tracker from its name and ``key=value`` options.

    Raises
    ------
    SettingsError, FaultsError
        When the method or one of the options does not exist, or a value does not fit.
    """
    tracker: Tracker = step_from(Tracker, method, options, ("--method", "--set"))
    return tracker


def track_labels(
    source: Path,
    out: Path,
    *,
    tracker: Tracker,
    image: Path | None = None,
    channel: str | None = None,
    axes: str | None = None,
    take: Take = WHOLE,
    pixel_size_um: float | None = None,
    interval_min: float | None = None,
    fill_gaps: int = 0,
    force: bool = False,
    advance: Callable[[int, int], object] = lambda done, total: None,
) -> Followed:
    """Track one label movie; writes masks, res_track.txt, tracks.csv and events.csv into `out`.

    Parameters
    ----------
    image : Path, optional
        The raw movie, for trackers that compare intensities. The scale is taken from it, else from
        the labels, where it is not given.
    channel : str, optional
        Of the raw movie; the first by default.
    take : Take
        Which position and slices of the raw movie's file.
    fill_gaps : int
        Longest gap in frames that is filled with the shape between those before and after.

    Raises
    ------
    OutputError
        When `out` holds tracks already, unless `force`.
    InputError
        When labels and movie differ in shape, or there is no object in any frame.
    """
    refuse_input(out, source)
    if image is not None:
        refuse_input(out, image)
    for name in (TABLE, EVENTS_FILE, "res_track.txt"):
        refuse_existing(out / name, force=force)
    if channel is not None and image is None:
        raise SettingsError(f"--channel {channel}", "there is no movie", "add --image MOVIE")
    labels = open_labels(source, axes=axes)
    refuse_image(labels, str(source))
    raw: Movie | None = None
    if image is not None:
        raw = refuse_nan(open_movie(image, take=take))
        refuse_mismatch(raw, labels)
    known = open_movie(source, axes=axes).scale
    known = known if raw is None else raw.scale.completed_by(known)
    scale = _scale(known, labels.n_frames, pixel_size_um, interval_min)
    n = labels.n_frames
    followed = follow(
        tracker,
        labels.frames,
        raw.channel(channel) if raw else None,
        scale=scale,
        source=str(source),
        fill_gaps=fill_gaps,
        several="use --method lap",
        prepared=lambda frames, *others, **named: tracker.prepare(
            counted(frames, lambda done: advance(done, n)), *others, **named
        ),
    )
    if not followed.tracks.first_last:
        raise InputError(str(source), "it holds no object in any frame", "look at the labels")
    warn_of_binary(followed.tracks.links, str(source))
    shapes = replace(labels, frames=followed.labels)
    tracked = Tracked(
        followed.tracks, n, shapes, labels.frames.frame_shape, scale, source=str(source)
    )
    write_tracked_masks(out, tracked)
    write_table(out / EVENTS_FILE, followed.events)
    return followed


def _scale(
    known: Scale, n_frames: int, pixel_size_um: float | None, interval_min: float | None
) -> Scale:
    """What is given wins over what the files state."""
    times = None if interval_min is None else regular_times(n_frames, interval_min)
    return Scale(pixel_size_um, times).completed_by(known)
