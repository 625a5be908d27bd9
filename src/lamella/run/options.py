"""``key=value`` options of the command line."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from typing import Any

from lamella.core.errors import SettingsError


def values_of(options: Sequence[str], *, flag: str = "--set") -> dict[str, Any]:
    """Settings from ``key=value`` options; values are TOML, or words without quotes.

    Raises
    ------
    SettingsError
        When an option has no value.

    Examples
    --------
    >>> values_of(["classes=2", "foreground=dark", "fill_holes=false"])
    {'classes': 2, 'foreground': 'dark', 'fill_holes': False}
    """
    values: dict[str, Any] = {}
    for option in options:
        key, equals, text = option.partition("=")
        if not equals:
            raise SettingsError(f"{flag} {option}", "it has no value", f"write {flag} key=value")
        values[key.strip()] = _toml_value(text.strip())
    return values


def as_given(value: Any) -> str:
    """A value as it stands on the command line.

    Examples
    --------
    >>> as_given(True), as_given("dark")
    ('true', 'dark')
    """
    return str(value).lower() if isinstance(value, bool) else str(value)


def _toml_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text  # a word without quotes
