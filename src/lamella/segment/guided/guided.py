"""One cell for every nucleus, grown from it over the channel in which whole cells show."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from lamella.core.errors import InputError, SettingsError
from lamella.core.frames import Frames, Image, MappedFrames
from lamella.core.step import Step
from lamella.kernels.filters import blurred
from lamella.kernels.geodesic import cheapest_seed
from lamella.kernels.holes import without_holes
from lamella.kernels.regions import find_regions
from lamella.segment.edge import refined_edge
from lamella.segment.fitting import refuse_unlike
from lamella.segment.guided.borders import Borders, cost_of_growing
from lamella.segment.guided.ground import ground_of
from lamella.segment.guided.thresholds import light_around, lowest_otsu, own_thresholds
from lamella.segment.nuclei import UsesNuclei


class Guided(UsesNuclei, Step):
    """Grow a cell from every nucleus, over what is brighter than the ground.

    A nucleus always lies whole inside its cell, which has its number. How bright a pixel must be is
    decided for every nucleus by itself (see `own_thresholds`), so that a dim cell beside bright
    ones is found. Cells grow all at once; where they meet is decided by the way there: far, and
    over borders, is dear (see `cost_of_growing`). The outer edge is then put where the light falls
    to half (see `refined_edge`), and holes within one cell are filled.

    It wants bare ground somewhere in the field, from which light is counted; a sheet without any is
    `confluent`.

    Parameters
    ----------
    borders : {"change", "bright"}
        Where two cells part: where the light changes (stains of the cytoplasm), or along bright
        lines (stains of the membrane, actin).
    by_distance : float
        Weight of the way's length beside that of borders on it, 0 to 1. 1 gives every pixel to the
        nearest nucleus whatever the light, as splitting by nucleus does.
    smoothing_px : float
        SD of the Gaussian; 0 = none.
    edge_px : int
        The outer edge is moved within this distance; 0 = left where the thresholds put it.
    reach_um, reach_px : float or None
        How far a cell reaches beyond its nucleus at most, along ways within it. Not both.
    confluent : bool
        Cells cover all that is within `reach`: nothing is thresholded.
    keep_bare : bool
        A nucleus without visible cytoplasm is a cell itself; otherwise it has none.
    keep_border : bool
        Keep cells that touch the edge of the frame.

    Other Parameters
    ----------------
    nuclei, channel, find, split
        See `UsesNuclei`.

    References
    ----------
    Jones, Carpenter, Golland, Computer Vision for Biomedical Image Applications, LNCS 3765:535
    (2005), doi:10.1007/11569541_54: cells by distance and change of light together, from nuclei.
    """

    version: ClassVar[int] = 1
    scale_free: ClassVar[bool] = True
    method: Literal["guided"] = "guided"
    borders: Borders = "change"
    by_distance: float = Field(0.05, ge=0, le=1)
    smoothing_px: float = Field(1.0, ge=0)
    edge_px: int = Field(3, ge=0)
    reach_um: float | None = Field(None, gt=0, allow_inf_nan=False)
    reach_px: float | None = Field(None, gt=0, allow_inf_nan=False)
    confluent: bool = False
    keep_bare: bool = True
    keep_border: bool = True

    @model_validator(mode="after")
    def _one_reach(self) -> Self:
        if self.reach_um is not None and self.reach_px is not None:
            raise ValueError("it should be either reach_um or reach_px, not both")
        return self

    @classmethod
    def suggestions(cls) -> dict[str, Self]:
        """None: only the user knows where nuclei show."""
        return {}

    def scaled(self, pixel_size_um: float | None) -> Self:
        """The same with `reach_px` for movies of this scale.

        Raises
        ------
        SettingsError
            When `reach_um` is set and the scale is unknown.
        """
        if self.reach_um is None:
            return self
        if pixel_size_um is None:
            raise SettingsError(
                f"reach_um = {self.reach_um:g}",
                "no pixel size is known",
                "state it, or set reach_px instead",
            )
        return self.model_copy(update={"reach_um": None, "reach_px": self.reach_um / pixel_size_um})

    def __call__(
        self, frames: Frames, nuclei: Frames | None = None, *, state: None = None
    ) -> Frames:
        """Labels of every frame, (T, Y, X), with the numbers of the nuclei of the same frame.

        Parameters
        ----------
        frames : Frames
            The channel in which whole cells show, (T, Y, X).
        nuclei : Frames
            Labels of the nuclei, (T, Y, X) integers, 0 = background.

        Raises
        ------
        InputError
            When there are no nuclei, or they have another size or length than the frames.
        SettingsError
            When `reach_um` has not been turned into pixels (see `scaled`).
        """
        if nuclei is None:
            raise InputError(
                "guided segmentation", "it got no nuclei", "give their labels, or their channel"
            )
        refuse_unlike(frames, nuclei, "nuclei", of="the image")
        step, dtype = self.scaled(None), nuclei.dtype if nuclei.dtype.kind == "u" else np.uint32

        def cells_of(t: int) -> Image:
            return step.segment(frames.frame(t), nuclei.frame(t)).astype(dtype)

        return MappedFrames(frames, cells_of, dtype=dtype)

    def segment(self, frame: Image, nuclei: Image) -> Image:
        """Cells of one frame, (Y, X) int64, numbered as their nuclei."""
        found = find_regions(nuclei)
        names = np.concatenate([[0], found.label])
        cells = np.zeros(frame.shape, np.int32)
        if len(found.label):
            seeds = np.searchsorted(names, nuclei).astype(np.int32)
            radius = float(np.median(np.sqrt(found.area / np.pi)))
            cells = without_holes(self._grown(frame.astype(np.float32), seeds, radius))
        if not self.keep_border:
            edge = np.concatenate([cells[0], cells[-1], cells[:, 0], cells[:, -1]])
            cells[np.isin(cells, edge)] = 0
        labels: Image = names[cells]
        return labels

    def _grown(
        self, frame: NDArray[np.float32], seeds: NDArray[np.int32], radius_px: float
    ) -> NDArray[np.int32]:
        signal = blurred(frame, self.smoothing_px) if self.smoothing_px else frame
        otsu = lowest_otsu(signal)
        n = int(seeds.max())
        if otsu is None:  # one grey value: no cytoplasm, and no borders
            least = np.full(n + 1, 0 if self.confluent else np.inf, np.float32)
            one = np.ones_like(signal)
            cells = self._met(seeds, one.astype(np.uint8), least, one)
            return cells if self.keep_bare or self.confluent else np.zeros_like(seeds)
        ground = ground_of(signal, otsu)
        light = signal - ground.level
        otsu = lowest_otsu(light) or 0.0
        cost = cost_of_growing(
            light, otsu=otsu, borders=self.borders, by_distance=self.by_distance,
            radius_px=radius_px,
        )  # fmt: skip
        if self.confluent:
            return self._met(seeds, cost, np.full(n + 1, -np.inf, np.float32), light)
        around = light_around(light, seeds, radius_px=radius_px)
        least = own_thresholds(around, otsu=otsu, noise=ground.noise)
        cells = self._met(seeds, cost, least, light)
        if self.edge_px:
            within = refined_edge(cells > 0, light, within_px=self.edge_px).astype(np.float32)
            grows = np.where(np.isinf(least), np.inf, 0).astype(np.float32)
            cells = self._met(seeds, cost, grows, within)
        if not self.keep_bare:
            cells[np.isinf(least)[cells]] = 0
        return cells

    def _met(
        self,
        seeds: NDArray[np.int32],
        cost: NDArray[np.uint8],
        least: NDArray[np.float32],
        light: NDArray[np.float32],
    ) -> NDArray[np.int32]:
        """Cells grown until they meet, or as far as they reach."""
        reach = np.inf if self.reach_px is None else self.reach_px
        return cheapest_seed(seeds, cost, light, least, reach_px=reach)
