"""Errors and warnings: each says where, what and the remedy."""

from __future__ import annotations

import re

_LONGEST = 2000
_SENT_TO_TERMINALS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class LamellaError(Exception):
    """Something the user can mend. Reads ``where: what; remedy``.

    Parameters
    ----------
    where : str
        The file, the setting or the row at fault.
    what : str
        The fault, with the numbers that show it.
    remedy : str
        What to do about it.
    """

    def __init__(self, where: str, what: str, remedy: str) -> None:
        super().__init__(where, what, remedy)
        self.where, self.what, self.remedy = where, what, remedy

    def __str__(self) -> str:
        return f"{_plain(self.where)}: {_plain(self.what)}; {_plain(self.remedy)}"


class InputError(LamellaError):
    """A movie, a label file or a table cannot be used as it is."""


class SettingsError(LamellaError):
    """study.toml, samples.csv or a command-line option is wrong: nothing was started."""


class OutputError(LamellaError):
    """A result cannot be written: a full disk, a read-only folder, a folder in use."""


class InUseError(OutputError):
    """Other work holds the folder: a run, or somebody who saves."""


class NotInstalledError(LamellaError):
    """A method needs software or weights that are not on this machine."""


class FaultsError(LamellaError):
    """Several faults found in one go, one a line."""

    def __init__(self, faults: list[LamellaError]) -> None:
        Exception.__init__(self, faults)
        self.faults = faults

    def __str__(self) -> str:
        return "\n".join(str(fault) for fault in self.faults)


class UnexpectedError(LamellaError):
    """Something went wrong that nobody foresaw."""

    @classmethod
    def of(cls, where: str, error: Exception) -> UnexpectedError:
        """The error that asks for a report of `error`."""
        return cls(
            where,
            f"unexpected {type(error).__name__}: {error}",
            "run again with --debug and report what it prints",
        )


class LamellaWarning(UserWarning):
    """A result stands, and there is something about it that the user should know."""


def _plain(text: str) -> str:
    """What may come from a file, for a terminal: no control characters, no megabytes."""
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]} … ({len(text)} characters)"
    return _SENT_TO_TERMINALS.sub("\ufffd", text)
