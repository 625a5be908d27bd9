"""The command that holds several analyses of one study against each other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lamella.cli import HOW_GOOD, app
from lamella.cli.options import Force

if TYPE_CHECKING:
    from lamella.run.compare_runs import Comparison


@app.command(name="compare-runs", rich_help_panel=HOW_GOOD)
def compare_runs(
    runs: Annotated[list[Path], typer.Argument(help="Folders of results of two or more runs.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for tables and figures.")],
    names: Annotated[
        str | None, typer.Option(help="What to call the runs, with commas; else by their folders.")
    ] = None,
    force: Force = False,
) -> None:
    """Compare runs on the same movies with other segmenters or settings: what survives.

    Writes analyses.csv (effects side by side), agreement.csv (Bland–Altman and concordance per
    measure, cell by cell), differences.csv (settings that differ), matched_cells.csv and figures.

    Example: `lamella compare-runs by_otsu by_motion -o compared --names otsu,motion`
    """
    from lamella.cli import show
    from lamella.run.compare_runs import compare_runs as run

    with show.frame_bar("matching cells") as advance:
        found = run(
            runs,
            out,
            names=None if names is None else names.split(","),
            force=force,
            advance=advance,
        )
    _print(found)
    show.out.print(f"wrote {out}", soft_wrap=True)


def _print(found: Comparison) -> None:
    from lamella.cli import show
    from lamella.core.table import Col

    names = list(found.differences.columns[1:])
    show.out.print(f"{show.counted(len(found.movies), 'movie')} in all runs")
    if len(found.differences):
        show.out.print("\nwhat differs:")
        rows = [[str(cell) for cell in row] for row in found.differences.to_numpy()]
        show.show_table(["setting", *names], rows, most=40)
    show.out.print("\nCohen's d, and what survives (analyses.csv):")
    keys = [key for key in (Col.OBJECT, Col.MEASURE, Col.CLAIM, Col.CONDITION, Col.REFERENCE)
            if key in found.analyses]  # fmt: skip
    rows = []
    for key, effect in found.analyses.groupby(keys, sort=False, dropna=False):
        d = dict(zip(effect[Col.ANALYSIS], effect[Col.COHENS_D], strict=True))
        survives = "yes" if effect[Col.SURVIVES].iloc[0] else "no"
        told = f"{key[-2]} against {key[-1]}"
        rows.append(
            [*map(str, key[:-2]), told, *(show.number(d.get(name)) for name in names), survives]
        )
    head = [*map(str, keys[:-2]), "contrast", *names, "survives"]
    show.show_table(head, rows, most=60)
    show.out.print("\nagreement cell by cell, second minus first (agreement.csv):")
    shown = found.agreement
    rows = [
        [
            f"{row[Col.OTHER_ANALYSIS]} − {row[Col.ANALYSIS]}",
            str(row[Col.MEASURE]),
            str(row[Col.N_MATCHED]),
            f"{show.number(row[Col.BIAS])} ({show.between(row[Col.BIAS_LOW], row[Col.BIAS_HIGH])})",
            show.between(row[Col.LIMIT_LOW], row[Col.LIMIT_HIGH]),
            show.number(row[Col.CONCORDANCE]),
        ]
        for _, row in shown.iterrows()
    ]
    if rows:
        show.show_table(
            ["runs", "measure", "cells", "bias (95 %)", "limits of agreement", "concordance"],
            rows,
            most=60,
        )
    else:
        show.tell("note", "no cell is in two runs")
