"""What the tests of the doors share."""

import sys

import pytest

from lamella.cli import main


@pytest.fixture
def lamella(monkeypatch, capsys):
    """``lamella("run", folder)`` gives exit code, standard output and errors."""

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["lamella", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return ended.value.code or 0, told.out, told.err

    return call
