"""The pictures of one movie for its report: a film strip or a field, and a strip of every cell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lamella.core.movie import Scale
from lamella.core.table import Col
from lamella.io.atomic import whole_file
from lamella.io.documents import write_png
from lamella.report.cell_strips import CellSet, cell_strips
from lamella.report.colony_strip import colony_strip
from lamella.report.field_picture import FieldSet, field_picture
from lamella.report.filmstrip import evenly, filmstrip
from lamella.run.made import Made
from lamella.run.stages import CELL_STRIPS

_PICTURES_IN_STRIP, _PICTURES_OF_FIELD = 6, 3


def pictures_of(
    sets: Sequence[CellSet],
    scale: Scale,
    folder: Path,
    *,
    file: str,
    told: Callable[[int, int], None],
) -> Made:
    """Draw a movie into its folder: `file`, and the strips of its cells where it has any.

    Of a movie the first set is drawn, in six frames where it is one cell, else in three; of a
    single image all sets are, beside each other, and its cells have no strips.

    Parameters
    ----------
    sets : sequence of CellSet
        Of each the channel that it was found in, and its labels with the numbers of cells.
    folder : Path
        ``OUT/movies/<movie>``.
    told : callable
        ``told(done, total)`` while strips are cut.
    """
    if len(sets[0].images) == 1:
        drawn = field_picture(
            [FieldSet(each.name, each.images.frame(0), each.labels.frame(0)) for each in sets],
            pixel_size_um=scale.pixel_size_um,
        )
        frames, cells = [0], None
        (folder / CELL_STRIPS).unlink(missing_ok=True)  # of other settings
    else:
        first = sets[0]
        alone = len(first.tracks.first_last) < 2
        links = first.tracks.links
        shown = np.unique(links[Col.FRAME]) if len(links) else np.array([0])
        picks = evenly(shown, _PICTURES_IN_STRIP if alone else _PICTURES_OF_FIELD)
        frames = picks.tolist()
        minutes = scale.minutes(len(first.images))
        drawn = (filmstrip if alone else colony_strip)(
            [first.images.frame(t) for t in frames],
            [first.labels.frame(t) for t in frames],
            captions=[
                f"frame {t}" + (f", {minutes[t]:g} min" if np.isfinite(minutes[t]) else "")
                for t in frames
            ],
            pixel_size_um=scale.pixel_size_um,
        )
        cells = _strips(sets, folder, told)
    write_png(folder / file, drawn)
    files = (file, CELL_STRIPS) if cells else (file,)
    return Made(files, {"frames": frames, "cell_strips": cells}, {})


def _strips(
    sets: Sequence[CellSet], folder: Path, told: Callable[[int, int], None]
) -> dict[str, Any] | None:
    """Write the strips of the cells of all sets; what their rows are."""
    strips = cell_strips(sets, told=told)
    if strips is None:
        (folder / CELL_STRIPS).unlink(missing_ok=True)  # of other settings
        return None
    with whole_file(folder / CELL_STRIPS) as part:
        part.write_bytes(strips.webp)
    n_cells = sum(len(each.tracks.first_last) for each in sets)
    return {
        "cells": strips.cells,
        "row_px": strips.row_px,
        "width_px": strips.width_px,
        "n_cells_left_out": n_cells - len(strips.cells),
    }
