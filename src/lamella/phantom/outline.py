"""The outline of a cell over time: body, lamellipodium, ruffles and thin protrusions.

The outline is star-shaped about an origin inside the cell and is kept as radii over the angle from
the front. Its parts move as Ornstein–Uhlenbeck processes that are drawn once, a few numbers a
frame, so that the outline of any frame is computed alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lamella.phantom.draws import Purpose, draws
from lamella.phantom.walk import remembered

FloatArray = NDArray[np.float64]

N_ANGLES = 720
_ANGLE = np.arange(N_ANGLES) * (2 * np.pi / N_ANGLES)
# The same angle, signed: 0 at the front, ±π at the rear.
_FROM_FRONT = (_ANGLE + np.pi) % (2 * np.pi) - np.pi
_STEP = 2 * np.pi / N_ANGLES

# The lamellipodium takes this much of the edge on either side of the front, ending softly.
FAN_HALF_WIDTH = 1.15
_FAN_SOFTNESS = 0.16
_FAN = 0.5 * (1 + np.tanh((FAN_HALF_WIDTH - np.abs(_FROM_FRONT)) / _FAN_SOFTNESS))
_TAIL = np.exp(-((np.pi - np.abs(_FROM_FRONT)) ** 2) / (2 * 0.42**2))

# Orders of the slow changes of shape and of the ruffles of the front, with their memory in min.
_SLOW_ORDERS, _SLOW_MEMORY_MIN = np.arange(2, 7), 15.0
_RUFFLE_ORDERS, _RUFFLE_MEMORY_MIN = np.arange(7, 24), 3.0
_MODE_TABLES = {
    len(orders): np.concatenate(
        [np.cos(np.outer(orders, _ANGLE)), np.sin(np.outer(orders, _ANGLE))]
    )
    for orders in (_SLOW_ORDERS, _RUFFLE_ORDERS)
}


@dataclass(frozen=True)
class Shape:
    """One outline, its angles measured from the front.

    Parameters
    ----------
    radius_px : (N,) float64 array
        Distance of the edge from the origin, at N equal angles from 0.
    body_px : (N,) float64 array
        Distance at which the body ends and the lamellipodium begins; equals `radius_px` where
        there is none.
    centroid_px : (float, float)
        Centroid as (along the front, across it) from the origin.
    reach_px : float
        Largest distance of the edge from the centroid.
    """

    radius_px: FloatArray
    body_px: FloatArray
    centroid_px: tuple[float, float]
    reach_px: float


@dataclass(frozen=True)
class Outline:
    """What the shape of a cell is made of, for every frame.

    Parameters
    ----------
    area_px : (T,) float64 array
        Area of every frame; kept exactly.
    lam_fraction : float
        Share of the area that is lamellipodium.
    polarisation : float
        0 = round; 1 = wide front and a tail.
    slow, ruffles : (T, 2M) float64 array
        Amplitudes of the cosines, then of the sines, over the radius.
    protrusion_angle, protrusion_length : (T, K) float64 array
        Where each thin protrusion stands, from the front, and its length over the radius.
    roundness : (T,) float64 array
        1 = a perfect disc without lamellipodium, as in mitosis.
    """

    area_px: FloatArray
    lam_fraction: float
    polarisation: float
    slow: FloatArray
    ruffles: FloatArray
    protrusion_angle: FloatArray
    protrusion_length: FloatArray
    roundness: FloatArray

    @classmethod
    def drawn(
        cls,
        area_px: FloatArray,
        *,
        interval_min: float,
        lam_fraction: float,
        polarisation: float,
        n_protrusions: int,
        protrusion_length: float,
        ruffle: float,
        roughness: float,
        seed: int,
        cell: int,
        roundness: FloatArray | None = None,
    ) -> Outline:
        """The outline of one cell over ``len(area_px)`` frames.

        Parameters
        ----------
        protrusion_length : float
            Typical length of a thin protrusion over the radius of the cell.
        roughness : float
            Size of the slow changes of shape over the radius.
        """
        n_frames = len(area_px)
        rng = draws(seed, Purpose.SHAPE, cell)
        slow = _wandering(n_frames, 2 * len(_SLOW_ORDERS), interval_min / _SLOW_MEMORY_MIN, rng)
        rng = draws(seed, Purpose.SHAPE, cell, 1)
        ruffles = _wandering(
            n_frames, 2 * len(_RUFFLE_ORDERS), interval_min / _RUFFLE_MEMORY_MIN, rng
        )
        angles = np.zeros((n_frames, n_protrusions))
        lengths = np.zeros((n_frames, n_protrusions))
        for k in range(n_protrusions):
            angles[:, k], lengths[:, k] = _protrusion(
                n_frames, interval_min, protrusion_length, draws(seed, Purpose.PROTRUSION, cell, k)
            )
        return cls(
            area_px=np.asarray(area_px, np.float64),
            lam_fraction=lam_fraction,
            polarisation=polarisation,
            slow=slow * _share_of(_SLOW_ORDERS) * roughness,
            ruffles=ruffles * _share_of(_RUFFLE_ORDERS) * ruffle,
            protrusion_angle=angles,
            protrusion_length=lengths,
            roundness=np.zeros(n_frames) if roundness is None else roundness,
        )

    def at(self, t: int) -> Shape:
        """The outline of frame `t`."""
        form = 1.0 - float(self.roundness[t])
        unit = self.polarisation * (0.32 * _FAN + 0.55 * _TAIL)
        unit = unit + self.slow[t] @ _MODE_TABLES[len(_SLOW_ORDERS)]
        smooth = np.maximum(1 + form * unit, 0.35)
        fringe = (0.2 + 0.8 * _FAN) * (self.ruffles[t] @ _MODE_TABLES[len(_RUFFLE_ORDERS)])
        for angle, length in zip(self.protrusion_angle[t], self.protrusion_length[t], strict=True):
            away = np.abs((_ANGLE - angle + np.pi) % (2 * np.pi) - np.pi)
            # Broad at the base, thin at the tip: a filopodium on a small cone.
            fringe += length * (
                0.75 * np.exp(-((away / 0.06) ** 2)) + 0.25 * np.exp(-((away / 0.25) ** 2))
            )
        fringe *= form
        edge = np.maximum(smooth + fringe, 0.3)
        size = np.sqrt(2 * self.area_px[t] / (_STEP * np.dot(edge, edge)))
        edge, fringe = edge * size, fringe * size
        body = _body_edge(edge, fringe, self.lam_fraction * form * self.area_px[t])
        along, across = _centroid(edge, float(self.area_px[t]))
        reach = np.hypot(edge * np.cos(_ANGLE) - along, edge * np.sin(_ANGLE) - across).max()
        return Shape(edge, body, (along, across), float(reach))

    def max_reach_px(self) -> float:
        """Largest distance of the edge from the centroid in any frame."""
        return max(self.at(t).reach_px for t in range(len(self.area_px)))


def _wandering(n_frames: int, n: int, ratio: float, rng: np.random.Generator) -> FloatArray:
    """Unit Ornstein–Uhlenbeck processes, (T, n); `ratio` = interval over memory."""
    a = float(np.exp(-ratio))
    noise = rng.standard_normal((n_frames, n))
    noise[1:] *= np.sqrt(1 - a * a)
    return remembered(noise, share=a)


def _share_of(orders: NDArray[np.int_]) -> FloatArray:
    """SD of the cosines and sines of each order, so that the edge has SD 1.

    Fine waves are small.
    """
    size = 1.0 / orders
    both: FloatArray = np.tile(size / np.sqrt(np.sum(size**2)), 2)
    return both


def _protrusion(
    n_frames: int, interval_min: float, typical: float, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Angle and length of one protrusion that grows and retracts, again and again elsewhere."""
    angle, length = np.zeros(n_frames), np.zeros(n_frames)
    # The first life began before the movie, so that frame 0 is no special frame.
    start = -rng.uniform(0, 10) / interval_min
    while start < n_frames:
        life = rng.uniform(8, 24) / interval_min
        where, size = rng.uniform(-np.pi, np.pi), typical * rng.uniform(0.5, 1.2)
        t = np.arange(max(int(np.ceil(start)), 0), min(int(np.ceil(start + life)), n_frames))
        angle[t] = where
        length[t] = size * np.sin(np.pi * (t - start) / life) ** 2
        start += life
    return angle, length


def _body_edge(edge: FloatArray, fringe: FloatArray, lam_area: float) -> FloatArray:
    """Where the body ends, so that the lamellipodium in front of it has the wanted area.

    The lamellipodium is as deep as ``w (d + s)``: w the fan, s its ruffles and protrusions, and d
    solves ``½ ∫ edge² − (edge − w (d + s))² dθ = lam_area``, which is quadratic in d.
    """
    if lam_area <= 0:
        return edge
    bare = edge - _FAN * fringe
    missing = lam_area - 0.5 * _STEP * float(np.dot(edge, edge) - np.dot(bare, bare))
    linear, square = _STEP * float(np.dot(bare, _FAN)), _STEP * float(np.dot(_FAN, _FAN))
    root = max(linear**2 - 2 * square * missing, 0.0)
    depth = max((linear - np.sqrt(root)) / square, 0.0)
    body: FloatArray = np.maximum(bare - _FAN * depth, 0.0)
    return body


def _centroid(edge: FloatArray, area: float) -> tuple[float, float]:
    cubed = edge**3 * (_STEP / (3 * area))
    return float(np.dot(cubed, np.cos(_ANGLE))), float(np.dot(cubed, np.sin(_ANGLE)))
