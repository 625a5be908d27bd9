"""Change single settings in the text of a study.toml; comments, order and the rest stay."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import tomli_w

from lamella.core.errors import SettingsError

Place = tuple[str, ...]
"""Names of the tables and of the key."""

_HEADER = re.compile(r"^\s*\[([^\[\]]+)\]\s*(#.*)?$")


class _Entry(NamedTuple):
    first: int
    stop: int
    """Lines ``first`` to ``stop`` − 1."""


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
    changes = list(_changes(tomllib.loads(text), wanted))
    try:
        # What goes first: a table may take the place of `name = false`, or the other way round.
        for place, _ in [change for change in changes if change[1] is None]:
            text = _without(text, place)
        for place, value in [change for change in changes if change[1] is not None]:
            text = _with(text, place, value)
        held = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        held = {}
    if held != wanted:
        told = ", ".join(".".join(place) for place, _ in changes)
        raise SettingsError(
            "study.toml", f"{told}: it cannot be changed without touching other lines",
            "change it there by hand",
        )  # fmt: skip
    return text


def _changes(
    before: Mapping[str, Any], after: Mapping[str, Any], above: Place = ()
) -> Iterator[tuple[Place, Any]]:
    """Places that differ, and what is wanted there; None where nothing is."""
    for name in [*before, *(name for name in after if name not in before)]:
        place, old, new = (*above, name), before.get(name), after.get(name)
        if old == new and type(old) is type(new):
            continue
        if isinstance(old, dict) and isinstance(new, dict):
            yield from _changes(old, new, place)
        elif isinstance(new, dict):
            if old is not None:
                yield place, None
            yield from _changes({}, new, place) if new else [(place, new)]
        else:
            if isinstance(old, dict) and new is not None:
                yield place, None
            yield place, new


def _without(text: str, place: Place) -> str:
    """Without a key, or without a table and all that is below it."""
    lines, entries, headers = _read(text)
    if (inline := _inline_above(entries, place)) is not None:
        return _replaced(lines, entries[inline], _less(lines, entries[inline], inline, place))
    gone = {
        line
        for key, entry in entries.items()
        if key[: len(place)] == place
        for line in range(entry.first, entry.stop)
    }
    gone |= {line for key, line in headers.items() if key[: len(place)] == place}
    return "".join(line for i, line in enumerate(lines) if i not in gone)


def _with(text: str, place: Place, value: Any) -> str:
    lines, entries, headers = _read(text)
    if place in entries:
        return _replaced(lines, entries[place], value)
    if (inline := _inline_above(entries, place)) is not None:
        held = _value(lines, entries[inline])
        _put(held, place[len(inline) :], value)
        return _replaced(lines, entries[inline], held)
    end = "\r\n" if "\r\n" in text else "\n"
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += end
    table, new = place[:-1], f"{_key(place[-1])} = {as_toml(value)}{end}"
    if table in headers or not table:
        lines.insert(_behind(entries, headers, table), new)
        return "".join(lines)
    at = len(lines)
    for n in range(len(table) - 1, 0, -1):
        kin = [key for key in headers if key[:n] == table[:n]]
        if kin:
            at = max(_behind(entries, headers, key) for key in kin)
            break
    lines[at:at] = [f"[{'.'.join(map(_key, table))}]{end}", new]
    return "".join(lines)


def _behind(entries: Mapping[Place, _Entry], headers: Mapping[Place, int], table: Place) -> int:
    """The line behind the last entry of a table, or behind its header."""
    begins = headers.get(table, -1)
    ends = min((line for line in headers.values() if line > begins), default=None)
    inside = [
        entry.stop
        for entry in entries.values()
        if entry.first > begins and (ends is None or entry.first < ends)
    ]
    return max(inside, default=begins + 1)


def _read(text: str) -> tuple[list[str], dict[Place, _Entry], dict[Place, int]]:
    """The lines; those of every key, and that of every table's header."""
    lines = text.splitlines(keepends=True)
    entries: dict[Place, _Entry] = {}
    headers: dict[Place, int] = {}
    table: Place = ()
    i = 0
    while i < len(lines):
        bare = lines[i].strip()
        header = _HEADER.match(lines[i].rstrip("\r\n"))
        if not bare or bare.startswith("#"):
            i += 1
            continue
        if header is not None or bare.startswith("[["):
            table = _path(tomllib.loads(bare)) if header else ("[[]]", bare)
            headers[table] = i
            i += 1
            continue
        stop = i + 1
        while stop < len(lines) and not _parses("".join(lines[i:stop])):
            stop += 1
        place = _first_key("".join(lines[i:stop]))
        entries[(*table, *place)] = _Entry(i, stop)
        i = stop
    return lines, entries, headers


def _parses(part: str) -> bool:
    try:
        tomllib.loads(part)
    except tomllib.TOMLDecodeError:
        return False
    return True


def _path(table: dict[str, Any]) -> Place:
    """The names of the one table in it."""
    names = []
    while table:
        name, table = next(iter(table.items()))
        names.append(name)
    return tuple(names)


def _first_key(part: str) -> Place:
    """The key of an entry: as many names as it has dots, whatever its value holds."""
    for at in [i for i, sign in enumerate(part) if sign == "="]:
        if _parses(f"{part[:at]}= 0"):
            return _path(_nested(tomllib.loads(f"{part[:at]}= 0")))
    raise tomllib.TOMLDecodeError(part)


def _nested(table: dict[str, Any]) -> dict[str, Any]:
    return {k: _nested(v) if isinstance(v, dict) else {} for k, v in table.items()}


def _inline_above(entries: Mapping[Place, _Entry], place: Place) -> Place | None:
    """The entry whose inline table holds this place."""
    return next((place[:n] for n in range(1, len(place)) if place[:n] in entries), None)


def _value(lines: list[str], entry: _Entry) -> Any:
    held: Any = tomllib.loads("".join(lines[entry.first : entry.stop]))
    for name in _first_key("".join(lines[entry.first : entry.stop])):
        held = held[name]
    return held


def _less(lines: list[str], entry: _Entry, inline: Place, place: Place) -> Any:
    held = _value(lines, entry)
    inner = held
    for name in place[len(inline) : -1]:
        inner = inner[name]
    inner.pop(place[-1])
    return held


def _put(held: dict[str, Any], place: Place, value: Any) -> None:
    for name in place[:-1]:
        held = held.setdefault(name, {})
    held[place[-1]] = value


def _replaced(lines: list[str], entry: _Entry, value: Any) -> str:
    """The lines with another value in an entry; what stands behind it on its line stays."""
    part = "".join(lines[entry.first : entry.stop])
    equals = next(i for i, s in enumerate(part) if s == "=" and _parses(f"{part[:i]}= 0"))
    held = tomllib.loads(part)
    comments = (
        i
        for i, sign in enumerate(part)
        if sign == "#" and i > equals and _parses(part[:i]) and tomllib.loads(part[:i]) == held
    )
    end = next(comments, len(part))
    old = part[equals + 1 : end]
    front = old[: len(old) - len(old.lstrip())]
    behind = old[len(old.rstrip()) :]
    new = f"{part[: equals + 1]}{front}{as_toml(value)}{behind}{part[end:]}"
    return "".join([*lines[: entry.first], new, *lines[entry.stop :]])


def as_toml(value: Any) -> str:
    """A value as it is written in one line.

    Examples
    --------
    >>> as_toml([1, 2.5]), as_toml("a b"), as_toml({"rule": "never"}), as_toml(True)
    ('[1, 2.5]', '"a b"', '{ rule = "never" }', 'true')
    """
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(as_toml, value))}]"
    if isinstance(value, dict):
        inner = ", ".join(f"{_key(name)} = {as_toml(each)}" for name, each in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    return tomli_w.dumps({"v": value}).partition("=")[2].strip()


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else as_toml(name)
