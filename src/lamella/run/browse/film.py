"""Films and figures of what is looked at: MP4, GIF, and strips of frames for a paper."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from lamella.core.errors import InputError, SettingsError
from lamella.core.movie import Movie
from lamella.core.take import WHOLE, Take
from lamella.io import open_movie, whole_file
from lamella.io.film import write_gif, write_mp4
from lamella.report.shot import Bar, Legend, Shot, painted, zoom_for
from lamella.run.browse.drawn import Drawn
from lamella.run.browse.opened import OpenedMovie, OpenedRun, refuse_no_cell, some_of
from lamella.run.browse.recognised import refuse_study
from lamella.run.browse.roles import CENTRE, OUTLINE, TRACK, drawn_colours, refuse_unknown
from lamella.run.browse.shots import Shots
from lamella.run.saved import is_run
from lamella.run.single import refuse_existing, refuse_input
from lamella.run.stopping import Asked, never

FILMS, STRIPS = (".mp4", ".gif"), (".png", ".svg", ".pdf")
DEFAULT_ROLES = (OUTLINE, TRACK, CENTRE)
_PANELS = 8
_MOST_PANELS = 120
_ROUND = (1, 2, 5)
_BAR_SHARE = 0.3


class Film(BaseModel):
    """How a film or a strip is made.

    Parameters
    ----------
    frames : str
        ``FROM:TO`` (from 0, TO not included; either may be left out), or numbers such as
        ``0,5,9``. All by default.
    every : int, optional
        Only every so manieth of these. By default all in a film, and in a strip eight that are
        spread evenly, unless frames are named by number.
    layers : tuple of str
        What is drawn, by the names of `lamella.run.browse.roles`.
    um_bar : float or None
        Length of the scale bar; by default a round number, at most 30 % of the picture. 0 = none.
    channels : tuple of str
        All by default.
    fps : float
        Pictures a second.
    follow : bool
        The window goes with the cell.
    longest_px : int
        Longer side of a film's pictures, about.
    tail : int
        Frames of the track behind the cell.
    times : bool
        Time stamps.
    columns : int
        Panels in a row of a strip.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    frames: str = ""
    every: int | None = Field(None, ge=1)
    layers: tuple[str, ...] = DEFAULT_ROLES
    um_bar: float | None = Field(None, ge=0)
    channels: tuple[str, ...] = ()
    fps: float = Field(10, gt=0, le=120)
    follow: bool = False
    longest_px: int = Field(720, ge=64, le=4096)
    tail: int = Field(30, ge=0)
    times: bool = True
    columns: int = Field(8, ge=1, le=40)


class Filmed(NamedTuple):
    """What was written."""

    path: Path
    n_frames: int
    size_px: tuple[int, int]
    """Width and height; of a strip, of a panel in pixels of the movie."""
    bar_um: float | None
    bar_px: int | None
    """Length of the scale bar in pixels of the file; None in a strip, which has points."""


def film_movie(
    movie: Movie,
    out: Path,
    film: Film,
    *,
    drawn: Drawn | None = None,
    cell: int | None = None,
    force: bool = False,
    advance: Callable[[int, int], object] = lambda done, total: None,
    stopped: Asked = never,
) -> Filmed:
    """Write a film (``.mp4``, ``.gif``) or a strip of frames (``.png``, ``.svg``, ``.pdf``).

    Needs no screen. Contrast is the same in all frames.

    Parameters
    ----------
    movie : Movie
        Raw frames.
    drawn : Drawn, optional
        What was found in it; without, there are no layers.
    cell : int, optional
        Shown closely; the whole field by default.
    advance : callable
        Is told pictures drawn, and all.
    stopped : callable
        Asked between frames.

    Raises
    ------
    Stopped
        When it was asked to end; no file is left.
    SettingsError
        Frames, layers or an ending that there are not; a scale bar without a pixel size, or longer
        than the picture.
    InputError
        A cell that there is not.
    OutputError
    """
    suffix = out.suffix.lower()
    if suffix not in FILMS + STRIPS:
        raise SettingsError(
            str(out),
            "no film or figure has this ending",
            f"use {', '.join(FILMS)} for a film, {', '.join(STRIPS)} for a strip of frames",
        )
    refuse_existing(out, force=force)
    refuse_unknown(film.layers)
    for channel in film.channels:
        movie.channel(channel)
    frames = frames_from(film, movie.n_frames)
    if suffix in STRIPS:
        frames = _few(frames, chosen=film.every is not None or _by_number(film.frames))
    _refuse_strange(drawn, cell, movie)
    shots = Shots(
        movie, frames, film.channels or movie.channel_names, drawn, cell,
        roles=film.layers if drawn is not None else (), follow=film.follow, tail=film.tail,
        times=film.times, stopped=stopped,
    )  # fmt: skip
    shape = shots.windows[frames[0]][2:]
    bar_um = _bar_um(film.um_bar, movie.scale.pixel_size_um, shape[1])
    bar = None
    if bar_um and movie.scale.pixel_size_um is not None:
        bar = Bar(bar_um / movie.scale.pixel_size_um, f"{bar_um:g} µm")
    if suffix in STRIPS:
        return _strip(out, shots, bar, bar_um, film, advance)
    zoom = zoom_for(shape, film.longest_px)
    pictures = _pictures(shots, zoom, bar, shots.legend, advance)
    if suffix == ".mp4":
        n = write_mp4(out, pictures, fps=film.fps)
    else:
        n = write_gif(out, pictures, fps=film.fps, colours=drawn_colours(film.layers))
    height, width = (max(2, round(side * zoom) // 2 * 2) for side in shape)
    return Filmed(out, n, (width, height), bar_um, None if bar is None else _px(bar, zoom))


def film_run(
    opened: OpenedMovie,
    out: Path,
    film: Film,
    *,
    object_name: str | None = None,
    cell: int | None = None,
    force: bool = False,
    advance: Callable[[int, int], object] = lambda done, total: None,
    stopped: Asked = never,
) -> Filmed:
    """The same of a movie of a run, with its cells as they count now; see `film_movie`."""
    known = opened.objects
    name = object_name or (known[0] if known else None)
    if object_name is not None and object_name not in known:
        raise InputError(
            str(opened.folder), f"it has no objects {object_name!r}", f"it has {', '.join(known)}"
        )
    drawn = None if name is None else Drawn(opened, name, opened.current(name))
    return film_movie(
        opened.movie, out, film, drawn=drawn, cell=cell, force=force, advance=advance,
        stopped=stopped,
    )  # fmt: skip


def film_any(
    source: Path,
    out: Path,
    film: Film,
    *,
    movie: str | None = None,
    object_name: str | None = None,
    cell: int | None = None,
    study: Path | None = None,
    take: Take = WHOLE,
    force: bool = False,
    advance: Callable[[int, int], object] = lambda done, total: None,
) -> Filmed:
    """The same of a run's folder, where `movie` tells which, or of a movie; see `film_movie`."""
    if not is_run(source):
        if movie is not None:
            raise SettingsError(
                f"--movie {movie}", f"{source} is no run's folder", "leave --movie away"
            )
        refuse_input(out, source)
        refuse_study(source)
        shown = open_movie(source, take=take)
        return film_movie(shown, out, film, cell=cell, force=force, advance=advance)
    run = OpenedRun(source, study=study)
    if movie is None:
        if len(run.samples) != 1:
            some = some_of([sample.movie for sample in run.samples])
            raise SettingsError("--movie", "the run has several movies", f"say which: {some}")
        movie = run.samples[0].movie
    return film_run(
        run.movie(movie), out, film, object_name=object_name, cell=cell, force=force,
        advance=advance,
    )  # fmt: skip


def frames_from(film: Film, n_frames: int) -> list[int]:
    """The frames that are meant.

    Raises
    ------
    SettingsError
        What is no such list, or names frames that the movie has not.
    """
    text = film.frames.strip()
    try:
        if _by_number(text):
            frames = [int(part) for part in text.split(",")]
        else:
            first, _, last = text.partition(":")
            low, high = int(first or 0), int(last or n_frames)
            frames = list(range(low, high))
    except ValueError:
        raise SettingsError(
            f"--frames {text}", "it is no list of frames", "write FROM:TO, such as 0:30, or 0,5,9"
        ) from None
    if strange := [t for t in frames if not 0 <= t < n_frames]:
        raise SettingsError(
            f"--frames {text}",
            f"there is no frame {strange[0]}: the movie has {n_frames}",
            f"frames are 0 to {n_frames - 1}",
        )
    frames = frames[:: film.every or 1]
    if not frames:
        raise SettingsError(f"--frames {text}", "no frame is left", "write FROM:TO, such as 0:30")
    return frames


def _by_number(text: str) -> bool:
    return bool(text.strip()) and ":" not in text


def _few(frames: list[int], *, chosen: bool) -> list[int]:
    if not chosen and len(frames) > _PANELS:
        places = np.linspace(0, len(frames) - 1, _PANELS).round().astype(int)
        return [frames[place] for place in places.tolist()]
    if len(frames) > _MOST_PANELS:
        raise SettingsError(
            f"{len(frames)} frames",
            f"a strip has at most {_MOST_PANELS} panels",
            "take fewer: --frames, --every, or write a film (.mp4)",
        )
    return frames


def _refuse_strange(drawn: Drawn | None, cell: int | None, movie: Movie) -> None:
    if cell is None:
        return
    if drawn is None:
        raise InputError(
            movie.source, "no cells are known in it", "give a run, or leave out --cell"
        )
    refuse_no_cell(drawn.tracked.tracks, cell, movie.source)


def _bar_um(wanted: float | None, pixel_size_um: float | None, width_px: int) -> float | None:
    """Length of the scale bar; None where there is none."""
    if wanted == 0:
        return None
    if pixel_size_um is None:
        if wanted is None:
            return None
        raise SettingsError(
            f"--um-bar {wanted:g}",
            "the pixel size of the movie is not known",
            "state it in study.toml ([scale] pixel_size_um), or leave --um-bar out",
        )
    if wanted is not None:
        if wanted > width_px * pixel_size_um:
            raise SettingsError(
                f"--um-bar {wanted:g}",
                f"the picture is {width_px * pixel_size_um:.3g} µm wide",
                "choose a shorter scale bar",
            )
        return wanted
    most = _BAR_SHARE * width_px * pixel_size_um
    power = 10.0 ** np.floor(np.log10(most))
    return float(power * max(step for step in _ROUND if step * power <= most))


def _px(bar: Bar, zoom: float) -> int:
    return max(round(bar.length_px * zoom), 1)


def _pictures(
    shots: Shots,
    zoom: float,
    bar: Bar | None,
    legend: Legend | None,
    advance: Callable[[int, int], object],
) -> Iterator[np.ndarray[tuple[int, ...], np.dtype[np.uint8]]]:
    for done, shot in enumerate(shots):
        yield painted(shot, zoom=zoom, bar=bar, legend=legend)
        advance(done + 1, len(shots))


def _strip(
    out: Path,
    shots: Shots,
    bar: Bar | None,
    bar_um: float | None,
    film: Film,
    advance: Callable[[int, int], object],
) -> Filmed:
    from lamella.report.shot_strip import shot_strip, strip_bytes

    taken: list[Shot] = []
    for shot in shots:
        taken.append(shot)
        advance(len(taken), len(shots))
    drawn = shot_strip(taken, columns=film.columns, bar=bar, legend=shots.legend)
    with whole_file(out) as part:
        part.write_bytes(strip_bytes(drawn, out.suffix.lower()))
    height, width = taken[0].picture.shape[:2]
    return Filmed(out, len(taken), (width, height), bar_um, None)
