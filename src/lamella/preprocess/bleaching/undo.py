"""What all ways to undo bleaching have in common: where brightness is measured, above what."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from lamella.core.errors import SettingsError
from lamella.core.frames import Frames, Image, MappedFrames
from lamella.core.level import Level
from lamella.core.step import Step
from lamella.preprocess.bleaching.fading import Curve, Fading

Restore = Callable[[NDArray[np.float32], int], NDArray[np.float32]]
"""What changes the part of a frame above its level, by its row in `Fading`."""

_N_QUANTILES = 257
_LARGE_FACTOR = 3.0


class _UndoBleaching(Step):
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
        intensities, or 0 where there is none, which is then doubted; 0 says that none stands there.
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
        if self.offset is None and not (state.level > 0).any():
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
