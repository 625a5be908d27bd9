"""What every definition calls lamellipodium, on a few frames of a movie: `lamella sweep`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lamella.core.errors import InputError
from lamella.core.frames import Image
from lamella.core.labels import Labels
from lamella.core.level import Level, PixelBackground, taken_off
from lamella.core.movie import Movie
from lamella.core.table import Col, Column
from lamella.core.take import WHOLE, Take
from lamella.io import open_labels, open_movie
from lamella.io.atomic import whole_file
from lamella.kernels.regions import find_regions
from lamella.measure import Lamellipodium, refuse_mismatch
from lamella.measure.view import FrameView
from lamella.preprocess import refuse_nan
from lamella.report.filmstrip import to_png
from lamella.report.sweep import SweepRow, sweep_picture
from lamella.run.cautions import refuse_image
from lamella.run.settings import MeasureSettings
from lamella.run.single import refuse_existing, refuse_input
from lamella.run.suggest import pick_frames

SHARES = (60, 50, 30)
"""Per cent of the cell that the halves call lamellipodium: percentiles 40, 50 and 70."""


class Variant(NamedTuple):
    """A definition, and the column that its ratio stands in."""

    title: str
    step: Lamellipodium
    column: Column
    recipe: tuple[str, ...]


def variants(base: Lamellipodium) -> list[Variant]:
    """Directions × percentiles, all over the cell and near its edge only, and Otsu's layers.

    `base` gives what does not vary, such as ``band_um`` and ``closing_px``.
    """
    band = base.band_um or Lamellipodium().band_um
    found = []
    for side in ("bright", "dim"):
        for by, share in [*product(("halves", "band"), SHARES), ("layers", None)]:
            changes: dict[str, object] = {"polarity": True, "side": side, "polarity_by": by}
            lines = [] if side == "bright" else [f'side = "{side}"']
            column, title = (
                Col.LAYER_RATIO,
                f"{side}est of three layers".replace("dimest", "dimmest"),
            )
            if share is not None:
                percentile = 100 - share if side == "bright" else share
                changes |= {"percentile": percentile}
                lines.append(f"percentile = {percentile}")
                column, title = (
                    Col.LAM_CYTO_RATIO,
                    f"{side}est {share} %".replace("dimest", "dimmest"),
                )
            if by == "band":
                changes |= {"band_um": band}
                lines.append(f"band_um = {band:g}")
                column, title = Col.BAND_RATIO, f"{title}, near the edge"
            if by == "layers":
                changes |= {"layers": True}
                lines.append("layers = true")
            if base.closing_px:
                lines.append(f"closing_px = {base.closing_px}")
            lines.append(f'polarity_by = "{by}"')
            step = Lamellipodium.model_validate({**base.model_dump(), **changes})
            found.append(Variant(title, step, column, (*lines, f"→ {column}")))
    return found


def _frames_with(labels: Labels, cell: int | None) -> list[int]:
    """Frames in which there is this cell, or any."""
    return [
        t
        for t in labels.frames.span
        if np.any(labels.frames.frame(t) if cell is None else labels.frames.frame(t) == cell)
    ]


def sweep(
    movie: Movie,
    labels: Labels,
    *,
    base: Lamellipodium | None = None,
    level: Level | PixelBackground | None = None,
    frames: Sequence[int] | None = None,
    n_frames: int = 5,
    channel: str | None = None,
    cell: int | None = None,
    height_px: int = 150,
    advance: Callable[[int, int], object] = lambda done, total: None,
) -> NDArray[np.uint8]:
    """Draw what every definition calls lamellipodium, so that one may be chosen by looking.

    Parameters
    ----------
    movie : Movie
        Raw frames.
    labels : Labels
        Cells in the same frames.
    base : Lamellipodium, optional
        What does not vary, such as ``band_um``.
    level : callable, optional
        Grey value to subtract before ratios; none by default.
    frames : sequence of int, optional
        Frames to show; by default `n_frames` of those with a cell, spread over the movie.
    channel : str, optional
        The first by default.
    cell : int, optional
        Show this cell; by default all, with the median of their ratios. A movie of one cell shows
        that cell, closely.
    height_px : int
        Side of a tile.

    Returns
    -------
    (H, W, 3) uint8 array

    Raises
    ------
    InputError
        When movie and labels do not fit, there is no such channel, or no cell in these frames.
    """
    refuse_mismatch(movie, labels)
    name = channel or movie.channel_names[0]
    movie.channel(name)  # refuses a channel that is not there
    picked = list(frames or pick_frames(_frames_with(labels, cell), n_frames))
    light, left = taken_off(movie, level)
    every = variants(base or Lamellipodium())
    shares: list[list[NDArray[np.float32]]] = [[] for _ in every]
    ratios: list[list[float]] = [[] for _ in every]
    images: list[Image] = []
    masks: list[Image] = []
    found: set[int] = set()
    for done, t in enumerate(picked):
        mask = labels.frames.frame(t)
        view = FrameView(t, mask, find_regions(mask), None, None, light, left, mask)
        found |= set(view.regions.label.tolist())
        images.append(view.image(name))
        masks.append(mask)
        for variant, into, ratio in zip(every, shares, ratios, strict=True):
            part = variant.step.part(view, name)
            into.append(part.share)
            own = part.columns[variant.column]
            ratio.append(_middle(own if cell is None else own[view.regions.label == cell]))
        advance(done + 1, len(picked))
    if not found or (cell is not None and cell not in found):
        what = "no object" if cell is None else f"no cell {cell}"
        raise InputError(
            f"labels {labels.name!r} of {movie.source}",
            f"there is {what} in frames {', '.join(map(str, picked))}",
            "choose other frames or another cell",
        )
    rows = [
        SweepRow(variant.title, variant.recipe, share, ratio)
        for variant, share, ratio in zip(every, shares, ratios, strict=True)
    ]
    told = (
        "lamellipodium and ratio"
        if cell is not None or len(found) == 1
        else "lamellipodium and median ratio of the cells"
    )
    return sweep_picture(
        images,
        masks,
        rows,
        captions=_captions(movie, picked),
        heading=f"{Path(movie.source).name}, {name}: {told} by [measure.lamellipodium]",
        cell=cell if cell is not None or len(found) > 1 else next(iter(found)),
        height_px=height_px,
        pixel_size_um=movie.scale.pixel_size_um,
    )


def sweep_movie(
    source: Path,
    labels: Path,
    out: Path,
    *,
    settings: MeasureSettings | None = None,
    n_frames: int = 5,
    channel: str | None = None,
    cell: int | None = None,
    axes: str | None = None,
    take: Take = WHOLE,
    pixel_size_um: float | None = None,
    force: bool = False,
    advance: Callable[[int, int], object] = lambda done, total: None,
) -> int:
    """Write the picture of `sweep` as PNG; gives the number of definitions in it."""
    refuse_input(out, source)
    refuse_input(out, labels)
    refuse_existing(out, force=force)
    settings = settings or MeasureSettings()
    movie = open_movie(source, axes=axes, take=take, pixel_size_um=pixel_size_um)
    masks = open_labels(labels)
    refuse_image(masks, str(labels))
    base = settings.lamellipodium or Lamellipodium()
    picture = sweep(
        refuse_nan(movie),
        masks,
        base=base,
        level=settings.background,
        n_frames=n_frames,
        channel=channel,
        cell=cell,
        advance=advance,
    )
    with whole_file(out) as part:
        part.write_bytes(to_png(picture))
    return len(variants(base))


def _middle(values: NDArray[np.float64]) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else float("nan")


def _captions(movie: Movie, picked: Sequence[int]) -> list[str]:
    minutes = movie.scale.time_min
    return [f"frame {t}" if minutes is None else f"frame {t}, {minutes[t]:g} min" for t in picked]
