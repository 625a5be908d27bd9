"""Change single settings in the text of a study.toml; comments, order and the rest stay."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, MutableMapping
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, InlineTable

from lamella.core.errors import SettingsError


def edited(text: str, wanted: Mapping[str, Any]) -> str:
    """The text of a TOML file changed so that it holds exactly `wanted`.

    Lines whose setting stays are not touched. A setting that is new stands behind the last one of
    its table; a table that is new behind the one it belongs to.

    Parameters
    ----------
    text : str
        TOML.
    wanted : mapping
        What it is to hold.

    Raises
    ------
    SettingsError
        When the file is written in a way in which a setting cannot be changed alone.
    """
    newline = "\r\n" if "\r\n" in text else "\n"
    document = tomlkit.parse(text.replace("\r\n", "\n"))
    changed: list[str] = []
    try:
        _change(document, wanted, changed)
        after = tomlkit.dumps(document)
        held = tomllib.loads(after)
    except (TOMLKitError, LookupError, tomllib.TOMLDecodeError):  # tables that stand in parts
        held = {}
    if held != wanted:
        raise SettingsError(
            "study.toml",
            f"{', '.join(changed)}: it cannot be changed without touching other lines",
            "change it there by hand",
        )
    return after.replace("\n", newline)


def _change(
    table: MutableMapping[str, Any], wanted: Mapping[str, Any], changed: list[str], above: str = ""
) -> None:
    """Make a table hold what is wanted, and note the names of what was changed."""
    for name in [name for name in table if name not in wanted]:
        changed.append(above + name)
        del table[name]
    for name, value in wanted.items():
        old = table.get(name)
        inline = isinstance(old, InlineTable)
        if isinstance(old, MutableMapping) and isinstance(value, Mapping) and not inline:
            _change(old, value, changed, f"{above}{name}.")
        elif isinstance(old, AoT):
            changed.append(above + name)
            if isinstance(value, list) and len(value) == len(old):  # else it is refused
                for one, other in zip(old, value, strict=True):
                    _change(one, other, [])
        elif name not in table or not _same(tomlkit.item(old).unwrap(), value):
            changed.append(above + name)
            table[name] = tomlkit.value(as_toml(value)) if inline else value


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)


def as_toml(value: Any) -> str:
    """A value as it is written in one line.

    Examples
    --------
    >>> as_toml([1, 2.5]), as_toml("a b"), as_toml({"rule": "never"}), as_toml(True)
    ('[1, 2.5]', '"a b"', '{ rule = "never" }', 'true')
    """
    if isinstance(value, Mapping):
        named = [(tomlkit.key(name).as_string(), each) for name, each in value.items()]
        inner = ", ".join(f"{name} = {as_toml(each)}" for name, each in named)
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(as_toml, value))}]"
    return str(tomlkit.item(value).as_string())
