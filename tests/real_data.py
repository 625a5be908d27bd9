"""Where the real movies lie: LAMELLA_TEST_DATA, or ../shared/data beside the project's root."""

import os
from pathlib import Path

import pytest

_BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"
ROOT = Path(os.environ.get("LAMELLA_TEST_DATA", _BESIDE))
REFERENCE = ROOT.parent / "reference"

needs_real_data = [
    pytest.mark.real,
    pytest.mark.skipif(not ROOT.is_dir(), reason="no real movies: set LAMELLA_TEST_DATA"),
]
