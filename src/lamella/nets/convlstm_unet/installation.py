"""What the recurrent network needs beside Lamella's own packages."""

from __future__ import annotations

from importlib.util import find_spec

from lamella.core.errors import NotInstalledError


def refuse_without(*packages: str, extra: str = "recurrent") -> None:
    """Before anything of them is imported.

    Parameters
    ----------
    extra : str
        The extra of Lamella that brings them.

    Raises
    ------
    NotInstalledError
        When one of the packages is not on this machine.
    """
    missing = [package for package in packages if find_spec(package) is None]
    if missing:
        raise NotInstalledError(
            "the recurrent network",
            f"it needs {' and '.join(missing)}, which this environment lacks",
            f'pip install "lamella[{extra}]"',
        )
