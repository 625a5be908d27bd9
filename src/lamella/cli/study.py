"""Commands on a study: demo, init, check, run, report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lamella.cli import A_STUDY, app
from lamella.cli.options import scale

if TYPE_CHECKING:
    from lamella.run.chunks import Cutting
    from lamella.run.executors import Crew
    from lamella.run.outcome import Outcome
    from lamella.run.study import Study

_Out = Annotated[
    Path | None, typer.Option("--out", "-o", help="Folder of results; STUDY/results by default.")
]
_Workers = Annotated[
    int, typer.Option("--workers", "-j", min=1, help="Movies, or chunks of them, at the same time.")
]


@app.command(rich_help_panel=A_STUDY)
def init(
    folder: Annotated[Path, typer.Argument(help="Folder that holds the raw movies.")],
    pattern: Annotated[
        str,
        typer.Option(
            "--pattern", "-p", help="How their paths are built, `{condition}{session}/{cell}.tif`."
        ),
    ],
    pixel_size_um: Annotated[
        str | None, typer.Option(help="µm per pixel where files do not say; or `unknown`.")
    ] = None,
    interval_min: Annotated[
        str | None,
        typer.Option(help="Minutes per frame where files do not say; or `unknown`."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", help="Folder for study.toml and samples.csv; FOLDER by default."
        ),
    ] = None,
    track: Annotated[
        str, typer.Option(help="largest: one cell a movie; lap or overlap: every cell is followed.")
    ] = "largest",
    stills: Annotated[
        bool, typer.Option("--stills", help="Still images, as of plates: nuclei and cells of each.")
    ] = False,
    plate_map: Annotated[
        Path | None,
        typer.Option(help="CSV of wells and their conditions: a list, or a grid like the plate."),
    ] = None,
    nuclei: Annotated[
        str | None, typer.Option(help="Stills: the channel of nuclei; by its name by default.")
    ] = None,
    cells: Annotated[
        str | None, typer.Option(help="Stills: the channel of whole cells; the last by default.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing study.")] = False,
) -> None:
    """Scan a folder and write study.toml and samples.csv (one row per movie, or field of a plate).

    `{name}` is the shortest match within one part of a path, `{name:d}` digits, `{name:a}` letters;
    `{condition}{session}` means letters, then digits. Files that differ only in `{channel}` are one
    movie; beside it `*` stands for what differs between them and means nothing. `{well}`, or
    `{row}` and `{column}`, are written A01; `{plate}` is a session.

    Example: `lamella init movies -p "{condition}{session}/{cell}.tif" --pixel-size-um 0.318`
    """
    from lamella.cli import show
    from lamella.run.init import Stills, find_movies, write_study
    from lamella.run.plate_map import read_plate_map, shortened, with_plate_map

    found = find_movies(folder, pattern)
    mapped = None
    if plate_map is not None:
        mapped = with_plate_map(found.samples, read_plate_map(plate_map))
        found = replace(found, samples=mapped.samples)
    into = out or folder
    write_study(
        folder,
        found,
        into,
        pixel_size_um=scale(pixel_size_um, "--pixel-size-um"),
        interval_min=scale(interval_min, "--interval-min"),
        track=track,
        stills=Stills(nuclei, cells) if stills else None,
        force=force,
    )
    shown = found.samples if mapped else found.samples.drop(columns="exclude")
    show.show_table(list(shown.columns), shown.to_numpy().tolist())
    used = found.samples[found.samples["exclude"] == ""]
    conditions = ", ".join(dict.fromkeys(used["condition"]))
    what = show.counted(len(used), "field" if stills else "movie")
    show.out.print(f"{what}; conditions: {conditions}", soft_wrap=True)
    if found.marks:
        named = ", ".join(f"{name} ({mark})" for name, mark in found.marks.items())
        show.out.print(f"channels: {named}; rename them in study.toml", soft_wrap=True)
    if mapped and mapped.not_in_map:
        show.tell(
            "warning",
            f"{show.counted(len(mapped.not_in_map), 'well')} with images "
            f"{'is' if len(mapped.not_in_map) == 1 else 'are'} not in the plate map, and excluded: "
            f"{shortened(mapped.not_in_map)}",
        )
    if mapped and mapped.without_images:
        show.tell(
            "note",
            f"{show.counted(len(mapped.without_images), 'well')} of the plate map without images: "
            f"{shortened(mapped.without_images)}",
        )
    if found.ambiguous:
        show.tell(
            "warning",
            f"the pattern is ambiguous for {len(found.ambiguous)} paths, such as "
            f"{found.ambiguous[0]}: give its fields types ({{name:a}} letters, {{name:d}} digits) "
            "and look at the table above",
        )
    if found.ignored:
        kinds = Counter(Path(path).suffix.lower() for path in found.ignored)
        told = ", ".join(f"{n} {kind}" for kind, n in sorted(kinds.items()))
        show.tell(
            "note",
            f"image files that do not fit the pattern: {told}, such as {found.ignored[0]}; a "
            "pattern without an ending takes files of every kind and folders of frames",
        )
    show.out.print(f"wrote {into / 'study.toml'} and {into / 'samples.csv'}", soft_wrap=True)
    show.out.print(f"next: lamella check {into}", soft_wrap=True)


@app.command(rich_help_panel=A_STUDY)
def check(
    study: Annotated[Path, typer.Argument(help="Folder with study.toml, or the file itself.")],
) -> None:
    """Open every movie and list every problem at once. Computes nothing.

    Exit code 1 when a movie could not be processed.

    Example: `lamella check movies`
    """
    from lamella.cli import show
    from lamella.run.check import check_study
    from lamella.run.remarks import called, described, study_remarks
    from lamella.run.study import open_study
    from lamella.run.weights import faults_of_weights, unfetched

    opened = open_study(study)
    of_all = faults_of_weights(opened.settings, opened.folder, download=False)
    with show.frame_bar("opening movies") as advance:
        counter = count(1)
        checked = check_study(
            opened, on_movie=lambda _: advance(next(counter), len(opened.samples))
        )
    good = [c.movie for c in checked if c.movie is not None]
    rows = [
        [
            c.sample.movie,
            "×".join(map(str, (c.movie.n_frames, *c.movie.frame_shape))) if c.movie else "",
            ", ".join(c.movie.channel_names) if c.movie else "",
            str(c.movie.dtype) if c.movie else "",
            _known(c.movie.scale.pixel_size_um) if c.movie else "",
            _known(c.movie.scale.interval_min) if c.movie else "",
            "ok" if c.movie else "fault",
        ]
        for c in checked
    ]
    show.show_table(["movie", "frames×Y×X", "channels", "type", "µm/px", "min/frame", ""], rows)
    word = called(movie.n_frames for movie in good)
    show.tell_of_movies(
        "note", ((each.sample.movie, note) for each in checked for note in each.notes), word
    )
    for remark in study_remarks({c.sample.movie: described(c.movie) for c in checked if c.movie}):
        show.tell("note", remark)
    for name, file in unfetched(opened.settings).items():
        show.tell(
            "note",
            f"the weights {name} are not here yet: Cellpose downloads them first; without network "
            f"put them there as {file}",
        )
    for fault in of_all:
        show.tell("fault", str(fault))
    faults = [c for c in checked if c.fault]
    show.tell_of_movies("fault", ((each.sample.movie, each.fault) for each in faults), word)
    n_excluded = len(opened.samples) - len(checked)
    excluded = f", {n_excluded} excluded" if n_excluded else ""
    can = (
        "opened: no run can start before the fault of the study is mended"
        if of_all
        else "processed"
    )
    show.out.print(f"{len(good)} of {len(checked)} {word}s can be {can}{excluded}", soft_wrap=True)
    if faults or of_all:
        raise typer.Exit(1)
    show.out.print(f"next: lamella run {study}", soft_wrap=True)


@app.command(rich_help_panel=A_STUDY)
def run(
    study: Annotated[Path, typer.Argument(help="Folder with study.toml, or the file itself.")],
    out: _Out = None,
    workers: _Workers = 1,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Throw earlier results of this run away.")
    ] = False,
    only: Annotated[
        list[str] | None, typer.Option("--only", help="Process only this movie; may be repeated.")
    ] = None,
    memory: Annotated[
        str | None, typer.Option(help="What a worker of this machine may hold, such as 4GB.")
    ] = None,
    chunk_frames: Annotated[
        int | None,
        typer.Option(
            min=1, help="Cut longer movies into chunks of so many frames; above 2 GB by default."
        ),
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="Address of a dask scheduler, whose workers do the work.")
    ] = None,
    slurm: Annotated[
        bool, typer.Option("--slurm", help="Ask SLURM for so many workers, as --profile says.")
    ] = False,
    profile: Annotated[
        Path | None, typer.Option(help="TOML file: queue, memory, walltime … of SLURM's jobs.")
    ] = None,
) -> None:
    """Run the whole pipeline; what is up to date is not done again.

    Exit code 1 when some movies failed (the others are done), 2 when nothing was started. Who does
    the work changes no result; see docs/clusters.md.

    Example: `lamella run movies --workers 2`

    Example: `lamella run movies --slurm --profile slurm.toml --workers 40`
    """
    from lamella.cli import show
    from lamella.run.chunks import Cutting
    from lamella.run.executors import crew_for
    from lamella.run.study import open_study

    opened = open_study(study)
    folder = out or opened.folder / "results"
    crew = crew_for(
        folder,
        opened.settings.measure,
        workers=workers,
        scheduler=scheduler,
        slurm=slurm,
        profile=profile,
        memory=memory,
        on_note=lambda text: show.tell("note", text),
    )
    cutting = Cutting(chunk_frames)
    _finish(run_shown(opened, folder, crew, fresh, only or [], cutting=cutting))


@app.command(rich_help_panel=A_STUDY)
def report(
    folder: Annotated[Path, typer.Argument(help="Folder of results of a run.")],
) -> None:
    """Rebuild figures and report.html from the tables of a run.

    Example: `lamella report movies/results`
    """
    from lamella.cli import show
    from lamella.run.execute import rebuild_report

    show.out.print(str(rebuild_report(folder)), soft_wrap=True)


@app.command(rich_help_panel=A_STUDY)
def demo(
    out: Annotated[Path, typer.Argument(help="Folder to make.")] = Path("demo"),
    workers: _Workers = 2,
    plate: Annotated[
        bool, typer.Option("--plate", help="A plate of still fields with EdU instead of movies.")
    ] = False,
) -> None:
    """Make a small study of synthetic movies, run everything on it, and say where the report lies.

    Example: `lamella demo`
    """
    from lamella.cli import show
    from lamella.run.demo import make_demo, make_plate_demo
    from lamella.run.executors import local
    from lamella.run.study import open_study

    made, place = ("fields", out / "images") if plate else ("movies", out / "movies")
    with show.frame_bar(f"making {made}") as advance:
        (make_plate_demo if plate else make_demo)(out, advance=advance)
    study = open_study(out)
    show.out.print(f"{len(study.samples)} synthetic {made} in {place}", soft_wrap=True)
    crew = local(workers, study.settings.measure)
    _finish(run_shown(study, out / "results", crew))


def run_shown(
    study: Study,
    out: Path,
    crew: Crew,
    fresh: bool = False,
    only: Sequence[str] = (),
    *,
    cutting: Cutting | None = None,
) -> Outcome:
    """Run a study with a bar for every movie that is under way."""
    from lamella.cli import show
    from lamella.run.execute import run_study

    n = sum(
        1 for s in study.samples if not s.fault and not s.exclude and (not only or s.movie in only)
    )
    with show.RunDisplay(n, out).shown() as display:
        return run_study(
            study,
            out,
            crew=crew,
            cutting=cutting,
            fresh=fresh,
            only=only,
            on_progress=display.advance,
            on_movie=display.ended,
        )


def _finish(outcome: Outcome) -> None:
    """Say what was done; exit 1 when movies failed or results could not be written."""
    from lamella.cli import show

    tell_outcome(outcome)
    lost = {r.movie for r in outcome.failed} - outcome.done
    if lost:
        told = f"{show.counted(len(lost), outcome.movie)} failed"
        show.err.print(f"{told}; the others are done" if outcome.done else told)
    elif outcome.failed:
        show.err.print(f"every {outcome.movie} is measured; what failed besides is told above")
    if outcome.failed or outcome.faults:
        raise typer.Exit(1)


def tell_outcome(outcome: Outcome) -> None:
    """Say what was done, what to know of it, and where the report lies."""
    from lamella.cli import show
    from lamella.core.errors import OutputError

    n_run, n_cached = (sum(r.state == s for r in outcome.results) for s in ("done", "cached"))
    show.out.print(
        f"{show.counted(len(outcome.done), outcome.movie)} done "
        f"({n_run} stages run, {n_cached} up to date before)"
    )
    show.tell_of_movies(
        "warning",
        (
            (r.movie, text)
            for r in outcome.results
            if r.state in ("done", "cached")
            for text in r.messages
        ),
        outcome.movie,
    )
    skipped = ((r.movie, r.message) for r in outcome.results if r.state == "skipped")
    show.tell_of_movies("skipped", skipped, outcome.movie)
    for text in outcome.warnings:
        show.tell("warning", text)
    show.tell_of_movies("failed", ((r.movie, r.message) for r in outcome.failed), outcome.movie)
    for result in outcome.failed:
        if result.trace and show.debugging():
            show.err.print(f"{result.movie}: {result.trace}")
    for fault in outcome.faults:
        show.show_error(fault)
    if not any(isinstance(fault, OutputError) for fault in outcome.faults):
        show.out.print(f"report: {outcome.report}", soft_wrap=True)


def _known(value: float | None) -> str:
    return "unknown" if value is None else f"{value:g}"
