"""Undo the fading of a fluorophore: three ways, each told by what decided it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from lamella.core.errors import SettingsError
from lamella.core.frames import Frames, Image, MappedFrames
from lamella.core.labels import Labels
from lamella.core.movie import Movie
from lamella.core.step import Step
from lamella.kernels.decay import Decay, fit_decay

FloatArray = NDArray[np.float64]
Level = Callable[[Image, Image, str], float]
"""``level(frame, labels, channel)`` gives the grey value that does not bleach."""

Restore = Callable[[NDArray[np.float32], int], NDArray[np.float32]]

_N_QUANTILES = 257
_LARGE_FACTOR = 3.0


@dataclass(frozen=True)
class Fading:
    """How bright every frame of one part of a movie is; arrays as long as the part.

    Attributes
    ----------
    frame : (n,) int64 array
    level : (n,) float64 array
        Grey value that does not bleach.
    mean : (n,) float64 array
        Mean above that level; NaN where there is nothing to measure.
    quantiles : (n, q) float64 array
        Evenly spaced quantiles above that level; q = 0 where they are not wanted.
    """

    frame: NDArray[np.int64]
    level: FloatArray
    mean: FloatArray
    quantiles: FloatArray


class _Bleaching(Step):
    """What all have in common: measured where, and above which level.

    Parameters
    ----------
    over : {"cells", "frame"}
        Brightness is that of the pixels inside the cells, or of all. The field as a whole also
        fades when a cell leaves it or shrinks, and holds light that does not bleach, so that cells
        are the better choice where their labels can be had.
    offset : float or None
        Grey value that does not bleach: that of the camera without light. It is taken off before
        frames are scaled and put back afterwards. None = the level that the caller subtracts from
        intensities, or 0 where there is none.
    """

    version: ClassVar[int] = 1
    over: Literal["cells", "frame"] = "cells"
    offset: float | None = None

    _wants_quantiles: ClassVar[bool] = False

    def prepare(
        self,
        frames: Frames,
        labels: Frames | None = None,
        *,
        level: Level | None = None,
        anything: Frames | None = None,
        channel: str = "",
    ) -> Fading:
        """Measure every frame once.

        Parameters
        ----------
        frames : Frames
            Raw frames of one channel.
        labels : Frames, optional
            Above 0 inside the cells; needed where ``over = "cells"``.
        level : callable, optional
            The grey value that does not bleach, see `offset`.
        anything : Frames, optional
            Above 0 wherever any object is, for `level`; by default the labels.

        Raises
        ------
        SettingsError
            When the cells are to be measured and no labels were given.
        """
        if self.over == "cells" and labels is None:
            raise SettingsError(
                f'bleaching, over = "{self.over}"',
                "there are no labels that tell where the cells are",
                'give labels, or set over = "frame"',
            )
        quantiles = np.linspace(0, 1, _N_QUANTILES) if self._wants_quantiles else np.empty(0)
        levels, means, shapes = [], [], []
        for t in frames.span:
            frame = frames.frame(t)
            own = None if labels is None else labels.frame(t)
            base = self._level(
                frame, own if anything is None else anything.frame(t), level, channel
            )
            pixels = frame.ravel() if self.over == "frame" or own is None else frame[own > 0]
            known = len(pixels) > 0 and np.isfinite(base)
            levels.append(base)
            means.append(float(pixels.mean(dtype=np.float64)) - base if known else np.nan)
            shapes.append(
                np.quantile(pixels, quantiles) - base if known else np.full(len(quantiles), np.nan)
            )
        return Fading(
            np.array(frames.span, np.int64),
            np.array(levels, np.float64),
            np.array(means, np.float64),
            np.array(shapes, np.float64).reshape(len(means), len(quantiles)),
        )

    def _level(
        self, frame: Image, outside_of: Image | None, level: Level | None, channel: str
    ) -> float:
        if self.offset is not None:
            return self.offset
        if level is None:
            return 0.0
        return float(
            level(frame, np.zeros_like(frame) if outside_of is None else outside_of, channel)
        )

    def merge(self, states: Sequence[Fading]) -> Fading:
        return Fading(
            *(np.concatenate([getattr(state, name) for state in states])
              for name in ("frame", "level", "mean", "quantiles"))
        )  # fmt: skip

    def __call__(self, frames: Frames, *, state: Fading) -> Frames:
        """The frames as if nothing had faded, lazy, float32; levels stay where they are."""
        restore = self._restorer(state)
        row = {int(t): i for i, t in enumerate(state.frame)}

        def restored(t: int) -> Image:
            i = row[t]
            base = np.float32(state.level[i] if np.isfinite(state.level[i]) else 0.0)
            out: Image = restore(frames.frame(t).astype(np.float32) - base, i) + base
            return out

        return MappedFrames(frames, restored, dtype=np.float32)

    @abstractmethod
    def curve(self, state: Fading) -> Curve:
        """What decides how every frame is changed."""

    def _restorer(self, state: Fading) -> Restore:
        """What changes the part of a frame above its level, by its row in the state."""
        factor = self.curve(state).factor.astype(np.float32)
        return lambda above, i: above * factor[i]

    def told(self, state: Fading) -> dict[str, Any]:
        """Method, constants, how well they fit, and doubts, in JSON."""
        curve = self.curve(state)
        known = np.isfinite(state.mean)
        first = float(state.mean[known][0]) if known.any() else None
        last = float(state.mean[known][-1]) if known.any() else None
        return {
            "method": self.provenance()["settings"]["method"],
            "over": self.over,
            "n_frames_measured": int(known.sum()),
            "first_mean": first,
            "last_mean": last,
            "largest_factor": float(curve.factor.max(initial=1.0)),
            **curve.told,
            "doubts": [*curve.doubts, *self._doubts(state, curve)],
        }

    def _doubts(self, state: Fading, curve: Curve) -> list[str]:
        doubts = []
        if not (state.level > 0).any():
            doubts.append(
                "no level is subtracted: an offset of the camera does not bleach, and the "
                "correction is then too small"
            )
        if not np.isfinite(state.level).all():
            n = int((~np.isfinite(state.level)).sum())
            doubts.append(f"no level is known in {n} frames; they are scaled from 0")
        if curve.factor.max(initial=1.0) > _LARGE_FACTOR:
            doubts.append(
                f"frames are multiplied by up to {curve.factor.max():.3g}, and their noise with "
                "them"
            )
        return doubts

    def in_words(self, state: Fading) -> str:
        told = self.told(state)
        words = f"bleaching undone ({told['method']}), by a factor of up to "
        words += f"{told['largest_factor']:.3g}"
        return "; ".join([words, *told["doubts"]])


class Curve(NamedTuple):
    """How every frame is scaled, and why."""

    factor: FloatArray
    """(n,), 1 where nothing is changed."""
    told: dict[str, Any]
    doubts: list[str]


class ExponentialFit(_Bleaching):
    """Scale by a fitted decay a·exp(−b·t), so that no frame's own noise or shape enters.

    Valid where the brightness of what is measured would be constant but for bleaching. A cell that
    spreads or makes more of its protein changes the fit.

    Parameters
    ----------
    plateau : bool
        Fit a·exp(−b·t) + c, as ImageJ does, for a part of the signal that does not bleach. In a
        movie that loses little of its light a, b and c cannot be told apart; with the level taken
        off there is usually no c.

    References
    ----------
    Miura, F1000Research 9:1494 (2020), https://doi.org/10.12688/f1000research.27171.1
    """

    method: Literal["exponential"] = "exponential"
    plateau: bool = False

    def fit(self, state: Fading) -> Decay | None:
        """The decay over frames; None where it cannot be fitted."""
        return fit_decay(state.frame.astype(np.float64), state.mean, plateau=self.plateau)

    def curve(self, state: Fading) -> Curve:
        none = np.ones(len(state.frame))
        if (doubt := _no_start(state)) is not None:
            return Curve(none, {}, [doubt])
        fit = self.fit(state)
        if fit is None:
            return Curve(none, {}, ["too few frames to fit a decay: nothing was changed"])
        told = {
            "amplitude": fit.amplitude,
            "rate_per_frame": fit.rate,
            "plateau": fit.plateau,
            "r_squared": fit.r_squared if np.isfinite(fit.r_squared) else None,
            "half_life_frames": float(np.log(2) / fit.rate) if fit.rate > 0 else None,
        }
        expected = fit.at(state.frame.astype(np.float64))
        if fit.rate <= 0 or fit.amplitude <= 0 or expected.min() <= 0:
            return Curve(none, told, ["the fitted curve does not decay: nothing was changed"])
        doubts = []
        if fit.r_squared < 0.5:
            doubts.append(f"the decay explains little of the brightness (R² {fit.r_squared:.2f})")
        return Curve(fit.at(np.array([state.frame[0]], np.float64)) / expected, told, doubts)


class SimpleRatio(_Bleaching):
    """Scale every frame to the mean of the first: flat by force, whatever made it fade.

    Frames without anything to measure get what lies between their neighbours.

    References
    ----------
    Phair, in Goldman & Spector (eds), Live Cell Imaging, CSHL Press (2004); Miura 2020,
    https://doi.org/10.12688/f1000research.27171.1
    """

    method: Literal["ratio"] = "ratio"

    def curve(self, state: Fading) -> Curve:
        none = np.ones(len(state.frame))
        if (doubt := _no_start(state)) is not None:
            return Curve(none, {}, [doubt])
        good = np.isfinite(state.mean) & (state.mean > 0)
        first = state.mean[good][0]
        factor = np.interp(state.frame, state.frame[good], first / state.mean[good])
        doubts = []
        if n := int((~good).sum()):
            doubts.append(f"{n} frames without a positive mean are scaled as those around them")
        return Curve(factor, {}, doubts)


class HistogramMatching(_Bleaching):
    """Give every frame the distribution of grey values of the first.

    Quantile for quantile, above the level: the darkest pixel stays the darkest. It also undoes what
    is no bleaching (a lamellipodium that grows changes the distribution), and is the last choice
    where intensities are compared within a cell. Grey values below those that were measured are
    scaled towards the level, those above by the factor of the highest quantile.

    References
    ----------
    Miura 2020, https://doi.org/10.12688/f1000research.27171.1
    """

    method: Literal["histogram"] = "histogram"
    _wants_quantiles: ClassVar[bool] = True

    def curve(self, state: Fading) -> Curve:
        if (doubt := _no_start(state)) is not None:
            return Curve(np.ones(len(state.frame)), {}, [doubt])
        good = np.isfinite(state.mean) & (state.mean > 0)
        first = int(np.flatnonzero(good)[0])
        near = _nearest(good)
        factor = state.mean[first] / state.mean[near]
        doubts = []
        if n := int((~good).sum()):
            doubts.append(f"{n} frames without a positive mean are matched as the one before")
        return Curve(factor, {}, doubts)

    def _restorer(self, state: Fading) -> Restore:
        if _no_start(state) is not None:
            return lambda above, i: above
        good = np.isfinite(state.mean) & (state.mean > 0)
        near, target = _nearest(good), state.quantiles[int(np.flatnonzero(good)[0])]
        return lambda above, i: _matched(above, state.quantiles[near[i]], target)


def _matched(
    above: NDArray[np.float32], source: FloatArray, target: FloatArray
) -> NDArray[np.float32]:
    """Values of a frame, each at the quantile of the first frame that it has in its own."""
    # Equal values have several quantiles; they all become the mean of their targets.
    known, back, n = np.unique(source, return_inverse=True, return_counts=True)
    wanted = np.bincount(back, target) / n
    values = above.astype(np.float64)
    out = np.interp(values, known, wanted)
    # Beyond the quantiles each value is scaled as the last one, so that the level itself stays, and
    # noise around it stays around it.
    for beyond, end in ((values > known[-1], -1), (values < known[0], 0)):
        scaled = known[end] > 0 and wanted[end] > 0
        if scaled:
            out[beyond] = values[beyond] * (wanted[end] / known[end])
        else:
            out[beyond] = wanted[end] + values[beyond] - known[end]
    return out.astype(np.float32)


Bleaching = Annotated[
    ExponentialFit | SimpleRatio | HistogramMatching, Field(discriminator="method")
]
"""Every way to undo bleaching, told apart by ``method``."""


class Unbleached(NamedTuple):
    """A movie whose intensities can be compared over time, and what was done to it."""

    movie: Movie
    told: Mapping[str, Mapping[str, Any]]
    """By channel, see `Step.told`."""
    words: tuple[str, ...]
    """By channel, for the user."""


def unbleached(
    movie: Movie,
    labels: Labels | None,
    step: Bleaching,
    *,
    level: Level | None = None,
    anything: Frames | None = None,
    channels: Sequence[str] | None = None,
) -> Unbleached:
    """The movie with its bleaching undone in every channel, each by its own decay.

    For intensities only: masks are made from raw frames. Reads every frame once, and the result is
    lazy.

    Parameters
    ----------
    movie : Movie
    labels : Labels or None
        Of the cells, with the frames of the movie.
    step : Bleaching
        Such as ``ExponentialFit()``.
    level : callable, optional
        What is subtracted from intensities, such as ``CameraOffset(offset=100)``; it is measured on
        the raw frames and stays where it is, so that the same may be subtracted afterwards.
    anything : Frames, optional
        Above 0 wherever any object is, for `level`; by default the labels.
    channels : sequence of str, optional
        Channels to change; all by default.
    """
    frames = dict(movie.channels)
    told, words = {}, []
    for name in channels or movie.channel_names:
        raw = movie.channel(name)
        state = step.prepare(
            raw, None if labels is None else labels.frames, level=level, anything=anything,
            channel=name,
        )  # fmt: skip
        frames[name] = step(raw, state=state)
        told[name] = step.told(state)
        words.append(f"{name}: {step.in_words(state)}")
    return Unbleached(replace(movie, channels=frames), told, tuple(words))


def _no_start(state: Fading) -> str | None:
    """Why nothing can be scaled to the first frame, if so."""
    known = state.mean[np.isfinite(state.mean)]
    if not len(known):
        return "no frame has anything to measure: nothing was changed"
    if known[0] <= 0:
        return (
            f"the mean of the first frame is not above the level ({known[0]:.4g}): nothing was "
            "changed"
        )
    return None


def _nearest(good: NDArray[np.bool_]) -> NDArray[np.intp]:
    """For every frame itself, or the last good one before it; before the first, the first."""
    at = np.where(good, np.arange(len(good)), -1)
    return np.maximum(np.maximum.accumulate(at), int(np.flatnonzero(good)[0]))
