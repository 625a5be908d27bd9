"""What stands under every intensity: a level for the frame, or a background for every pixel."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from lamella.core.errors import InputError
from lamella.core.frames import Frames, Image, MappedFrames
from lamella.core.movie import Movie, Scale
from lamella.core.step import Step
from lamella.kernels.rolling_ball import as_pixels, ball_background, less_background, pixel_type


class _Background(Step):
    """What all have in common.

    Attributes
    ----------
    looks_outside : bool
        Whether the level depends on where the objects are.
    """

    looks_outside: ClassVar[bool] = False


class NoBackground(_Background):
    """Subtract nothing. A ratio of raw intensities then depends on the camera's offset."""

    method: Literal["none"] = "none"

    def __call__(self, frame: Image, labels: Image, channel: str) -> float:
        """0."""
        return 0.0


class CameraOffset(_Background):
    """Subtract what the camera gives without light.

    Parameters
    ----------
    offset : float or mapping of channel name to float
        Grey values, as read from a dark frame.
    """

    method: Literal["offset"] = "offset"
    offset: float | dict[str, float]

    def __call__(self, frame: Image, labels: Image, channel: str) -> float:
        """The offset of this channel; NaN for a channel without one."""
        return self.level_of(channel)

    def level_of(self, channel: str) -> float:
        """The same, which no frame changes."""
        if isinstance(self.offset, dict):
            return self.offset.get(channel, float("nan"))
        return self.offset


class PercentileOutside(_Background):
    """Subtract a percentile of the pixels outside the objects, frame by frame.

    In a run these are all that were segmented, of every set, not only the tracked ones. A neighbour
    that was not segmented is taken for background: a low percentile is then the safer choice.

    Parameters
    ----------
    percentile : float
        50 = median.
    margin_px : int
        Pixels closer than this to an object are left out: they hold its blurred light.
    """

    version: ClassVar[int] = 1
    looks_outside: ClassVar[bool] = True
    method: Literal["percentile"] = "percentile"
    percentile: float = Field(50, ge=0, le=100)
    margin_px: int = Field(10, ge=0)

    def __call__(self, frame: Image, labels: Image, channel: str) -> float:
        """The level of this frame; NaN when no pixel lies outside."""
        pixels = frame[self.outside(labels)]
        return float(np.percentile(pixels, self.percentile)) if len(pixels) else float("nan")

    def outside(self, labels: Image) -> NDArray[np.bool_]:
        """Which pixels of a frame are background, (Y, X)."""
        import cv2

        outside = (labels == 0).astype(np.uint8)
        if self.margin_px:
            size = 2 * self.margin_px + 1
            outside = cv2.erode(
                outside, np.ones((size, size), np.uint8), borderValue=1
            )  # pixels beyond the field hold no object
        bare: NDArray[np.bool_] = outside.view(bool)
        return bare


class RollingBall(_Background):
    """Subtract what a ball that rolls under the image reaches, pixel by pixel, as ImageJ does.

    For a background that changes across the field. Choose a ball larger than the largest object:
    what it can enter is taken for background and lost.

    Whole numbers of 8 and 16 bit stay what they are and are cut off at 0, as in ImageJ; other types
    become float32, and may be negative.

    Parameters
    ----------
    radius_px : float
    radius_um : float or None
        Wins over `radius_px`, where the scale is known.
    light : bool
        The background is light, objects are dark: whole numbers then hold it at their highest
        value.
    sliding : bool
        Slide a paraboloid instead of rolling a ball.
    smoothing : bool
        Look for the background on means of 3 × 3 px.

    References
    ----------
    Sternberg, IEEE Computer 16:22 (1983), https://doi.org/10.1109/MC.1983.1654163; ImageJ 1.53t,
    *Process › Subtract Background…*. See :func:`lamella.kernels.rolling_ball.ball_background`.
    """

    version: ClassVar[int] = 1
    method: Literal["rolling_ball"] = "rolling_ball"
    radius_px: float = Field(50, ge=0.0001, allow_inf_nan=False)
    radius_um: float | None = Field(None, gt=0, allow_inf_nan=False)
    light: bool = False
    sliding: bool = False
    smoothing: bool = True

    def radius(self, scale: Scale, source: str) -> float:
        """The radius in px.

        Raises
        ------
        InputError
            When it is given in µm and the pixel size is not known.
        """
        if self.radius_um is None:
            return self.radius_px
        if scale.pixel_size_um is None:
            raise InputError(
                source, "radius_um needs its pixel size, which is not known", "give radius_px"
            )
        return self.radius_um / scale.pixel_size_um

    def in_px(self, scale: Scale, source: str) -> Self:
        """The same step with its radius in px; raises as `radius`."""
        return self.model_copy(update={"radius_px": self.radius(scale, source), "radius_um": None})

    def subtracted(self, movie: Movie) -> Movie:
        """Every channel without its background, lazy."""
        step = self.in_px(movie.scale, movie.source)
        return movie.corrected({name: step(frames) for name, frames in movie.channels.items()})

    def __call__(self, frames: Frames, *, create: bool = False) -> Frames:
        """The frames without their background, lazy; `radius_px` counts.

        Parameters
        ----------
        create : bool
            Give the background itself.
        """

        def changed(t: int) -> Image:
            frame = frames.frame(t)
            background = self.background(frame)
            return as_pixels(background, frame) if create else self.less(frame, background)

        return MappedFrames(frames, changed, dtype=pixel_type(frames.dtype))

    def background(self, frame: Image) -> NDArray[np.float32]:
        """The background of one frame, neither rounded nor cut off; `radius_px` counts."""
        return ball_background(
            frame,
            radius_px=self.radius_px,
            light=self.light,
            sliding=self.sliding,
            smoothing=self.smoothing,
        )

    def less(self, frame: Image, background: NDArray[np.float32]) -> Image:
        """A frame without its background, rounded and cut off as its type needs."""
        return less_background(frame, background, light=self.light)


Background = Annotated[
    NoBackground | CameraOffset | PercentileOutside | RollingBall, Field(discriminator="method")
]
"""Every way to find the background, told apart by ``method``."""
