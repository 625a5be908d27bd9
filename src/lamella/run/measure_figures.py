"""Figures of one movie's cells, to look at what was measured: `lamella measure --figures`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lamella.core.errors import SettingsError
from lamella.core.labels import Labels
from lamella.core.movie import Movie
from lamella.core.table import Col
from lamella.io.atomic import whole_file
from lamella.measure import Measurements, Protrusion
from lamella.run.settings import MeasureSettings

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_CELLS = 4
"""Cells that are drawn: those with the most valid steps."""
N_OUTLINES, N_SKELETONS = 6, 3
"""Frames of a cell whose outlines are drawn, and of the movie whose protrusions are."""

_DRAWN = ("protrusion", "edge", "lamellipodium")
_KINDS = ("edge_map", "edge_outlines", "edge_lag", "cortex", "protrusions")

Drawn = Iterator[tuple[str, "Figure"]]


def refuse_nothing_to_draw(settings: MeasureSettings) -> None:
    """Raise the SettingsError of groups none of which has a figure."""
    if not any(name in settings.groups for name in _DRAWN):
        raise SettingsError(
            "--figures",
            f"none of the groups that are measured has any ({', '.join(settings.groups)})",
            f"measure one of {', '.join(_DRAWN)}",
        )


def write_measure_figures(
    folder: Path, movie: Movie, labels: Labels, found: Measurements, settings: MeasureSettings
) -> list[str]:
    """Draw the cells with the most valid steps into `folder`, as PNG.

    Of every such cell ``edge_map`` (velocity, curvature, intensity by place and time),
    ``edge_outlines`` (frames spread over its steps, the outline coloured by velocity), ``edge_lag``
    (intensity against movement) and ``cortex`` (intensity by angle and time, a figure per channel);
    of frames spread over those with tips ``protrusions`` (bodies, skeletons and tips). What a group
    that is off would have measured is not drawn, nor what has no values.

    Parameters
    ----------
    labels : Labels
        Shapes with track ids, as they were measured.

    Returns
    -------
    list of str
        The names of the files.
    """
    from lamella.report.style import as_png

    cells = most_followed(found.cells)
    names = []
    for name, figure in _figures(movie, labels, found, settings, cells):
        with whole_file(folder / f"{name}.png") as part:
            part.write_bytes(as_png(figure))
        names.append(f"{name}.png")
    return names


def remove_figures(folder: Path, *, but: Sequence[str]) -> None:
    """Remove what an earlier time drew and this one did not; other files stay."""
    for kind in _KINDS:
        for old in folder.glob(f"{kind}_*.png"):
            if old.name not in but:
                old.unlink()


def most_followed(cells: pd.DataFrame) -> list[int]:
    """At most `MOST_CELLS` cells, those with the most valid steps first; of equal ones the first.

    >>> most_followed(pd.DataFrame({"cell": [1, 2, 3], "n_valid_pairs": [4, 9, 4]}))
    [2, 1, 3]
    """
    order = np.argsort(-cells[Col.N_VALID_PAIRS].to_numpy(np.int64), kind="stable")
    return [int(cell) for cell in cells[Col.CELL].to_numpy()[order[:MOST_CELLS]]]


def spread(frames: Sequence[int], n: int) -> list[int]:
    """At most `n` of the frames, from the first to the last, equally far apart in their list.

    >>> spread([0, 1, 2, 5, 6, 7, 8], 3), spread([4], 3)
    ([0, 5, 8], [4])
    """
    every = sorted(set(frames))
    if len(every) <= n:
        return every
    return [every[i] for i in np.linspace(0, len(every) - 1, n).round().astype(int)]


def _figures(
    movie: Movie, labels: Labels, found: Measurements, settings: MeasureSettings, cells: list[int]
) -> Drawn:
    for cell in cells:
        own = {
            name: table[table[Col.CELL] == cell]
            for name, table in {"frames": found.frames, **found.finer}.items()
            if Col.CELL in table
        }
        yield from _edge(movie, own, cell)
        yield from _cortex(own, cell)
    if settings.protrusion:
        yield from _protrusions(movie, labels, found, settings.protrusion, cells)


def _edge(movie: Movie, own: dict[str, pd.DataFrame], cell: int) -> Drawn:
    from lamella.report.figures.edge_lag import edge_lag
    from lamella.report.figures.edge_map import edge_map
    from lamella.report.figures.edge_outlines import edge_outlines
    from lamella.report.tables import has_values

    edge = own.get("edge", pd.DataFrame())
    if not len(edge):
        return
    title = f"cell {cell}"
    yield f"edge_map_cell_{cell}", edge_map(edge, title=title)
    moved = edge.loc[edge[Col.EDGE_STEP_PX].notna(), Col.FRAME]
    if len(moved):
        channel = movie.channel()
        images = {t: channel.frame(t) for t in spread(moved.tolist(), N_OUTLINES)}
        yield (
            f"edge_outlines_cell_{cell}",
            edge_outlines(images, edge, pixel_size_um=movie.scale.pixel_size_um, title=title),
        )
    if has_values(own["edge_lags"], Col.EDGE_CORRELATION):
        yield f"edge_lag_cell_{cell}", edge_lag(own["edge_lags"], title=title)


def _cortex(own: dict[str, pd.DataFrame], cell: int) -> Drawn:
    from lamella.report.figures.cortex import cortex_map
    from lamella.report.tables import has_values, per_channel

    cortex = own.get("cortex", pd.DataFrame())
    for measure in per_channel(cortex, Col.CORTEX_MEAN):
        if has_values(cortex, measure):
            channel = measure.partition("__")[2]
            name = f"cortex_cell_{cell}" + (f"_{channel}" if channel else "")
            yield name, cortex_map(cortex, own["frames"], measure=measure, title=f"cell {cell}")


def _protrusions(
    movie: Movie, labels: Labels, found: Measurements, step: Protrusion, cells: list[int]
) -> Drawn:
    from lamella.report.figures.protrusions import protrusions

    um = movie.scale.pixel_size_um
    shown = found.frames[found.frames[Col.CELL].isin(cells) & found.frames[Col.VALID]]
    with_tips = shown[shown[Col.N_TIPS] > 0]
    for t in spread((with_tips if len(with_tips) else shown)[Col.FRAME].tolist(), N_SKELETONS):
        masks = labels.frame(t)
        frames, tips = (
            table[table[Col.FRAME] == t] for table in (found.frames, found.finer["tips"])
        )
        figure = protrusions(
            movie.frame(t),
            masks,
            frames,
            tips,
            step.skeletons(masks, pixel_size_um=um),
            title=f"frame {t}: cell {', '.join(map(str, sorted(cells)))}",
            show=sorted(cells),
            pixel_size_um=um,
        )
        yield f"protrusions_frame_{t:04d}", figure
