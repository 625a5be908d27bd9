"""Every segmenter on a few frames of a movie, side by side: what `lamella suggest` does."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import get_args

import numpy as np

from lamella.core.errors import SettingsError
from lamella.core.movie import Movie
from lamella.core.take import WHOLE, Take
from lamella.evaluate import Agreement, agreement
from lamella.io import open_movie
from lamella.io.atomic import whole_file
from lamella.preprocess import refuse_nan
from lamella.report.overlay import disputed_png, jpegs, outline_path, shrink
from lamella.report.suggest import Choice, Dispute, SuggestInput, Tile, render_suggestions
from lamella.run.recipe import segment_command, settings_toml
from lamella.run.samples import movie_name
from lamella.run.single import refuse_existing, refuse_input
from lamella.run.trial import NEIGHBOURS, Trial, try_segmenter
from lamella.segment import Segmenter

Advance = Callable[[str, int, int], object]
"""Called with what is being done, the number of frames done, and of all."""

MOST_FRAMES = 24


def candidates() -> dict[str, Segmenter]:
    """The variants that every method of the registry suggests, by name, such as multiotsu dark."""
    return {
        f"{step.method} {word}".strip(): step
        for method in get_args(get_args(Segmenter)[0])
        for word, step in method.suggestions().items()
    }


def suggestions_file(source: Path) -> Path:
    """Where the page goes unless the user says otherwise: into the current folder."""
    return Path(f"suggest_{movie_name(source.resolve().name)}.html")


def suggest_methods(
    source: Path,
    out: Path,
    *,
    n_frames: int = 4,
    channel: str | None = None,
    axes: str | None = None,
    take: Take = WHOLE,
    steps: Mapping[str, Segmenter] | None = None,
    force: bool = False,
    advance: Advance = lambda doing, done, total: None,
) -> tuple[Choice, ...]:
    """Try segmenters on a few frames of a movie and write a page to choose from.

    Parameters
    ----------
    n_frames : int
        Frames to look at, spread evenly over the movie; all where it has fewer.
    steps : mapping of str to Segmenter, optional
        What to try, by name; by default `candidates`.

    Returns
    -------
    tuple of Choice
        What the page shows, in its order: by agreement, what found nothing and what failed last.

    Raises
    ------
    InputError
        When the movie itself cannot be read. A segmenter that fails is told on the page.
    OutputError
        When `out` is there already, unless `force`.
    """
    if not 1 <= n_frames <= MOST_FRAMES:
        raise SettingsError(
            f"--frames {n_frames}", "that is no number of frames to look at", f"1 to {MOST_FRAMES}"
        )
    refuse_input(out, source)
    refuse_existing(out, force=force)
    steps = candidates() if steps is None else steps
    movie = refuse_nan(open_movie(source, axes=axes, take=take))
    frames = movie.channel(channel)
    picked = pick_frames(frames.span, n_frames)
    pictures = [shrink(frames.frame(t)) for t in picked]  # a movie that cannot be read ends here
    trials: dict[str, Trial] = {}
    for place, (name, step) in enumerate(steps.items()):

        def advanced(done: int, name: str = name, before: int = place * len(picked)) -> None:
            advance(f"trying {name}", before + done, len(steps) * len(picked))

        advanced(0)
        trials[name] = try_segmenter(step, frames, picked, draw=outline_path, advance=advanced)
    found = [name for name, trial in trials.items() if trial.found]
    agreed = agreement([np.stack(trials[name].masks) for name in found]) if found else None
    choices = {
        name: _choice(
            name,
            trial,
            scores=_scores(agreed, found, name),
            command=segment_command(steps[name], str(source), channel=channel, axes=axes),
            settings=settings_toml(steps[name], channel=channel, axes=axes),
        )
        for name, trial in trials.items()
    }
    shown = SuggestInput(
        movie=_told(source),
        n_frames=movie.n_frames,
        channel=_channel_told(movie, channel),
        picked=tuple(picked),
        times_min=_times(movie, picked),
        neighbours=NEIGHBOURS,
        frame_shape=(pictures[0].shape[0], pictures[0].shape[1]),
        frames=tuple(jpegs(pictures)),
        choices=tuple(sorted(choices.values(), key=_rank)),
        pairwise=_pairs(agreed, found),
        disputes=_disputes(agreed, len(found)),
        notes=movie.notes,
    )
    with whole_file(out) as part:
        part.write_text(render_suggestions(shown), encoding="utf-8")
    return shown.choices


def pick_frames(span: Sequence[int], n: int) -> list[int]:
    """The middle frames of `n` equal parts of the movie; every frame where it has no more."""
    n = min(n, len(span))
    return [span[(2 * i + 1) * len(span) // (2 * n)] for i in range(n)]


def _told(source: Path) -> str:
    """The movie's name; a folder of frames is often called no more than ``img``."""
    whole = source.resolve()
    return f"{whole.parent.name}/{whole.name}" if whole.is_dir() else whole.name


def _choice(
    name: str, trial: Trial, *, scores: tuple[float, float], command: str, settings: str
) -> Choice:
    tiles = [
        Tile(path, n, float(mask.mean()))
        for path, n, mask in zip(trial.drawn, trial.n_objects, trial.masks, strict=True)
    ]
    return Choice(
        name=name,
        command=command,
        settings=settings,
        tiles=tuple(tiles),
        with_others=scores[0],
        with_consensus=scores[1],
        stability=trial.stability,
        seconds_per_frame=trial.seconds_per_frame,
        seconds_movie=trial.seconds_movie,
        notes=tuple(trial.notes),
        fault=trial.fault,
        installed=trial.installed,
    )


def _rank(choice: Choice) -> tuple[bool, bool, bool, float]:
    score = choice.with_others
    unlike = -score if not math.isnan(score) else math.inf
    return (not choice.installed, bool(choice.fault), not choice.found, unlike)


def _scores(agreed: Agreement | None, found: list[str], name: str) -> tuple[float, float]:
    if agreed is None or name not in found:
        return math.nan, math.nan
    place = found.index(name)
    return float(agreed.with_others[place]), float(agreed.with_consensus[place])


def _pairs(agreed: Agreement | None, found: list[str]) -> dict[tuple[str, str], float]:
    if agreed is None:
        return {}
    return {
        (a, b): float(agreed.pairwise[i, j])
        for i, a in enumerate(found)
        for j, b in enumerate(found)
    }


def _disputes(agreed: Agreement | None, n: int) -> tuple[Dispute, ...]:
    if agreed is None or n < 2:
        return ()
    return tuple(
        Dispute(disputed_png(votes, n), outline_path(consensus), float(share))
        for votes, consensus, share in zip(
            agreed.votes, agreed.consensus, agreed.disputed, strict=True
        )
    )


def _channel_told(movie: Movie, channel: str | None) -> str:
    """The channel's name where there is a choice."""
    if len(movie.channels) < 2:
        return ""
    return channel or movie.channel_names[0]


def _times(movie: Movie, picked: list[int]) -> tuple[float, ...]:
    return tuple(float(movie.scale.minutes(movie.n_frames)[t]) for t in picked)
