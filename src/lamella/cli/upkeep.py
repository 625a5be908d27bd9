"""Commands on the folder of a run: status, clean."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lamella.cli import A_STUDY, app

if TYPE_CHECKING:
    from lamella.run.overview import Overview

_RUN = Annotated[Path, typer.Argument(help="Folder of results of a run.")]
_LOOK_EVERY_S = 2.0
_FAR_S = 1e9  # an end in thirty years is no forecast
_MUTE_S = 60.0
"""A run that says nothing for so long is told of; a stage tells every few seconds."""


@app.command(rich_help_panel=A_STUDY)
def status(
    run: _RUN,
    watch: Annotated[
        bool, typer.Option("--watch", "-w", help="Go on until the run ends; Ctrl-C leaves.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For a program to read.")] = False,
) -> None:
    """How far a run is: movies, stages, rate, what is under way, what failed. Reads only.

    From any shell, and any machine that sees the folder, while the run works or afterwards.

    Example: `lamella status movies/results --watch`
    """
    from lamella.cli import show
    from lamella.io.documents import as_json as in_json
    from lamella.run.overview import overview

    while True:
        seen = overview(run)
        if as_json:
            typer.echo(in_json(seen.as_json()))
        else:
            if watch and show.out.is_terminal:
                show.out.clear()
            for line in in_words(seen):
                show.out.print(line, soft_wrap=True)
        if not watch or seen.state != "running":
            return
        time.sleep(_LOOK_EVERY_S)


@app.command(rich_help_panel=A_STUDY)
def clean(
    run: _RUN,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do it; else it is only told.")] = False,
    views: Annotated[
        bool,
        typer.Option("--views", help="Centred views and pictures, too: a new report has none."),
    ] = False,
    study: Annotated[
        Path | None, typer.Option(help="Folder of the study, where it is not around the run.")
    ] = None,
) -> None:
    """Say what a run no longer needs, and how many MB; with --yes remove it.

    Labels before tracking and measures by group, which are computed again where settings change;
    chunks of movies that are whole; movies that are no longer in samples.csv; what a killed run
    left half-written. Corrections by hand, labels, tracks and tables stay. Finished movies stay
    finished.

    Example: `lamella clean movies/results --yes`
    """
    from lamella.cli import show
    from lamella.run.clean import by_kind, what_can_go
    from lamella.run.clean import clean as do

    doomed = (
        do(run, views=views, study=study) if yes else what_can_go(run, views=views, study=study)
    )
    rows = [
        [what, str(n), f"{n_bytes / 1e6:.1f}"] for what, (n, n_bytes) in by_kind(doomed).items()
    ]
    total = sum(each.n_bytes for each in doomed) / 1e6
    if not rows:
        show.out.print("nothing to remove")
        return
    show.show_table(["what", "files", "MB"], rows)
    if yes:
        show.out.print(f"removed {total:.1f} MB")
    else:
        show.out.print(f"{total:.1f} MB would go; nothing was removed")
        more = " --views" if views else ""
        show.out.print(f"next: lamella clean {run}{more} --yes", soft_wrap=True)


def in_words(seen: Overview) -> list[str]:
    """What `lamella status` prints."""
    began = datetime.fromtimestamp(seen.began).astimezone().isoformat(sep=" ", timespec="seconds")
    by = f"process {seen.process} on {seen.host}"
    again = ": run the same command again to go on (without --fresh)"
    states = {
        "running": f"running: {seen.phase}; {by} holds the folder since {began}",
        "finished": f"finished, after {_span(seen.seconds)}; it began {began}",
        "stopped": f"stopped, after {_span(seen.seconds)}{again}",
        "failed": f"failed, after {_span(seen.seconds)}{again}",
        "lost": f"it was killed ({by}, begun {began}){again}",
    }
    lines = [states[seen.state]]
    parts = [
        f"{n} {what}"
        for n, what in (
            (seen.done, "done"),
            (seen.cached, "up to date before"),
            (len(seen.working), "under way" if seen.state == "running" else "begun"),
            (seen.waiting, "waiting"),
            (seen.failed, "failed"),
        )
        if n or what == "done"
    ]
    lines.append(f"{seen.movies} movies: {', '.join(parts)}")
    if seen.movies_per_hour is not None:
        per_hour = seen.movies_per_hour
        rate = f"{per_hour:.2g}" if per_hour < 10 else f"{per_hour:,.0f}".replace(",", " ")
        rate += " movies an hour"
        if seen.left_s is not None and seen.state == "running" and seen.left_s < _FAR_S:
            ends = datetime.fromtimestamp(time.time() + seen.left_s)
            rate += f"; {_span(seen.left_s)} to go, until about {ends:%Y-%m-%d %H:%M}"
        lines.append(rate)
    if seen.state == "running" and seen.heard_s > _MUTE_S:
        lines.append(f"it has told nothing for {_span(seen.heard_s)}")
    for each in seen.working:
        at = f"{each.done} of {each.total}" if each.total > 1 else "begun"
        since = f", for {_span(each.seconds)}" if seen.state == "running" else ""
        lines.append(f"  {each.movie}: {each.stage}, {at}{since}")
    if seen.working and seen.state != "running":
        lines.append("  their stages before these are whole, and are not run again")
    if seen.deaths:
        times = f"{seen.deaths} time{'s' * (seen.deaths != 1)}"
        lines.append(f"  a worker died with its movie, {times}; these were tried again")
    for stage, of in seen.stages.items():
        mean = f", {of.seconds / of.done:.2g} s each" if of.done else ""
        bad = f", {of.failed} failed" if of.failed else ""
        lines.append(f"  {stage}: {of.done} done{mean}, {of.cached} up to date before{bad}")
    lines += [f"failed: {each.movie}: {each.message}" for each in seen.failures]
    return lines


def _span(seconds: float) -> str:
    """A time in words: 12 s, 3 min, 2 h 05 min."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"
