"""The report has tests of its own and takes most of the time of a tiny run."""

import pytest

from lamella.run import execute


@pytest.fixture
def no_report(monkeypatch):
    monkeypatch.setattr(execute, "write_report", lambda out: out / "report.html")
