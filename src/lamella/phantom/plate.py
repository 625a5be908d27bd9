"""A plate of still fields: nuclei of which a known share took up EdU, in known wells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Literal

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field
from scipy.special import expit, logit

from lamella.core.frames import ArrayFrames, Image
from lamella.core.movie import Movie, Scale
from lamella.core.table import Col
from lamella.kernels.filters import blurred
from lamella.phantom.camera import Camera
from lamella.phantom.draws import Purpose, draws
from lamella.phantom.nuclei import FieldScene, Nucleus, placed, rendered

Fraction = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]

DNA, EDU, CELL = "DNA", "EdU", "cell"
"""Channels: all nuclei (TO-PRO-3), what positives took up, and the bodies of the cells."""


class PlatePhantom(BaseModel):
    """Fields of the wells of one or several plates.

    Parameters
    ----------
    conditions : mapping of str to float
        Share of nuclei that are positive. Log odds of wells and plates scatter around it, save
        where it is 0 or 1.
    replicates : int
        Of every condition: wells of one plate, or plates with a well each.
    fields : int
        Of every well.
    replicate_is : {"well", "plate"}
    nuclei_per_field : float
        Mean; the number is Poisson's, as far as they find room.
    well_sd, plate_sd : float
        SD of the log odds of being positive, between wells and between plates.
    brightness_sd : float
        SD of the logarithm of a plate's EdU light: exposure and staining differ.
    negative_e, positive_e : float
        Photo-electrons per pixel of the median nucleus in the EdU channel.
    negative_sd, positive_sd : float
        SD of their logarithms: a few negatives are brighter than a few positives.
    background_e, gradient : float
        Light of the bare field, and its change from one side to the other over its mean.
    touching : float
        Share of the nuclei that are laid against another.
    field_px : (int, int)
    pixel_size_um : float
    radius_px : float
        Mean radius of nuclei; between them its SD is a tenth.
    psf_sigma_px : float
        Blur of the optics (SD of a Gaussian).
    camera : Camera
        By default of 12 bits, which the brightest positives fill.
    seed : int

    Examples
    --------
    >>> fields = list(PlatePhantom(replicates=1, fields=1))
    >>> [(field.well, field.condition) for field in fields][:2]
    [('B02', 'no_edu'), ('C02', 'vehicle')]
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    conditions: Mapping[str, Fraction] = {
        "no_edu": 0.0,
        "vehicle": 0.35,
        "drug_a": 0.35,
        "drug_b": 0.5,
        "drug_c": 0.2,
        "drug_d": 0.1,
    }
    replicates: Annotated[int, Field(ge=1, le=22)] = 3
    fields: Annotated[int, Field(ge=1)] = 4
    replicate_is: Literal["well", "plate"] = "well"
    nuclei_per_field: NotNegative = 45.0
    well_sd: NotNegative = 0.15
    plate_sd: NotNegative = 0.2
    brightness_sd: NotNegative = 0.2
    negative_e: Positive = 40.0
    positive_e: Positive = 320.0
    negative_sd: NotNegative = 0.3
    positive_sd: NotNegative = 0.4
    background_e: NotNegative = 30.0
    gradient: Annotated[float, Field(ge=0, lt=2)] = 0.5
    touching: Fraction = 0.15
    field_px: tuple[Annotated[int, Field(ge=64)], Annotated[int, Field(ge=64)]] = (320, 320)
    pixel_size_um: Positive = 0.65
    radius_px: Annotated[float, Field(ge=3)] = 8.5
    psf_sigma_px: NotNegative = 1.2
    camera: Camera = Camera(gain=5.0, bit_depth=12)
    seed: Annotated[int, Field(ge=0)] = 0

    def __len__(self) -> int:
        return len(self.conditions) * self.replicates * self.fields

    def __iter__(self) -> Iterator[PlateField]:  # type: ignore[override]
        """Fields by replicate, condition and number; none draws a pixel before it is read."""
        for replicate in range(self.replicates):
            plate = replicate if self.replicate_is == "plate" else 0
            of_plate = draws(self.seed, Purpose.STUDY, 0, plate)
            brightness = np.exp(self.brightness_sd * of_plate.standard_normal())
            shift = self.plate_sd * of_plate.standard_normal() * (self.replicate_is == "plate")
            for row, (condition, planted) in enumerate(self.conditions.items()):
                of_well = draws(self.seed, Purpose.STUDY, 1, replicate, row)
                fraction = _moved(planted, shift + self.well_sd * of_well.standard_normal())
                column = 2 + (replicate if self.replicate_is == "well" else 0)
                for number in range(1, self.fields + 1):
                    yield PlateField(
                        self,
                        condition=condition,
                        plate=f"plate{plate + 1}",
                        well=f"{_row(row)}{column:02d}",
                        replicate=replicate + 1,
                        field=number,
                        fraction=fraction,
                        brightness=float(brightness),
                        at=(replicate, row, number),
                    )


@dataclass(frozen=True)
class PlateField:
    """One field; its nuclei and images are drawn when they are asked for.

    Parameters
    ----------
    fraction : float
        Chance of every nucleus of its well to be positive.
    brightness : float
        Factor of the plate on the light of EdU.
    at : (int, int, int)
        Number of the replicate, the condition and the field.
    """

    settings: PlatePhantom
    condition: str
    plate: str
    well: str
    replicate: int
    field: int
    fraction: float
    brightness: float
    at: tuple[int, int, int]

    @property
    def name(self) -> str:
        return f"{self.plate}_{self.well}_f{self.field}"

    @cached_property
    def nuclei(self) -> list[Nucleus]:
        """The nuclei of the field, with what they have taken up."""
        s, rng = self.settings, draws(self.settings.seed, Purpose.PLACE, *self.at)
        found = placed(
            rng,
            n=int(rng.poisson(s.nuclei_per_field)),
            field_px=s.field_px,
            radius_px=s.radius_px,
            touching=s.touching,
        )
        taken = draws(s.seed, Purpose.FIELD, *self.at)
        positive = taken.random(len(found)) < self.fraction
        scatter = taken.standard_normal(len(found))
        dim = s.negative_e * np.exp(s.negative_sd * scatter)
        bright = s.positive_e * np.exp(s.positive_sd * scatter)
        light = self.brightness * np.where(positive, bright, dim)
        return [
            nucleus._replace(positive=bool(is_positive), edu_e=float(e))
            for nucleus, is_positive, e in zip(found, positive, light, strict=True)
        ]

    @cached_property
    def _scene(self) -> FieldScene:
        s = self.settings
        return rendered(
            self.nuclei,
            draws(s.seed, Purpose.TEXTURE, *self.at),
            field_px=s.field_px,
            reach_px=2.2 * s.radius_px,
        )

    @property
    def labels(self) -> Image:
        """(Y, X) uint16 numbers of the nuclei, 0 = background; as in `truth`."""
        return self._scene.labels

    @cached_property
    def truth(self) -> pd.DataFrame:
        """One row per nucleus that the field shows.

        `movie`, `condition`, `session`, `well`, `label`, `y_px`, `x_px` (its centre), `area_px`,
        `positive`, `edu_e` (photo-electrons per pixel, before blur and background).
        """
        areas = np.bincount(self.labels.ravel(), minlength=len(self.nuclei) + 1)
        rows = [
            {
                Col.MOVIE: self.name,
                Col.CONDITION: self.condition,
                Col.SESSION: self.plate,
                Col.WELL: self.well,
                Col.LABEL: label,
                Col.Y_PX: nucleus.y,
                Col.X_PX: nucleus.x,
                Col.AREA_PX: int(areas[label]),
                Col.POSITIVE: nucleus.positive,
                "edu_e": nucleus.edu_e,
            }
            for label, nucleus in enumerate(self.nuclei, start=1)
            if areas[label]
        ]
        return pd.DataFrame(rows, columns=_TRUTH)

    @cached_property
    def images(self) -> dict[str, Image]:
        """(Y, X) of every channel, as the camera gives it."""
        s, scene = self.settings, self._scene
        edu = np.array([0.0, *(nucleus.edu_e for nucleus in self.nuclei)])
        light = {
            DNA: _DNA_E * scene.texture * (scene.labels > 0),
            EDU: edu[scene.labels] * scene.texture,
            CELL: _CELL_E * scene.bodies,
        }
        across = np.linspace(-0.5, 0.5, s.field_px[1])
        background = s.background_e * (1 + s.gradient * across)[None, :]
        camera = draws(s.seed, Purpose.CAMERA, *self.at)
        return {
            channel: s.camera.expose(blurred(electrons, s.psf_sigma_px) + background, camera)
            for channel, electrons in light.items()
        }

    @property
    def movie(self) -> Movie:
        """The field as a movie of one frame."""
        frames = {channel: ArrayFrames(image[None]) for channel, image in self.images.items()}
        scale = Scale(pixel_size_um=self.settings.pixel_size_um)
        return Movie(frames, scale, source=self.name)


def plate_truth(fields: Iterable[PlateField]) -> pd.DataFrame:
    """The nuclei of several fields, one below the other; see `PlateField.truth`."""
    return pd.concat([field.truth for field in fields], ignore_index=True)


_TRUTH = [
    Col.MOVIE, Col.CONDITION, Col.SESSION, Col.WELL, Col.LABEL, Col.Y_PX, Col.X_PX, Col.AREA_PX,
    Col.POSITIVE, "edu_e",
]  # fmt: skip
_DNA_E, _CELL_E = 400.0, 150.0


def _moved(fraction: float, shift: float) -> float:
    """A chance whose log odds are shifted; 0 and 1 stay what they are."""
    return float(expit(logit(fraction) + shift)) if 0 < fraction < 1 else fraction


def _row(number: int) -> str:
    """B for 0: the rim of a plate stays empty; AB after Z."""
    letters = ""
    number += 2
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
