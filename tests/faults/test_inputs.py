"""One bad movie costs one movie: every fault of the table, driven through the command line.

Each stands beside good movies, which must be done. Faults that make a movie fail are named by
`lamella check` too, before anything is computed.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from faults.planted import FAULTS, Fault
from faults.studies import (
    GOOD,
    LAMELLA,
    LEAN,
    SETTINGS,
    lamella,
    make_study,
    measured,
    row,
    status,
)


def _planted(folder: Path, *faults: Fault) -> Path:
    rows = [fault.row or row(fault.name) for fault in faults]
    study = make_study(folder, rows=rows, settings=LEAN if len(faults) == 1 else SETTINGS)
    for fault in faults:
        fault.plant(study / "raw" / f"{Path(fault.name).name}.tif")
    return study


def _said(fault: Fault, study: Path) -> str:
    return fault.says.replace("{file}", re.escape(str(study / "raw" / f"{fault.name}.tif")))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_one_fault_costs_one_movie(tmp_path, no_report, fault):
    study = _planted(tmp_path, fault)
    checked = lamella("check", study)
    assert checked.code == fault.exit
    assert not (study / "results").exists()
    if fault.exit:
        assert re.search(f"fault: {fault.name}: {_said(fault, study)}", checked.err)
    ran = lamella("run", study)
    assert ran.code == fault.exit
    kind = "failed" if fault.exit else "warning"
    assert len(re.findall(f"^{kind}: {fault.name}: {_said(fault, study)}", ran.err, re.M)) == 1
    assert "Traceback" not in ran.err
    table = status(study)
    of_fault = table[table["movie"] == fault.name]
    assert of_fault["state"].iloc[-1] == fault.state
    assert of_fault["message"].str.contains(_said(fault, study)).sum() == 1
    assert measured(study) >= {*GOOD}
    assert (table[table["movie"].isin(GOOD)]["state"] == "done").all()
    again = lamella("run", study)
    assert (again.code, again.err) == (ran.code, ran.err)
    assert set(status(study)["state"]) == {"cached", *(["failed"] if fault.exit else [])}


def test_all_faults_at_once_and_for_real(tmp_path):
    faults = [fault for fault in FAULTS if "line 5" not in fault.says]
    study = _planted(tmp_path, *faults)
    command = [*LAMELLA, "run", str(study), "--workers", "2"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    for fault in faults:
        assert re.search(f": {fault.name}: {_said(fault, study)}", ran.stderr)
    n_failed = sum(fault.exit for fault in faults)
    assert f"{n_failed} movies failed; the others are done" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert measured(study) >= {*GOOD, "saturated", "one_frame", "flat", "scale_differs"}
    assert (study / "results" / "report.html").is_file()
    assert set(status(study)["movie"]) == {*GOOD, *(fault.name for fault in faults)}
