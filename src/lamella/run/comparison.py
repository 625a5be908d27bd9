"""What a comparison of analyses came to, and how it is written: tables, figures and a page."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pandas as pd

from lamella.core.errors import SettingsError
from lamella.io.atomic import whole_file
from lamella.io.tables import write_readable, write_table
from lamella.run.model_scores import SCORES, SUMMARY
from lamella.run.report import write_figures
from lamella.run.saved import is_run
from lamella.run.single import refuse_existing

ANALYSES, AGREEMENT, DIFFERENCES = "analyses.csv", "agreement.csv", "differences.csv"
MATCHED = "matched_cells"
PAGE = "comparison.html"
MASKS, SPEED = "masks.csv", "speed.csv"


class Comparison(NamedTuple):
    """What became of it; every table is also written."""

    analyses: pd.DataFrame
    """The effects of every run, and which of them survive."""
    agreement: pd.DataFrame
    """How far each two runs agree cell by cell, per measure."""
    differences: pd.DataFrame
    """Settings and versions in which the runs differ, a column per run."""
    movies: list[str]
    """The movies that all runs have."""
    matched: pd.DataFrame
    """Every measure of every cell in both of two runs."""
    title: str
    """The study's."""

    @property
    def names(self) -> list[str]:
        """What the runs are called, in their order."""
        return [str(name) for name in self.differences.columns[1:]]


class Segmented(NamedTuple):
    """What the segmenters of the runs found, where the runs differ in them alone."""

    scores: pd.DataFrame
    """Rows of scores.csv, see `lamella.run.model_scores`."""
    summary: pd.DataFrame
    """Rows of scores_summary.csv."""
    masks: pd.DataFrame
    """How far the masks of each two segmenters agree, movie by movie."""
    speed: pd.DataFrame
    """How far the cells of a condition scatter in speed."""


def refuse_results(out: Path, *, force: bool) -> None:
    """Refuse a run's own folder, and results that are there already unless `force`."""
    if is_run(out):
        raise SettingsError(f"--out {out}", "it is the folder of a run", "choose another folder")
    for name in (ANALYSES, AGREEMENT, DIFFERENCES, PAGE, "figures"):
        refuse_existing(out / name, force=force)


def write_comparison(
    found: Comparison,
    out: Path,
    *,
    segmented: Segmented | None = None,
    notes: list[str] | None = None,
) -> Path:
    """Write the tables, the figures and the page of a comparison.

    Parameters
    ----------
    segmented : Segmented, optional
        Adds its tables, figures and sections.
    notes : list of str, optional
        What the reader of the page should know first, such as movies that failed.

    Returns
    -------
    Path
        The page.
    """
    from lamella.report.analyses import pictures_of_analyses, pictures_of_segmenters
    from lamella.report.analyses_page import AnalysesInput, render_analyses

    write_table(out / ANALYSES, found.analyses)
    write_table(out / AGREEMENT, found.agreement)
    write_table(out / DIFFERENCES, found.differences)
    for suffix in (".csv", ".parquet"):
        (out / f"{MATCHED}{suffix}").unlink(missing_ok=True)
    write_readable(out, MATCHED, found.matched)
    tables = segmented or Segmented(*(pd.DataFrame() for _ in Segmented._fields))
    for file, table in zip((SCORES, SUMMARY, MASKS, SPEED), tables, strict=True):
        if len(table):
            write_table(out / file, table)
    drawn = [
        *pictures_of_segmenters(*tables),
        *pictures_of_analyses(found.analyses, found.matched, found.agreement),
    ]
    write_figures(drawn, out / "figures")
    shown = AnalysesInput(
        title=found.title,
        names=tuple(found.names),
        n_movies=len(found.movies),
        analyses=found.analyses,
        agreement=found.agreement,
        differences=found.differences,
        scores=tables.scores,
        summary=tables.summary,
        masks=tables.masks,
        speed=tables.speed,
        notes=tuple(notes or ()),
    )
    with whole_file(out / PAGE) as part:
        part.write_text(render_analyses(shown, drawn), encoding="utf-8")
    return out / PAGE
