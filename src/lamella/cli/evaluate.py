"""Commands that hold results against something: evaluate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lamella.cli import HOW_GOOD, app
from lamella.cli.options import Force

if TYPE_CHECKING:
    from lamella.run.evaluate import Evaluation

_WORST = 5


@app.command(rich_help_panel=HOW_GOOD)
def evaluate(
    reference: Annotated[
        Path, typer.Argument(help="Truth: label movie, or folder such as 01_GT or 01_ST.")
    ],
    result: Annotated[Path, typer.Argument(help="Label movie, or folder such as 01_RES.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="scores.json, every score by its name.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what scores.json holds.")] = False,
    matches: Annotated[
        Path | None, typer.Option(help="CSV to write: what became of every object, and where.")
    ] = None,
    switches: Annotated[
        Path | None, typer.Option(help="CSV to write: where the result takes one cell for another.")
    ] = None,
    persistent_ids: Annotated[
        bool,
        typer.Option(
            "--persistent-ids",
            help="Without a file of tracks: a number is the same cell in every frame.",
        ),
    ] = False,
    force: Force = False,
) -> None:
    """Score labels and tracks against a truth: SEG, DET, TRA, pixels, average precision, errors.

    Both are label movies, or folders of the Cell Tracking Challenge. TRA needs to know who is who:
    from the folders' text files, or from numbers that persist.

    Example: `lamella evaluate 01_GT 01_RES -o scores.json --matches matches.csv`
    """
    from lamella.cli import show
    from lamella.core.errors import SettingsError
    from lamella.io import as_json as json_of
    from lamella.run.evaluate import evaluate as run

    given = [path.resolve() for path in (out, matches, switches) if path is not None]
    if len(set(given)) < len(given):
        raise SettingsError("--out", "two results have one name", "give every file its own name")
    with show.frame_bar("evaluating") as advance:
        made = run(
            reference,
            result,
            out,
            matches=matches,
            switches=switches,
            persistent_ids=persistent_ids,
            force=force,
            advance=advance,
        )
    for note in made.notes:
        show.tell("note", note)
    if as_json:
        typer.echo(json_of(made.as_json()))
        return
    _print_tables(made)
    by_reason: dict[str, list[str]] = {}
    for name, reason in made.scores.reasons.items():
        by_reason.setdefault(reason, []).append(name)
    for reason, names in by_reason.items():
        show.tell("note", f"no {', '.join(names)}: {reason}")
    written = [str(path) for path in (out, matches) if path is not None]
    written += [str(switches)] if switches is not None and made.scores.switches is not None else []
    if written:
        show.out.print(f"wrote {', '.join(written)}", soft_wrap=True)
    if switches is not None and made.scores.switches is None:
        show.tell("note", f"{switches} is not written: switches need the tracks of both")


def _print_tables(made: Evaluation) -> None:
    """Scores, errors by kind, and the frames in which most of them are."""
    from lamella.cli import show
    from lamella.core.table import Col
    from lamella.evaluate import KINDS

    values, matches = made.scores.values, made.scores.matches
    names = ["SEG", "DET", "TRA", "F1", "precision", "recall", "IoU", "Dice"]
    names += ["AP50", "AP75", "AP50_95"]
    show.show_table(names, [[show.number(values[name], ".4f") for name in names]])
    counts = ["n_objects_reference", "n_objects_result", *(f"n_{kind}" for kind in KINDS)]
    counts.append("n_switches")
    show.out.print()
    show.show_table(
        [name.removeprefix("n_") for name in counts],
        [[show.number(values[name], "d") for name in counts]],
    )
    wrong = matches[matches[Col.KIND] != KINDS[0]]
    if len(wrong):
        table = wrong.groupby([Col.FRAME, Col.KIND]).size().unstack(fill_value=0)
        table = table.reindex(columns=list(KINDS[1:]), fill_value=0)
        worst = table.loc[table.sum(axis=1).sort_values(ascending=False, kind="stable").index]
        rows = [[str(t), *map(str, row)] for t, *row in worst.head(_WORST).itertuples()]
        show.out.print(f"\nframes with the most errors, of {len(worst)} with any:")
        show.show_table(["frame", *KINDS[1:]], rows)
