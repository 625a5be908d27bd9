"""The page to choose a segmenter from: what each found in the same frames, side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from jinja2 import Environment

from lamella.report.page import frame, templates, uri
from lamella.report.words import NOT_MEASURED, count, decimals, number

MOSTLY = 0.8
"""A method that calls more of the field cell is asked whether it took the background."""

_MINUTE, _HOUR = 60, 3600


@dataclass(frozen=True)
class Tile:
    """What a method found in one frame.

    Parameters
    ----------
    path : str
        Its outlines, as `overlay.outline_path` makes them.
    n_objects : int
    share : float
        Of the field, 0 to 1.
    """

    path: str
    n_objects: int
    share: float


@dataclass(frozen=True)
class Dispute:
    """Where the methods differ in one frame.

    Parameters
    ----------
    layer : bytes
        PNG to lay over the frame, as `overlay.disputed_png` makes it.
    path : str
        Outlines of what at least half of the methods call cell.
    share : float
        Of the pixels that any method calls cell, those that not all do.
    """

    layer: bytes
    path: str
    share: float


@dataclass(frozen=True)
class Choice:
    """A method on the page.

    Parameters
    ----------
    name : str
    command, settings : str
        How to use it: for a shell, and for study.toml.
    tiles : tuple of Tile
        One per frame; none where it failed.
    with_others, with_consensus, stability : float
        IoU; NaN where not known.
    seconds_per_frame, seconds_movie : float
    notes : tuple of str
    fault : str
        Why it failed.
    installed : bool
        False where it failed for want of software or weights.
    """

    name: str
    command: str
    settings: str
    tiles: tuple[Tile, ...] = ()
    with_others: float = math.nan
    with_consensus: float = math.nan
    stability: float = math.nan
    seconds_per_frame: float = math.nan
    seconds_movie: float = math.nan
    notes: tuple[str, ...] = ()
    fault: str = ""
    installed: bool = True

    @property
    def found(self) -> bool:
        """Whether it found anything at all."""
        return any(tile.n_objects for tile in self.tiles)


@dataclass(frozen=True)
class SuggestInput:
    """All that the page shows.

    Parameters
    ----------
    n_frames : int
        Of the whole movie.
    channel : str
        Empty where the movie has one.
    picked : tuple of int
        Frame numbers.
    times_min : tuple of float
        Their times, NaN where not known.
    neighbours : int
        Frames on either side of a picked one from which methods took what they need to know of the
        movie.
    frame_shape : (int, int)
        Of the pictures, as they are shown.
    frames : tuple of bytes
        JPEG.
    choices : tuple of Choice
        In the order in which they are shown.
    pairwise : mapping of (str, str) to float
        Mean IoU of each pair of methods that found something.
    disputes : tuple of Dispute
        One per frame, where two methods or more found something.
    notes : tuple of str
        What the reader of the movie noticed.
    """

    movie: str
    n_frames: int
    channel: str
    picked: tuple[int, ...]
    times_min: tuple[float, ...]
    neighbours: int
    frame_shape: tuple[int, int]
    frames: tuple[bytes, ...]
    choices: tuple[Choice, ...]
    pairwise: Mapping[tuple[str, str], float] = field(default_factory=dict)
    disputes: tuple[Dispute, ...] = ()
    notes: tuple[str, ...] = ()


def render_suggestions(shown: SuggestInput) -> str:
    """The page as one HTML file that loads nothing; it can be read without its script."""
    worked = [choice for choice in shown.choices if choice.tiles]
    page: str = (
        _environment()
        .get_template("suggest.html.j2")
        .render(
            shown=shown,
            **frame(styles=["base.css", "suggest.css"], scripts=["suggest.js", "copy.js"]),
            images=[uri("image/jpeg", jpeg) for jpeg in shown.frames],
            captions=[_moment(t, m) for t, m in zip(shown.picked, shown.times_min, strict=True)],
            lead=_lead(shown, len(worked)),
            worked=worked,
            failed=[c for c in shown.choices if c.fault and c.installed],
            absent=[c for c in shown.choices if not c.installed],
            rows=[choice for choice in worked if choice.found],
            silent=[choice for choice in worked if not choice.found],
            layers=[uri("image/png", dispute.layer) for dispute in shown.disputes],
        )
    )
    return page


@cache
def _environment() -> Environment:
    environment = templates()
    environment.filters["percent"] = percent
    environment.filters["duration"] = duration
    environment.filters["score"] = decimals
    environment.filters["known"] = lambda value: 0.0 if math.isnan(value) else value
    environment.globals["scores_of"] = scores_of
    environment.globals["remarks_on"] = remarks_on
    environment.globals["tile_told"] = tile_told
    return environment


def scores_of(choice: Choice) -> list[tuple[str, str]]:
    """What stands beside a method's pictures: names and values."""
    counts = [tile.n_objects for tile in choice.tiles]
    shares = [tile.share for tile in choice.tiles]
    return [
        ("agreement with the others", decimals(choice.with_others)),
        ("with the consensus", decimals(choice.with_consensus)),
        ("with itself one frame on", decimals(choice.stability)),
        ("objects in a frame", _range([number(n) for n in (min(counts), max(counts))])),
        ("share of the field", _range([percent(s) for s in (min(shares), max(shares))])),
        ("time for a frame", duration(choice.seconds_per_frame)),
        ("time for the movie, about", duration(choice.seconds_movie)),
    ]


def remarks_on(choice: Choice) -> list[str]:
    """What to look at before this method is chosen."""
    remarks = []
    n_empty = sum(not tile.n_objects for tile in choice.tiles)
    shares = [tile.share for tile in choice.tiles if tile.n_objects]
    if choice.found and n_empty:
        remarks.append(f"It found nothing in {count(n_empty, 'frame')}.")
    if shares and sum(shares) / len(shares) > MOSTLY:
        remarks.append("It calls most of the field cell: did it take the background?")
    return [*remarks, *(f"It warned: {note}" for note in choice.notes)]


def tile_told(tile: Tile) -> str:
    """One line below a picture."""
    if not tile.n_objects:
        return "nothing found"
    return f"{count(tile.n_objects, 'object')} · {percent(tile.share)}"


def percent(share: float) -> str:
    """A share of the whole.

    >>> percent(0.5), percent(0.0812), percent(0.0002), percent(0), percent(float("nan"))
    ('50 %', '8.1 %', '< 0.1 %', '0 %', '–')
    """
    if math.isnan(share):
        return NOT_MEASURED
    if 0 < share < 0.001:
        return "< 0.1 %"
    return f"{100 * share:.{0 if share >= 0.0995 or share == 0 else 1}f} %"


def duration(seconds: float) -> str:
    """A time in the unit that suits it.

    >>> duration(0.0012), duration(3.21), duration(90), duration(9000), duration(float("nan"))
    ('< 0.01 s', '3.2 s', '1.5 min', '2.5 h', '–')
    """
    if math.isnan(seconds):
        return NOT_MEASURED
    for unit, size in (("h", _HOUR), ("min", _MINUTE)):
        if seconds >= size:
            return f"{number(seconds / size, 2)} {unit}"
    return f"{number(seconds, 2)} s" if seconds >= 0.01 else "< 0.01 s"


def _range(ends: list[str]) -> str:
    low, high = ends
    if low == high:
        return low
    return f"{low.removesuffix(' %')} to {high}"


def _moment(t: int, minutes: float) -> str:
    return f"frame {t}" if math.isnan(minutes) else f"frame {t} · {minutes:.4g} min"


def _lead(shown: SuggestInput, n_worked: int) -> str:
    n = len(shown.picked)
    some = "Its one frame" if shown.n_frames == 1 else f"{n} of its {number(shown.n_frames)} frames"
    if 1 < n == shown.n_frames:
        some = f"All its {n} frames"
    channel = f", channel {shown.channel}" if shown.channel else ""
    return f"{some}{channel}, segmented in {count(n_worked, 'way')}."
