"""Which pixels are cell, and which cell: segmenters and splitters, told apart by ``method``."""

from typing import Annotated

from pydantic import Field

from lamella.segment.cellpose import Cellpose
from lamella.segment.declump import ByDistance, ByIntensity, ByNucleus, Declump
from lamella.segment.diameter import FirstPass, Foreground, estimate_diameter, first_pass
from lamella.segment.external import External
from lamella.segment.guided import Guided
from lamella.segment.labels import ExistingLabels
from lamella.segment.motion import Motion
from lamella.segment.multiotsu import MultiOtsu
from lamella.segment.nuclei import UsesNuclei
from lamella.segment.recurrent import Recurrent

Segmenter = Annotated[
    MultiOtsu | Motion | Guided | Cellpose | Recurrent | ExistingLabels | External,
    Field(discriminator="method"),
]
"""Every segmenter. This union is the registry: the settings, the command line and the tests that
every segmenter must pass read it. A segmenter that is ``scale_free`` gives the same labels whatever
the grey levels are multiplied by, so nothing is gained by stretching frames for it."""

__all__ = [
    "ByDistance",
    "ByIntensity",
    "ByNucleus",
    "Cellpose",
    "Declump",
    "ExistingLabels",
    "External",
    "FirstPass",
    "Foreground",
    "Guided",
    "Motion",
    "MultiOtsu",
    "Recurrent",
    "Segmenter",
    "UsesNuclei",
    "estimate_diameter",
    "first_pass",
]
