"""Figures and report.html of a run's folder, from what lies in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from lamella.core.errors import InputError
from lamella.core.table import Col
from lamella.io.atomic import whole_file
from lamella.io.tables import parquet, read_table
from lamella.run.alike import alike
from lamella.run.cache import Manifest
from lamella.run.review.apply import left_out
from lamella.run.saved import read_lock, saved_samples
from lamella.run.stages import CELL_STRIPS, LOCK_FILE

if TYPE_CHECKING:
    from lamella.report.cell_strips import CellStrips
    from lamella.report.contents import ReportInput
    from lamella.report.picture import Picture

REPORT_FILE = "report.html"
_LEVEL, _MOST_DRIFTING = 0.05, 3
_OF_SIGNAL = (
    "thresholds", "fields", "wells", "questions", "question_lines", "question_units",
    "nuclei_check",
)  # fmt: skip
"""Tables that only some studies have."""
_SIGNED_WITHIN = 1000
"""Bytes from the start of a figure within which it is signed."""


def write_report(out: Path) -> Path:
    """Draw ``OUT/figures`` and write ``OUT/report.html`` from the tables of a run.

    Returns
    -------
    Path
        The report.

    Raises
    ------
    InputError
        When the folder is not that of a run.
    """
    from lamella.report.contents import ReportInput, shown_of_frames
    from lamella.report.pictures import pictures

    refuse_other_folder(out)
    lock = read_lock(out)
    table = out / "tables" / "frames.parquet"
    with parquet(table) as file:
        columns = [str(name) for name in file.schema_arrow.names]
    frames = read_table(table, columns=shown_of_frames(columns))
    cells = read_table(out / "tables" / "cells.parquet")
    status = read_table(out / "status.csv")
    samples = saved_samples(out)
    manifests = _manifests(out, samples)
    frames = _of_counted_cells(frames, cells)
    report = ReportInput(
        title=lock["settings"]["title"],
        frames=frames,
        columns_of_frames=columns,
        cells=cells,
        quality=_if_there(out / "tables" / "quality.csv"),
        events=_if_there(out / "tables" / "events.csv"),
        decisions=_if_there(out / "tables" / "decisions.csv"),
        units=_if_there(out / "tables" / "units.csv"),
        conditions=read_table(out / "tables" / "conditions.csv"),
        effects=read_table(out / "tables" / "effects.csv"),
        models=_if_there(out / "tables" / "models.csv"),
        replication=_if_there(out / "tables" / "replication.csv"),
        outlines=_if_there(out / "tables" / "outlines.csv"),
        msd=_if_there(out / "tables" / "msd.csv"),
        walks=_if_there(out / "tables" / "walks.csv"),
        **{name: _if_there(out / "tables" / f"{name}.csv") for name in _OF_SIGNAL},
        cells_and_nuclei=_if_there(out / "tables" / "cells_and_nuclei.parquet"),
        cortex=_if_there(out / "tables" / "cortex_mean.parquet"),
        edges=_edges(out, cells[~left_out(cells)]),
        status=status,
        samples=samples,
        filmstrips=dict(_filmstrips(manifests)),
        cell_strips=dict(_cell_strips(manifests)),
        provenance={
            "versions": lock["versions"],
            "settings": lock["settings"],
            "movies": {name: _decisions(m) for name, m in manifests.items()},
        },
        warnings=_warnings(status),
        notes=[*_notes(lock["settings"]), *_drifting(lock["settings"], manifests)],
    )
    drawn = pictures(report)
    write_figures(drawn, out / "figures")
    return write_page(report, drawn, out)


def write_page(report: ReportInput, drawn: Sequence[Picture], out: Path) -> Path:
    """Write ``OUT/report.html`` with these figures."""
    from lamella.report.html import render

    with whole_file(out / REPORT_FILE) as part:
        part.write_text(render(report, drawn), encoding="utf-8")
    return out / REPORT_FILE


def _if_there(path: Path) -> pd.DataFrame:
    """A table that runs of earlier versions did not write."""
    return read_table(path) if path.is_file() else pd.DataFrame()


def _of_counted_cells(frames: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Frames without those of cells that a person left out: they are in no figure over time."""
    keys = [Col.MOVIE, Col.OBJECT, Col.CELL]
    gone = cells[left_out(cells)]
    if not len(gone) or not len(frames):
        return frames
    known = pd.MultiIndex.from_frame(gone[keys])
    return frames[~pd.MultiIndex.from_frame(frames[keys]).isin(known)]


def _edges(out: Path, cells: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The edge of one cell per condition and kind: of the first movie, that of most valid steps."""
    found: dict[str, pd.DataFrame] = {}
    if Col.N_VALID_PAIRS not in cells:
        return found
    for _, rows in cells.groupby([Col.CONDITION, Col.OBJECT], sort=False, dropna=False):
        first = rows[rows[Col.MOVIE] == rows[Col.MOVIE].iloc[0]]
        chosen = first.loc[first[Col.N_VALID_PAIRS].idxmax()]
        table = _if_there(out / "movies" / str(chosen[Col.MOVIE]) / "edge.parquet")
        if len(table):
            of_it = (table[Col.CELL] == chosen[Col.CELL]) & (
                table[Col.OBJECT] == chosen[Col.OBJECT]
            )
            title = f"{chosen[Col.MOVIE]}, {chosen[Col.OBJECT]} {chosen[Col.CELL]}"
            found[title] = table[of_it]
    return found


def refuse_other_folder(out: Path) -> None:
    """Raise the InputError of a folder that no run has finished in."""
    if not (out / "tables" / "cells.parquet").is_file() or not (out / LOCK_FILE).is_file():
        raise InputError(
            str(out), "it is not the folder of a finished run", "run: lamella run STUDY --out DIR"
        )


def write_figures(drawn: Sequence[Picture], folder: Path) -> None:
    """Write every figure as PNG and SVG; those that an earlier time drew and this did not go.

    A picture of the user's in that folder stays: only what is signed as ours is removed.
    """
    for picture in drawn:
        for suffix, content in (("png", picture.images.png), ("svg", picture.images.svg)):
            with whole_file(folder / f"{picture.name}.{suffix}") as part:
                part.write_bytes(content)
    names = {picture.name for picture in drawn}
    for old in folder.glob("*.*"):
        if old.suffix in (".png", ".svg") and old.stem not in names and _is_ours(old):
            old.unlink()


def _is_ours(figure: Path) -> bool:
    from lamella.report.style import SIGNED

    with figure.open("rb") as file:
        return SIGNED.encode() in file.read(_SIGNED_WITHIN)


def _manifests(out: Path, samples: pd.DataFrame) -> dict[str, Manifest]:
    """Those of movies that are up to date; what lies about of others may be old."""
    names = [str(name) for name in samples.loc[samples[Col.INCLUDED], Col.MOVIE]]
    folders = {name: out / "movies" / name for name in names}
    return {name: Manifest(folder) for name, folder in folders.items() if folder.is_dir()}


def _filmstrips(manifests: dict[str, Manifest]) -> Iterator[tuple[str, bytes]]:
    for name, manifest in manifests.items():
        for stage, done in manifest:
            if stage.startswith("picture/") and (manifest.folder / done.files[0]).is_file():
                yield name, (manifest.folder / done.files[0]).read_bytes()
                break


def _cell_strips(manifests: dict[str, Manifest]) -> Iterator[tuple[str, CellStrips]]:
    from lamella.report.cell_strips import CellStrips

    for name, manifest in manifests.items():
        for stage, done in manifest:
            told, file = done.found.get("cell_strips"), manifest.folder / CELL_STRIPS
            if stage.startswith("picture/") and told and file.is_file():
                cells = tuple((str(each), int(cell)) for each, cell in told["cells"])
                yield (
                    name,
                    CellStrips(file.read_bytes(), cells, told["row_px"], told["width_px"]),
                )


def _decisions(manifest: Manifest) -> dict[str, Any]:
    """What was decided for this movie alone."""
    told: dict[str, Any] = {}
    for stage, done in manifest:
        if "found_by" in done.found:
            told["found by"] = done.found["found_by"]
        if "normalise" in done.found:
            told["stretched"] = done.found["normalise"]["stretch"]
            told["because"] = done.found["normalise"]["reason"]
        still = done.found.get("n_frames") == 1
        if "followed_by" in done.found and not still:
            told["followed by"] = done.found["followed_by"]
        if stage.startswith("track/"):
            told["cells"] = len(done.found["first_last"])
        if stage.startswith("track/") and not still:
            told["frames"] = done.found["n_frames"]
            told["empty frames"] = len(done.found["empty_frames"])
        if stage == "tables":
            told["key"] = done.key
    return told


def _warnings(status: pd.DataFrame) -> list[str]:
    """Messages of what was done; what is the same of many movies as one, and first."""
    fine = status[status[Col.STATE].isin(["done", "cached"]) & status[Col.MESSAGE].notna()]
    rows = zip(fine[Col.MOVIE], fine[Col.MESSAGE], strict=True)
    told = ((str(movie), text) for movie, all_of in rows for text in _apart(str(all_of)))
    return [
        each.text
        if len(each.movies) == 1
        else f"{each.named} ({len(each.movies)} in all): {each.text}"
        for each in sorted(alike(told), key=lambda each: -len(each.movies))
    ]


def _apart(messages: str) -> list[str]:
    """The messages of a stage, each of which begins with the movie's path."""
    source, separator, _ = messages.partition(": ")
    if not separator:
        return [messages]
    first, *others = messages.split(f"; {source}: ")
    return [first, *(f"{source}: {other}" for other in others)]


def _notes(settings: dict[str, Any]) -> list[str]:
    notes = []
    if settings["measure"]["background"]["method"] == "none":
        notes.append(
            "No background was subtracted: ratios of intensities depend on the camera's offset and "
            "on the light around the cells. Set [measure.background] to remove it."
        )
    if bleaching := settings["measure"].get("bleaching"):
        notes.append(
            f"Bleaching was undone in intensities ({bleaching['method']}), as [measure.bleaching] "
            "asks; by how much, and how well the curve fits, tells manifest.json of every movie."
        )
    return notes


def _drifting(settings: dict[str, Any], manifests: dict[str, Manifest]) -> list[str]:
    """Movies whose cells all go one way, which a moving stage would do to them.

    Where the drift of the field is measured and taken off, what the cells do in the raw frames is
    no reason to register the movie.
    """
    if settings.get("drift"):
        return []
    tests = {}
    for name, manifest in manifests.items():
        for stage, done in manifest:
            told = done.found.get("field_drift", {})
            if stage.startswith("track/") and told.get("p") is not None:
                tests[name] = told
    drifting = [f"{name}: {told['words']}" for name, told in tests.items() if told["p"] < _LEVEL]
    if not drifting:
        return []
    shown = " ".join(drifting[:_MOST_DRIFTING]) + (" …" if len(drifting) > _MOST_DRIFTING else "")
    return [
        f"In {len(drifting)} of {len(tests)} movies the cells drift together "
        f"({_LEVEL * len(tests):.2g} are expected by chance). {shown}"
    ]
