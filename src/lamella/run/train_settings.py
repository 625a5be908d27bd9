"""Settings of a training as they stand on the command line: ``--set table.name=value``."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError

from lamella.core.errors import FaultsError, LamellaError, SettingsError
from lamella.run.options import as_given, values_of

Tables = dict[str, dict[str, Any]]
_Model = TypeVar("_Model", bound=BaseModel)


def tables_of(options: Sequence[str], names: Sequence[str]) -> Tables:
    """Values by their table; those without one under no name.

    Parameters
    ----------
    options : sequence of str
        ``key=value``.
    names : sequence of str
        Tables that there are.

    Raises
    ------
    SettingsError
        There is no such table.
    """
    tables: Tables = {"": {}, **{name: {} for name in names}}
    for key, value in values_of(options).items():
        table, _, name = key.rpartition(".")
        if table not in tables:
            raise SettingsError(
                f"--set {key}", f"there is no table {table!r}", f"use one of {', '.join(names)}"
            )
        tables[table][name] = value
    return tables


def made(
    model: type[_Model], tables: Tables, table: str, faults: list[LamellaError], **others: Any
) -> _Model | None:
    """The step of a table; None where a value does not fit, and every fault is added.

    Parameters
    ----------
    others : mapping
        Values of what the table does not name.
    """
    given, prefix = tables[table], f"{table}." if table else ""
    try:
        return model(**(others | given))
    except ValidationError as error:
        faults += [_fault(detail, model, given, prefix) for detail in error.errors()]
        return None


def _fault(
    detail: Any, model: type[BaseModel], given: Mapping[str, Any], prefix: str
) -> SettingsError:
    if not detail["loc"]:  # values that do not go together
        told = ", ".join(f"{prefix}{name}={as_given(value)}" for name, value in given.items())
        return SettingsError(f"--set {told}", "the values are not accepted", str(detail["msg"]))
    name = str(detail["loc"][0])
    if detail["type"] == "extra_forbidden":
        near = difflib.get_close_matches(name, model.model_fields, n=1)
        known = ", ".join(f"{prefix}{each}" for each in model.model_fields)
        return SettingsError(
            f"--set {prefix}{name}",
            "there is no such setting",
            f"did you mean {prefix + near[0]!r}?" if near else f"use one of {known}",
        )
    return SettingsError(
        f"--set {prefix}{name}={as_given(given.get(name))}",
        "the value is not accepted",
        str(detail["msg"]),
    )


def refuse(faults: Sequence[LamellaError]) -> NoReturn:
    """Raise what was found, all of it."""
    raise faults[0] if len(faults) == 1 else FaultsError(list(faults))
