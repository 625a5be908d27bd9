"""Who corrects and decides: the name that stands in every log, and in that of a journal's file."""

from __future__ import annotations

import getpass
import os
import platform
import re

PERSON = "LAMELLA_USER"
"""Variable of the environment that names the person, where that is not who is logged in."""


def person() -> str:
    """The variable ``LAMELLA_USER`` as it is; else login and machine: ``anna@microscope-2``."""
    if named := os.environ.get(PERSON, "").strip():
        return named
    try:
        name = getpass.getuser()
    except (OSError, KeyError, ImportError):  # a user without a name, as in some containers
        name = "somebody"
    return f"{name}@{platform.node() or 'unnamed'}"


def as_file_name(who: str) -> str:
    """The same with characters that every disk takes."""
    return re.sub(r"[^\w@.-]+", "_", who)[:80]
