"""Persistent random walk of a cell in the plane."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


def persistent_walk(
    n_frames: int,
    *,
    speed: float,
    persistence: float,
    interval: float,
    rng: np.random.Generator,
) -> tuple[FloatArray, FloatArray]:
    """A walker whose velocity is an Ornstein–Uhlenbeck process (Fürth's formula).

    Position and velocity are drawn from their joint law at the frames, so that the walk is exact
    for any ratio of `interval` to `persistence`. A shorter walk of the same generator is the start
    of a longer one.

    Parameters
    ----------
    n_frames : int
        Number of positions.
    speed : float
        S, root mean square speed in px/min (or any length per time). The mean of the absolute
        velocity is ``S·√π/2`` = 0.886 S; steps of an interval comparable to P are shorter still.
    persistence : float
        P, time over which velocity is remembered, in min.
    interval : float
        Time between frames in min.
    rng : numpy.random.Generator

    Returns
    -------
    positions : (T, 2) float64 array
        (y, x), starting at (0, 0).
    velocities : (T, 2) float64 array
        Velocity at the time of each frame.

    References
    ----------
    Uhlenbeck & Ornstein 1930, https://doi.org/10.1103/PhysRev.36.823
    """
    a = np.exp(-interval / persistence)
    ratio = interval / persistence
    # Variances of the increments of velocity and position, in units of S²/2 and of P.
    var_v = -np.expm1(-2 * ratio)
    var_x = max(2 * ratio - 3 + 4 * a - a * a, 0.0)
    cov = (1 - a) ** 2
    noise = rng.standard_normal((n_frames, 4))
    sigma = speed / np.sqrt(2)
    kick_v = np.sqrt(var_v) * noise[:, :2]
    along = cov / np.sqrt(var_v)
    kick_x = along * noise[:, :2] + np.sqrt(max(var_x - along**2, 0.0)) * noise[:, 2:]
    # The first velocity is drawn from the stationary law, so that no frame is special.
    driven = np.vstack([noise[:1, :2], kick_v[1:]])
    velocity = sigma * remembered(driven, share=float(a))
    steps = persistence * ((1 - a) * velocity[:-1] + sigma * kick_x[1:])
    position = np.vstack([np.zeros((1, 2)), np.cumsum(steps, axis=0)])
    return position, velocity


def remembered(kicks: FloatArray, *, share: float) -> FloatArray:
    """Autoregression ``x[t] = share · x[t − 1] + kicks[t]`` along the first axis."""
    out = kicks.copy()
    for t in range(1, len(out)):
        out[t] += share * out[t - 1]
    return out


def expected_msd(lag: ArrayLike, *, speed: float, persistence: float) -> FloatArray:
    """Mean squared displacement ``2 S² P [τ − P (1 − e^(−τ/P))]`` of the walk, per lag τ."""
    tau = np.asarray(lag, dtype=np.float64)
    msd: FloatArray = (
        2 * speed**2 * persistence * (tau + persistence * np.expm1(-tau / persistence))
    )
    return msd


def reflected(
    positions: FloatArray, velocities: FloatArray, *, low: ArrayLike, high: ArrayLike
) -> tuple[FloatArray, FloatArray]:
    """The walk in a box with mirrors for walls.

    A free walk folded at the walls is the walk of a cell that bounces off them; each frame depends
    on its own free position alone.

    Parameters
    ----------
    positions, velocities : (T, 2) float64 array
    low, high : (2,) array_like
        Corners of the box; where ``low == high`` the walk stands still on that axis.
    """
    low, high = np.asarray(low, np.float64), np.asarray(high, np.float64)
    width = np.maximum(high - low, 1e-9)
    phase = np.mod(positions - low, 2 * width)
    back = phase > width
    return low + np.where(back, 2 * width - phase, phase), np.where(back, -velocities, velocities)


def lagged_direction(velocities: FloatArray, *, lag: float, interval: float) -> FloatArray:
    """Direction that turns towards the velocity with a delay.

    Parameters
    ----------
    velocities : (T, 2) float64 array
        (y, x) components.
    lag : float
        Time constant of the turn in min; 0 = no delay.
    interval : float
        Time between frames in min.

    Returns
    -------
    (T,) float64 array
        Angle in radians, 0 along +x, growing towards +y; not wrapped.
    """
    target = np.arctan2(velocities[:, 0], velocities[:, 1])
    share = 1.0 if lag <= 0 else -float(np.expm1(-interval / lag))
    angle = np.empty(len(target))
    now = float(target[0])
    for t, wanted in enumerate(target.tolist()):
        now += share * ((wanted - now + np.pi) % (2 * np.pi) - np.pi)
        angle[t] = now
    return angle
