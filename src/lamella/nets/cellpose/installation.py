"""Which Cellpose is installed, and how it is imported."""

from __future__ import annotations

import importlib
import logging
import warnings
from functools import cache
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as version_of
from types import ModuleType

from lamella.core.errors import NotInstalledError

_KNOWN = (3, 4)


def version() -> str:
    """The installed version, such as ``3.1.1.3``. Imports nothing.

    Raises
    ------
    NotInstalledError
        When there is none.
    """
    try:
        return version_of("cellpose")
    except PackageNotFoundError as error:
        raise NotInstalledError(
            "Cellpose",
            "it is not installed",
            'pip install "lamella[cellpose]" (Cellpose 3), or "lamella[cellpose4]" (Cellpose 4)',
        ) from error


def installed() -> int:
    """The major version, 3 or 4. Imports nothing.

    Raises
    ------
    NotInstalledError
        When there is none, or one that Lamella does not work with.
    """
    number = version()
    major = int(number.split(".")[0])
    if major not in _KNOWN:
        raise NotInstalledError(
            f"Cellpose {number}",
            "Lamella works with versions 3 and 4",
            'pip install "lamella[cellpose]" (Cellpose 3), or "lamella[cellpose4]" (Cellpose 4)',
        )
    return major


@cache
def imported(module: str) -> ModuleType:
    """A module of Cellpose. It takes seconds the first time, and nothing it says then is shown.

    Raises
    ------
    NotInstalledError
        When Cellpose is absent, or cannot be imported with the PyTorch that is there.
    """
    installed()
    # A logger without a handler prints its warnings to the screen; the user's own handlers, if
    # there are any, still get them.
    logging.getLogger("cellpose").addHandler(logging.NullHandler())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return importlib.import_module(f"cellpose.{module}")
    except Exception as error:  # a PyTorch that does not fit fails in many ways
        raise NotInstalledError(
            f"Cellpose {version()}",
            f"it cannot be imported ({type(error).__name__}: {error})",
            "install the torch (Cellpose 4: and torchvision) that fits it, in a fresh environment",
        ) from error
