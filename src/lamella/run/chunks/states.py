"""What a step remembers of a part of a movie, as a file: numbers and names, nothing that runs.

States are what `Step.prepare` gives: named tuples and dataclasses of Lamella's own around arrays,
tables and plain values. They are written as a tree in JSON, and arrays beside it.
"""

from __future__ import annotations

import dataclasses
import importlib
import json
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import BaseModel

from lamella.core.errors import InputError

_TREE = "tree"
_OURS = "lamella."


def write_state(path: Path, state: Any) -> None:
    """Write a state as ``.npz``.

    Raises
    ------
    TypeError
        A state that holds something else.
    """
    arrays: dict[str, Any] = {}
    tree = _encoded(state, arrays)
    with path.open("wb") as file:
        np.savez(file, allow_pickle=False, **{_TREE: np.array(json.dumps(tree)), **arrays})


def read_state(path: Path) -> Any:
    """What `write_state` wrote.

    Raises
    ------
    InputError
        A file that names something else than a part of Lamella.
    """
    with np.load(path, allow_pickle=False) as arrays:
        return _decoded(json.loads(str(arrays[_TREE])), arrays, path)


def _encoded(value: Any, arrays: dict[str, Any]) -> Any:
    def each(values: Any) -> list[Any]:
        return [_encoded(inner, arrays) for inner in values]

    if value is None or type(value) in (bool, int, float):
        return value
    if isinstance(value, str) and not isinstance(value, Enum):  # names of columns are such
        return str(value)
    if isinstance(value, np.ndarray):
        arrays[name := f"a{len(arrays)}"] = value
        return {"array": name}
    if isinstance(value, np.generic):
        return {"scalar": _encoded(np.asarray(value), arrays)}
    if isinstance(value, np.dtype):
        return {"dtype": value.str}
    if isinstance(value, pd.DataFrame):
        columns = {str(name): value[name].to_numpy() for name in value.columns}
        return {"table": each(columns.items()), "index": _encoded(value.index.to_numpy(), arrays)}
    if isinstance(value, range):
        return {"range": [value.start, value.stop, value.step]}
    if isinstance(value, Enum):
        return {"enum": value.name, "class": _name_of(value)}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return {"tuple": each(value), "class": _name_of(value)}
    if isinstance(value, tuple | list):
        return {type(value).__name__: each(value), "class": None}
    if isinstance(value, dict):
        return {"dict": each(value.items())}
    if isinstance(value, BaseModel):
        return {"step": value.model_dump(mode="json"), "class": _name_of(value)}
    if dataclasses.is_dataclass(value):
        fields = {f.name: getattr(value, f.name) for f in dataclasses.fields(value) if f.init}
        return {"fields": _encoded(fields, arrays), "class": _name_of(value)}
    raise TypeError(f"a state cannot hold {type(value).__name__}")


def _decoded(tree: Any, arrays: Any, path: Path) -> Any:
    if not isinstance(tree, dict):
        return tree

    def each(values: Any) -> list[Any]:
        return [_decoded(inner, arrays, path) for inner in values]

    match tree:
        case {"array": name}:
            return arrays[name]
        case {"scalar": inner}:
            return _decoded(inner, arrays, path)[()]
        case {"dtype": text}:
            return np.dtype(text)
        case {"table": columns, "index": index}:
            return pd.DataFrame(dict(each(columns)), index=_decoded(index, arrays, path))
        case {"range": bounds}:
            return range(*bounds)
        case {"enum": name, "class": kind}:
            return _class_of(kind, path)[name]
        case {"tuple": values, "class": kind}:
            return tuple(each(values)) if kind is None else _class_of(kind, path)(*each(values))
        case {"list": values}:
            return each(values)
        case {"dict": items}:
            return dict(each(items))
        case {"step": settings, "class": kind}:
            return _class_of(kind, path).model_validate(settings)
        case {"fields": fields, "class": kind}:
            return _class_of(kind, path)(**_decoded(fields, arrays, path))
    raise InputError(str(path), "it is not what a step remembers", "remove it and run again")


def _name_of(value: Any) -> str:
    return f"{type(value).__module__}:{type(value).__qualname__}"


def _class_of(name: str, path: Path) -> Any:
    """A class of Lamella's own that holds values, and nothing else that a file may name."""
    module, _, qualified = name.partition(":")
    kind: Any = importlib.import_module(module) if module.startswith(_OURS) else None
    for part in qualified.split("."):
        kind = getattr(kind, part, None)
    holds_values = isinstance(kind, type) and (
        dataclasses.is_dataclass(kind)
        or issubclass(kind, Enum | BaseModel)
        or (issubclass(kind, tuple) and hasattr(kind, "_fields"))
    )
    if not holds_values:
        raise InputError(str(path), f"it names {name!r}", "remove it and run again")
    return kind
