"""The group of measures: nucleus, cytoplasm, ring and membrane of every cell of a frame."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, NamedTuple, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field, model_validator

from lamella.core.frames import Image
from lamella.core.movie import Scale
from lamella.core.step import Step
from lamella.core.table import Col, Column
from lamella.kernels.compartments import (
    CYTOPLASM,
    MEMBRANE,
    RING,
    Members,
    members_of,
    paint_compartments,
    signal_of,
)
from lamella.kernels.nuclei_of_cells import NucleiOfCells, nuclei_of_cells
from lamella.kernels.regions import find_regions
from lamella.measure.channels import Channels, suffixes
from lamella.measure.compartment.summary import summary_of_cells
from lamella.measure.view import FrameView, Measured, Seen

FloatArray = NDArray[np.float64]
PerCell = dict[str, FloatArray]

_SIGNALS = {
    Col.NUCLEUS_AREA_PX: (Col.NUCLEUS_SUM, Col.NUCLEUS_MEAN, Col.NUCLEUS_MEDIAN),
    Col.CYTOPLASM_AREA_PX: (Col.CYTOPLASM_SUM, Col.CYTOPLASM_MEAN, Col.CYTOPLASM_MEDIAN),
    Col.PERINUCLEAR_AREA_PX: (Col.PERINUCLEAR_SUM, Col.PERINUCLEAR_MEAN, Col.PERINUCLEAR_MEDIAN),
    Col.MEMBRANE_AREA_PX: (Col.MEMBRANE_SUM, Col.MEMBRANE_MEAN, Col.MEMBRANE_MEDIAN),
}
"""Compartments by their area, with their sum, mean and median."""

_IN_UM2 = {
    Col.NUCLEUS_AREA_PX: Col.NUCLEUS_AREA_UM2,
    Col.CYTOPLASM_AREA_PX: Col.CYTOPLASM_AREA_UM2,
    Col.PERINUCLEAR_AREA_PX: Col.PERINUCLEAR_AREA_UM2,
    Col.MEMBRANE_AREA_PX: Col.MEMBRANE_AREA_UM2,
}


class Compartment(Step):
    """Which nucleus is whose, and the signal of every channel in every part of the cell.

    A cell's **nucleus** is the one that shares most pixels with it (`nuclei_of_cells` tells how
    ties are broken); it is measured whole, also where it reaches beyond the cell's outline, so that
    two cells with one nucleus have the same values (``nucleus_shared``). **Cytoplasm** is the cell
    without any nucleus. The **ring** round the nucleus lies in the cytoplasm, from `ring_gap_um` to
    `ring_gap_um` + `ring_um` from the nucleus's edge; with a gap the blur of the nucleus stays out
    of it. The **membrane** is the band of the cell within `membrane_um` of its edge, without
    nuclei: along the edge of the field, which is a cut, there is none.

    A cell without a nucleus has no cytoplasm and no ring (NaN): its nucleus, which was not found,
    would be in both. Ratios are of means with the background subtracted, on which they depend; NaN
    where the denominator is not positive (counted in ``n_undefined_nucleus_ratio_frames``).

    Without a pixel size what is set in µm is not known, and the ring and the membrane are missing
    unless `ring_px` or `membrane_px` says what to take then.

    A nucleus whose shape was filled in between frames was not seen there: its cell has none.

    Only the set of objects called `cells` is measured, and only where there is one called
    `nuclei`, both after tracking. Cells: means over valid frames.

    Parameters
    ----------
    cells, nuclei : str
        Names of the two sets of objects.
    least_inside : float
        A nucleus of which a smaller share lies in a cell is not the cell's. By default any overlap
        counts, as published, and ``nucleus_inside_fraction`` tells how much there is.
    ring_um, ring_gap_um, membrane_um : float or None
        Widths; None = left out.
    ring_px, ring_gap_px, membrane_px : float or None
        The same where no pixel size is known; None = missing.
    channels : tuple of str or None
        Channels to measure; None = all.
    """

    version: ClassVar[int] = 2
    looks_at_light: ClassVar[bool] = True
    looks_across_frames: ClassVar[bool] = False
    gathered: ClassVar[tuple[str, ...]] = ()
    kept_apart: ClassVar[tuple[str, ...]] = ()
    cells: str = "cell"
    nuclei: str = "nucleus"
    least_inside: float = Field(0.0, ge=0, le=1)
    ring_um: float | None = Field(2.0, gt=0)
    ring_gap_um: float = Field(0.5, ge=0)
    membrane_um: float | None = Field(1.0, gt=0)
    ring_px: float | None = Field(None, gt=0)
    ring_gap_px: float = Field(1.0, ge=0)
    membrane_px: float | None = Field(None, gt=0)
    channels: Channels = Field(None, min_length=1)

    @model_validator(mode="after")
    def _two_sets(self) -> Self:
        if self.cells == self.nuclei:
            raise ValueError("cells and nuclei are two sets of objects")
        return self

    @property
    def measured_set(self) -> str:
        return self.cells

    @property
    def looks_at(self) -> tuple[str, ...]:
        return (self.nuclei,)

    def rows(self, view: FrameView) -> Seen:
        """Nucleus, areas, and the signal of every channel, of every cell of the frame."""
        nuclei, um = view.others[self.nuclei], view.movie.scale.um
        found = nuclei_of_cells(view.labels, nuclei, least_inside=self.least_inside)
        parts = self._parts(view, nuclei, found)
        columns = _whose(found)
        for name, part in parts.items():
            columns |= {name: part.area, _IN_UM2[name]: part.area * um**2}
        cell = view.regions.area.astype(np.float64)
        nucleus, cytoplasm = columns[Col.NUCLEUS_AREA_PX], columns[Col.CYTOPLASM_AREA_PX]
        columns |= {
            Col.CELL_NUCLEUS_AREA_RATIO: cell / nucleus,
            Col.CYTOPLASM_NUCLEUS_AREA_RATIO: cytoplasm / nucleus,
            Col.NUCLEUS_CELL_AREA_RATIO: nucleus / cell,
        }
        for channel, suffix in suffixes(self.channels, view.movie.channel_names).items():
            image = view.image(channel)
            signals = _signals(image, parts, view.background(channel))
            columns |= {name.of(suffix): values for name, values in signals.items()}
        return Seen(columns)

    def complete(self, found: Measured, sightings: pd.DataFrame, scale: Scale) -> Measured:
        """No frame needs another."""
        return found

    def summarise(self, found: Measured, sightings: pd.DataFrame) -> pd.DataFrame:
        """Means over valid frames, the nucleus of most of them, and what was odd, counted."""
        return summary_of_cells(found.frames, sightings)

    def _parts(self, view: FrameView, nuclei: Image, found: NucleiOfCells) -> dict[Column, _Part]:
        """Every compartment that is wanted, by the column of its area."""
        cells, label, box = view.objects
        has = found.nucleus > 0
        of_nuclei = find_regions(nuclei)
        nucleus_box = np.zeros((len(label), 4), np.int64)
        nucleus_box[has] = of_nuclei.box[np.searchsorted(of_nuclei.label, found.nucleus[has])]
        ring, gap, membrane = self._widths_px(view.movie.scale)
        bits = paint_compartments(
            cells,
            nuclei,
            label=label,
            box=box,
            nucleus=found.nucleus,
            nucleus_box=nucleus_box,
            ring_px=ring,
            gap_px=gap,
            membrane_px=membrane,
        )

        def of_cells(bit: int, known: NDArray[np.bool_]) -> _Part:
            members = members_of(cells, np.where(known, label, 0), box, bits=bits, bit=bit)
            return _Part(members, known)

        parts = {
            Col.NUCLEUS_AREA_PX: _Part(members_of(nuclei, found.nucleus, nucleus_box), has),
            Col.CYTOPLASM_AREA_PX: of_cells(CYTOPLASM, has),
        }
        if self.ring_um is not None:
            parts[Col.PERINUCLEAR_AREA_PX] = of_cells(RING, has & np.isfinite(ring))
        if self.membrane_um is not None:
            everywhere = np.full(len(label), np.isfinite(membrane))
            parts[Col.MEMBRANE_AREA_PX] = of_cells(MEMBRANE, everywhere)
        return parts

    def _widths_px(self, scale: Scale) -> tuple[float, float, float]:
        """Ring, gap and membrane; NaN = left out, or not known."""
        if np.isfinite(scale.um):
            ring, gap, membrane = self.ring_um, self.ring_gap_um, self.membrane_um
            return _or_nan(ring) / scale.um, gap / scale.um, _or_nan(membrane) / scale.um
        ring = None if self.ring_um is None else self.ring_px
        membrane = None if self.membrane_um is None else self.membrane_px
        return _or_nan(ring), self.ring_gap_px, _or_nan(membrane)


class _Part(NamedTuple):
    """One compartment of all cells of a frame."""

    members: Members
    known: NDArray[np.bool_]
    """(n,) whether it can be told where it is; it may be without pixels all the same."""

    @property
    def area(self) -> FloatArray:
        """(n,) px; NaN where it is not known."""
        return np.where(self.known, self.members.area, np.nan)


def _or_nan(width: float | None) -> float:
    return float("nan") if width is None else width


def _whose(found: NucleiOfCells) -> PerCell:
    has = found.nucleus > 0
    return {
        Col.NUCLEUS: np.where(has, found.nucleus, np.nan),
        Col.N_NUCLEI: found.n_nuclei.astype(np.float64),
        Col.NUCLEUS_INSIDE: found.inside,
        Col.NUCLEUS_SHARED: np.where(has, found.n_claims > 1, np.nan),
        Col.NUCLEUS_CLAIMS: np.where(has, found.n_claims, np.nan),
    }


def _signals(image: Image, parts: Mapping[Column, _Part], level: float) -> dict[Column, FloatArray]:
    """Sum, mean and median of every compartment, and their ratios."""
    made: dict[Column, FloatArray] = {}
    for name, part in parts.items():
        total, mean, median = signal_of(image, part.members)
        sums, means, medians = _SIGNALS[name]
        made |= {sums: total - level * part.area, means: mean - level, medians: median - level}
    cytoplasm = made[Col.CYTOPLASM_MEAN]
    made[Col.NUCLEUS_CYTOPLASM_RATIO] = _ratio(made[Col.NUCLEUS_MEAN], cytoplasm)
    if Col.PERINUCLEAR_MEAN in made:
        ring = made[Col.PERINUCLEAR_MEAN]
        made[Col.NUCLEUS_RING_RATIO] = _ratio(made[Col.NUCLEUS_MEAN], ring)
    if Col.MEMBRANE_MEAN in made:
        made[Col.MEMBRANE_CYTOPLASM_RATIO] = _ratio(made[Col.MEMBRANE_MEAN], cytoplasm)
    return made


def _ratio(above: FloatArray, below: FloatArray) -> FloatArray:
    return np.divide(above, below, out=np.full(len(below), np.nan), where=below > 0)
