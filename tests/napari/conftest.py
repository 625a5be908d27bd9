"""A window to test in: napari on a virtual screen; skipped, with the reason, without one."""

import os
import shutil
import subprocess

import pytest

from windows import MISSING_LIBRARIES

os.environ.setdefault("NAPARI_ASYNC", "0")
os.environ.setdefault("LIBGL_ALWAYS_SOFTWARE", "1")


@pytest.fixture(scope="session")
def screen():
    """A virtual screen of its own, 1600 × 1000, unless one is already there."""
    pytest.importorskip("napari", reason='napari is not installed: pip install "lamella[napari]"')
    if MISSING_LIBRARIES:
        pytest.skip(f"needs the system libraries {', '.join(MISSING_LIBRARIES)}: make screen")
    if os.environ.get("DISPLAY"):
        yield os.environ["DISPLAY"]
        return
    if not shutil.which("Xvfb"):
        pytest.skip("needs a screen, or the program Xvfb: make screen")
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1600x1000x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL)
    os.close(write)
    with os.fdopen(read) as told:
        number = told.readline().strip()
    if not number:
        pytest.skip("Xvfb did not start")
    os.environ["DISPLAY"], os.environ["QT_QPA_PLATFORM"] = f":{number}", "xcb"
    yield os.environ["DISPLAY"]
    server.terminate()
    server.wait(10)


@pytest.fixture(scope="session")
def qapp_args(screen):
    """Qt begins when the screen is there."""
    return ["lamella-tests"]


@pytest.fixture
def viewer(screen, qtbot, tmp_path, monkeypatch):
    """A napari window with settings of its own, closed afterwards."""
    monkeypatch.setenv("NAPARI_CONFIG", str(tmp_path / "napari.yaml"))
    import napari

    made = napari.Viewer(show=False)
    yield made
    made.close()


if MISSING_LIBRARIES:  # then the plugin that has the real one is not loaded

    @pytest.fixture
    def qtbot(screen):
        """Skips, and says why."""
