"""The segmenter of one set of objects, changed in the text of study.toml: all else stays."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any

import tomli_w

from lamella.core.errors import SettingsError
from lamella.io.atomic import whole_file
from lamella.run.settings import settings_from
from lamella.run.study import SETTINGS_FILE, Study

_KEY = re.compile(r"\s*(?P<key>[A-Za-z0-9_-]+)\s*=")


def write_segmenter(study: Study, name: str, values: Mapping[str, Any]) -> None:
    """Write a segmenter into study.toml, as it is on disk now.

    Parameters
    ----------
    name : str
        The set of objects.
    values : mapping
        All of ``[objects.<name>.segment]``.

    Raises
    ------
    SettingsError, FaultsError
        Settings that do not fit; a file whose text cannot be changed without changing more.
    OutputError
        The disk refuses; the file is as it was.
    """
    file = study.folder / SETTINGS_FILE
    text = file.read_text(encoding="utf-8")
    changed = with_segmenter_table(text, name, values, where=str(file))
    settings_from(tomllib.loads(changed), where=SETTINGS_FILE)
    with whole_file(file) as part:
        part.write_text(changed, encoding="utf-8", newline="")


def with_segmenter_table(
    text: str, name: str, values: Mapping[str, Any], *, where: str = SETTINGS_FILE
) -> str:
    """The text with other keys in ``[objects.<name>.segment]``; comments and order stay.

    The table is added at the end where there is none.

    Raises
    ------
    SettingsError
        What would be read from the changed text is not exactly what is wanted, as where the table
        is written in another way.
    """
    wanted = tomllib.loads(text)
    wanted.setdefault("objects", {}).setdefault(name, {})["segment"] = dict(values)
    lines = text.splitlines(keepends=True)
    header = re.compile(rf"\s*\[\s*objects\s*\.\s*{re.escape(name)}\s*\.\s*segment\s*\]")
    start = next((n for n, line in enumerate(lines) if header.match(line)), None)
    if start is None:
        added = tomli_w.dumps(dict(values))
        end = "" if not text or text.endswith("\n") else "\n"
        changed = f"{text}{end}\n[objects.{name}.segment]\n{added}"
    else:
        stop = next(
            (n for n in range(start + 1, len(lines)) if lines[n].lstrip().startswith("[")),
            len(lines),
        )
        body = _changed(lines[start + 1 : stop], values)
        if not lines[start].endswith("\n"):
            lines[start] += "\n"
        changed = "".join([*lines[: start + 1], *body, *lines[stop:]])
    if _read(changed) != wanted:
        table = tomli_w.dumps({"objects": {name: {"segment": dict(values)}}}).strip()
        raise SettingsError(
            where,
            f"the segmenter of {name!r} is written in a way that cannot be changed without "
            "touching more",
            f"write into it yourself:\n{table}",
        )
    return changed


def _changed(body: list[str], values: Mapping[str, Any]) -> list[str]:
    """Lines of a table with other values; the comment behind a value that changes stays."""
    left, made, last = dict(values), list[str](), 0
    for line in body:
        found = _KEY.match(line)
        if not found:
            made.append(line)
            continue
        key = found["key"]
        if key not in left:
            continue
        value, comment = left.pop(key), _comment(line)
        was = _read(line)
        made.append(line if was == {key: value} else f"{_assigned(key, value)}{comment}\n")
        last = len(made)
    return [*made[:last], *(f"{_assigned(key, value)}\n" for key, value in left.items()),
            *made[last:]]  # fmt: skip


def _assigned(key: str, value: Any) -> str:
    return tomli_w.dumps({key: value}).strip()


def _comment(line: str) -> str:
    """What stands behind the value, from its white space on."""
    bare = line.rstrip("\r\n")
    for match in re.finditer(r"\s*#", bare):
        if _read(bare[: match.start()]) is not None:
            return bare[match.start() :]
    return ""


def _read(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None
