"""The command that compares conditions in a table of cells."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lamella.cli import A_STUDY, app
from lamella.cli.options import Force

if TYPE_CHECKING:
    from lamella.statistics import Tables

_MOST_ROWS = 60


@app.command(rich_help_panel=A_STUDY)
def stats(
    table: Annotated[Path, typer.Argument(metavar="CELLS.csv", help="One row per cell.")],
    value: Annotated[list[str], typer.Option("--value", help="Measure; may be repeated.")],
    condition: Annotated[str, typer.Option(help="Column of the condition.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for tables and figures.")],
    session: Annotated[str | None, typer.Option(help="Column of the imaging session.")] = None,
    unit: Annotated[
        str | None, typer.Option(help="Column of what counts as one: movie, well …")
    ] = None,
    reference: Annotated[
        str | None, typer.Option(help="Condition to compare with; all pairs by default.")
    ] = None,
    model: Annotated[
        str, typer.Option(help="auto, fixed (session as it is) or mixed (session random).")
    ] = "auto",
    adjust: Annotated[str, typer.Option(help="p for several contrasts: holm or bh.")] = "holm",
    margin: Annotated[
        list[str] | None,
        typer.Option(help="Largest difference of a measure that is none, `measure=0.1`."),
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(help="What a measure is, `measure=fraction` (or mean, count)."),
    ] = None,
    bootstrap_draws: Annotated[
        int, typer.Option(help="Draws of sessions, from 6 on; 0 = none.")
    ] = 1999,
    seed: Annotated[int, typer.Option(help="Of all that is drawn.")] = 0,
    force: Force = False,
) -> None:
    """Compare conditions in any table of cells, ours or another tool's.

    Example: `lamella stats cells.csv --value mean_speed_um_per_min --condition genotype
    --session day -o stats`
    """
    from lamella.cli import show
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
    _show(tables)
    *names, last = [str(out / f"{name}.csv") for name in tables._fields]
    show.out.print(f"wrote {', '.join(names)} and {last}", soft_wrap=True)


def _show(tables: Tables) -> None:
    """Both claims, then every model behind them."""
    from lamella.cli import show

    whole = tables.effects[tables.effects["session"] == "all"]
    several = [name for name in ("object",) if name in whole.columns]
    show.show_table(
        [*several, "measure", "claim", "condition − reference", "n", "difference", "95 %",
         "cohens_d", "95 %", "p adjusted", "sessions agree", "p interaction"],
        [
            [
                *(str(row[name]) for name in several), row["measure"], row["claim"],
                f"{row['condition']} − {row['reference']}", f"{row['n']}, {row['n_reference']}",
                _number(row["estimate"]), _range(row, "estimate"),
                _number(row["cohens_d"], ".4f"), _range(row, "cohens_d"),
                _number(row["p_adjusted"]), _agree(row), _number(row["p_interaction"]),
            ]
            for row in whole.to_dict("records")
        ],
        most=_MOST_ROWS,
    )  # fmt: skip
    show.out.print()
    show.show_table(
        [*several, "measure", "claim", "model", "condition − reference", "difference", "95 %", "p",
         "used", "verdict"],
        [
            [
                *(str(row[name]) for name in several), row["measure"], row["claim"], row["model"],
                f"{row['condition']} − {row['reference']}",
                _number(row["estimate"]), _range(row, "estimate"), _number(row["p"]),
                "yes" if row["used"] else "", row["verdict"],
            ]
            for row in tables.models.to_dict("records")
        ],
        most=_MOST_ROWS,
    )  # fmt: skip


def _number(value: float, style: str = ".3g") -> str:
    return "–" if math.isnan(value) else format(value, style)


def _range(row: Mapping[Any, Any], name: str) -> str:
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    return "–" if math.isnan(low) else f"{low:.3g} to {high:.3g}"


def _agree(row: Mapping[Any, Any]) -> str:
    if math.isnan(row["n_sessions"]):
        return "–"
    return f"{row['n_sessions_agreeing']:.0f} of {row['n_sessions']:.0f}"
