"""Kinds of work that may be struck, each on a small world of its own, and what they leave.

    world/
      study/           two movies of one cell, and their finished run in results/
      labels.tif other.tif cells.csv rois/ tracked/

Every kind is told by its command, by where it writes, and by what of that is the same each time.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from faults.studies import LEAN, contents, lamella, make_study

_SELF_TOLD = ("status.csv", ".lock", "journal/cell")
"""What tells of the work itself: seconds, who."""


class Work(NamedTuple):
    """A kind of work; paths are relative to the world."""

    command: tuple[str, ...]
    """Paths in it stand as ``@study``; with `call` the arguments of a function."""
    writes: str
    """File or folder that it writes."""
    call: str = ""
    prepare: Callable[[Path], object] = lambda world: None
    again: tuple[str, ...] = ()
    """What is added where it has left something already."""
    faults: tuple[tuple[str, dict[str, object]], ...] = ()
    least: int = 1
    """So many moments it has."""


def _without_second(world: Path) -> None:
    """As a run is left that was ended amid its second movie."""
    shutil.rmtree(world / "study/results/movies/good2/labels")
    shutil.rmtree(world / "study/results/tables")
    (world / "study/results/report.html").unlink()


def _without_report(world: Path) -> None:
    shutil.rmtree(world / "study/results/figures")
    (world / "study/results/report.html").unlink()


def _without_settings(world: Path) -> None:
    for name in ("study.toml", "samples.csv"):
        (world / "study" / name).unlink()


_FORCE = ("--force",)
_QUIET = (("no_report", {}),)

WORKS = {
    "run": Work(("run", "@study", "--out", "@new"), "new", least=30),
    "run_2_workers": Work(
        ("run", "@study", "--out", "@new", "--workers", "2"), "new", faults=_QUIET
    ),
    "resume": Work(("run", "@study"), "study/results", prepare=_without_second),
    "report": Work(("report", "@study/results"), "study/results", prepare=_without_report),
    "segment": Work(
        ("segment", "@study/raw/good1.tif", "-o", "@new/l.tif", "--method", "multiotsu"),
        "new",
        again=_FORCE,
    ),
    "track": Work(("track", "@labels.tif", "-o", "@new"), "new", again=_FORCE),
    "measure": Work(
        ("measure", "@study/raw/good1.tif", "@labels.tif", "-o", "@new"), "new", again=_FORCE
    ),
    "background": Work(
        ("background", "@study/raw/good1.tif", "-o", "@new/b.tif", "--radius-px", "10"),
        "new",
        again=_FORCE,
    ),
    "drift": Work(("drift", "@study/raw/good1.tif", "-o", "@new/d.tif"), "new", again=_FORCE),
    "compare": Work(("compare", "@labels.tif", "@other.tif", "-o", "@new"), "new", again=_FORCE),
    "evaluate": Work(
        ("evaluate", "@labels.tif", "@other.tif", "-o", "@new/s.json"), "new", again=_FORCE
    ),
    "stats": Work(
        ("stats", "@cells.csv", "--value", "area_um2", "--condition", "condition", "-o", "@new"),
        "new",
        again=_FORCE,
    ),
    "init": Work(
        ("init", "@study", "--pattern", "raw/{movie}.tif"),
        "study",
        prepare=_without_settings,
        again=_FORCE,
    ),
    "film": Work(
        ("film", "@study/results", "--movie", "good1", "-o", "@new/strip.png"),
        "new",
        again=_FORCE,
    ),
    **{
        f"export_{kind}": Work(
            ("export", "@study/results", *one, "--to", kind, "-o", f"@new/{file}"),
            "new",
            again=_FORCE,
        )
        for kind, file, one in (
            ("ctc", "ctc", ("--movie", "good1")),
            ("geff", "g.geff", ("--movie", "good1")),
            ("trackmate", "t.xml", ("--movie", "good1")),
            ("tracks", "t.csv", ("--movie", "good1")),
            ("excel", "book.xlsx", ()),
            ("imagej-results", "ij", ()),
        )
    },
    "export_rois": Work(("export", "@study/results", "--rois", "-o", "@new"), "new", again=_FORCE),
    "import": Work(("import", "@tracked", "-o", "@new"), "new", again=_FORCE),
    "import_rois": Work(
        ("import", "--rois", "@rois", "--into", "@study/results"),
        "study/results/movies",
        least=2,
    ),
    "correct": Work(
        ("@study/results",), "study/results/movies", call="faults.works:correct", least=3
    ),
    "decide": Work(("@study/results",), "study/results/movies", call="faults.works:decide"),
}


def make_world(folder: Path) -> Path:
    """All that the works need."""
    study = make_study(folder / "study", good=["good1", "good2"], settings=LEAN)
    assert lamella("run", study).code == 0
    results = study / "results"
    for movie, name in (("good1", "labels.tif"), ("good2", "other.tif")):
        shutil.copyfile(results / f"movies/{movie}/labels/cell.ome.tif", folder / name)
    shutil.copyfile(results / "tables/cells.csv", folder / "cells.csv")
    assert lamella("export", results, "--rois", "-o", folder / "rois").code == 0
    assert lamella("track", folder / "labels.tif", "-o", folder / "tracked").code == 0
    _move_a_roi(folder / "rois")
    return folder


def _move_a_roi(rois: Path) -> None:
    """As a person corrects an outline in Fiji."""
    import roifile

    zipped = next(iter(sorted(rois.rglob("*.zip"))))
    found = roifile.roiread(zipped)
    first = found[0]
    first.left += 3
    first.right += 3
    zipped.unlink()
    roifile.roiwrite(zipped, found)


def correct(run: str) -> None:
    """Delete the cell of a movie in one frame, and save; the second time what was left is taken."""
    from lamella.run.browse import OpenedRun
    from lamella.run.editing import Delete, EditSession

    with EditSession(OpenedRun(Path(run)), "good1", "cell", who="tester") as session:
        if session.left:
            session.recover()
        elif session.cells.frame(2).any():
            session.do(Delete(cell=1, first=2, last=2))
        session.save()


def decide(run: str) -> None:
    """Leave a cell out."""
    from lamella.run.review.decision import Decision
    from lamella.run.review.record import record

    decision = Decision(
        verdict="exclude", object="cell", cell=1, reason="debris, not a cell", who="tester"
    )
    record(Path(run) / "movies/good1", decision)


def arguments(work: Work, world: Path, *, again: bool = False) -> list[str]:
    """The command of a work in a world."""
    told = [str(world / part[1:]) if part.startswith("@") else part for part in work.command]
    return [*told, *(work.again if again else ())]


def left_by(work: Work, world: Path) -> dict[str, bytes]:
    """What a work has left, but for what tells of the work itself."""
    place = world / work.writes
    return {
        name: data
        for name, data in (contents(place) if place.exists() else {}).items()
        if not any(part in name for part in _SELF_TOLD)
    }


def half_written(place: Path) -> list[Path]:
    """What is left under a name of its own, and is not whole."""
    return [path for path in place.rglob("*") if path.name.endswith(".part")]
