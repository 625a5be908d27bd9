"""The segmenter of one set of objects, changed in study.toml: all else in the file stays."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from typing import Any

from lamella.core.errors import SettingsError
from lamella.io.atomic import output_error, whole_file
from lamella.run.settings import settings_from
from lamella.run.settings_text import edited
from lamella.run.study import SETTINGS_FILE, Study


def write_segmenter(study: Study, name: str, values: Mapping[str, Any]) -> dict[str, Any] | None:
    """Write a segmenter into study.toml, as it is on disk now.

    Parameters
    ----------
    name : str
        The set of objects.
    values : mapping
        Of ``[objects.<name>.segment]``. Where the method stays, settings that the file has and
        these have not stay, too, and where both have one, that of the file; but for the model.

    Returns
    -------
    dict or None
        What stood there before, for `put_back`.

    Raises
    ------
    SettingsError, FaultsError
        Settings that do not fit; a file that is no longer TOML, or whose text cannot be changed
        without changing more.
    OutputError
        The disk refuses; the file is as it was.
    """

    def renewed(before: dict[str, Any] | None) -> dict[str, Any]:
        same = before is not None and before.get("method") == values["method"]
        own = before if before is not None and same else values
        return {**own, "method": values["method"], "model": values["model"]}

    return _rewrite(study, name, renewed)


def put_back(study: Study, name: str, before: Mapping[str, Any] | None) -> None:
    """Write what `write_segmenter` replaced where it stood; raises what that does."""
    _rewrite(study, name, lambda now: None if before is None else dict(before))


def _rewrite(
    study: Study, name: str, change: Callable[[dict[str, Any] | None], dict[str, Any] | None]
) -> dict[str, Any] | None:
    file = study.folder / SETTINGS_FILE
    try:
        text = file.read_bytes().decode("utf-8")
        wanted = tomllib.loads(text)
    except OSError as error:
        raise output_error(file, error) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(str(file), f"it is not TOML ({error})", "mend it first") from error
    each = wanted.setdefault("objects", {}).setdefault(name, {})
    before: dict[str, Any] | None = each.pop("segment", None)
    if (now := change(before)) is not None:
        each["segment"] = now
    settings_from(wanted, where=SETTINGS_FILE)
    changed = edited(text, wanted)
    with whole_file(file) as part:
        part.write_bytes(changed.encode("utf-8"))
    return before
