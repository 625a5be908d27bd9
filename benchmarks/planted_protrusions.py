"""Protrusions that grow and retract as planted, and what was found of them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.table import Col
from lamella.measure import Protrusion, measure
from lamella.phantom import CellPhantom
from lamella.phantom.movie import Phantom
from lamella.phantom.outline import N_ANGLES, Outline

UM, INTERVAL_MIN = 0.318, 0.5
_NEAR_RAD = 0.35
_SHORTEST_MIN = 3.0


class Life(NamedTuple):
    """One protrusion that stands out of the body, from its first frame to its last."""

    first: int
    last: int
    angle: NDArray[np.float64]
    """From the front of the cell, for every frame of the movie."""
    length_um: NDArray[np.float64]
    """From the origin of the outline, for every frame of the movie."""

    @property
    def minutes(self) -> float:
        return (self.last - self.first + 1) * INTERVAL_MIN

    @property
    def speeds(self) -> tuple[float, float]:
        """From the first length to the largest, and from there to the last, µm/min."""
        lengths = self.length_um[self.first : self.last + 1]
        top = int(np.argmax(lengths))
        rest = len(lengths) - 1 - top
        up = (lengths[top] - lengths[0]) / (top * INTERVAL_MIN) if top else np.nan
        down = (lengths[top] - lengths[-1]) / (rest * INTERVAL_MIN) if rest else np.nan
        return float(up), float(down)


def planted(seed: int) -> Phantom:
    """A round cell with three protrusions at a time, a frame every half minute for 50 min."""
    return CellPhantom(
        n_frames=100,
        interval_min=INTERVAL_MIN,
        pixel_size_um=UM,
        n_protrusions=3,
        protrusion_length=1.0,
        polarisation=0.0,
        lam_fraction=0.0,
        ruffle=0.02,
        roughness=0.04,
        speed_um_per_min=0.5,
        polarity_lag_min=1000.0,  # a cell that turns would sweep its arms through the field
        seed=seed,
    ).make()


def found_in(phantom: Phantom) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Frames, tips and their lives, from the true masks."""
    found = measure(phantom.movie, phantom.truth, [Protrusion()])
    return found.frames, found.finer["tips"], found.finer["tip_lives"]


def lives_in(phantom: Phantom, body_um: NDArray[np.float64], beyond_um: float) -> list[Life]:
    """The planted lives that stand out by `beyond_um`, of which begin and end lie in the movie.

    Those that come within `_NEAR_RAD` of another, which cannot be told from it, or stand out for
    less than `_SHORTEST_MIN`, are left out.
    """
    outline: Outline = phantom.scene.actors[0].outline
    n_frames, n = outline.protrusion_length.shape
    angle = outline.protrusion_angle
    place = np.rint(angle / (2 * np.pi) * N_ANGLES).astype(int) % N_ANGLES
    radii = np.stack([outline.at(t).radius_px for t in range(n_frames)])
    length = np.take_along_axis(radii, place, axis=1) * UM
    grows = outline.protrusion_length > 0
    stands = grows & (length - body_um[:, None] >= beyond_um)
    lives = []
    for k in range(n):
        # A new life begins where the angle changes.
        number = np.cumsum(np.diff(angle[:, k], prepend=angle[0, k]) != 0)
        for each in np.unique(number):
            frames = np.flatnonzero((number == each) & stands[:, k])
            if len(frames) * INTERVAL_MIN < _SHORTEST_MIN:
                continue
            if frames[0] == 0 or frames[-1] == n_frames - 1 or np.ptp(frames) + 1 != len(frames):
                continue
            span = slice(frames[0], frames[-1] + 1)
            others = np.delete(np.arange(n), k)
            apart = np.abs(
                (angle[span, others] - angle[span, k : k + 1] + np.pi) % (2 * np.pi) - np.pi
            )
            if (grows[span, others] & (apart < _NEAR_RAD)).any():
                continue
            lives.append(Life(frames[0], frames[-1], angle[:, k], length[:, k]))
    return lives


def matching(phantom: Phantom, life: Life, tips: pd.DataFrame, lives: pd.DataFrame) -> pd.DataFrame:
    """The lives that were found at the place of a planted one while it stood out."""
    actor = phantom.scene.actors[0]
    frame = tips[Col.FRAME].to_numpy(int)
    shapes = [actor.outline.at(t).centroid_px for t in range(phantom.n_frames)]
    along, across = np.array(shapes).T
    turn = actor.direction
    origin_x = actor.centroid_px[:, 1] - (along * np.cos(turn) - across * np.sin(turn))
    origin_y = actor.centroid_px[:, 0] - (along * np.sin(turn) + across * np.cos(turn))
    there = life.angle + turn
    y = origin_y + life.length_um / UM * np.sin(there)
    x = origin_x + life.length_um / UM * np.cos(there)
    off = np.hypot(tips[Col.TIP_Y_PX] - y[frame], tips[Col.TIP_X_PX] - x[frame])
    hit = (off < 4) & (frame >= life.first) & (frame <= life.last)
    numbers = tips.loc[hit.to_numpy(), Col.TIP].value_counts()
    numbers = numbers[numbers >= 0.25 * (life.last - life.first + 1)]
    return lives[lives[Col.TIP].isin(numbers.index)]
