"""What a report is made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from lamella.core.table import Col
from lamella.report.plates import of_plates, of_stills, on_plates

if TYPE_CHECKING:
    from lamella.report.cell_strips import CellStrips

_SHOWN = {
    Col.MOVIE, Col.OBJECT, Col.CELL, Col.FRAME, Col.TIME_MIN,
    Col.Y_PX, Col.X_PX, Col.Y_UM, Col.X_UM, Col.VALID, Col.PAIR_VALID,
    Col.SPEED, Col.STEP_UM, Col.STEP_PX, Col.AREA_UM2, Col.AREA_PX,
    Col.LAM_MEAN, Col.CYTO_MEAN, Col.LAM_CYTO_RATIO, Col.BACKGROUND,
}  # fmt: skip


def shown_of_frames(names: Iterable[str]) -> list[str]:
    """The columns of the table of frames that a report looks at, those of every channel with them.

    A study may have a hundred others, and a million rows.
    """
    return [name for name in names if name.partition("__")[0] in _SHOWN]


@dataclass(frozen=True)
class ReportInput:
    """Everything a report shows. Any table may be empty or lack columns.

    Attributes
    ----------
    title : str
        Name of the study.
    frames, cells : pandas.DataFrame
        Measures per cell and frame (those of `shown_of_frames` are enough), and per cell.
    columns_of_frames : sequence of str
        Names of all measures per cell and frame, for the list of what they mean.
    quality : pandas.DataFrame
        How far the outlines of every movie can be trusted.
    events : pandas.DataFrame
        What is suspicious in the tracks, the worst first.
    decisions : pandas.DataFrame
        What people decided about suspicious events.
    units : pandas.DataFrame
        The mean over the cells of every movie, which statistics count.
    conditions, effects : pandas.DataFrame
        Means per condition and effect sizes, as statistics give them.
    models, replication : pandas.DataFrame
        Every model of every contrast, and the contrasts session by session.
    outlines : pandas.DataFrame
        Effects measured again with other outlines.
    msd, walks : pandas.DataFrame
        Displacement by lag, and the persistent random walk, of every condition.
    thresholds, fields, wells : pandas.DataFrame
        What counts as positive on every plate, and how many are in every field and well.
    cells_and_nuclei : pandas.DataFrame
        One row per cell with its own measures and those of its nucleus.
    questions, question_lines, question_units : pandas.DataFrame
        What was asked of these, fitted lines, and the means of units.
    nuclei_check : pandas.DataFrame
        How many cells of every movie lack a nucleus, share one or have several.
    cortex : pandas.DataFrame
        Mean profile of every cell's cortex.
    edges : mapping of str to pandas.DataFrame
        The finer table ``edge`` of some cells, by what to call each.
    status : pandas.DataFrame
        movie, stage, state, seconds, peak_mb, message.
    samples : pandas.DataFrame
        movie, path, condition, session, exclude …
    filmstrips : mapping of str to bytes
        PNG of sample frames by movie.
    cell_strips : mapping of str to CellStrips
        Sample frames of every cell by movie.
    provenance : dict
        Nested names and values, shown as they come. Known at the top level: ``versions``,
        ``settings`` (by step), ``movies`` (by movie: fingerprint, keys, normalisation, background).
    warnings : sequence of str
        What the user should act on.
    notes : sequence of str
        Remarks of the user or of the pipeline, shown below the summary.
    """

    title: str = "Study"
    frames: pd.DataFrame = field(default_factory=pd.DataFrame)
    cells: pd.DataFrame = field(default_factory=pd.DataFrame)
    columns_of_frames: Sequence[str] = ()
    quality: pd.DataFrame = field(default_factory=pd.DataFrame)
    events: pd.DataFrame = field(default_factory=pd.DataFrame)
    decisions: pd.DataFrame = field(default_factory=pd.DataFrame)
    units: pd.DataFrame = field(default_factory=pd.DataFrame)
    conditions: pd.DataFrame = field(default_factory=pd.DataFrame)
    effects: pd.DataFrame = field(default_factory=pd.DataFrame)
    models: pd.DataFrame = field(default_factory=pd.DataFrame)
    replication: pd.DataFrame = field(default_factory=pd.DataFrame)
    outlines: pd.DataFrame = field(default_factory=pd.DataFrame)
    msd: pd.DataFrame = field(default_factory=pd.DataFrame)
    walks: pd.DataFrame = field(default_factory=pd.DataFrame)
    thresholds: pd.DataFrame = field(default_factory=pd.DataFrame)
    fields: pd.DataFrame = field(default_factory=pd.DataFrame)
    wells: pd.DataFrame = field(default_factory=pd.DataFrame)
    cells_and_nuclei: pd.DataFrame = field(default_factory=pd.DataFrame)
    questions: pd.DataFrame = field(default_factory=pd.DataFrame)
    question_lines: pd.DataFrame = field(default_factory=pd.DataFrame)
    question_units: pd.DataFrame = field(default_factory=pd.DataFrame)
    nuclei_check: pd.DataFrame = field(default_factory=pd.DataFrame)
    cortex: pd.DataFrame = field(default_factory=pd.DataFrame)
    edges: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    status: pd.DataFrame = field(default_factory=pd.DataFrame)
    samples: pd.DataFrame = field(default_factory=pd.DataFrame)
    filmstrips: Mapping[str, bytes] = field(default_factory=dict)
    cell_strips: Mapping[str, CellStrips] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    warnings: Sequence[str] = ()
    notes: Sequence[str] = ()

    @property
    def stills(self) -> bool:
        """Whether every movie is a single image, in which nothing moves."""
        return of_stills(self.cells)

    @property
    def plates(self) -> bool:
        """Whether sessions are plates, and are called so."""
        return of_plates(self.cells, self.samples)

    @property
    def movie(self) -> str:
        """What to call one movie: image where it is a single one."""
        return "image" if self.stills else "movie"

    @property
    def session(self) -> str:
        """What to call one session: plate where images are of wells."""
        return self.said("session")

    def said(self, text: str) -> str:
        """The page's own words on sessions and movies, as they are said of this study."""
        return on_plates(text) if self.plates else text
