"""How to use a segmenter again: the command, and the lines of study.toml."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Sequence
from typing import Any

from lamella.run.settings_text import as_toml
from lamella.segment import Segmenter

_WORD = re.compile(r"(?!true$|false$|inf$|nan$)[A-Za-z_]\w*")


def segment_command(
    step: Segmenter, source: str, *, channel: str | None = None, axes: str | None = None
) -> str:
    """The `lamella segment` command that does this to a movie, for the shell of this machine."""
    words = ["lamella", "segment", source, "-o", "labels.tif", "--method", step.method]
    for name, value in _chosen(step).items():
        words += ["--set", f"{name}={_bare(value)}"]
    words += ["--channel", channel] if channel else []
    words += ["--axes", axes] if axes else []
    return _typed(words)


def settings_toml(
    step: Segmenter, *, channel: str | None = None, axes: str | None = None, name: str = "cell"
) -> str:
    """The tables of study.toml that have every movie of a study segmented like this."""
    lines = ["[scale]", f"axes = {as_toml(axes)}", ""] if axes else []
    lines += [f"[objects.{name}]", f"channel = {as_toml(channel)}", ""] if channel else []
    lines += [f"[objects.{name}.segment]", f"method = {as_toml(step.method)}"]
    lines += [f"{key} = {as_toml(value)}" for key, value in _chosen(step).items()]
    return "\n".join(lines) + "\n"


def _chosen(step: Segmenter) -> dict[str, Any]:
    """What was set on purpose: defaults need not be repeated, and TOML knows no None."""
    values = step.model_dump(mode="json", exclude_unset=True, exclude={"method"})
    return {name: value for name, value in values.items() if value is not None}


def _bare(value: Any) -> str:
    """A value behind ``--set key=``, where plain words need no quotes."""
    return value if isinstance(value, str) and _WORD.fullmatch(value) else as_toml(value)


def _typed(words: Sequence[str]) -> str:
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)
