"""Several cells that touch, divide and, where wanted, come and go."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from lamella.phantom.degrade import drifted
from lamella.phantom.draws import Purpose, draws
from lamella.phantom.movie import Phantom
from lamella.phantom.scene import Actor
from lamella.phantom.settings import PhantomSettings
from lamella.phantom.walk import lagged_direction, persistent_walk

FloatArray = NDArray[np.float64]

_ROUNDING_MIN = 6.0
_SPREADING_MIN = 10.0
# Centres closer than this share of the sum of the radii push each other apart.
_CONTACT = 0.85


class ColonyPhantom(PhantomSettings):
    """A movie of several cells that crawl, push each other and divide.

    Every cell is a persistent random walker with its own shape; where two meet they share a border.
    Now and then (one cell in some 500 frames of a crowded field) a neighbour cuts a thin protrusion
    off, and the cell's pixels are not all connected.
    A dividing cell rounds up, and its daughters, which have numbers of their own, spread again.

    Parameters
    ----------
    n_cells : int
        Cells in the first frame.
    n_divisions : int
        Divisions in the movie, between a fifth and four fifths of its length. Fewer happen where no
        cell is old enough (12 min).
    cohesion_per_min : float
        Pull towards the middle of the colony: share of the distance closed in a minute.
    area_sd, brightness_sd : float
        SD between cells over the mean, cut at 2 SD.
    open_field : bool
        Cells start within and around the field and may leave and enter it; otherwise all stay in.
        `Phantom.true_tracks` says how those that come back count.

    Other Parameters
    ----------------
    **settings
        See `PhantomSettings`.

    Raises
    ------
    SettingsError
        By :meth:`make`, when the cells do not fit into the field.
    """

    n_cells: Annotated[int, Field(ge=1, le=1000)] = 6
    n_divisions: Annotated[int, Field(ge=0)] = 1
    cohesion_per_min: Annotated[float, Field(ge=0, lt=1)] = 0.005
    area_sd: Annotated[float, Field(ge=0, le=0.4)] = 0.12
    brightness_sd: Annotated[float, Field(ge=0, le=0.4)] = 0.15
    open_field: bool = False
    speed_um_per_min: Annotated[float, Field(ge=0)] = 0.6

    def make(self) -> Phantom:
        """The phantom of these settings. Draws no pixels."""
        ground = self.field_px[0] * self.field_px[1] * (1.0 if not self.open_field else 2.25)
        after = self.n_cells + self.n_divisions
        if after * self.area_px > 0.75 * ground:
            raise self.refusal(
                f"{after} cells of {self.area_px:.0f} px² do not fit into "
                f"{self.field_px[0]} × {self.field_px[1]} px",
                "use a larger field_px, a smaller area_um2 or fewer cells",
            )
        lives = self._lives()
        self._move(lives)
        drift = drifted(self.n_frames, drift_px_per_frame=self.drift_px_per_frame)
        actors = [self._actor(life, drift) for life in lives]
        return Phantom(self, self.scene_of(actors))

    def _lives(self) -> list[_Life]:
        """Who lives when, and who is whose daughter."""
        rng = draws(self.seed, Purpose.DIVISION)
        lives = [_Life(cell=i + 1, first=0, last=self.n_frames - 1) for i in range(self.n_cells)]
        when = np.sort(rng.uniform(0.2, 0.8, self.n_divisions) * self.n_frames).astype(int)
        adult = 12.0 / self.interval_min
        for t in when.tolist():
            ready = [
                life
                for life in lives
                if life.last >= t and t >= 1 and (life.parent == 0 or t - life.first >= adult)
            ]
            if not ready:
                continue
            mother = ready[int(rng.integers(len(ready)))]
            newest = len(lives)
            mother.last, mother.divides = t - 1, True
            lives.extend(
                [
                    _Life(newest + 1, t, self.n_frames - 1, parent=mother.cell, side=1),
                    _Life(newest + 2, t, self.n_frames - 1, parent=mother.cell, side=-1),
                ]
            )
        for life in lives:
            life.grow(self)
        return lives

    def _move(self, lives: list[_Life]) -> None:
        """Walk all cells through time together: each its own way, none through another."""
        rng = draws(self.seed, Purpose.PLACE)
        shape = np.array(self.field_px, np.float64)
        middle = (shape - 1) / 2
        spread = 1.5 * shape if self.open_field else 0.3 * shape
        now = {
            life.cell: middle + (rng.uniform(size=2) - 0.5) * spread
            for life in lives
            if life.first == 0
        }
        by_cell = {life.cell: life for life in lives}
        pull = 0.0 if self.open_field else self.cohesion_per_min * self.interval_min
        for _ in range(300):
            self._push(now, by_cell, 0)
        for t in range(self.n_frames):
            for life in lives:
                if life.first == t and life.parent:
                    mother = by_cell[life.parent]
                    away = (
                        0.5 * life.radius[0] * np.array([np.sin(mother.axis), np.cos(mother.axis)])
                    )
                    now[life.cell] = mother.centroid[-1] + life.side * away
                if life.last < t:
                    now.pop(life.cell, None)
            for _ in range(3):
                self._push(now, by_cell, t)
            for cell, place in now.items():
                by_cell[cell].centroid.append(place.copy())
            centre = np.mean(list(now.values()), axis=0)
            for cell, place in now.items():
                life = by_cell[cell]
                k = t - life.first
                if k + 1 < life.n:
                    now[cell] = (
                        place + (1 - life.roundness[k]) * life.steps[k] + pull * (centre - place)
                    )

    def _push(self, now: dict[int, FloatArray], by_cell: dict[int, _Life], t: int) -> None:
        """Move overlapping cells apart, and all of them off the walls."""
        cells = list(now)
        place = np.array([now[cell] for cell in cells])
        radius = np.array([by_cell[cell].radius[t - by_cell[cell].first] for cell in cells])
        apart = place[:, None] - place[None, :]
        distance = np.hypot(apart[..., 0], apart[..., 1]) + 1e-9
        missing = np.maximum(_CONTACT * (radius[:, None] + radius[None, :]) - distance, 0)
        np.fill_diagonal(missing, 0)
        place = place + 0.4 * np.sum(apart * (missing / distance)[..., None], axis=1)
        if not self.open_field:
            low = 1.35 * radius[:, None]
            place = np.clip(place, low, np.maximum(np.array(self.field_px) - 1 - low, low))
        now.update(zip(cells, place, strict=True))

    def _actor(self, life: _Life, drift: FloatArray) -> Actor:
        return Actor(
            cell=life.cell,
            first=life.first,
            centroid_px=np.array(life.centroid) + drift[life.first : life.last + 1],
            direction=life.direction,
            outline=self.outline_of(
                life.cell, area_px=np.pi * life.radius**2, roundness=life.roundness
            ),
            parent=life.parent,
            brightness=life.brightness,
        )


@dataclass
class _Life:
    """One cell while the colony is being laid out."""

    cell: int
    first: int
    last: int
    parent: int = 0
    side: int = 1
    divides: bool = False
    axis: float = 0.0
    brightness: float = 1.0
    radius: FloatArray = field(default_factory=lambda: np.zeros(0))
    roundness: FloatArray = field(default_factory=lambda: np.zeros(0))
    steps: FloatArray = field(default_factory=lambda: np.zeros((0, 2)))
    direction: FloatArray = field(default_factory=lambda: np.zeros(0))
    centroid: list[FloatArray] = field(default_factory=list)

    @property
    def n(self) -> int:
        return self.last - self.first + 1

    def grow(self, settings: ColonyPhantom) -> None:
        """Draw what does not depend on the neighbours."""
        rng = draws(settings.seed, Purpose.WALK, self.cell)
        minutes = np.arange(self.n) * settings.interval_min
        bulk = 1 + settings.area_sd * np.clip(rng.standard_normal(), -2, 2)
        self.brightness = float(1 + settings.brightness_sd * np.clip(rng.standard_normal(), -2, 2))
        self.axis = float(rng.uniform(0, np.pi))
        area = np.full(self.n, settings.area_px * bulk)
        self.roundness = np.zeros(self.n)
        if self.parent:
            self.roundness = np.clip(1 - minutes / _ROUNDING_MIN, 0, 1)
            area *= 0.4 + 0.45 * -np.expm1(-minutes / _SPREADING_MIN)
        if self.divides:
            left = (self.n - 1 - np.arange(self.n)) * settings.interval_min
            self.roundness = np.maximum(self.roundness, np.clip(1 - left / _ROUNDING_MIN, 0, 1))
            area *= 1 - 0.25 * self.roundness
        self.radius = np.sqrt(area / np.pi)
        walk, velocity = persistent_walk(
            self.n,
            speed=settings.speed_um_per_min / settings.pixel_size_um,
            persistence=settings.persistence_min,
            interval=settings.interval_min,
            rng=rng,
        )
        self.steps = np.diff(walk, axis=0)
        self.direction = lagged_direction(
            velocity, lag=settings.polarity_lag_min, interval=settings.interval_min
        )
