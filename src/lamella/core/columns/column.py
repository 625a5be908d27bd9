"""A column's name, unit and meaning."""

from __future__ import annotations

from typing import Self


class Column(str):
    """A column's name, which also knows its unit and its meaning."""

    unit: str
    meaning: str

    def __new__(cls, name: str, unit: str, meaning: str) -> Self:
        column = super().__new__(cls, name)
        column.unit, column.meaning = unit, meaning
        return column

    def __reduce__(self) -> tuple[type[Column], tuple[str, str, str]]:
        return Column, (str(self), self.unit, self.meaning)

    def of(self, channel: str | None) -> Column:
        """The column of one channel; the bare name when only one channel is measured (None)."""
        if channel is None:
            return self
        return Column(f"{self}__{channel}", self.unit, f"{self.meaning} Channel {channel}.")


class NamedColumn(Column):
    """A column whose suffix is a name that the user gave, not that of a channel."""

    def of(self, name: str | None) -> Column:
        """The column of one name; the bare one for None."""
        if name is None:
            return self
        return Column(f"{self}__{name}", self.unit, f"{self.meaning} Of {name}.")
