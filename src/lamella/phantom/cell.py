"""One migrating cell in its field."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from lamella.phantom.degrade import drifted
from lamella.phantom.draws import Purpose, draws
from lamella.phantom.movie import Phantom
from lamella.phantom.scene import Actor
from lamella.phantom.settings import PhantomSettings
from lamella.phantom.walk import lagged_direction, persistent_walk, reflected


class CellPhantom(PhantomSettings):
    """A movie of one cell that crawls as a persistent random walker.

    The cell wanders about a point and turns back at the walls of an invisible box round it.

    Parameters
    ----------
    stray : float
        Distance of that point from the centre of the field, over the shorter side of the field.
    wander : float or None
        Half the side of the box, over the shorter side of the field; None = 0.25, and 0.08 where
        the cell is told to stray, so that it keeps its distance from the centre. In a small box the
        cell turns back often, so that its path is less persistent than `persistence_min` says.
    keep_inside : bool
        Keep the whole cell inside the field in every frame, drift included: the box is cut where
        the cell would touch the edge. When False, the cell may be cut by the edge.

    Other Parameters
    ----------------
    **settings
        See `PhantomSettings`.

    Raises
    ------
    SettingsError
        By :meth:`make`, when the cell does not fit into the field at the wanted place.

    Examples
    --------
    >>> phantom = CellPhantom(field_px=(160, 160), n_frames=5, seed=1).make()
    >>> phantom.movie.frame(3).shape, phantom.truth.frame(3).dtype
    ((160, 160), dtype('uint16'))
    """

    stray: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    wander: Annotated[float, Field(gt=0)] | None = None
    keep_inside: bool = True

    def make(self) -> Phantom:
        """The phantom of these settings. Draws no pixels."""
        outline = self.outline_of(1)
        low, high, home = self._box(outline.max_reach_px())
        free, velocity = persistent_walk(
            self.n_frames,
            speed=self.speed_um_per_min / self.pixel_size_um,
            persistence=self.persistence_min,
            interval=self.interval_min,
            rng=draws(self.seed, Purpose.WALK),
        )
        place, velocity = reflected(free + home, velocity, low=low, high=high)
        drift = drifted(self.n_frames, drift_px_per_frame=self.drift_px_per_frame)
        actor = Actor(
            cell=1,
            first=0,
            centroid_px=place + drift,
            direction=lagged_direction(
                velocity, lag=self.polarity_lag_min, interval=self.interval_min
            ),
            outline=outline,
        )
        return Phantom(self, self.scene_of([actor]))

    def _box(
        self, reach_px: float
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Corners of the box in which the centroid wanders, and the point that it starts from."""
        shape = np.array(self.field_px, np.float64)
        centre, side = (shape - 1) / 2, float(shape.min())
        low, high = np.full(2, -np.inf), np.full(2, np.inf)
        if self.keep_inside:
            travel = np.array(self.drift_px_per_frame) * (self.n_frames - 1)
            low = reach_px + 1 - np.minimum(travel, 0)
            high = shape - 2 - reach_px - np.maximum(travel, 0)
            if np.any(low > high):
                raise self.refusal(
                    f"a cell that reaches {reach_px:.0f} px from its centroid does not fit into "
                    f"{self.field_px[0]} × {self.field_px[1]} px in every frame",
                    "use a larger field_px, a smaller area_um2, less drift, or keep_inside=False",
                )
            if self.stray == 0:
                centre = np.clip(centre, low, high)
        angles = draws(self.seed, Purpose.PLACE).permutation(360) * (2 * np.pi / 360)
        ways = np.stack([np.sin(angles), np.cos(angles)], axis=1)
        points = centre + self.stray * side * ways
        fits = np.all((points >= low) & (points <= high), axis=1)
        if not fits.any():
            raise self.refusal(
                f"stray={self.stray:g} puts a cell that reaches {reach_px:.0f} px from its "
                f"centroid across the edge of {self.field_px[0]} × {self.field_px[1]} px",
                "use a smaller stray, a larger field_px, or keep_inside=False",
            )
        home = points[int(np.argmax(fits))]
        default = 0.25 if self.stray == 0 else 0.08
        room = (self.wander or default) * side
        return np.maximum(low, home - room), np.minimum(high, home + room), home
