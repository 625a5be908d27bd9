"""Who corrects: the name that stands in the log of edits, and in that of the journal's file."""

from __future__ import annotations

import getpass
import platform
import re


def who_edits() -> str:
    """Person and machine, such as ``anna@microscope-2``."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError, ImportError):  # a user without a name, as in some containers
        name = "somebody"
    return f"{name}@{platform.node() or 'unnamed'}"


def as_file_name(who: str) -> str:
    """The same with characters that every disk takes."""
    return re.sub(r"[^\w@.-]+", "_", who)[:80]
