"""What importing costs, and what the house promises."""

import json
import os
import subprocess
import sys

import pytest

import lamella
from lamella.core.table import Col

FORBIDDEN = {"torch", "matplotlib", "qtpy", "PySide6", "PyQt6", "napari"}
# Hundreds of modules: each takes longer to load than all else that a worker needs.
SLOW = {"statsmodels", "scipy.stats"}


def modules_after(code):
    out = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys, json; print(json.dumps(list(sys.modules)))"],
        check=True,
        capture_output=True,
        text=True,
    )
    return set(json.loads(out.stdout.splitlines()[-1]))


def test_importing_loads_nothing_heavy():
    loaded = modules_after("import lamella")
    assert not loaded & (FORBIDDEN | {"numpy", "pandas", "numba", "cv2"})


def test_help_loads_nothing_heavy():
    code = (
        "import sys; sys.argv = ['lamella', '--help']\n"
        "from lamella.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass"
    )
    assert not modules_after(code) & (FORBIDDEN | {"numpy", "pandas", "numba", "cv2"})


def test_no_command_but_view_loads_qt():
    """Nor does asking whether a window can be opened: Qt may end the process."""
    code = (
        "import sys, lamella.cli.view, lamella.run.browse.film, lamella.run.browse.recognised\n"
        "from lamella.run.browse import screen\n"
        "for ask in (screen.refuse_no_napari, screen.refuse_no_screen):\n"
        "    try: ask()\n"
        "    except Exception: pass"
    )
    assert not modules_after(code) & (FORBIDDEN | {"PyQt5", "vispy"})


def test_workers_and_doors_load_nothing_slow():
    doors = ("movie", "execute", "stats", "power", "compare_runs")
    code = "\n".join(f"import lamella.run.{door}" for door in doors)
    assert not modules_after(code) & (FORBIDDEN | SLOW)


@pytest.mark.parametrize("name", lamella.__all__)
def test_public_names_are_there(name):
    assert getattr(lamella, name) is not None


def test_unknown_names_are_refused():
    with pytest.raises(AttributeError, match="no attribute 'motion'"):
        lamella.motion  # noqa: B018


def test_importing_leaves_logging_and_warnings_alone():
    code = (
        "import logging, warnings; before = list(warnings.filters)\n"
        "import lamella.run.execute\n"
        "assert logging.getLogger().handlers == [], logging.getLogger().handlers\n"
        "assert logging.getLogger('lamella').handlers == []"
    )
    env = {**os.environ, "PYTHONWARNINGS": ""}
    subprocess.run([sys.executable, "-c", code], check=True, env=env)


class TestDictionary:
    def test_every_column_has_a_meaning_and_a_name_of_its_own(self):
        columns = Col.all()
        assert len({str(c) for c in columns}) == len(columns)
        assert all(c.meaning.endswith(".") for c in columns)

    def test_channels_are_understood(self):
        column = Col.describe("lam_mean__VASP")
        assert column.unit == "grey"
        assert "VASP" in column.meaning
        with pytest.raises(KeyError):
            Col.describe("no_such_column")
