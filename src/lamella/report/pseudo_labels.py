"""The page of pseudo-labels: what a model would learn from, what was left out, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from jinja2 import Environment
from numpy.typing import NDArray

from lamella.core.table import Col
from lamella.report.page import frame, photo_uri, templates
from lamella.report.words import count, decimals, listed, number

MOST_STRIPS = 6
"""Pictures for a reason."""
_BINS = 20

KINDS = {
    "kept": "learnt from",
    "held": "kept to test on",
    "good": "good, not needed",
    "dropped": "dropped",
    "empty": "empty",
}
"""What becomes of a frame, as the strips colour it."""


@dataclass(frozen=True)
class Strip:
    """A frame between its neighbours.

    Parameters
    ----------
    reason : str
        Empty where the frame is kept.
    confidence : float
        NaN where it is not known.
    png : bytes
    """

    reason: str
    movie: str
    frame: int
    confidence: float
    png: bytes


@dataclass(frozen=True)
class PseudoLabelsInput:
    """All that the page shows.

    Parameters
    ----------
    frames : DataFrame
        A row per frame.
    movies : DataFrame
        A row per movie.
    reasons : mapping of str to str
        Every reason that a frame can be dropped for, in order, in a sentence.
    spacing : str
        The reason of them that is no fault.
    empty : str
        The reason of frames in which nothing was found.
    strips : tuple of Strip
    settings : mapping
        Of the filters.
    """

    title: str
    frames: pd.DataFrame
    movies: pd.DataFrame
    reasons: Mapping[str, str]
    spacing: str
    empty: str
    strips: tuple[Strip, ...]
    settings: Mapping[str, Any]


class _Bar(NamedTuple):
    """A reason with its frames, those of which it is the main one and all of which it holds."""

    reason: str
    told: str
    n: int
    n_all: int
    share: float


class _Row(NamedTuple):
    """A movie of the timeline: an SVG path of every kind of frame."""

    movie: str
    held_out: bool
    n_frames: int
    paths: dict[str, str]
    told: str


def render_pseudo_labels(shown: PseudoLabelsInput) -> str:
    """The page as one HTML file that loads nothing and runs nothing."""
    looked = shown.movies[shown.movies[Col.EXCLUDE] == ""]
    sessions = looked[Col.SESSION].drop_duplicates().tolist()
    kinds = _kinds(shown)
    page: str = (
        _environment()
        .get_template("pseudo_labels.html.j2")
        .render(
            shown=shown,
            **frame(styles=["base.css", "pseudo_labels.css"], scripts=[]),
            lead=_lead(shown, kinds),
            kinds=KINDS,
            totals={kind: int((kinds == kind).sum()) for kind in KINDS},
            bars=_bars(shown),
            timeline={name: _timeline(shown, kinds, name) for name in sessions},
            longest=int(looked[Col.N_FRAMES].max()) if len(looked) else 1,
            histogram=_histogram(shown, kinds),
            pictures=_pictures(shown),
            movies=_movies(looked),
            left_out=[
                (row[Col.MOVIE], row[Col.EXCLUDE])
                for _, row in shown.movies[shown.movies[Col.EXCLUDE] != ""].iterrows()
            ],
            silent=looked.loc[_untrusted(looked), Col.MOVIE].tolist(),
        )
    )
    return page


@cache
def _environment() -> Environment:
    environment = templates()
    environment.filters["picture"] = photo_uri
    environment.filters["score"] = decimals
    environment.globals["count"] = count
    environment.globals["listed"] = listed
    return environment


def _kinds(shown: PseudoLabelsInput) -> NDArray[np.str_]:
    """What becomes of every frame, (n,), of `KINDS`."""
    frames = shown.frames
    if not len(frames):
        return np.zeros(0, np.str_)
    held = set(shown.movies.loc[shown.movies[Col.HELD_OUT], Col.MOVIE])
    return np.select(
        [
            frames[Col.KEPT] & ~frames[Col.MOVIE].isin(held),
            frames[Col.KEPT],
            frames[Col.REASON] == shown.spacing,
            frames[Col.REASON] == shown.empty,
        ],
        ["kept", "held", "good", "empty"],
        "dropped",
    )


def _lead(shown: PseudoLabelsInput, kinds: NDArray[np.str_]) -> str:
    """What there is, in a sentence or two."""
    kept, held = int((kinds == "kept").sum()), int((kinds == "held").sum())
    bad = int(np.isin(kinds, ["dropped", "empty"]).sum())
    total = len(kinds)
    taught = shown.frames.loc[kinds == "kept", Col.MOVIE].nunique() if total else 0
    told = f"{count(kept, 'frame')} of {count(taught, 'movie')} to learn from"
    if held:
        n = shown.frames.loc[kinds == "held", Col.MOVIE].nunique()
        told += f", {number(held)} of {count(n, 'other movie')} to test on"
    share = f"{100 * bad / total:.1f} %" if total else "none"
    return f"{told}. Of {count(total, 'frame')}, {share} are not trusted."


def _bars(shown: PseudoLabelsInput) -> list[_Bar]:
    frames = shown.frames
    if not len(frames):
        return []
    main = frames[Col.REASON].value_counts()
    every = frames[Col.REASONS].str.split("; ").explode().value_counts()
    most = max([int(main.get(reason, 0)) for reason in shown.reasons if reason != shown.spacing])
    return [
        _Bar(reason, told, n, int(every.get(reason, 0)), n / most)
        for reason, told in shown.reasons.items()
        if reason != shown.spacing and (n := int(main.get(reason, 0)))
    ]


def _timeline(shown: PseudoLabelsInput, kinds: NDArray[np.str_], session: str) -> list[_Row]:
    rows = []
    movies = shown.movies[
        (shown.movies[Col.SESSION] == session) & (shown.movies[Col.EXCLUDE] == "")
    ]
    for _, movie in movies.iterrows():
        own = (shown.frames[Col.MOVIE] == movie[Col.MOVIE]).to_numpy()
        of_movie = kinds[own]
        counts = [f"{(of_movie == kind).sum()} {told}" for kind, told in KINDS.items()
                  if (of_movie == kind).any()]  # fmt: skip
        rows.append(
            _Row(
                movie[Col.MOVIE],
                bool(movie[Col.HELD_OUT]),
                len(of_movie),
                {kind: path for kind in KINDS if (path := _path(of_movie == kind))},
                ", ".join(counts),
            )
        )
    return rows


def _path(flags: NDArray[np.bool_]) -> str:
    """Runs of frames as boxes one high, in an SVG path."""
    change = np.diff(np.pad(flags.astype(np.int8), 1))
    starts, stops = np.flatnonzero(change == 1), np.flatnonzero(change == -1)
    return "".join(f"M{a} 0h{b - a}v1h{a - b}z" for a, b in zip(starts, stops, strict=True))


def _histogram(shown: PseudoLabelsInput, kinds: NDArray[np.str_]) -> list[dict[str, float]]:
    """Heights of the bars of every bin of confidence, over the highest of all."""
    if not len(kinds):
        return []
    trust = shown.frames[Col.CONFIDENCE].to_numpy(np.float64)
    edges = np.linspace(0, 1, _BINS + 1)
    known = np.isfinite(trust)
    heights = {
        "good": np.histogram(trust[known & np.isin(kinds, ["kept", "held", "good"])], edges)[0],
        "dropped": np.histogram(trust[known & (kinds == "dropped")], edges)[0],
    }
    most = max(int((heights["good"] + heights["dropped"]).max()), 1)
    return [
        {"good": heights["good"][k] / most, "dropped": heights["dropped"][k] / most}
        for k in range(_BINS)
    ]


def _pictures(shown: PseudoLabelsInput) -> list[tuple[str, str, list[Strip]]]:
    """Of every reason, in order, some strips, those nearest to the limits first."""
    groups = [("", "The least trusted of the frames that are kept, one of a movie.")]
    groups += list(shown.reasons.items())
    found = []
    for reason, told in groups:
        strips = [strip for strip in shown.strips if strip.reason == reason]
        trust = [-1.0 if np.isnan(strip.confidence) else strip.confidence for strip in strips]
        order = np.argsort(trust, kind="stable") if not reason else np.argsort(-np.array(trust))
        if strips:
            chosen = [strips[k] for k in order[:MOST_STRIPS]]
            found.append((reason or "Kept", told, chosen))
    return found


def _movies(looked: pd.DataFrame) -> list[dict[str, Any]]:
    """A row per movie, ready to be printed."""
    return [
        {
            "movie": row[Col.MOVIE],
            "session": row[Col.SESSION],
            "condition": row[Col.CONDITION],
            "use": "test" if row[Col.HELD_OUT] else "train",
            "n_frames": number(int(row[Col.N_FRAMES])),
            "n_kept": number(int(row[Col.N_KEPT])),
            "dropped": f"{100 * row[Col.N_DROPPED] / row[Col.N_FRAMES]:.0f} %",
            "confidence": decimals(row[Col.MEDIAN_CONFIDENCE]),
            "second": row[Col.SECOND_METHOD] or "–",
            "agreement": decimals(row[Col.MEDIAN_AGREEMENT]),
            "used": bool(row[Col.AGREEMENT_USED]),
        }
        for _, row in looked.iterrows()
    ]


def _untrusted(looked: pd.DataFrame) -> NDArray[np.bool_]:
    """Movies in which a second method was asked, and is not believed."""
    asked = (looked[Col.SECOND_METHOD] != "").to_numpy(bool)
    flags: NDArray[np.bool_] = asked & ~looked[Col.AGREEMENT_USED].eq(True).to_numpy(bool)
    return flags
