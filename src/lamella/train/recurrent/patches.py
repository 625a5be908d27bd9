"""Patches to learn from: windows in time, turned as a whole, and cut around a pixel of a cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from lamella.core.step import Step
from lamella.train.recurrent import augment
from lamella.train.recurrent.geometry import Turned, greys_at, pixels_at
from lamella.train.recurrent.library import Library
from lamella.train.recurrent.taught import TaughtMovie

_HALO_PX = (4, 24)
_DEFOCUS_PX = (1.5, 5.0)
"""SD of the blur of a frame out of focus."""
_MOVIES, _FRAMES, _PATCH = range(3)
"""What random numbers are for: none is used twice."""


class Patch(NamedTuple):
    """A window in time, and what is known of its last frame."""

    frames: NDArray[np.float32]
    """(N, P, P), 0 to 1."""
    labels: NDArray[np.int64]
    """(P, P): the number of a cell, 0 = background, −1 = not known."""
    depths: NDArray[np.float32]
    """(P, P): how deep the pixels lie in their cells, 0 to 1."""


class Patches(Step):
    """How patches are drawn.

    A window ends at an annotated frame, which it is to segment; all of its frames are turned alike,
    and then a square is cut around a pixel that is drawn by weight. What lies beyond the frame is
    its reflection, and nothing is learnt there. Every movie gives as many patches as any other, and
    every annotated frame of it as many as the others of that movie.

    Parameters
    ----------
    patch_px : int
        Side of a patch.
    foreground_weight : float
        How much likelier a pixel of a cell is drawn than one of the background.
    single_frames : float
        Share of batches whose windows are the one frame alone, so that the network also knows
        stills; they take a fraction of the time.
    rotation_deg, shear_deg : float
        At most so much, to either side.
    zoom : float
        At most so much larger, and as much smaller: 0.2 is a size of 1/1.2 to 1.2.
    shift : float
        The pixel that was drawn lies at most so far from the middle, of the patch's side.
    flip : bool
        Mirrored or not along rows and along columns, each at even odds.
    brightness, contrast : float
        Added at most; differences at most so much larger, or smaller, as `zoom`.
    noise : float
        Largest SD of the noise added; grey values run from 0 to 1.
    blur : float
        Largest SD of a Gaussian over all frames of the window, px.
    halo : float
        Largest share of what is wide and even that is taken away, as phase contrast does.
    focus_loss : float
        How often a frame of a window is out of focus.
    jitter_px : int
        Frames of the window are shifted by at most so many pixels against the last one.
    """

    version: ClassVar[int] = 1
    patch_px: int = Field(128, ge=16, le=4096)
    foreground_weight: float = Field(50_000, gt=0, le=1e9)
    single_frames: float = Field(0.5, ge=0, le=1)
    rotation_deg: float = Field(30, ge=0, le=180)
    shear_deg: float = Field(5, ge=0, le=45)
    zoom: float = Field(0.2, ge=0, le=9)
    shift: float = Field(0.1, ge=0, lt=0.5)
    flip: bool = True
    brightness: float = Field(0.1, ge=0, le=1)
    contrast: float = Field(0.2, ge=0, le=9)
    noise: float = Field(0.02, ge=0, le=1)
    blur: float = Field(0.7, ge=0, le=20)
    halo: float = Field(0.2, ge=0, le=1)
    focus_loss: float = Field(0.05, ge=0, le=1)
    jitter_px: int = Field(1, ge=0, le=64)

    @classmethod
    def published(cls) -> Self:
        """As in arXiv:2112.08817, where nothing is done to grey values."""
        return cls(
            patch_px=512, single_frames=0, brightness=0, contrast=0, noise=0, blur=0, halo=0,
            focus_loss=0, jitter_px=0,
        )  # fmt: skip

    def plain(self) -> Self:
        """The same squares of the same frames as they are, for scores."""
        return self.model_copy(
            update={
                "rotation_deg": 0.0, "shear_deg": 0.0, "zoom": 0.0, "shift": 0.0, "flip": False,
                "brightness": 0.0, "contrast": 0.0, "noise": 0.0, "blur": 0.0, "halo": 0.0,
                "focus_loss": 0.0, "jitter_px": 0,
            }
        )  # fmt: skip

    def window_of(self, batch: int, window: int) -> int:
        """Frames in the windows of a batch: of every so many batches one has single frames."""
        share = self.single_frames
        return 1 if int((batch + 1) * share) > int(batch * share) else window

    def draw(self, movies: Sequence[TaughtMovie], number: int, seed: int, window: int) -> Patch:
        """Patch `number` of a `seed`, whatever was drawn before.

        Parameters
        ----------
        movies : sequence of TaughtMovie
            A `Library` holds in memory what many patches need.
        number : int
            From 0.
        window : int
            Frames in a window.
        """
        library = Library.of(movies)
        movie, t = self.place(library, number, seed)
        rng = _random(_PATCH, seed, number)
        turned = Turned.drawn(
            rng,
            library[movie].frames.frame_shape,
            rotation_deg=self.rotation_deg,
            shear_deg=self.shear_deg,
            zoom=self.zoom,
            flip=self.flip,
        )
        corner = self._corner(turned, self._pixel(library, movie, t, rng), rng)
        places = turned.in_frame(corner, self.patch_px)
        shown = library[movie].labels[t]
        flat, inside = pixels_at(places, library[movie].frames.frame_shape)
        labels = np.where(inside, shown.ravel()[flat].astype(np.int64), np.int64(-1))
        deep = np.where(inside, library.depths(movie, t).ravel()[flat], np.float32(0))
        frames = [
            greys_at(frame, places + moved[:, None, None], library[movie].levels)
            for frame, moved in zip(
                library.window(movie, t, window), self._jitter(rng, window), strict=True
            )
        ]
        return Patch(self._regreyed(np.stack(frames), rng), labels, deep)

    def place(self, movies: Sequence[TaughtMovie], number: int, seed: int) -> tuple[int, int]:
        """Place of the movie and number of the frame that a patch is from.

        All movies come once, in an order of their own, before any comes again, and so do the
        annotated frames of a movie.
        """
        library = Library.of(movies)
        turn, within = divmod(number, len(library))
        movie = int(_random(_MOVIES, seed, turn).permutation(len(library))[within])
        annotated = library.annotated(movie)
        turn, within = divmod(turn, len(annotated))
        order = _random(_FRAMES, seed, movie, turn).permutation(len(annotated))
        return movie, annotated[int(order[within])]

    def _pixel(
        self, library: Library, movie: int, t: int, rng: np.random.Generator
    ) -> NDArray[np.float64]:
        """A point (y, x) in a pixel drawn by weight; pixels of which nothing is known have none."""
        cell, background = library.foreground(movie, t)
        weighted = self.foreground_weight * cell.sum()
        if not weighted + background.sum():
            height, width = library[movie].frames.frame_shape
            return np.array([(height - 1) / 2, (width - 1) / 2])
        of_cell = rng.random() * (weighted + background.sum()) < weighted
        rows = cell if of_cell else background
        place = int(rng.integers(rows.sum()))
        until = np.cumsum(rows)
        y = int(np.searchsorted(until, place, side="right"))
        row = library[movie].labels[t][y]
        x = np.flatnonzero(row > 0 if of_cell else row == 0)[place - (until[y] - rows[y])]
        return np.array([y, x]) + rng.uniform(-0.5, 0.5, 2)

    def _corner(
        self, turned: Turned, point: NDArray[np.float64], rng: np.random.Generator
    ) -> tuple[int, int]:
        """The first pixel on the canvas of the patch around a point of the frame."""
        away = rng.uniform(-1, 1, 2) * self.shift * self.patch_px
        y, x = np.rint(turned.on_canvas(point) + away).astype(int) - self.patch_px // 2
        return int(y), int(x)

    def _jitter(self, rng: np.random.Generator, window: int) -> NDArray[np.float64]:
        """By how much every frame of the window is shifted, in its own pixels, (N, 2)."""
        moved = rng.integers(-self.jitter_px, self.jitter_px + 1, (window, 2)).astype(float)
        moved[-1] = 0
        return moved

    def _regreyed(
        self, frames: NDArray[np.float32], rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """The window in another light, clipped to 0 … 1 as every window is."""
        brighter, contrast = rng.uniform(-1, 1, 2)
        halo, soft, grain = rng.random(3)
        radius_px = int(rng.integers(_HALO_PX[0], _HALO_PX[1] + 1))
        lost = rng.random(len(frames)) < self.focus_loss
        defocus = np.where(lost, rng.uniform(*_DEFOCUS_PX, len(frames)), 0)
        if self.halo:
            frames = augment.haloed(frames, strength=halo * self.halo, radius_px=radius_px)
        sigma = np.hypot(soft * self.blur, defocus)
        if sigma.any():
            frames = augment.blurred_frames(frames, sigma_px=sigma.tolist())
        if self.brightness or self.contrast:
            frames = augment.relit(
                frames,
                brighter=brighter * self.brightness,
                contrast=(1 + self.contrast) ** contrast,
            )
        if self.noise:
            frames = augment.noisy(frames, rng, sd=grain * self.noise)
        out: NDArray[np.float32] = np.clip(frames, 0, 1)
        return out


def _random(purpose: int, seed: int, *which: int) -> np.random.Generator:
    """Random numbers that are the same whenever the same is asked."""
    return np.random.default_rng((purpose + 1, seed, *which))
