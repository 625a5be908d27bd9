"""The command that plans a study."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lamella.cli import A_STUDY, app
from lamella.cli.options import Force


@app.command(rich_help_panel=A_STUDY)
def power(
    table: Annotated[
        Path, typer.Argument(metavar="CELLS.csv", help="One row per cell, of a study like it.")
    ],
    value: Annotated[str, typer.Option("--value", help="Measure.")],
    condition: Annotated[str, typer.Option(help="Column of the condition.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for power.csv and its figure.")],
    session: Annotated[str | None, typer.Option(help="Column of the imaging session.")] = None,
    unit: Annotated[
        str | None,
        typer.Option(help="Column of what counts as one, such as the well; movie by default."),
    ] = None,
    reference: Annotated[
        str | None, typer.Option(help="Condition whose mean the effect is set against.")
    ] = None,
    effect: Annotated[
        float | None, typer.Option(help="Difference to find, in the unit of the measure.")
    ] = None,
    effect_d: Annotated[
        float | None, typer.Option(help="The same in SD of units within sessions (Cohen's d).")
    ] = None,
    wanted: Annotated[float, typer.Option("--power", help="Chance to find it.")] = 0.8,
    sd_within: Annotated[
        float | None, typer.Option(help="SD of units within sessions, instead of the table's.")
    ] = None,
    sd_interaction: Annotated[
        float | None,
        typer.Option(help="SD of what a condition does between sessions, instead of the table's."),
    ] = None,
    force: Force = False,
) -> None:
    """How many movies and sessions a study needs to find an effect.

    Example: `lamella power cells.csv --value area_um2 --condition drug --session day --effect 40
    -o plan`
    """
    from lamella.cli import show
    from lamella.run.power import Wanted, plan_study

    planned = plan_study(
        table,
        out,
        Wanted(effect, effect_d, wanted, sd_within, sd_interaction),
        value=value,
        condition=condition,
        session=session,
        unit=unit,
        reference=reference,
        force=force,
    )
    for line in planned.words:
        show.out.print(line, soft_wrap=True)
    for line in planned.notes:
        show.tell("note", line)
    show.out.print(f"wrote {out / 'power.csv'} and {out / 'power.png'}", soft_wrap=True)
