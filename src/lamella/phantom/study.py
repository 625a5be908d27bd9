"""A whole study of phantoms: conditions, sessions and cells that differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from lamella.phantom.camera import Camera
from lamella.phantom.cell import CellPhantom
from lamella.phantom.draws import Purpose, draws
from lamella.phantom.movie import Phantom


class Genotype(BaseModel):
    """What a condition does to its cells, over the cells of the study's `cell` settings.

    Parameters
    ----------
    speed, persistence, lam_contrast, area : float
        Factors on the speed, the persistence time, the contrast above 1 of the lamellipodium, and
        the area.
    polarisation : float
        Added to the polarisation, which stays within 0 and 1.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    speed: Annotated[float, Field(ge=0)] = 1.0
    persistence: Annotated[float, Field(gt=0)] = 1.0
    lam_contrast: Annotated[float, Field(ge=0)] = 1.0
    area: Annotated[float, Field(gt=0)] = 1.0
    polarisation: float = 0.0


class Session(BaseModel):
    """How a day at the microscope saw its cells."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    photoelectrons: Annotated[float, Field(gt=0)]
    background_photoelectrons: Annotated[float, Field(ge=0)] = 15.0
    bleaching_per_frame: Annotated[float, Field(ge=0, lt=1)] = 0.0
    illumination_gradient: Annotated[float, Field(ge=0, lt=2)] = 0.0


class StudyMovie(NamedTuple):
    """One movie of a study."""

    condition: str
    session: str
    name: str
    phantom: Phantom


class StudyPhantom(BaseModel):
    """Movies of single cells: conditions × sessions × cells.

    By default the story of a published study of the Arp2/3 complex: wild type, knock-out and
    knock-in, of which the knock-in is 35 % slower and more polarised, seen in a dim and in a bright
    session, in movies of different lengths, one of which broke off.

    Parameters
    ----------
    conditions : mapping of str to Genotype
    sessions : mapping of str to Session
    cells_per_session : int
        Cells per condition and session.
    n_frames : int
        Mean length of the movies.
    length_spread : float
        Movies are up to this share shorter or longer.
    between_cell_sd : float
        SD of speed and area between cells over their means, cut at 2 SD; brightness and contrast
        vary by half as much.
    empty_rate : float
        Chance of a frame to be empty.
    n_aborted : int
        Movies that break off after a few frames, drawn from all.
    aborted_at : int
        Their length.
    cell : CellPhantom
        Everything else; its brightness, length and seed are replaced.
    seed : int

    Examples
    --------
    >>> movies = list(StudyPhantom(cells_per_session=1))
    >>> [movie.name for movie in movies][:2]
    ['WT_low_1', 'WT_high_1']
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    conditions: Mapping[str, Genotype] = {
        "WT": Genotype(),
        "KO": Genotype(speed=1.03, lam_contrast=0.9),
        "KI": Genotype(speed=0.65, lam_contrast=1.5, polarisation=0.2),
    }
    sessions: Mapping[str, Session] = {
        "low": Session(photoelectrons=100.0),
        "high": Session(photoelectrons=750.0, background_photoelectrons=60.0),
    }
    cells_per_session: Annotated[int, Field(ge=1)] = 3
    n_frames: Annotated[int, Field(ge=2)] = 40
    length_spread: Annotated[float, Field(ge=0, lt=1)] = 0.25
    between_cell_sd: Annotated[float, Field(ge=0, le=0.4)] = 0.12
    empty_rate: Annotated[float, Field(ge=0, lt=1)] = 0.02
    n_aborted: Annotated[int, Field(ge=0)] = 1
    aborted_at: Annotated[int, Field(ge=1)] = 4
    cell: CellPhantom = CellPhantom(
        field_px=(160, 160), speed_um_per_min=1.15, wander=0.5, camera=Camera(gain=2.0)
    )
    seed: Annotated[int, Field(ge=0)] = 0

    def __len__(self) -> int:
        return len(self.conditions) * len(self.sessions) * self.cells_per_session

    def __iter__(self) -> Iterator[StudyMovie]:  # type: ignore[override]
        """Movies by condition, cell and session; none of them draws a pixel before it is read."""
        aborted = draws(self.seed, Purpose.STUDY).permutation(len(self))[: self.n_aborted]
        n = 0
        for condition, genotype in self.conditions.items():
            for cell in range(1, self.cells_per_session + 1):
                for name, session in self.sessions.items():
                    settings = self._settings(n, genotype, session, aborted=n in aborted)
                    yield StudyMovie(condition, name, f"{condition}_{name}_{cell}", settings.make())
                    n += 1

    def _settings(
        self, n: int, genotype: Genotype, session: Session, *, aborted: bool
    ) -> CellPhantom:
        """Settings of the n-th movie."""
        rng = draws(self.seed, Purpose.STUDY, n + 1)
        between = 1 + self.between_cell_sd * np.clip(rng.standard_normal(4), -2, 2)
        speed, area, bright, contrast = between.tolist()
        stretch = 1 + self.length_spread * rng.uniform(-1, 1)
        n_frames = max(round(self.n_frames * stretch), 2)
        empty = tuple(np.flatnonzero(rng.uniform(size=n_frames) < self.empty_rate).tolist())
        base = self.cell
        changes = {
            "n_frames": n_frames,
            "aborted_at": min(self.aborted_at, n_frames) if aborted else None,
            "empty_frames": empty,
            "speed_um_per_min": base.speed_um_per_min * genotype.speed * speed,
            "persistence_min": base.persistence_min * genotype.persistence,
            "area_um2": base.area_um2 * genotype.area * area,
            "lam_contrast": 1
            + (base.lam_contrast - 1) * genotype.lam_contrast * (1 + contrast) / 2,
            "polarisation": float(np.clip(base.polarisation + genotype.polarisation, 0, 1)),
            "photoelectrons": session.photoelectrons * (1 + bright) / 2,
            "background_photoelectrons": session.background_photoelectrons,
            "bleaching_per_frame": session.bleaching_per_frame,
            "illumination_gradient": session.illumination_gradient,
            "seed": int(rng.integers(2**31)),
        }
        return CellPhantom(**{**base.model_dump(), **changes})
