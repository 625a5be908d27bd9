"""The command that runs a study under several models and tells what of it survives."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lamella.cli import HOW_GOOD, app
from lamella.cli.options import Force

if TYPE_CHECKING:
    import pandas as pd

    from lamella.run.outcome import Outcome
    from lamella.run.study import Study


@app.command(name="compare-models", rich_help_panel=HOW_GOOD)
def compare_models(
    study: Annotated[Path, typer.Argument(help="Folder with study.toml, or the file itself.")],
    models: Annotated[
        str,
        typer.Option(
            help="Two or more, with commas: `as-is`, a model folder, a file of weights, a Cellpose "
            "model by its name, or a method such as `multiotsu`."
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Folder: a run per model, and the comparison.")
    ],
    of: Annotated[
        str | None, typer.Option("--object", help="Set of objects; needed where there are several.")
    ] = None,
    names: Annotated[
        str | None, typer.Option(help="What to call the models, with commas; else by their paths.")
    ] = None,
    truth: Annotated[
        str | None,
        typer.Option(
            help="True labels of some frames, seen from the study, such as `truth/{movie}.tif`."
        ),
    ] = None,
    workers: Annotated[
        int, typer.Option("--workers", "-j", min=1, help="Movies at the same time.")
    ] = 1,
    force: Force = False,
) -> None:
    """Run a study under two or more models, all else equal: what survives, and what was found.

    Every model gets a run of its own in OUT/NAME, resumed when the command is given again. Beside
    what compare-runs writes there are scores.csv (empty frames, stability and, where the truth is
    given, how right), masks.csv (how far the masks agree) and speed.csv. Read comparison.html.

    Example: `lamella compare-models movies --models as-is,my_model -o compared --workers 2`
    """
    from lamella.cli import show
    from lamella.cli.compare_runs import print_comparison
    from lamella.cli.study import run_shown, tell_outcome
    from lamella.run.compare_models import compare_models as compared
    from lamella.run.compare_models import plan_models, run_models
    from lamella.run.executors import local
    from lamella.run.study import open_study

    plan = plan_models(
        open_study(study),
        [text.strip() for text in models.split(",")],
        out,
        of=of,
        names=None if names is None else names.split(","),
        truth=truth,
        force=force,
    )

    def run(changed: Study, folder: Path) -> Outcome:
        show.out.print(f"{folder.name}:", soft_wrap=True)
        outcome = run_shown(changed, folder, local(workers, changed.settings.measure))
        tell_outcome(outcome)
        return outcome

    outcomes = run_models(plan, run=run)
    with show.work_bar("comparing") as advance:
        made = compared(plan, outcomes, advance=advance)
    show.out.print()
    print_comparison(made.found)
    _print_scores(made.segmented.summary)
    show.out.print(f"page: {made.page}", soft_wrap=True)
    if any(outcome.failed or outcome.faults for outcome in outcomes.values()):
        raise typer.Exit(1)


def _print_scores(summary: pd.DataFrame) -> None:
    """The scores over all movies, score by score, for terminals of 80 columns."""
    from lamella.cli import show
    from lamella.core.claims import ALL_SESSIONS
    from lamella.core.table import Col
    from lamella.report.analyses import SHOWN_SCORES
    from lamella.report.printed import aligned

    told = summary[Col.SCORE].isin(list(map(str, SHOWN_SCORES)))
    whole = summary[(summary[Col.SESSION] == ALL_SESSIONS) & told]
    table = [["", "movies", "mean", "change (95 %)"]]
    for score, rows in whole.groupby(Col.SCORE, sort=False):
        table.append([str(score)])
        for row in rows.to_dict("records"):
            change = show.number(row[Col.CHANGE])
            if row[Col.CHANGE_LOW] == row[Col.CHANGE_LOW]:
                change += f" ({show.between(row[Col.CHANGE_LOW], row[Col.CHANGE_HIGH])})"
            first = row[Col.COMPARED_WITH] != row[Col.COMPARED_WITH]
            table.append(
                [
                    row[Col.SEGMENTER],
                    str(row[Col.N_MOVIES]),
                    show.number(row[Col.MEAN]),
                    "" if first else change,
                ]
            )
    show.out.print("\nscores of the segmenters (scores_summary.csv):")
    for line in aligned(table, indent=2):
        show.out.print(line, soft_wrap=True)
