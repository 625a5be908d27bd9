"""A window to test in: napari on a virtual screen; skipped, with the reason, without one."""

import ctypes
import gc
import importlib.util
import os
import shutil
import signal
import subprocess
import warnings

import numpy as np
import pytest

from faults.studies import HEADER
from lamella.core.errors import LamellaWarning
from lamella.phantom import StudyPhantom
from lamella.run import execute
from lamella.run.demo import make_demo
from lamella.run.execute import run_study
from lamella.run.study import open_study
from windows import MISSING_LIBRARIES
from worlds.colonies import colony_phantom, shuffled, write_colony

_PR_SET_PDEATHSIG = 1  # of Linux: the signal that a child gets when its parent ends
_WHY_NOT = f"needs the system libraries {', '.join(MISSING_LIBRARIES)}: make screen"
_COLONY = """\
title = "Colonies"
[objects.cell.segment]
method = "labels"
pattern = "masks/{stem}.tif"
[objects.cell.track]
method = "lap"
"""

os.environ.setdefault("NAPARI_ASYNC", "0")
os.environ.setdefault("LIBGL_ALWAYS_SOFTWARE", "1")


@pytest.fixture(scope="session")
def screen():
    """A virtual screen of its own, 1600 × 1000, unless one is already there."""
    pytest.importorskip("napari", reason='napari is not installed: pip install "lamella[napari]"')
    if MISSING_LIBRARIES:
        pytest.skip(_WHY_NOT)
    if os.environ.get("DISPLAY"):
        yield os.environ["DISPLAY"]
        return
    if not shutil.which("Xvfb"):
        pytest.skip("needs a screen, or the program Xvfb: make screen")
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1600x1000x24", "-nolisten", "tcp"]
    subprocess.Popen(
        command, pass_fds=[write], stderr=subprocess.DEVNULL, preexec_fn=_end_with_this_process
    )
    os.close(write)
    with os.fdopen(read) as told:
        number = told.readline().strip()
    if not number:
        pytest.skip("Xvfb did not start")
    os.environ["DISPLAY"], os.environ["QT_QPA_PLATFORM"] = f":{number}", "xcb"
    yield os.environ["DISPLAY"]


def _end_with_this_process():
    """The screen outlives Qt, which ends the process when it loses it."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


@pytest.fixture(scope="session")
def qapp_args(screen):
    """Qt begins when the screen is there."""
    return ["lamella-tests"]


@pytest.fixture
def own_settings(screen, tmp_path, monkeypatch):
    """Settings of napari that no other test and no person sees."""
    monkeypatch.setenv("NAPARI_CONFIG", str(tmp_path / "napari.yaml"))


@pytest.fixture
def viewer(own_settings, qtbot):
    """A napari window, closed afterwards."""
    import napari

    gc.freeze()  # what was there before need not be looked through afterwards: a second each time
    made = napari.Viewer(show=False)
    yield made
    made.close()
    gc.collect()  # what is left goes in this thread: OpenGL crashes where work in another does it
    _threads_again()


def _threads_again():
    """napari colours labels by numba, which tells OpenMP, and so PyTorch, to use all cores: from
    then on a training would give other weights than in a process without a window."""
    if importlib.util.find_spec("torch") is not None:
        import torch

        torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS") or os.cpu_count() or 1))


if MISSING_LIBRARIES:  # then the plugin that has the real one is not loaded

    @pytest.fixture
    def qtbot(screen):
        """Skips, and says why."""

    class WithoutWindows(pytest.Module):
        """Tests of which some need windows: as a whole they are skipped if they import them."""

        def collect(self):
            try:
                return super().collect()
            except self.CollectError:
                pytest.skip(_WHY_NOT, allow_module_level=True)

    def pytest_pycollect_makemodule(module_path, parent):
        return WithoutWindows.from_parent(parent, path=module_path)


@pytest.fixture(scope="session")
def finished_cells(tmp_path_factory):
    """A study of six movies of one cell each, three conditions in two sessions, run."""
    study = tmp_path_factory.mktemp("cells") / "study"
    make_demo(study, phantom=StudyPhantom(cells_per_session=1, n_frames=16))
    return _run(study)


@pytest.fixture(scope="session")
def finished_colony(tmp_path_factory):
    """A study of two movies of many cells that divide and touch, with the masks it was given, run.

    A gap of two frames and a lost cell are planted in the movie wt1.
    """
    study = tmp_path_factory.mktemp("colony") / "study"
    rows = []
    for name, seed in {"wt1": 1, "ko1": 3}.items():
        phantom = colony_phantom(seed)
        masks = phantom.truth.frames.asarray()
        if name == "wt1":
            whole = [c for c in np.unique(masks[0]) if c and (masks == c).any((1, 2)).all()]
            for t in (5, 6):
                masks[t][masks[t] == whole[0]] = 0
        write_colony(study, name, phantom, shuffled(masks, seed))
        rows.append(f"{name},raw/{name}.tif,{name[:2].upper()},day1,")
    (study / "samples.csv").write_text(HEADER + "\n".join(rows) + "\n")
    (study / "study.toml").write_text(_COLONY)
    return _run(study)


def _run(study):
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        warnings.simplefilter("ignore", LamellaWarning)
        patch.setattr(execute, "write_report", lambda out: out / "report.html")  # has its own tests
        outcome = run_study(open_study(study), study / "results")
    assert not outcome.failed
    return study


@pytest.fixture
def cells(finished_cells, tmp_path):
    """A copy of `finished_cells` that a test may change: the study's folder, its run is results."""
    return shutil.copytree(finished_cells, tmp_path / "cells")


@pytest.fixture
def colony(finished_colony, tmp_path):
    """The same of `finished_colony`."""
    return shutil.copytree(finished_colony, tmp_path / "colony")


@pytest.fixture
def look_at(viewer, cells):
    """Opens the run of `cells`, goes to the cell of a movie and to a frame, and gives the desk."""
    from lamella.napari.desk import desk_of

    def go(movie, frame=0):
        desk = desk_of(viewer)
        desk.open_run(cells / "results")
        desk.look_at(movie, cell=1, frame=frame)
        return desk

    return go
