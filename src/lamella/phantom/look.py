"""What a cell looks like: fluorescence of two compartments, or phase contrast.

Functions of one cell's pixels in the cell's own coordinates. Fluorescence is relative to the body,
phase contrast relative to the light of the bare field.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import cv2
import numpy as np

from lamella.phantom.draws import Purpose, draws
from lamella.phantom.view import Plane, View

Look = Literal["fluorescence", "phase"]

# Half the width over which the body gives way to the lamellipodium.
_TRANSITION_PX = 2.0
_TILE_PX = 128
_TURNOVER_MIN = 25.0

# Phase contrast: optical thickness of the two compartments, strength of the halo, and the reach of
# the halo over the radius of the cell.
_THICK_BODY, _THICK_LAM = 1.0, 0.12
_HALO_STRENGTH = 0.6
HALO_REACH = 0.18


def fluorescence(
    view: View, *, lam_contrast: float, minutes: float, seed: int, cell: int, cover: Plane
) -> Plane:
    """Light of a fluorescent protein: mean 1 over the body, `lam_contrast` over the lamellipodium.

    The means hold before the blur of the optics. Within the lamellipodium the light grows towards
    the edge; both compartments are mottled, and the body is darker at the nucleus.
    """
    depth = np.maximum(view.edge - view.body, np.float32(1e-3))
    ahead = view.rho - view.body
    share = np.clip(0.5 + ahead / (2 * _TRANSITION_PX), 0, 1)
    share = share * share * (3 - 2 * share) * np.clip(depth / (3 * _TRANSITION_PX), 0, 1)
    mottle = _texture(view, minutes=minutes, seed=seed, cell=cell)
    radius = float(view.body.mean())
    nucleus = np.exp(
        -((view.along + 0.15 * radius) ** 2 + 1.5 * view.across**2) / (0.42 * radius) ** 2
    )
    # The cell is thinner, so dimmer, along its sides and rear.
    thin = np.clip((view.edge - view.rho) / (0.3 * radius), 0, 1)
    body = np.maximum((0.75 + 0.25 * thin) * (1 + 0.10 * mottle) - 0.22 * nucleus, 0.1)
    front = np.maximum(0.75 + 0.5 * np.clip(ahead / depth, 0, 1) + 0.13 * mottle, 0.1)
    light = (1 - share) * body + share * lam_contrast * front
    # Both means are set exactly, so that the texture is free and the contrast is true.
    lam, inside = view.lamellipodium, view.inside
    for part, mean in ((lam, lam_contrast), (inside & ~lam, 1.0)):
        if part.any():
            light[part] *= mean / float(light[part].mean())
    out: Plane = (light * cover).astype(np.float32, copy=False)
    return out


def phase_layers(
    view: View, *, minutes: float, seed: int, cell: int, roundness: float, cover: Plane
) -> tuple[Plane, Plane]:
    """Optical thickness, and what the cell absorbs or scatters besides (added to the light).

    A thick body over a thin lamellipodium with a dark rim; granules round the nucleus, and
    nucleoli. A rounded cell (mitosis) is bright instead of dark.
    """
    ahead = view.rho - view.body
    radius = float(view.body.mean())
    dome = np.clip((view.body - view.rho) / (0.45 * radius), 0, 1)
    # Thick in the middle and steep at the sides, where the halo arises; flat in front.
    share = np.clip(0.5 - ahead / (0.22 * radius), 0, 1)
    thickness = _THICK_LAM + (_THICK_BODY - _THICK_LAM) * share * (0.75 + 0.25 * dome)
    coarse = _texture(view, minutes=minutes, seed=seed, cell=cell)
    fine = _texture(view, minutes=minutes, seed=seed, cell=cell, zoom=2.2)
    middle, aside = view.along + 0.12 * radius, view.across
    from_nucleus = np.sqrt(middle**2 + 1.4 * aside**2) / (0.38 * radius)
    nucleus = np.clip(4 * (1 - from_nucleus), 0, 1)
    rim = np.exp(-(((from_nucleus - 1) / 0.16) ** 2))
    # Granules lie round the nucleus: dark ones, and a few bright vesicles.
    granules = dome * (1 - 0.7 * nucleus) * np.exp(-((from_nucleus / 2.8) ** 2))
    detail = granules * (0.09 * fine + 0.05 * coarse + 0.16 * np.maximum(fine - 1.4, 0))
    detail += dome * (0.02 - 0.08 * rim + 0.02 * nucleus)
    for shift_along, shift_across in ((0.12, 0.10), (-0.10, -0.09)):
        gap = (middle - shift_along * radius) ** 2 + (aside - shift_across * radius) ** 2
        detail -= 0.20 * np.exp(-gap / (0.07 * radius) ** 2)
    lam = np.clip(ahead / 3.0, 0, 1)
    within = view.edge - view.rho
    detail += lam * (-0.05 - 0.10 * np.exp(-(((within - 1.5) / 1.4) ** 2)) + 0.02 * coarse)
    if roundness > 0:
        # A ball is a lens: a bright ring round a middle that is nearly as bright as the field.
        inward = np.clip(view.rho / view.edge, 0, 1)
        ring = np.exp(-(((inward - 0.8) / 0.22) ** 2))
        detail = (1 - roundness) * detail + roundness * (0.55 * ring + 0.15 * (1 - inward))
    return thickness * cover, detail * cover


def phase_light(thickness: Plane, detail: Plane, *, radius_px: float) -> Plane:
    """Light of phase contrast, 1 = bare field.

    A phase plate shifts the light of everything but the coarsest structure, which is missing from
    the image: what is thicker than its surroundings is dark, and its surroundings are bright.
    """
    height, width = thickness.shape
    small = cv2.resize(
        thickness, (max(width // 2, 1), max(height // 2, 1)), interpolation=cv2.INTER_AREA
    )
    sigma = HALO_REACH * radius_px / 2
    small = cv2.GaussianBlur(small, (0, 0), max(sigma, 0.5), borderType=cv2.BORDER_REPLICATE)
    coarse = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    light: Plane = 1 + _HALO_STRENGTH * (coarse - thickness) + detail
    return np.maximum(light, np.float32(0.05))


def debris(field_px: tuple[int, int], *, seed: int) -> Plane:
    """Grains on the glass of a phase-contrast field, to be added to its light."""
    rng = draws(seed, Purpose.FIELD, 1)
    height, width = field_px
    grains = np.zeros(field_px, np.float32)
    n = max(height * width // 3500, 1)
    grains[rng.integers(0, height, n), rng.integers(0, width, n)] = rng.gamma(1.2, 1.0, n)
    spot = cv2.GaussianBlur(grains, (0, 0), 1.3) - cv2.GaussianBlur(grains, (0, 0), 2.6)
    light: Plane = -0.7 * spot
    return light


def shading(field_px: tuple[int, int], *, seed: int) -> Plane:
    """Uneven light of a phase-contrast field from interference, mean about 1."""
    rng = draws(seed, Purpose.FIELD, 2)
    height, width = field_px
    y = np.arange(height, dtype=np.float32)[:, None] / max(field_px)
    x = np.arange(width, dtype=np.float32)[None, :] / max(field_px)
    light = np.ones(field_px, np.float32)
    for waves in (0.6, 1.1, 1.7, 3.2):
        angle, offset = rng.uniform(0, 2 * np.pi, 2)
        along = np.float32(np.cos(angle)) * x + np.float32(np.sin(angle)) * y
        light += np.float32(0.006) * np.cos(
            np.float32(2 * np.pi * waves) * along + np.float32(offset)
        )
    return light


def _texture(view: View, *, minutes: float, seed: int, cell: int, zoom: float = 1.0) -> Plane:
    """Mottle that travels with the cell and changes with time: mean 0, SD 1 over the tile."""
    first, second = _tiles(seed)
    shift = 37.0 * cell
    columns = np.ascontiguousarray(np.mod(view.along * zoom + shift, _TILE_PX))
    rows = np.ascontiguousarray(np.mod(view.across * zoom + shift, _TILE_PX))
    turn = 2 * np.pi * minutes / _TURNOVER_MIN
    # Two independent patterns take turns; their sum keeps its variance.
    tile = np.float32(np.cos(turn)) * first + np.float32(np.sin(turn)) * second
    out = cv2.remap(tile, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    return out.astype(np.float32, copy=False)


@lru_cache(maxsize=16)
def _tiles(seed: int) -> tuple[Plane, Plane]:
    """Two patterns without seams, from filtered noise."""
    rng = draws(seed, Purpose.TEXTURE)
    frequency = np.hypot(np.fft.fftfreq(_TILE_PX)[:, None], np.fft.rfftfreq(_TILE_PX)[None, :])
    keep = np.exp(-((frequency / 0.11) ** 2)) + 2.5 * np.exp(-((frequency / 0.03) ** 2))
    keep[0, 0] = 0
    tiles = []
    for _ in range(2):
        noise = rng.standard_normal((_TILE_PX, _TILE_PX))
        tile = np.fft.irfft2(np.fft.rfft2(noise) * keep, s=noise.shape)
        tiles.append((tile / tile.std()).astype(np.float32))
    return tiles[0], tiles[1]
