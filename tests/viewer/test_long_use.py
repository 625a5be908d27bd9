"""A window that is used for hours: what was left behind is let go, and closing it ends its work."""

import gc
import os
import shutil
import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from PIL import Image

from lamella.io import read_table
from lamella.run.browse import OpenedRun
from lamella.run.holding import locked
from lamella.run.learn import proposals_of
from lamella.run.study import open_study
from worlds.closing import WORKS
from worlds.taught import correct

pytest.importorskip("napari")

OURS = (
    "CellLayers", "LazyStack", "Drawn", "OpenedMovie", "OpenedRun", "TiffFrames", "MappedFrames",
    "CellOverTime", "Tracked", "FrameTrials", "Thumbnails", "StudyIndex", "SettingsForm",
    "Figure", "FunctionWorker", "GeneratorWorker",
)  # fmt: skip
"""Classes of which a window must not hold more and more."""
LAYERS = ("Image", "Labels", "Points", "Vectors", "Tracks")
WARM, VISITS = 6, 12


def _held(viewer, desk):
    """What a window holds, by name; in its thread, between visits."""
    gc.collect()
    alive = Counter(type(each).__name__ for each in gc.get_objects())
    held = {name: alive[name] for name in (*OURS, *LAYERS)}
    view = viewer.window._qt_viewer.canvas.view
    nodes, ahead = set(), [view.scene]
    while ahead:
        node = ahead.pop()
        nodes.add(id(node))
        ahead += node.children
    return held | {
        "layers": len(viewer.layers),
        "steps": len(viewer.dims.events.current_step.callbacks),
        "inserted": len(viewer.layers.events.inserted.callbacks),
        "theme": len(viewer.events.theme.callbacks),
        "places": len(desk.place_changed),
        "runs": len(desk.run_changed),
        "labels": len(desk.labels_changed),
        "threads": threading.active_count(),
        "files": len(list(Path("/proc/self/fd").iterdir())),
        "nodes": len(nodes),
    }


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="open files are in /proc")
def test_visits_of_cells_leave_nothing_behind(viewer, qtbot, cells):
    """With plots, front and back, and a trial of settings in every visit."""
    from lamella.napari.desk import desk_of
    from lamella.napari.window import open_window

    window = open_window(cells / "results", show=False)
    try:
        docked = {name.split(" (")[0]: each for name, each in window.window.dock_widgets.items()}
        window.show()
        desk, plots, panel = desk_of(window), docked["Plots"], docked["Settings"]
        plots.parent().show()
        plots.parent().raise_()
        docked["Front and back"].shown["polarity"].setChecked(True)
        movies = [sample.movie for sample in desk.run.samples]
        held = []
        for visit in range(WARM + VISITS):
            desk.look_at(movies[visit % len(movies)], cell=1, frame=visit % 16)
            desk.frame = (5 * visit) % 16
            if visit == 0:
                panel.forms["measure.lamellipodium"].fields["percentile"].setValue(80)
            if visit % 3 == 0:  # trials that come to their end, and such that are given up
                qtbot.waitUntil(lambda: not panel.trialist.busy, timeout=20_000)
            if visit % 4 == 1:
                docked["Suspicious events"].go(1)
            qtbot.wait(20)
            if visit >= WARM - 1 and (visit + 1) % len(movies) == 0:
                qtbot.waitUntil(lambda: not panel.trialist.busy, timeout=20_000)
                qtbot.wait(20)
                held.append(_held(window, desk))
        first, *_, last = held
        grown = {name: (first[name], n) for name, n in last.items() if n > first[name] + 1}
        assert not grown
        assert plots.canvas.n_drawn
    finally:
        window.close()


def _of_the_study(folder):
    """Processes that were begun for something in a folder and still work."""
    at_work = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has ended meanwhile
            words = process.read_bytes().decode(errors="replace")
            at_work += [words] * (str(folder) in words)
    return at_work


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are in /proc")
def test_ten_closings_amid_long_work(screen, colony):
    """Measuring, thumbnails, trials, films, the report, a training: closed at once, and later.

    Two programs, each on a study of its own.
    """
    pytest.importorskip("torch")
    for movie in ("wt1", "ko1"):  # what a training learns from
        labels = OpenedRun(colony / "results").movie(movie).tracked("cell").labels.frames
        correct(colony, movie, {t: labels.frame(t) for t in (1, 3, 5, 7)})
    studies = colony, shutil.copytree(colony, colony.with_name("another"))
    before = sorted(path.name for path in (colony / "results/movies/wt1").iterdir())
    names = list(WORKS)
    shares = names[::2], names[1::2]
    with ThreadPoolExecutor(2) as pool:
        for study, share, done in zip(
            studies, shares, pool.map(_closing, studies, shares), strict=True
        ):
            assert done.returncode == 0, done.stderr
            for words in ("Traceback", "QThread", "has been deleted", "already deleted"):
                assert words not in done.stderr
            told = [f"closed amid {name}" for name in share]
            assert done.stdout.splitlines() == [*told, "left: []"]
            _nothing_is_left(study, before)
    assert len(names) == 10


def _closing(study, names):
    return subprocess.run(
        [sys.executable, "-m", "worlds.closing", str(study), *names],
        env=os.environ | {"NAPARI_CONFIG": "", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


def _nothing_is_left(study, before):
    """Nothing works in a study, or is half-written, and all can be read."""
    assert not _of_the_study(study)
    assert not proposals_of(open_study(study), "cell")
    with locked(study / "results"):
        pass
    unknown = [path for path in study.rglob("*") if ".part" in path.name]
    assert not unknown
    for written in (study / "films").iterdir():
        with Image.open(written) as film:
            assert film.n_frames > 1
    for table in Path(study / "results").rglob("*.parquet"):
        read_table(table)
    kept = sorted(path.name for path in (study / "results/movies/wt1").iterdir())
    assert set(before) <= set(kept)
