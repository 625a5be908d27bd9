"""Movies whose stage moves as told, made from phantoms; for accuracy_drift.py and the tests."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import affine_transform

from lamella.core.frames import ArrayFrames
from lamella.phantom import ColonyPhantom
from lamella.phantom.degrade import illumination
from lamella.phantom.draws import Purpose, draws
from lamella.phantom.look import debris

FloatArray = NDArray[np.float64]
_PAD = 48


@dataclass(frozen=True)
class Planted:
    """Frames, and where every point of frame 0 is in frame t, (T, 2, 3) of (y, x)."""

    frames: ArrayFrames
    moved: FloatArray
    cells_px: FloatArray
    """(cell, T, 2): centroids in the frames, drift included."""
    still_px: FloatArray
    """(cell, T, 2): the same without drift."""


def planted(
    moved: FloatArray,
    *,
    look: Literal["phase", "fluorescence", "bare"] = "phase",
    side: int = 384,
    light: float = 2000.0,
    cell_share: float = 0.05,
    directed_px: tuple[float, float] | None = None,
    speed_um_per_min: float = 0.6,
    grains: int = 6,
    seed: int = 0,
) -> Planted:
    """Cells over grains on the glass; the stage moves, the light of the field does not.

    Parameters
    ----------
    moved : (T, 2, 3) array
        (y, x) of frame 0 to those of frame t.
    look
        "fluorescence" has dim grains between the cells, "bare" has nothing.
    light
        Photo-electrons: of the field for phase contrast, of the cells' bodies for fluorescence.
    cell_share
        Of the pixels of the field.
    directed_px
        Cells glide by this much a frame, all the same way, and do not wander.
    grains
        On the glass, per 3500 px; they are faint.
    """
    n, wide = len(moved), side + 2 * _PAD
    area_px = 1500.0
    n_cells = max(1, round(cell_share * wide * wide / area_px))
    settings = ColonyPhantom(
        field_px=(wide, wide), n_frames=n, n_cells=n_cells, n_divisions=0, cohesion_per_min=0,
        area_um2=area_px * 0.318**2, speed_um_per_min=speed_um_per_min,
        look="phase" if look == "phase" else "fluorescence", photoelectrons=light,
        background_photoelectrons=20, open_field=False, seed=seed,
    )  # fmt: skip
    phantom = settings.make()
    scene = phantom.scene
    rng = np.random.default_rng(seed)
    if directed_px is not None or look != "bare":
        places = rng.uniform(_PAD + 30, wide - _PAD - 30, (n_cells, 2))
        actors = []
        for actor, place in zip(scene.actors, places, strict=True):
            way = actor.centroid_px - actor.centroid_px[0]
            if directed_px is not None:
                way = np.arange(n)[:, None] * np.array(directed_px)
                place = place - way[-1] / 2
            actors.append(replace(actor, centroid_px=place + way))
        scene = replace(scene, actors=actors)
    light_of_lamp = illumination((side, side), gradient=0.3, direction=0.7)
    layers = [debris((wide, wide), seed=100 * seed + k) for k in range(grains)]
    on_glass = np.sum(layers, axis=0, dtype=np.float32)
    if look == "phase":
        scene.__dict__["_debris"] = on_glass
        on_glass = np.zeros_like(on_glass)
    elif look == "fluorescence":
        on_glass = np.maximum(-on_glass, 0) * np.float32(0.5 * light)
    stack = []
    for t in range(n):
        electrons = scene.electrons(t) + (0 if look == "bare" else on_glass)
        # SciPy asks where each pixel of the camera comes from; its splines keep places exactly.
        back = np.linalg.inv(moved[t, :, :2])
        start = _PAD - back @ moved[t, :, 2]
        seen = affine_transform(electrons, back, start, output_shape=(side, side), order=3)
        seen = np.maximum(seen * light_of_lamp, 0).astype(np.float32)
        stack.append(settings.camera.expose(seen, draws(seed, Purpose.CAMERA, t)))
    still = np.stack([actor.centroid_px - _PAD for actor in scene.actors])
    there = np.einsum("tij,ctj->cti", moved[:, :, :2], still) + moved[:, :, 2]
    return Planted(ArrayFrames(np.stack(stack)), moved, there, still)


def shifts(path: FloatArray) -> FloatArray:
    """Translations by a path (T, 2)."""
    out = np.tile(np.eye(2, 3), (len(path), 1, 1))
    out[:, :, 2] = path
    return out


def ramp(n: int, total: tuple[float, float]) -> FloatArray:
    """Steady drift, frame 0 at 0."""
    return np.linspace(0, 1, n)[:, None] * np.array(total)
