"""The segmenter of one set of objects, changed in study.toml: all else in the file stays."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

from lamella.core.errors import SettingsError
from lamella.io.atomic import whole_file
from lamella.run.settings import settings_from
from lamella.run.settings_text import edited
from lamella.run.study import SETTINGS_FILE, Study


def write_segmenter(study: Study, name: str, values: Mapping[str, Any]) -> None:
    """Write a segmenter into study.toml, as it is on disk now.

    Parameters
    ----------
    name : str
        The set of objects.
    values : mapping
        Of ``[objects.<name>.segment]``. Where the method stays, settings that the file has and
        these have not stay, too, and where both have one, that of the file; but for the model.

    Raises
    ------
    SettingsError, FaultsError
        Settings that do not fit; a file that is no longer TOML, or whose text cannot be changed
        without changing more.
    OutputError
        The disk refuses; the file is as it was.
    """
    file = study.folder / SETTINGS_FILE
    with file.open(encoding="utf-8", newline="") as opened:
        text = opened.read()
    try:
        wanted = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(str(file), f"it is not TOML ({error})", "mend it first") from error
    each = wanted.setdefault("objects", {}).setdefault(name, {})
    now = each.get("segment", {})
    own = now if now.get("method") == values["method"] else {}
    each["segment"] = {**(own or values), "method": values["method"], "model": values["model"]}
    settings_from(wanted, where=SETTINGS_FILE)
    changed = edited(text, wanted)
    with whole_file(file) as part:
        part.write_text(changed, encoding="utf-8", newline="")
