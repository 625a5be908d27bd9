"""The command that tells positives in a table of cells."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lamella.cli import A_STUDY, app
from lamella.cli.options import Force


@app.command(rich_help_panel=A_STUDY)
def positives(
    table: Annotated[Path, typer.Argument(metavar="CELLS.csv", help="One row per cell.")],
    measure: Annotated[str, typer.Option(help="Column of the signal.")],
    method: Annotated[
        str, typer.Option("--method", "-m", help="controls, otsu, mixture or value.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the tables.")],
    options: Annotated[
        list[str] | None,
        typer.Option("--set", help="Setting of the method, `condition=vehicle`; may be repeated."),
    ] = None,
    name: Annotated[str, typer.Option(help="What they are positive for.")] = "signal",
    side: Annotated[str, typer.Option(help="Where positives lie: above or below.")] = "above",
    by: Annotated[
        str, typer.Option(help="Column of the plate, each of which has its own threshold; or none.")
    ] = "session",
    condition: Annotated[str, typer.Option(help="Column of the condition.")] = "condition",
    session: Annotated[str, typer.Option(help="Column of the session.")] = "session",
    well: Annotated[str, typer.Option(help="Column of the well.")] = "well",
    force: Force = False,
) -> None:
    """Tell which cells are positive, and count them by field and by well.

    Example: `lamella positives cells.csv --measure EdU -m controls --set condition=no_edu
    --by plate -o edu`
    """
    from lamella.cli import show
    from lamella.run.judge import judge_table, positives_from

    step = positives_from(measure, method, options or [], side=side, by=by)
    found = judge_table(
        table,
        out,
        step,
        name=name,
        columns={"condition": condition, "session": session, "well": well},
        force=force,
    )
    for line in found.words:
        show.out.print(line, soft_wrap=True)
    names = ", ".join(f"{each}.csv" for each in ("cells", *found.tables))
    show.out.print(f"wrote {names} into {out}", soft_wrap=True)
