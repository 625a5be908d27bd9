"""How fast nucleus, cytoplasm, ring and membrane are found, against plain numpy per cell."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from plain_compartments import plain_compartments
from scipy.ndimage import find_objects
from timing import paired, ratio

from lamella.core.labels import Labels
from lamella.core.movie import Movie
from lamella.measure import Compartment, measure

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from worlds.nucleated import nucleated_field

_SIDE, _PLACES, _TILES, _CHANNELS, _REPEATS = 2048, 5, 9, 3, 3
_RING, _GAP, _MEMBRANE = 4.0, 1.0, 2.0
_PART = 40  # cells of which the plain loops are timed, spread over the field


def compartments() -> list[str]:
    """Topic m."""
    cells, nuclei, light = _field()
    images = np.stack([light * (c + 1) for c in range(_CHANNELS)])
    movie = Movie.from_array(images[None], axes="TCYX", pixel_size_um=1.0)
    step = Compartment(ring_um=_RING, ring_gap_um=_GAP, membrane_um=_MEMBRANE)
    names = np.unique(cells)[1:]
    widths = {"ring_px": _RING, "gap_px": _GAP, "membrane_px": _MEMBRANE}

    def ours() -> pd.DataFrame:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return measure(
                movie,
                Labels.from_array(cells[None]),
                [step],
                others={"nucleus": Labels.from_array(nuclei[None], name="nucleus")},
            ).frames

    margin = int(_RING + _GAP) + 2
    boxes = [
        tuple(slice(max(side.start - margin, 0), side.stop + margin) for side in box)
        for box in find_objects(cells)
    ]
    part = np.arange(0, len(names), max(1, len(names) // _PART))
    own = [boxes[i] for i in part]

    def plain(of: np.ndarray, windows: Sequence[Any]) -> list[list[float]]:
        return [
            _row(cells, nuclei, images, int(name), widths, window)
            for name, window in zip(of, windows, strict=True)
        ]

    seconds = paired(
        {
            "ours": ours,
            "boxes": lambda: plain(names[part], own),
            "whole": lambda: plain(names[:1], [(slice(None), slice(None))]),
        },
        repeats=_REPEATS,
    )
    found, theirs = ours().iloc[part], np.array(plain(names[part], own))
    columns = [f"{part}_{what}__{c}" for c in movie.channel_names
               for part in ("nucleus", "cytoplasm", "perinuclear", "membrane")
               for what in ("sum", "mean", "median")]  # fmt: skip
    off = float(np.nanmax(np.abs(found[columns].to_numpy() / theirs - 1)))
    boxed, whole = seconds["boxes"] * len(names) / len(part), seconds["whole"] * len(names)
    rows = {
        "`Compartment`, the whole table": (seconds["ours"], ""),
        f"plain numpy and scipy, a cell's box at a time, {len(part)} cells timed": (
            boxed, f"{ratio(boxed, seconds['ours']):.1f}×",
        ),
        "plain numpy and scipy on the whole image, one cell timed": (
            whole, f"{ratio(whole, seconds['ours']):.0f}×",
        ),
    }  # fmt: skip
    return [
        f"A still of {_SIDE}×{_SIDE} with {len(names)} cells, each with a nucleus, {_CHANNELS} "
        "channels: sum, mean and median of nucleus, cytoplasm, ring and membrane. Plain numpy "
        "(`benchmarks/plain_compartments.py`) goes from cell to cell. Largest relative difference "
        f"of any of the {len(part) * len(columns)} numbers of {len(part)} cells: {off:.0e}. The "
        "plain loops were timed on so many cells, and their time is scaled to all.",
        "",
        "| | seconds | slower than `Compartment` |",
        "| --- | --- | --- |",
        *(f"| {name} | {np.median(each):.3g} | {told} |" for name, (each, told) in rows.items()),
    ]


def _field() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cells, nuclei and light: one small field again and again, with numbers of their own."""
    field = nucleated_field(_PLACES, seed=77, pitch_px=45, nucleus_px=(7, 9), cell_px=(17, 21))
    tile = np.arange(_TILES**2, dtype=np.uint16).reshape(_TILES, _TILES)
    which = np.kron(tile, np.ones(field.cells.shape, np.uint16))
    made = []
    for labels in (field.cells, field.nuclei):
        every = np.tile(labels, (_TILES, _TILES))
        made.append(np.where(every > 0, every + which * labels.max(), 0).astype(np.uint16))
    made.append(np.tile(field.image(noise=True), (_TILES, _TILES)))
    room = _SIDE - len(which)
    cells, nuclei, light = (np.pad(part, (0, room)) for part in made)
    return cells, nuclei, light


def _row(
    cells: np.ndarray, nuclei: np.ndarray, images: np.ndarray, name: int,
    widths: dict[str, float], window: tuple[slice, slice],
) -> list[float]:  # fmt: skip
    _, masks = plain_compartments(cells, nuclei, name, **widths, window=window)
    made = []
    for image in images[:, *window]:
        for mask in masks.values():
            values = image[mask].astype(np.float64)
            made += [values.sum(), values.mean(), float(np.median(values))]
    return made


if __name__ == "__main__":
    print("\n".join(compartments()))
