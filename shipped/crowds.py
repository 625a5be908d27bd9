"""Where cells are and which shapes they have: label movies drawn at random, without any light.

Three kinds. *Sheets*: cells that share borders, from confluent to single round ones. *Branched*:
bodies with arms and fans, which may lie upon each other. *Crawling*: the outlines of
`lamella.phantom`, with lamellipodia and thin protrusions.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from noise import Plane, grid, read, tile, wandering
from numpy.typing import NDArray

from lamella.phantom import ColonyPhantom

Range = tuple[float, float]


class Crowd(NamedTuple):
    """Cells of a movie.

    Parameters
    ----------
    labels : (T, Y, X) uint16 array
        0 = none.
    centre_px : (T, n + 1, 2) float64 array
        (y, x) of every label's thickest place; row 0 is not used.
    radius_px : (n + 1,) float64 array
        Of the discs of the same areas, roughly.
    rounded : (n + 1,) bool array
        Cells that have rounded up.
    """

    labels: NDArray[np.uint16]
    centre_px: NDArray[np.float64]
    radius_px: NDArray[np.float64]
    rounded: NDArray[np.bool_]


def sheet(
    rng: np.random.Generator,
    *,
    n_frames: int,
    field_px: tuple[int, int],
    crowding: Range = (0.05, 1.3),
) -> Crowd:
    """Cells that fill the plane up to their own reach, with straight or wavy borders."""
    radius = _log_uniform(rng, 7, 85)
    places = _places(rng, field_px, radius, _log_uniform(rng, *crowding))
    n = len(places)
    radii = radius * np.exp(0.2 * rng.standard_normal(n))
    centre = _walked(rng, places, radii, n_frames)
    stretch = np.exp(rng.uniform(0, 0.9) * rng.standard_normal(n) * 0.6)
    turn = rng.uniform(0, np.pi, n)
    reach = rng.uniform(0.9, 1.5)
    slow = tile(rng, rng.uniform(0.6, 1.6) * radius), tile(rng, rng.uniform(0.6, 1.6) * radius)
    edge = tile(rng, max(rng.uniform(0.2, 0.7) * radius, 4), roughness=rng.uniform(0, 0.15))
    wave, ruffle = rng.uniform(0, 0.3) * radius, rng.uniform(0, 0.2)
    flow = wandering(rng, n_frames, (2,), memory=0.95) * 0.2 * radius
    y, x = grid(field_px)
    labels = np.zeros((n_frames, *field_px), np.uint16)
    for t in range(n_frames):
        dy, dx = flow[t]
        wy = y + wave * read(slow[0], y + dy, x + dx)
        wx = x + wave * read(slow[1], y + dy, x + dx)
        nearest = np.full(field_px, np.inf, np.float32)
        for i in range(n):
            v, u = wy - np.float32(centre[t, i, 0]), wx - np.float32(centre[t, i, 1])
            along = np.cos(turn[i]) * u + np.sin(turn[i]) * v
            across = np.cos(turn[i]) * v - np.sin(turn[i]) * u
            far = np.hypot(along / stretch[i], across * stretch[i]) / radii[i]
            closer = far < nearest
            nearest[closer] = far[closer]
            labels[t][closer] = i + 1
        outside = nearest + ruffle * read(edge, y + dy, x + dx) > reach
        labels[t][outside] = 0
    return _crowd(labels, centre, radii, np.zeros(n, bool))


def branched(
    rng: np.random.Generator,
    *,
    n_frames: int,
    field_px: tuple[int, int],
    crowding: Range = (0.03, 0.7),
) -> Crowd:
    """Spindles, stars, fans and balls, each drawn for itself; later ones lie on top."""
    radius = _log_uniform(rng, 7, 60)
    places = _places(rng, field_px, radius, _log_uniform(rng, *crowding))
    n = len(places)
    radii = radius * np.exp(0.25 * rng.standard_normal(n))
    ball = rng.random(n) < rng.choice([0.05, 0.3, 0.9], p=[0.6, 0.3, 0.1])
    radii[ball] *= 0.6
    centre = _walked(rng, places, radii, n_frames)
    longest, bushy = rng.uniform(0, 1.0), rng.choice([0.0, 1.5, 3.5])
    fans = rng.choice([0.0, 0.3, 0.8])
    common = rng.uniform(0, np.pi) if rng.random() < 0.3 else None
    bent = rng.uniform(0.05, 0.4)
    warp = tile(rng, 0.9 * radius, roughness=0.1), tile(rng, 0.9 * radius, roughness=0.1)
    labels = np.zeros((n_frames, *field_px), np.uint16)
    for i in range(n):
        cell = np.random.default_rng(rng.integers(2**63))
        shape = _Branches.drawn(
            cell, radii[i], n_frames,
            ball=bool(ball[i]), longest=longest, bushy=bushy, fans=fans, common=common,
            warp=warp, bent=bent,
        )  # fmt: skip
        for t in range(n_frames):
            shape.onto(labels[t], i + 1, centre[t, i], t)
    return _crowd(labels, centre, radii, ball)


def crawling(
    rng: np.random.Generator,
    *,
    n_frames: int,
    field_px: tuple[int, int],
    crowding: Range = (0.03, 0.6),
) -> Crowd:
    """The outlines of `ColonyPhantom`."""
    settings = crawling_settings(rng, n_frames=n_frames, field_px=field_px, crowding=crowding)
    phantom = ColonyPhantom(**settings).make()
    labels = phantom.truth.frames.asarray()
    n = max(actor.cell for actor in phantom.scene.actors)
    centre = np.zeros((n_frames, n, 2))
    rounded = np.zeros(n, bool)
    radii = np.full(n, phantom.settings.radius_px)
    for actor in phantom.scene.actors:
        for k, place in enumerate(actor.centroid_px):
            centre[actor.first + k, actor.cell - 1] = place
        rounded[actor.cell - 1] = actor.outline.roundness.mean() > 0.5
    return _crowd(labels, centre, radii, rounded)


def crawling_settings(
    rng: np.random.Generator,
    *,
    n_frames: int,
    field_px: tuple[int, int],
    crowding: Range = (0.03, 0.6),
) -> dict[str, object]:
    """Settings of a `ColonyPhantom` whose size, crowding, speed and shapes are drawn."""
    radius = _log_uniform(rng, 8, 60)
    room = 2.25 * field_px[0] * field_px[1] / (np.pi * radius**2)
    interval = float(np.exp(rng.uniform(np.log(0.3), np.log(8))))
    divisions = int(rng.integers(0, 3)) if room > 8 and n_frames > 3 else 0
    return {
        "field_px": field_px,
        "n_frames": n_frames,
        "pixel_size_um": 1.0,
        "area_um2": float(np.pi * radius**2),
        "interval_min": interval,
        # Up to about a radius between two frames.
        "speed_um_per_min": float(radius * 10 ** rng.uniform(-2.0, -0.1) / interval),
        "n_cells": int(np.clip(room * rng.uniform(*crowding), 1, 60)),
        "n_divisions": divisions,
        "area_sd": float(rng.uniform(0.05, 0.4)),
        "brightness_sd": float(rng.uniform(0, 0.4)),
        "open_field": True,
        "polarisation": float(rng.uniform(0, 1)),
        "lam_fraction": float(rng.uniform(0, 0.35)),
        "lam_contrast": float(rng.uniform(0.6, 2.5)),
        "n_protrusions": int(rng.integers(0, 9)),
        "protrusion_length": float(rng.uniform(0, 0.9)),
        "ruffle": float(rng.uniform(0, 0.1)),
        "roughness": float(rng.uniform(0, 0.15)),
        "seed": int(rng.integers(2**31)),
    }


class _Branches(NamedTuple):
    """One cell: an ellipse, arms that taper, and a fan."""

    radius: float
    stretch: float
    turn: NDArray[np.float64]
    arms: NDArray[np.float64]
    """(n, 4): angle, length, width at the root and at the tip, the last three over the radius."""
    arm_now: NDArray[np.float64]
    fan: NDArray[np.float64]
    """Angle, distance, radius; over the radius."""
    warp: tuple[Plane, Plane]
    bent: float
    offset: NDArray[np.float64]

    @classmethod
    def drawn(
        cls,
        rng: np.random.Generator,
        radius: float,
        n_frames: int,
        *,
        ball: bool,
        longest: float,
        bushy: float,
        fans: float,
        common: float | None,
        warp: tuple[Plane, Plane],
        bent: float,
    ) -> _Branches:
        n = 0 if ball else int(min(rng.poisson(bushy), 7))
        arms = np.stack(
            [
                rng.uniform(0, 2 * np.pi, n),
                rng.uniform(1.2, 3.2, n),
                rng.uniform(0.2, 0.6, n),
                rng.uniform(0.03, 0.2, n),
            ],
            axis=1,
        )
        turn = rng.uniform(0, np.pi) if common is None else common + 0.25 * rng.standard_normal()
        has_fan = not ball and rng.random() < fans
        return cls(
            radius=radius,
            stretch=1.0 if ball else float(np.exp(longest * abs(rng.standard_normal()) * 0.6)),
            turn=turn + 0.15 * wandering(rng, n_frames, (), memory=0.9),
            arms=arms,
            arm_now=np.clip(1 + 0.25 * wandering(rng, n_frames, (n,), memory=0.8), 0, 2),
            fan=np.array([rng.uniform(0, 2 * np.pi), rng.uniform(0.2, 1.0), rng.uniform(0.6, 1.4)])
            * has_fan,
            warp=warp,
            bent=0.02 if ball else bent,
            offset=300 * rng.standard_normal(2) + 4 * wandering(rng, n_frames, (2,), memory=0.9),
        )

    def onto(
        self, labels: NDArray[np.uint16], label: int, place: NDArray[np.float64], t: int
    ) -> None:
        """Draw it into a frame's labels."""
        r = self.radius
        reach = int(np.ceil(r * max(1.3 * self.stretch, 2.6, 1.1 * self._longest(t)) + 3))
        top, left = (int(np.floor(v)) - reach for v in place)
        height, width = labels.shape
        low = max(top, 0), max(left, 0)
        high = min(top + 2 * reach, height), min(left + 2 * reach, width)
        if low[0] >= high[0] or low[1] >= high[1]:
            return
        y, x = np.indices((high[0] - low[0], high[1] - low[1]), np.float32)
        v, u = y + np.float32(low[0] - place[0]), x + np.float32(low[1] - place[1])
        dy, dx = self.offset[t]
        bent = self.bent * r
        v2 = v + np.float32(bent) * read(self.warp[0], v + 97 + dy, u + 31 + dx)
        u2 = u + np.float32(bent) * read(self.warp[1], v + 11 + dy, u + 67 + dx)
        cover = self._ellipse(v2, u2, float(self.turn[t]))
        for k, (angle, length, root, tip) in enumerate(self.arms):
            cover |= self._arm(v2, u2, angle + self.turn[t], length * self.arm_now[t, k], root, tip)
        if self.fan[2] > 0:
            angle, far, size = self.fan
            angle += self.turn[t]
            cover |= (v2 - far * r * np.sin(angle)) ** 2 + (u2 - far * r * np.cos(angle)) ** 2 < (
                size * r
            ) ** 2
        # Specks that the warp has torn off are no cells.
        _, parts, stats, _ = cv2.connectedComponentsWithStats(cover.astype(np.uint8))
        if len(stats) > 1:
            cover = parts == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
        labels[low[0] : high[0], low[1] : high[1]][cover] = label

    def _longest(self, t: int) -> float:
        return float((self.arms[:, 1] * self.arm_now[t]).max(initial=0))

    def _ellipse(self, v: Plane, u: Plane, turn: float) -> NDArray[np.bool_]:
        along = np.cos(turn) * u + np.sin(turn) * v
        across = np.cos(turn) * v - np.sin(turn) * u
        inside: NDArray[np.bool_] = (
            np.hypot(along / self.stretch, across * self.stretch**0.6) < self.radius
        )
        return inside

    def _arm(
        self, v: Plane, u: Plane, angle: float, length: float, root: float, tip: float
    ) -> NDArray[np.bool_]:
        along = np.cos(angle) * u + np.sin(angle) * v
        across = np.abs(np.cos(angle) * v - np.sin(angle) * u)
        share = along / max(length * self.radius, 1e-3)
        width = np.maximum((root + (tip - root) * share) * self.radius, 0.9)
        inside: NDArray[np.bool_] = (share > 0) & (share < 1) & (across < width)
        return inside


def _log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _places(
    rng: np.random.Generator, field_px: tuple[int, int], radius: float, crowding: float
) -> NDArray[np.float64]:
    """Centres in and round the field: evenly, in clusters, or on one side of a line.

    `crowding` is the summed area of the discs over that of the ground.
    """
    shape = np.array(field_px, np.float64)
    around = shape + 2 * radius
    n = int(np.clip(crowding * around.prod() / (np.pi * radius**2), 1, 90))
    if n == 1:
        return rng.uniform(0.15, 0.85, (1, 2)) * shape
    kind = rng.choice(["even", "clusters", "front"], p=[0.5, 0.3, 0.2])
    tries = rng.uniform(-radius, shape + radius, (12 * n, 2))
    if kind == "clusters":
        middle = rng.uniform(0, shape, (int(rng.integers(1, 4)), 2))
        wide = rng.uniform(0.1, 0.3) * shape
        tries = middle[rng.integers(0, len(middle), 12 * n)] + wide * rng.standard_normal(
            (12 * n, 2)
        )
    elif kind == "front":
        angle = rng.uniform(0, 2 * np.pi)
        side = (tries - shape / 2) @ np.array([np.sin(angle), np.cos(angle)])
        tries = tries[side > rng.uniform(-0.3, 0.3) * shape.min()]
    apart = rng.uniform(0.6, 1.5) * radius
    kept: list[NDArray[np.float64]] = []
    for place in tries:
        if all(np.hypot(*(place - other)) > apart for other in kept):
            kept.append(place)
        if len(kept) == n:
            break
    return np.array(kept if kept else [shape / 2])


def _walked(
    rng: np.random.Generator, places: NDArray[np.float64], radii: NDArray[np.float64], n_frames: int
) -> NDArray[np.float64]:
    """Centres over time: up to a radius from frame to frame, and a drift of all."""
    speed = 10 ** rng.uniform(-2.0, -0.1)
    steps = wandering(rng, n_frames, places.shape, memory=rng.uniform(0, 0.95))
    drift = rng.standard_normal(2) * (rng.random() < 0.3)
    moved = np.cumsum(steps * (0.7 * speed * radii)[None, :, None] + drift, axis=0)
    return np.asarray(places[None] + moved - moved[:1])


def _crowd(
    labels: NDArray[np.uint16],
    centre: NDArray[np.float64],
    radii: NDArray[np.float64],
    rounded: NDArray[np.bool_],
) -> Crowd:
    return Crowd(
        labels,
        np.concatenate([np.zeros((len(centre), 1, 2)), centre], axis=1),
        np.concatenate([[1.0], radii]),
        np.concatenate([[False], rounded]),
    )
