"""The command that holds several analyses of one study against each other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lamella.cli import HOW_GOOD, app
from lamella.cli.options import Force

if TYPE_CHECKING:
    import pandas as pd

    from lamella.run.comparison import Comparison


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
    measure, cell by cell), differences.csv (settings that differ), matched_cells.csv, figures, and
    a page of them all, comparison.html.

    Example: `lamella compare-runs by_otsu by_motion -o compared --names otsu,motion`
    """
    from lamella.cli import show
    from lamella.run.compare_runs import compare_runs as run
    from lamella.run.comparison import PAGE

    with show.frame_bar("matching cells") as advance:
        found = run(
            runs,
            out,
            names=None if names is None else names.split(","),
            force=force,
            advance=advance,
        )
    print_comparison(found)
    show.out.print(f"page: {out / PAGE}", soft_wrap=True)


def print_comparison(found: Comparison) -> None:
    """What differs, what survives, and how far the numbers agree."""
    from lamella.cli import show

    names = found.names
    show.out.print(f"{show.counted(len(found.movies), 'movie')} in all runs")
    if len(found.differences):
        show.out.print("\nwhat differs:")
        rows = [[str(cell) for cell in row] for row in found.differences.to_numpy()]
        show.show_table(["setting", *names], rows, most=40)
    show.out.print("\nCohen's d, and what survives (analyses.csv):")
    for line in _effects(found.analyses, names):
        show.out.print(line, soft_wrap=True)
    if not len(found.agreement):
        show.tell("note", "no cell is in two runs")
    for line in _agreement(found.agreement):
        show.out.print(line, soft_wrap=True)


def _effects(analyses: pd.DataFrame, names: list[str]) -> Iterator[str]:
    """Measure by measure, for terminals of 80 columns."""
    from lamella.cli import show
    from lamella.core.table import Col
    from lamella.report.printed import SHORT, aligned

    table = [["", *names, "survives"]]
    of = [key for key in (Col.OBJECT, Col.MEASURE) if key in analyses]
    for measure, rows in analyses.groupby(of, sort=False, dropna=False):
        table.append([": ".join(map(str, measure))])
        keys = [Col.CONDITION, Col.REFERENCE, Col.CLAIM]
        for (condition, reference, claim), effect in rows.groupby(keys, sort=False):
            d = dict(zip(effect[Col.ANALYSIS], effect[Col.COHENS_D], strict=True))
            told = f"{condition} − {reference}, {SHORT[str(claim)]}"
            table.append([told, *(show.number(d.get(name)) for name in names), _survives(effect)])
    yield from aligned(table, indent=2) if len(table) > 1 else ()


def _survives(effect: pd.DataFrame) -> str:
    from lamella.core.table import Col

    first = effect.iloc[0]
    if first[Col.SURVIVES]:
        return "yes"
    decided = int(first[Col.N_ANALYSES_DECIDED])
    if not decided:
        return "nothing shown"
    opposite = (effect[Col.COHENS_D] > 0).any() and (effect[Col.COHENS_D] < 0).any()
    return "no: opposite signs" if opposite else f"no: shown by {decided} of {len(effect)}"


def _agreement(agreement: pd.DataFrame) -> Iterator[str]:
    """Pair by pair of runs, for terminals of 80 columns."""
    from lamella.cli import show
    from lamella.core.table import Col
    from lamella.report.printed import aligned

    pairs = [Col.ANALYSIS, Col.OTHER_ANALYSIS]
    for (first, second), rows in agreement.groupby(pairs, sort=False):
        yield f"\nagreement cell by cell, {second} − {first} (agreement.csv):"
        table = [["cells", "bias (95 %)", "limits of agreement", "concordance"]]
        for row in rows.to_dict("records"):
            table.append([str(row[Col.MEASURE])])
            bias = show.number(row[Col.BIAS])
            table.append(
                [
                    str(row[Col.N_MATCHED]),
                    f"{bias} ({show.between(row[Col.BIAS_LOW], row[Col.BIAS_HIGH])})",
                    show.between(row[Col.LIMIT_LOW], row[Col.LIMIT_HIGH]),
                    show.number(row[Col.CONCORDANCE]),
                ]
            )
        yield from aligned(table, indent=2)
