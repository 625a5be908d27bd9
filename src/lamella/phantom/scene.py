"""A scene: cells in a field, drawn frame by frame as truth and as light."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from lamella.phantom.canvas import add, cover, lay, overlap
from lamella.phantom.degrade import bleached, illumination
from lamella.phantom.draws import Purpose, draws
from lamella.phantom.look import (
    HALO_REACH,
    Look,
    debris,
    fluorescence,
    phase_layers,
    phase_light,
    shading,
)
from lamella.phantom.outline import Outline
from lamella.phantom.view import View, view_of

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Actor:
    """One cell from its first to its last frame.

    Parameters
    ----------
    cell : int
        Its label, from 1.
    first : int
        Frame of the first entry of the arrays.
    centroid_px : (n, 2) float64 array
        (y, x) of the outline's centroid in the image, drift included.
    direction : (n,) float64 array
        Where the front points, radians from +x towards +y.
    outline : Outline
    parent : int
        The cell it came from by division; 0 = none.
    brightness : float
        Light relative to the other cells.
    """

    cell: int
    first: int
    centroid_px: FloatArray
    direction: FloatArray
    outline: Outline
    parent: int = 0
    brightness: float = 1.0

    @property
    def last(self) -> int:
        return self.first + len(self.direction) - 1

    def view(self, t: int) -> View:
        """The pixels round the cell in frame `t`."""
        k = t - self.first
        y, x = self.centroid_px[k]
        return view_of(
            self.outline.at(k), centroid=(float(y), float(x)), direction=float(self.direction[k])
        )


@dataclass(frozen=True)
class Scene:
    """Cells, light and optics: all that is needed to draw any frame.

    Parameters
    ----------
    empty_frames : frozenset of int
        Frames without a cell in the truth.
    empty_look : {"gone", "defocus"}
        What such a frame shows: the bare field, or a haze.
    drift_px : (T, 2) float64 array
        How far the image has moved.
    """

    actors: Sequence[Actor]
    field_px: tuple[int, int]
    interval_min: float
    radius_px: float
    look: Look
    lam_contrast: float
    photoelectrons: float
    background_photoelectrons: float
    psf_sigma_px: float
    bleaching_per_frame: float
    illumination_gradient: float
    empty_frames: frozenset[int]
    empty_look: Literal["gone", "defocus"]
    drift_px: FloatArray
    seed: int

    def present(self, t: int) -> list[Actor]:
        """Cells alive in frame `t`, whether in the field or not."""
        return [actor for actor in self.actors if actor.first <= t <= actor.last]

    def labels(self, t: int) -> NDArray[np.uint16]:
        """Label of the cell at each pixel centre, 0 = none.

        Where two outlines overlap, the pixel belongs to the cell that it lies deeper in (distance
        from the origin over distance of the edge).
        """
        out = np.zeros(self.field_px, np.uint16)
        if t in self.empty_frames:
            return out
        actors = self.present(t)
        depth = np.ones(self.field_px, np.float32) if len(actors) > 1 else None
        for actor in actors:
            view = actor.view(t)
            if (window := overlap(view, (0, 0), self.field_px)) is None:
                continue
            there, here = window
            own = view.inside[here]
            if depth is not None:
                relative = view.rho[here] / view.edge[here]
                own = own & (relative < depth[there])
                depth[there][own] = relative[own]
            out[there][own] = actor.cell
        return out

    def compartments(self, t: int) -> NDArray[np.uint8]:
        """1 = body, 2 = lamellipodium, of whichever cell the pixel belongs to."""
        out = np.zeros(self.field_px, np.uint8)
        labels = self.labels(t)
        for actor in self.present(t):
            view = actor.view(t)
            if (window := overlap(view, (0, 0), self.field_px)) is None:
                continue
            there, here = window
            own = labels[there] == actor.cell
            out[there][own] = 1 + view.lamellipodium[here][own].astype(np.uint8)
        return out

    def electrons(self, t: int) -> NDArray[np.float32]:
        """Expected photo-electrons per pixel of frame `t`, background light included."""
        hidden = t in self.empty_frames
        actors = [] if hidden and self.empty_look == "gone" else self.present(t)
        haze = 0.6 * self.radius_px if hidden else 0.0
        if self.look == "phase":
            light = self._phase(t, actors, haze)
        else:
            light = self._fluorescence(t, actors, haze)
        if self._light is not None:
            light *= self._light
        return light

    def _fluorescence(self, t: int, actors: Sequence[Actor], haze: float) -> NDArray[np.float32]:
        out = np.full(self.field_px, self.background_photoelectrons, np.float32)
        margin = 3 * (self.psf_sigma_px + haze) + 2
        views = [actor.view(t) for actor in actors]
        if (box := self._box(views, margin)) is None:
            return out
        origin, size = box
        canvas = np.zeros(size, np.float32)
        depth = np.full(size, np.inf, np.float32)
        minutes = t * self.interval_min
        for actor, view in zip(actors, views, strict=True):
            round_now = float(actor.outline.roundness[t - actor.first])
            light = fluorescence(
                view,
                lam_contrast=self.lam_contrast,
                minutes=minutes,
                seed=self.seed,
                cell=actor.cell,
                cover=cover(view),
            )
            # A cell that rounds up is thicker: the same protein over a smaller area.
            light *= np.float32(actor.brightness * (1 + 0.6 * round_now))
            lay(view, origin, depth, (canvas, light))
        strength = self.photoelectrons * bleached(t, per_frame=self.bleaching_per_frame)
        canvas = self._blurred(canvas, haze) * np.float32(strength)
        add(out, canvas, origin)
        return out

    def _phase(self, t: int, actors: Sequence[Actor], haze: float) -> NDArray[np.float32]:
        out = np.ones(self.field_px, np.float32)
        margin = 3 * (self.psf_sigma_px + haze + HALO_REACH * self.radius_px) + 2
        views = [actor.view(t) for actor in actors]
        if (box := self._box(views, margin)) is not None:
            origin, size = box
            thickness, detail = np.zeros(size, np.float32), np.zeros(size, np.float32)
            depth = np.full(size, np.inf, np.float32)
            for actor, view in zip(actors, views, strict=True):
                thick, fine = phase_layers(
                    view,
                    minutes=t * self.interval_min,
                    seed=self.seed,
                    cell=actor.cell,
                    roundness=float(actor.outline.roundness[t - actor.first]),
                    cover=cover(view),
                )
                lay(view, origin, depth, (thickness, thick), (detail, fine))
            light = phase_light(thickness, detail, radius_px=self.radius_px)
            add(out, self._blurred(light, haze) - 1, origin)
        out += self._debris_at(t)
        out *= self._shading
        out *= np.float32(self.photoelectrons)
        out += np.float32(self.background_photoelectrons)
        return np.maximum(out, 0)

    def _box(
        self, views: Sequence[View], margin: float
    ) -> tuple[tuple[int, int], tuple[int, int]] | None:
        """Origin and size of the part of the plane that the cells can light up."""
        edge = int(np.ceil(margin))
        height, width = self.field_px
        spans = [(v.top, v.left, v.top + v.rho.shape[0], v.left + v.rho.shape[1]) for v in views]
        spans = [
            s
            for s in spans
            if s[2] > -edge and s[3] > -edge and s[0] < height + edge and s[1] < width + edge
        ]
        if not spans:
            return None
        lows, highs = np.min(spans, axis=0)[:2] - edge, np.max(spans, axis=0)[2:] + edge
        lows = np.maximum(lows, -edge)
        highs = np.minimum(highs, np.array(self.field_px) + edge)
        size = highs - lows
        return (int(lows[0]), int(lows[1])), (int(size[0]), int(size[1]))

    def _blurred(self, image: NDArray[np.float32], haze: float) -> NDArray[np.float32]:
        sigma = float(np.hypot(self.psf_sigma_px, haze))
        if sigma <= 0:
            return image
        out = cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
        return out.astype(np.float32, copy=False)

    @cached_property
    def _light(self) -> NDArray[np.float32] | None:
        if self.illumination_gradient == 0:
            return None
        angle = float(draws(self.seed, Purpose.FIELD, 0).uniform(0, 2 * np.pi))
        return illumination(self.field_px, gradient=self.illumination_gradient, direction=angle)

    @cached_property
    def _shading(self) -> NDArray[np.float32]:
        return shading(self.field_px, seed=self.seed)

    @cached_property
    def _debris(self) -> NDArray[np.float32]:
        return debris(self.field_px, seed=self.seed)

    def _debris_at(self, t: int) -> NDArray[np.float32]:
        """Grains lie on the glass, so that they drift with the stage."""
        dy, dx = self.drift_px[t]
        if dy == 0 and dx == 0:
            return self._debris
        height, width = self.field_px
        moved = cv2.warpAffine(
            self._debris,
            np.array([[1.0, 0.0, dx], [0.0, 1.0, dy]]),
            (width, height),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_WRAP,
        )
        return moved.astype(np.float32, copy=False)
