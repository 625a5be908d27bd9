"""What the movie as a whole tells: how many frames apart motion shows, and how finely."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import cv2
import numpy as np

from lamella.core.errors import InputError
from lamella.core.frames import Frames, Image
from lamella.kernels.filters import Plane, blurred
from lamella.kernels.morphology import disc
from lamella.kernels.registration import shift_between
from lamella.kernels.warp import warped
from lamella.segment.motion.evidence import Change, change_between
from lamella.segment.motion.labels import self_labels

_EVERY, _FIRST = 10, 5  # frames that are surveyed: 5, 15, 25 …
_LADDER = (2, 4, 8, 16, 32, 64)
_STILL_GROWING = 2.0  # the longer lag is taken where it shows this many times the moving area
_FEWEST_MOVING = 25  # pixels of a frame that noise may let look moving
_SEEN_FINELY = 0.8  # share of coarsely moving ground that must be seen moving finely
_DILATION_PX = 5
_LEAST_SHIFT_PX = 0.2
_LEAST_SUPPORT = 0.1  # of the tiles of the field
_PRECISE = 600_000  # pixels on which frames are laid over each other, to some 0.05 px
_UNUSUAL = 3.0  # times the usual unrest: the stage may have jumped


class Scale(NamedTuple):
    """How widely motion and looks are pooled."""

    name: str
    pool_px: float
    looks: tuple[tuple[float, float], ...]
    """Scale and radius of pooling of each look."""
    close_px: int


FINE = Scale("fine", 1.5, ((1.0, 1.5),), 2)
COARSE = Scale("coarse", 4.0, ((1.0, 1.5), (2.0, 4.0), (4.0, 4.0)), 5)


class Seen(NamedTuple):
    """What one frame shows at one lag: counts of pixels."""

    moving: int
    """Moving coarsely, the dilation by pooling taken off."""
    both: int
    """Of these, moving finely too."""
    surely: int
    """Of these, moving as noise never does."""
    unrest: float
    """Change in the quiet half of the field over what white noise gives."""
    adrift: bool
    """Whether the field itself moved, so that it had to be laid over."""
    sides: int
    """2 with frames before and after at hand; from one side, ground just left looks moving."""


class Plan(NamedTuple):
    """How the movie is segmented."""

    lag: int
    scale: Scale
    moving: bool
    """False for a movie without motion above its noise."""
    adrift: bool = False
    """Whether the stage moves: every pair of frames is laid over each other first."""
    unrest: float = 1.0
    """Usual change in the quiet half of the field over what white noise gives."""


@dataclass(frozen=True)
class Survey:
    """The state of a part of a movie: what its surveyed frames show.

    Parameters
    ----------
    spans : tuple of range
        The stretches of frames that were looked at, in order; one for a whole movie.
    seen : dict of int to tuple of Seen
        By surveyed frame: one entry for each lag. Only frames whose neighbours are all at hand;
        those near the ends of a stretch wait, with the pixels they need.
    pending : dict of int to array
        Frames that surveyed frames near the ends look at.
    """

    spans: tuple[range, ...]
    max_lag: int
    seen: dict[int, tuple[Seen, ...]]
    pending: dict[int, Image]

    @cached_property
    def plan(self) -> Plan:
        """The decision, taking the ends of this part for those of the movie.

        Raises
        ------
        InputError
            When there is a single frame.
        """
        if sum(map(len, self.spans)) < 2:
            raise InputError(
                "method = motion",
                "the movie has a single frame, and motion shows between frames only",
                "use another method for it, such as multiotsu",
            )
        longest = max(map(len, self.spans))
        lags = lags_up_to(self.max_lag, longest)
        rest = {
            t: _look(self.pending.__getitem__, t, self.pending, lags=lags)
            for span in self.spans
            for t in _surveyed(span)
            if t not in self.seen
        }
        return _decide({**self.seen, **rest}, lags)


def survey(frames: Frames, *, max_lag: int) -> Survey:
    """Look at every tenth frame of a part of a movie."""
    return _complete(frames.frame, (frames.span,), max_lag=max_lag, seen={})


def merged(parts: Sequence[Survey]) -> Survey:
    """The survey of several parts; that of the whole where they follow one another."""
    frames = {t: image for part in parts for t, image in part.pending.items()}
    spans: list[range] = []
    for span in (span for part in parts for span in part.spans):
        if spans and spans[-1].stop == span.start:
            spans[-1] = range(spans[-1].start, span.stop)
        else:
            spans.append(span)
    seen = {t: s for part in parts for t, s in part.seen.items()}
    return _complete(frames.__getitem__, tuple(spans), max_lag=parts[0].max_lag, seen=seen)


def lags_up_to(max_lag: int, n_frames: int) -> tuple[int, ...]:
    """The lags to choose from: 2, 4, 8 …, as far as asked for; 1 where the movie is too short.

    At most half the movie, so that every frame, the middle ones too, has one to be compared with.
    Neighbouring frames are not compared where there are more: in compressed movies they share their
    noise.
    """
    longest = min(max_lag, n_frames // 2)
    return tuple(lag for lag in _LADDER if lag <= longest) or (1,)


def two_sided(
    frame: Callable[[int], Image], t: int, at_hand: Container[int], *, lag: int, adrift: bool
) -> list[Change]:
    """Changes of frame `t` against the frames `lag` before and after, where they exist.

    With `adrift` the others are laid over frame `t` first, by what stands still in both.
    """
    here = frame(t).astype(np.float32)
    there = (frame(u).astype(np.float32) for u in (t - lag, t + lag) if u in at_hand)
    change = change_when_laid_over if adrift else change_between
    return [change(here, each) for each in there]


def changes_of(frames: Frames, t: int, plan: Plan) -> list[Change]:
    """What changed about frame `t`, as planned.

    Where the whole field changed far more than usual the stage has jumped, and the frames are laid
    over each other even if the rest of the movie is steady.
    """
    changes = two_sided(frames.frame, t, frames.span, lag=plan.lag, adrift=plan.adrift)
    if plan.adrift or all(c.unrest <= _UNUSUAL * plan.unrest for c in changes):
        return changes
    return two_sided(frames.frame, t, frames.span, lag=plan.lag, adrift=True)


def change_when_laid_over(here: Plane, there: Plane) -> Change:
    """The change with `there` moved so that what stands still lies where it lies `here`.

    Where the other frame shows nothing, nothing is known: the change is that of noise.
    """
    movement = _movement(there, here)
    if movement is None:
        return change_between(here, there)
    back = np.array([[1.0, 0.0, movement[0]], [0.0, 1.0, movement[1]]])
    moved = warped(there, back, interpolation="lanczos", fill=np.nan)
    unseen = np.isnan(moved)
    change = change_between(here, np.where(unseen, here, moved).astype(np.float32))
    change.squared[unseen] = 1
    return change


def _movement(there: Image, here: Image) -> tuple[float, float] | None:
    """(dy, dx) of the field; None where too little stands still, or moved by less than 0.2 px."""
    dy, dx, support, supported = shift_between(there, here, most_pixels=_PRECISE)
    moved = supported and support >= _LEAST_SUPPORT and np.hypot(dy, dx) >= _LEAST_SHIFT_PX
    return (dy, dx) if moved else None


def pooled(changes: Sequence[Change], *, pool_px: float) -> Plane:
    """Evidence of motion: the lesser of the pooled changes before and after.

    Ground that a cell has just left has changed since before, but not after.
    """
    pools = [blurred(change.squared, pool_px) for change in changes]
    return np.minimum(*pools) if len(pools) == 2 else pools[0]


def _surveyed(span: range) -> list[int]:
    return [t for t in span if t % _EVERY == _FIRST] or [span[len(span) // 2]]


def _complete(
    frame: Callable[[int], Image],
    spans: tuple[range, ...],
    *,
    max_lag: int,
    seen: dict[int, tuple[Seen, ...]],
) -> Survey:
    """Survey what has its neighbours at hand; keep the frames that the rest will need."""
    seen, needed = dict(seen), set()
    for span in spans:
        for t in _surveyed(span):
            window = range(max(t - max_lag, 0), t + max_lag + 1)
            if t in seen:
                continue
            if t % _EVERY == _FIRST and window[0] in span and window[-1] in span:
                # Both sides need not be at hand: the first frames have none before them.
                seen[t] = _look(frame, t, span, lags=lags_up_to(max_lag, 2 * max_lag))
            else:
                needed |= set(window) & set(span)
        # Frames near the ends also serve those surveyed beyond them.
        needed |= set(span[-max_lag:]) | (set(span[:max_lag]) if span.start > 0 else set())
        if not any(t % _EVERY == _FIRST for t in span):
            needed |= set(span)
    return Survey(spans, max_lag, seen, {t: frame(t) for t in sorted(needed)})


def _look(
    frame: Callable[[int], Image], t: int, at_hand: Container[int], *, lags: Sequence[int]
) -> tuple[Seen, ...]:
    farthest = [u for lag in reversed(lags) for u in (t + lag, t - lag) if u in at_hand][:1]
    adrift = any(_movement(frame(u), frame(t)) is not None for u in farthest)
    out = []
    for lag in lags:
        changes = two_sided(frame, t, at_hand, lag=lag, adrift=adrift)
        if not changes:
            out.append(Seen(0, 0, 0, 1.0, adrift, 0))
            continue
        fine, coarse = (
            self_labels(pooled(changes, pool_px=scale.pool_px)) for scale in (FINE, COARSE)
        )
        core = cv2.erode(coarse.moving.view(np.uint8), disc(_DILATION_PX), borderValue=1) > 0
        parts = (core, core & fine.moving, core & (coarse.log_evidence > coarse.surely))
        moving, both, surely = (int(np.count_nonzero(part)) for part in parts)
        unrest = max(change.unrest for change in changes)
        out.append(Seen(moving, both, surely, unrest, adrift, len(changes)))
    return tuple(out)


def _decide(seen: dict[int, tuple[Seen, ...]], lags: Sequence[int]) -> Plan:
    at_lag = [[entry[i] for entry in seen.values() if i < len(entry)] for i in range(len(lags))]
    sides = max((each.sides for entries in at_lag for each in entries), default=0)
    # Lags are compared by frames that see both sides: from one, a longer lag always shows more.
    fair = [[each.moving for each in entries if each.sides == sides] for entries in at_lag]
    moving = [float(np.mean(counts)) if counts else 0.0 for counts in fair]
    chosen = 0
    for i in range(1, len(lags)):
        if moving[i] > _STILL_GROWING ** (i - chosen) * max(moving[chosen], _FEWEST_MOVING):
            chosen = i
    found = at_lag[chosen]
    coarsely, finely = sum(each.moving for each in found), sum(each.both for each in found)
    return Plan(
        lag=lags[chosen],
        scale=FINE if finely >= _SEEN_FINELY * coarsely else COARSE,
        moving=any(each.surely for each in found),
        adrift=any(each.adrift for each in found),
        unrest=float(np.median([each.unrest for each in found])) if found else 1.0,
    )
