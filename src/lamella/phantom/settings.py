"""The settings that all phantoms share."""

from __future__ import annotations

from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from lamella.core.errors import SettingsError
from lamella.phantom.camera import Camera
from lamella.phantom.degrade import drifted
from lamella.phantom.look import Look
from lamella.phantom.outline import Outline
from lamella.phantom.scene import Actor, Scene

Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Fraction = Annotated[float, Field(ge=0, le=1)]


class PhantomSettings(BaseModel):
    """What every phantom can be told.

    Parameters
    ----------
    field_px : (int, int)
        (Y, X) of the field.
    n_frames : int
        Length of the movie as planned.
    aborted_at : int or None
        The movie breaks off and has only this many frames, which are those of the whole one.
    pixel_size_um, interval_min : float
        µm per pixel; minutes between frames.
    area_um2 : float
        Area of a cell, constant over time.
    speed_um_per_min : float
        S of the persistent random walk: root mean square speed. Measured steps are shorter:
        0.886 S on average where they are short against `persistence_min`.
    persistence_min : float
        P of the persistent random walk.
    polarity_lag_min : float
        Delay with which the front turns to where the cell moves.
    polarisation : float
        0 = round, 1 = a wide front and a tail.
    lam_contrast : float
        Mean light of the lamellipodium over that of the body, before blur and background.
    lam_fraction : float
        Share of the area that is lamellipodium.
    n_protrusions : int
        Thin protrusions at a time; each grows and retracts within 8 to 24 min.
    protrusion_length, ruffle, roughness : float
        Size of protrusions, of the ruffles of the front (SD) and of the slow changes of shape (SD),
        over the radius of the cell.
    look : {"fluorescence", "phase"}
    photoelectrons : float
        Per pixel and frame. Fluorescence: of the body, before bleaching. Phase contrast: of the
        bare field.
    background_photoelectrons : float
        Light without a cell, the same in every frame: it does not bleach.
    psf_sigma_px : float
        Blur of the optics (SD of a Gaussian).
    bleaching_per_frame : float
        Share of the fluorescence lost from one frame to the next.
    illumination_gradient : float
        Change of the light from one end of the field to the other; acts on signal and background.
    drift_px_per_frame : (float, float)
        (dy, dx) by which the image moves.
    empty_frames : tuple of int
        Frames in which the cells are not to be found; the truth is empty there.
    empty_look : {"gone", "defocus"}
        What they show: the bare field, or a haze where the cell would be.
    camera : Camera
    seed : int
        Same settings and seed, same movie.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    field_px: tuple[Annotated[int, Field(ge=16)], Annotated[int, Field(ge=16)]] = (256, 256)
    n_frames: Annotated[int, Field(ge=1)] = 60
    aborted_at: Annotated[int, Field(ge=1)] | None = None
    pixel_size_um: Positive = 0.318
    interval_min: Positive = 1.0
    area_um2: Positive = 250.0
    speed_um_per_min: NotNegative = 1.1
    persistence_min: Positive = 6.0
    polarity_lag_min: NotNegative = 2.0
    polarisation: Fraction = 0.6
    lam_contrast: Positive = 2.0
    lam_fraction: Annotated[float, Field(ge=0, le=0.35)] = 0.25
    n_protrusions: Annotated[int, Field(ge=0, le=20)] = 3
    protrusion_length: Fraction = 0.4
    ruffle: Annotated[float, Field(ge=0, le=0.2)] = 0.03
    roughness: Annotated[float, Field(ge=0, le=0.2)] = 0.07
    look: Look = "fluorescence"
    photoelectrons: Positive = 400.0
    background_photoelectrons: NotNegative = 20.0
    psf_sigma_px: NotNegative = 1.2
    bleaching_per_frame: Annotated[float, Field(ge=0, lt=1)] = 0.0
    illumination_gradient: Annotated[float, Field(ge=0, lt=2)] = 0.0
    drift_px_per_frame: tuple[float, float] = (0.0, 0.0)
    empty_frames: tuple[Annotated[int, Field(ge=0)], ...] = ()
    empty_look: Literal["gone", "defocus"] = "gone"
    camera: Camera = Camera()
    seed: Annotated[int, Field(ge=0)] = 0

    @model_validator(mode="after")
    def _frames_exist(self) -> Self:
        late = [t for t in self.empty_frames if t >= self.n_frames]
        if late:
            raise ValueError(f"empty_frames {late} lie beyond the last frame {self.n_frames - 1}")
        return self

    @property
    def area_px(self) -> float:
        """Area of a cell in pixels."""
        return self.area_um2 / self.pixel_size_um**2

    @property
    def radius_px(self) -> float:
        """Radius of the disc of the same area, in pixels."""
        return float(np.sqrt(self.area_px / np.pi))

    @property
    def frames_made(self) -> int:
        """Number of frames that the movie has."""
        return min(self.n_frames, self.aborted_at or self.n_frames)

    def refusal(self, what: str, remedy: str) -> SettingsError:
        """The error of settings that contradict each other."""
        return SettingsError(type(self).__name__, what, remedy)

    def outline_of(
        self,
        cell: int,
        *,
        area_px: NDArray[np.float64] | None = None,
        roundness: NDArray[np.float64] | None = None,
    ) -> Outline:
        """The outline of one cell, over the whole movie unless its areas say otherwise."""
        return Outline.drawn(
            np.full(self.n_frames, self.area_px) if area_px is None else area_px,
            interval_min=self.interval_min,
            lam_fraction=self.lam_fraction,
            polarisation=self.polarisation,
            n_protrusions=self.n_protrusions,
            protrusion_length=self.protrusion_length,
            ruffle=self.ruffle,
            roughness=self.roughness,
            seed=self.seed,
            cell=cell,
            roundness=roundness,
        )

    def scene_of(self, actors: list[Actor]) -> Scene:
        """The scene in which `actors` play."""
        return Scene(
            actors=actors,
            field_px=self.field_px,
            interval_min=self.interval_min,
            radius_px=self.radius_px,
            look=self.look,
            lam_contrast=self.lam_contrast,
            photoelectrons=self.photoelectrons,
            background_photoelectrons=self.background_photoelectrons,
            psf_sigma_px=self.psf_sigma_px,
            bleaching_per_frame=self.bleaching_per_frame,
            illumination_gradient=self.illumination_gradient,
            empty_frames=frozenset(self.empty_frames),
            empty_look=self.empty_look,
            drift_px=drifted(self.n_frames, drift_px_per_frame=self.drift_px_per_frame),
            seed=self.seed,
        )
