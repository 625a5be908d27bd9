"""Settings of a study as they are being changed, before anything of it is written."""

from __future__ import annotations

import copy
import difflib
import tomllib
from pathlib import Path
from typing import Any

from lamella.core.errors import LamellaError, OutputError, SettingsError
from lamella.io.atomic import output_error, whole_file
from lamella.run.settings import Settings, read_settings, settings_from
from lamella.run.settings_text import edited
from lamella.run.study import SETTINGS_FILE

Place = tuple[str, ...]


class SettingsDraft:
    """What study.toml would hold. Nothing is written before `write`.

    Parameters
    ----------
    file : Path
        study.toml, or the folder it lies in.

    Raises
    ------
    SettingsError, FaultsError
        When the file is absent, no TOML, or holds wrong settings.
    """

    def __init__(self, file: Path) -> None:
        self.file = file / SETTINGS_FILE if file.is_dir() else file
        read_settings(self.file)
        self._text = _read(self.file)
        self._values: dict[str, Any] = tomllib.loads(self._text)

    @property
    def settings(self) -> Settings:
        """The settings as changed.

        Raises
        ------
        FaultsError, SettingsError
            When a value is not accepted; names every one.
        """
        return settings_from(self._values, where=self.file.name)

    @property
    def written(self) -> Settings:
        """The settings as they stand in the file that was read."""
        return settings_from(tomllib.loads(self._text), where=self.file.name)

    @property
    def changed(self) -> bool:
        """Whether the file would hold something else."""
        return self._values != tomllib.loads(self._text)

    def table(self, place: Place) -> dict[str, Any]:
        """What stands in a table; empty where it is absent, or ``false``."""
        return dict(_table_in(self._values, place))

    def is_off(self, place: Place) -> bool:
        """Whether a step or a group of measures is left out by ``false``."""
        found: Any = self._values
        for name in place:
            found = found.get(name) if isinstance(found, dict) else None
        return found is False

    def set_value(self, place: Place, name: str, value: Any, *, default: Any = None) -> None:
        """Set one setting of a table.

        Parameters
        ----------
        value
            None takes it out. So does the default where the file did not name it.
        """
        table = self._made(place)
        named = name in _table_in(tomllib.loads(self._text), place)
        if isinstance(value, float) and value.is_integer():
            value = int(value)  # as a person would write it; numbers may be whole
        if value is None or (value == default and not named):
            table.pop(name, None)
        else:
            table[name] = value
        self._prune(place)

    def set_method(self, place: Place, method: str) -> None:
        """Do a step by another method, with its defaults; that of the file comes as it is there."""
        before = _table_in(tomllib.loads(self._text), place)
        kept = before if before.get("method", "") == method else {"method": method}
        self._put(place, copy.deepcopy(kept))

    def switch_on(self, place: Place) -> None:
        """Let a group of measures be measured, as the file says, else with its defaults."""
        before = _table_in(tomllib.loads(self._text), place)
        if before:
            self._put(place, copy.deepcopy(before))
        else:
            self._take_out(place)

    def switch_off(self, place: Place) -> None:
        """Leave a step or a group of measures out: ``false``."""
        self._put(place, False)

    def undo(self) -> None:
        """Back to what stands in the file that was read."""
        self._values = tomllib.loads(self._text)

    def faults(self) -> list[LamellaError]:
        """What is wrong with the settings as changed; empty where nothing is."""
        try:
            _ = self.settings
        except LamellaError as error:
            return list(getattr(error, "faults", [error]))
        return []

    @property
    def text(self) -> str:
        """The text of the file as it would be.

        Raises
        ------
        SettingsError
            When it cannot be changed without touching other lines.
        """
        return edited(self._text, self._values)

    @property
    def diff(self) -> str:
        """Lines that go (−) and come (+), with those around; empty where nothing changes."""
        lines = difflib.unified_diff(
            self._text.splitlines(),
            self.text.splitlines(),
            f"{self.file.name} as it is",
            f"{self.file.name} as it will be",
            lineterm="",
            n=2,
        )
        return "\n".join(lines)

    def write(self) -> None:
        """Write the changed settings into the file, and nothing else.

        Raises
        ------
        FaultsError, SettingsError
            When a value is not accepted, or the file cannot be changed without touching other
            lines.
        OutputError
            When the file was changed meanwhile by someone else, or cannot be written.
        """
        wanted, text = self.settings, self.text
        if settings_from(tomllib.loads(text), where=self.file.name) != wanted:
            raise SettingsError(str(self.file), "it would not read back alike", "edit it by hand")
        if _read(self.file) != self._text:
            raise OutputError(
                str(self.file),
                "it was changed by someone else since it was read here; nothing was written",
                "read it again, and make your changes once more",
            )
        with whole_file(self.file) as part:
            part.write_bytes(text.encode())
        self._text = text

    def _made(self, place: Place) -> dict[str, Any]:
        found = self._values
        for name in place:
            inner = found.get(name)
            if not isinstance(inner, dict):
                inner = found[name] = {}
            found = inner
        return found

    def _prune(self, place: Place) -> None:
        """Take out tables that became empty and that the file has not."""
        in_file = tomllib.loads(self._text)
        for n in range(len(place), 0, -1):
            above = self._made(place[: n - 1])
            if above.get(place[n - 1]) == {} and place[n - 1] not in _table_in(
                in_file, place[: n - 1]
            ):
                del above[place[n - 1]]

    def _put(self, place: Place, value: Any) -> None:
        self._made(place[:-1])[place[-1]] = value

    def _take_out(self, place: Place) -> None:
        self._made(place[:-1]).pop(place[-1], None)


def _read(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8")
    except OSError as error:
        raise output_error(file, error) from error


def _table_in(values: dict[str, Any], place: Place) -> dict[str, Any]:
    found: Any = values
    for name in place:
        found = found.get(name, {}) if isinstance(found, dict) else {}
    return found if isinstance(found, dict) else {}
