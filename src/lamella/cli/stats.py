"""The command that compares conditions in a table of cells."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lamella.cli import A_STUDY, app
from lamella.cli.options import Force


@app.command(rich_help_panel=A_STUDY)
def stats(
    table: Annotated[Path, typer.Argument(metavar="CELLS.csv", help="One row per cell.")],
    value: Annotated[list[str], typer.Option("--value", help="Measure; may be repeated.")],
    condition: Annotated[str, typer.Option(help="Column of the condition.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for tables and figures.")],
    session: Annotated[str | None, typer.Option(help="Column of the imaging session.")] = None,
    unit: Annotated[
        str | None,
        typer.Option(help="Column of what counts as one, such as the well; movie by default."),
    ] = None,
    reference: Annotated[
        str | None, typer.Option(help="Condition to compare with; all pairs by default.")
    ] = None,
    model: Annotated[
        str, typer.Option(help="auto, fixed (session as it is) or mixed (session random).")
    ] = "auto",
    adjust: Annotated[str, typer.Option(help="p for several contrasts: holm, bh, joint.")] = "holm",
    margin: Annotated[
        list[str] | None,
        typer.Option(help="Largest difference of a measure that is none, `measure=0.1`."),
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(help="What a measure is, `measure=fraction` (or mean, count)."),
    ] = None,
    bootstrap_draws: Annotated[
        int, typer.Option(help="Draws of sessions, from 6 on: 99 or more; 0 = none.")
    ] = 1999,
    seed: Annotated[int, typer.Option(help="Of all that is drawn.")] = 0,
    force: Force = False,
) -> None:
    """Compare conditions in any table of cells, ours or another tool's.

    Example: `lamella stats cells.csv --value mean_speed_um_per_min --condition genotype
    --session day -o stats`
    """
    from lamella.cli import show
    from lamella.report.printed import printed
    from lamella.run.report import REPORT_FILE
    from lamella.run.stats import compare_table, contrasts_from

    contrasts = contrasts_from(
        {
            "measures": value,
            "condition": condition,
            "session": session,
            "unit": unit,
            "reference": reference,
            "model": model,
            "adjust": adjust,
            "bootstrap_draws": bootstrap_draws,
            "seed": seed,
        },
        margins=margin or (),
        kinds=kind or (),
    )
    tables = compare_table(table, out, contrasts, force=force)
    for line in printed(tables.effects, tables.models):
        show.out.print(line, soft_wrap=True)
    names = ", ".join(f"{name}.csv" for name in tables._fields)
    show.out.print(f"wrote {names} and figures/ into {out}", soft_wrap=True)
    show.out.print(f"report: {out / REPORT_FILE}", soft_wrap=True)
