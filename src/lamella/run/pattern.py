"""Patterns that name the parts of a path: ``{condition}{session}/{cell}.tif``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import count, pairwise

from lamella.core.errors import SettingsError
from lamella.io.pattern import ANYTHING

_FIELD = re.compile(r"\{([^\W_]\w*)(?::(\w+))?\}")
_ANYTHING, _ANYTHING_GREEDY = r"[^/]+?", r"[^/]+"
_TYPES = {"d": r"\d+", "a": r"[^\W\d_]+"}
_CHANNEL = "channel"


@dataclass(frozen=True)
class Match:
    """The fields of one path, and whether they could have been read in another way."""

    fields: dict[str, str]
    ambiguous: bool


class PathPattern:
    """A pattern such as ``{condition}{session}/{cell}.tif``.

    ``{name}`` is the shortest match within one part of the path, ``{name:d}`` digits only,
    ``{name:a}`` letters only. Two fields side by side without types mean letters, then digits.
    ``{channel}`` stays in the path: the files that differ only there are channels of one movie.
    Beside it ``*`` stays too, and stands for what differs between these files and means nothing.

    Raises
    ------
    SettingsError
        When the pattern has no field, an unknown type, or fields that cannot be told apart.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        fields = list(_FIELD.finditer(text))
        where = f"pattern {text!r}"
        if not fields:
            raise SettingsError(
                where, "it has no {field}", "name the parts, as in {condition}/{cell}.tif"
            )
        names = [m[1] for m in fields]
        if len(set(names)) < len(names):
            raise SettingsError(where, "a field stands in it twice", "use each name once")
        unknown = [m[2] for m in fields if m[2] and m[2] not in _TYPES]
        if unknown or re.search(r"[{}]", _FIELD.sub("", text)):
            raise SettingsError(
                where, "it has a field that is not understood", "use {name}, {name:d} or {name:a}"
            )
        kinds = [m[2] for m in fields]
        for i, (a, b) in enumerate(pairwise(fields)):
            if a.end() == b.start() and not a[2] and not b[2]:
                if i and fields[i - 1].end() == a.start():
                    raise SettingsError(
                        where,
                        f"{a[0]} and {b[0]} beside a third field cannot be told apart",
                        "give them types, such as {condition:a}{session:d}",
                    )
                kinds[i], kinds[i + 1] = "a", "d"
        if ANYTHING in text and _CHANNEL not in names:
            raise SettingsError(
                where,
                f"{ANYTHING} stands for what differs from channel to channel, and it has none",
                "write {name} for what varies, with any name: {cell}.{ending} fits any ending",
            )
        self.fields = tuple(names)
        self._shortest = self._compiled(fields, kinds, _ANYTHING)
        self._longest = self._compiled(fields, kinds, _ANYTHING_GREEDY)

    def match(self, path: str) -> Match | None:
        """The fields of a path with forward slashes, or None where it does not fit."""
        found, other = self._shortest.fullmatch(path), self._longest.fullmatch(path)
        if found is None or other is None:
            return None
        fields, others = ({name: m[name] for name in self.fields} for m in (found, other))
        return Match(fields, fields != others)

    def without_channel(self, path: str) -> str:
        """The path with ``{channel}`` in the place of the channel's name, if there is one."""
        found = self._shortest.fullmatch(path)
        if found is None or _CHANNEL not in self.fields:
            return path
        spans = [(found.span(_CHANNEL), f"{{{_CHANNEL}}}")]
        spans += [(found.span(name), ANYTHING) for name in found.groupdict() if name[0] == "_"]
        for (start, end), mark in sorted(spans, reverse=True):
            path = f"{path[:start]}{mark}{path[end:]}"
        return path

    def _compiled(
        self, fields: list[re.Match[str]], kinds: list[str | None], anything: str
    ) -> re.Pattern[str]:
        out, position = "", 0
        for found, kind in zip(fields, kinds, strict=True):
            out += re.escape(self.text[position : found.start()])
            out += f"(?P<{found[1]}>{_TYPES[kind] if kind else anything})"
            position = found.end()
        out += re.escape(self.text[position:])
        number = count()
        return re.compile(
            re.sub(re.escape(re.escape(ANYTHING)), lambda _: f"(?P<_{next(number)}>[^/]*?)", out)
        )
