"""Change single settings in the text of a study.toml; comments, order and the rest stay."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping, MutableMapping
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Comment, InlineTable, Table, Whitespace

from lamella.core.errors import SettingsError


def edited(text: str, wanted: Mapping[str, Any]) -> str:
    """The text of a TOML file changed so that it holds exactly `wanted`.

    Lines whose setting stays are not touched. A setting that is new stands behind the last one of
    its table; a table that is new behind the one it belongs to. With a setting goes the comment on
    its own lines; with a table those within it, but not what stands above the next one.

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
    changed: list[str] = []
    try:
        document = tomlkit.parse(text.replace("\r\n", "\n"))
        _change(document, wanted, changed)
        after = _laid_over(text, tomlkit.dumps(document))
        held = tomllib.loads(after)
    except (TOMLKitError, LookupError, ValueError, TypeError):  # such as tables in several parts
        held = {}
    if held != wanted:
        raise SettingsError(
            "study.toml",
            f"{', '.join(changed)}: it cannot be changed without touching other lines",
            "change it there by hand",
        )
    return after


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
        elif name not in table:
            changed.append(above + name)
            _add(table, name, value)
        elif not _same(tomlkit.item(old).unwrap(), value):
            changed.append(above + name)
            in_a_line = inline or isinstance(value, list)
            table[name] = tomlkit.value(as_toml(value)) if in_a_line else value


def _add(table: MutableMapping[str, Any], name: str, value: Any) -> None:
    """Put what is new behind the last setting: comments below that may be of what follows."""
    body = table.value.body if isinstance(table, Table) else []
    n = len(body)
    while n and body[n - 1][0] is None and isinstance(body[n - 1][1], Comment | Whitespace):
        n -= 1
    below = body[n:]
    del body[n:]
    table[name] = value
    body += below


def _laid_over(before: str, after: str) -> str:
    """The new text with the line ends of the old one, and with comments above tables that stay.

    tomlkit takes what stands above a table for the end of the one before, and deletes it with that.
    """
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    bare = [line.replace("\r\n", "\n") for line in old]
    ending = "\r\n" if "\r\n" in before else "\n"
    made: list[str] = []
    matcher = difflib.SequenceMatcher(a=bare, b=new, autojunk=False)
    for what, i, j, k, m in matcher.get_opcodes():
        if what == "equal":
            made += old[i:j]
            continue
        made += [line.replace("\n", ending) for line in new[k:m]]
        at = _comments_from(bare, i, j)
        is_back = any(line.strip() and line in new[k:m] for line in bare[at:j])
        if any(line.lstrip().startswith("[") for line in bare[i:at]) and not is_back:
            made += old[at:j]
    return "".join(made)


def _comments_from(lines: list[str], start: int, stop: int) -> int:
    """Where the comments begin that stand at the end of some lines."""
    while stop > start and lines[stop - 1].strip()[:1] in ("#", ""):
        stop -= 1
    return stop


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
