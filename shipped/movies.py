"""The movies that the shipped network learns from: phantoms alone, each drawn from its number.

Shapes, looks, light, optics and cameras are drawn far wider than any one microscope has them, so
that a real movie is one more of the kind. A third are `lamella.phantom.ColonyPhantom` as it stands,
in both looks; the others have shapes and light of their own (`crowds`, `light`).
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np
from crowds import branched, crawling, crawling_settings, sheet
from light import lit
from numpy.typing import NDArray
from optics import Mode

from lamella.phantom import ColonyPhantom
from lamella.phantom.camera import Camera

Kind = Literal["phantom", "crawling", "branched", "sheet"]


class Drawn(NamedTuple):
    """A movie and its truth.

    Parameters
    ----------
    frames : (T, Y, X) array
        Grey levels, uint8, uint16 or float32.
    labels : (T, Y, X) uint16 array
    kind : str
        Where its shapes come from.
    look : str
    photons : float
        Photo-electrons of its pixels on average; of a `ColonyPhantom`, as it defines them.
    """

    frames: NDArray[Any]
    labels: NDArray[np.uint16]
    kind: Kind
    look: Mode
    photons: float


_SPARSE = (0.01, 0.15)
_KINDS: tuple[Kind, ...] = ("phantom", "crawling", "branched", "sheet")
_LOOKS: tuple[Mode, ...] = ("phase", "bright", "fluorescence")


def movie(
    number: int,
    *,
    seed: int,
    n_frames: int = 6,
    field_px: tuple[int, int] = (256, 256),
    sparse: bool = False,
) -> Drawn:
    """Movie `number` of a `seed`: always the same.

    Parameters
    ----------
    sparse : bool
        Few cells on much empty glass.
    """
    rng = np.random.default_rng([seed, number])
    kind = _KINDS[int(rng.choice(4, p=[0.25, 0.15, 0.35, 0.25]))]
    look = _LOOKS[int(rng.choice(3, p=[0.62, 0.08, 0.30]))]
    if kind == "phantom":
        return _phantom(rng, look, n_frames, field_px, sparse=sparse)
    make = {"crawling": crawling, "branched": branched, "sheet": sheet}[kind]
    crowding = {"crowding": _SPARSE} if sparse else {}
    crowd = make(rng, n_frames=n_frames, field_px=field_px, **crowding)
    light, contrast = lit(crowd, rng, mode=look)
    if rng.random() < 0.1:
        light = light.max() + light.min() - light
    # Noise over contrast within a pixel: 2 is hopeless in a single frame, 0.02 is not seen.
    noise = float(np.exp(rng.uniform(np.log(0.02), np.log(1.2))))
    photons = float(np.clip((noise * max(contrast, 0.01)) ** -2, 5, 3e4))
    full = photons * light / max(float(light.mean()), 1e-6)
    camera = _camera(rng, float(full.max()))
    frames = np.stack([camera.expose(electrons, rng) for electrons in full])
    return Drawn(frames, crowd.labels, kind, look, photons)


def _phantom(
    rng: np.random.Generator,
    look: Mode,
    n_frames: int,
    field_px: tuple[int, int],
    *,
    sparse: bool,
) -> Drawn:
    """A `ColonyPhantom`, now and then with frames in which no cell is."""
    phase = look != "fluorescence"
    crowding = {"crowding": _SPARSE} if sparse else {}
    settings = crawling_settings(rng, n_frames=n_frames, field_px=field_px, **crowding)
    photons = float(10 ** rng.uniform(2.5 if phase else 1.0, 4.0))
    empty = (int(rng.integers(n_frames)),) if rng.random() < 0.15 else ()
    phantom = ColonyPhantom(
        **settings,
        look="phase" if phase else "fluorescence",
        photoelectrons=photons,
        background_photoelectrons=float(photons * 10 ** rng.uniform(-2, -0.3)),
        psf_sigma_px=float(rng.uniform(0.6, 2.0)),
        bleaching_per_frame=float(rng.uniform(0, 0.03)),
        illumination_gradient=float(rng.uniform(0, 0.5) * (rng.random() < 0.5)),
        drift_px_per_frame=tuple(rng.normal(0, 0.5, 2).tolist()) if rng.random() < 0.3 else (0, 0),
        empty_frames=empty,
        camera=_camera(rng, 2.5 * photons),
    ).make()
    frames = phantom.movie.channels[phantom.settings.look].asarray()
    labels = phantom.truth.frames.asarray()
    return Drawn(frames, labels, "phantom", "phase" if phase else "fluorescence", photons)


def _camera(rng: np.random.Generator, brightest: float) -> Camera:
    """A camera of 8 or 16 bits, or one that gives real numbers; its range fits the light."""
    kind = rng.choice(["uint8", "uint16", "float32"], p=[0.4, 0.4, 0.2])
    if kind == "uint8":
        return Camera(gain=225 / brightest, offset=15, bit_depth=8, read_noise_e=1.5)
    if kind == "uint16":
        return Camera(
            gain=float(min(rng.uniform(0.5, 4), 6e4 / brightest)),
            read_noise_e=float(rng.uniform(0, 4)),
        )
    return Camera(gain=1 / brightest, offset=0, dtype="float32", read_noise_e=1.0)
