"""The settings of a study as fields of a form: kinds, limits, defaults, and what they mean."""

from __future__ import annotations

import inspect
import re
from typing import Any, Literal, NamedTuple, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from lamella.run.settings import MeasureSettings, ObjectSettings

Kind = Literal["yes or no", "whole number", "number", "choice", "words", "toml"]
"""What a value is; ``toml``: anything else, written as in study.toml."""


class SettingField(NamedTuple):
    """One setting of a method."""

    name: str
    kind: Kind
    default: Any
    """None where it may be left out, or where it must be given (`required`)."""
    meaning: str
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    """Limits; a value that equals them may be refused all the same (greater than, less than)."""
    required: bool = False


class SettingTable(NamedTuple):
    """A table of study.toml: a step and the methods it can be done by."""

    place: tuple[str, ...]
    """Such as ``("objects", "cell", "segment")``."""
    title: str
    methods: dict[str, type[BaseModel]]
    """By the value of ``method``; under no word where there is but one."""
    can_be_off: bool
    """Whether it may be ``false``."""

    @property
    def name(self) -> str:
        """As in study.toml, such as ``objects.cell.segment``."""
        return ".".join(self.place)


_OF_OBJECTS = {
    "segment": "Segmentation: which pixels are a cell",
    "declump": "Splitting of clumps: cells that touch",
    "track": "Tracking: which cell is which over time",
}
_OF_MEASURES = {
    "sightings": "Trust: which frames and steps count, window of movement",
    "lamellipodium": "Lamellipodium and polarity",
    "migration": "Movement, turning, straightness",
}


def tables_for(object_name: str) -> list[SettingTable]:
    """The tables of study.toml that decide what is found and measured of a set of objects."""
    found = [
        _table(("objects", object_name, name), title, ObjectSettings.model_fields[name])
        for name, title in _OF_OBJECTS.items()
    ]
    return found + [
        _table(("measure", name), title, MeasureSettings.model_fields[name])
        for name, title in _OF_MEASURES.items()
    ]


def fields_of(model: type[BaseModel]) -> list[SettingField]:
    """The settings of a method, in its order, without ``method`` itself."""
    told = _told(model)
    return [
        _field(name, field, told.get(name, ""))
        for name, field in model.model_fields.items()
        if name != "method"
    ]


def summary_of(model: type[BaseModel]) -> str:
    """What a method does, in the first sentence of its documentation."""
    return _plain((inspect.getdoc(model) or "").partition("\n\n")[0].replace("\n", " "))


def _table(place: tuple[str, ...], title: str, field: FieldInfo) -> SettingTable:
    models = _models(field.annotation)
    methods = {
        str(model.model_fields["method"].default) if "method" in model.model_fields else "": model
        for model in models
    }
    return SettingTable(place, title, methods, False in _literals(field.annotation))


def _field(name: str, field: FieldInfo, meaning: str) -> SettingField:
    plain = [kind for kind in _kinds(field.annotation) if kind is not type(None)]
    choices = tuple(str(v) for v in _literals(field.annotation) if isinstance(v, str))
    kind: Kind = "toml"
    if choices and all(get_origin(each) is Literal for each in plain):
        kind = "choice"
    elif plain == [bool]:
        kind = "yes or no"
    elif plain == [int]:
        kind = "whole number"
    elif plain == [float]:
        kind = "number"
    elif plain == [str]:
        kind = "words"
    low, high = _limits(field)
    default = None if field.is_required() else field.get_default(call_default_factory=True)
    if isinstance(default, BaseModel):
        default = default.model_dump(mode="json", exclude_defaults=True)
    return SettingField(
        name, kind, default, meaning, choices, low, high, required=field.is_required()
    )


def _limits(field: FieldInfo) -> tuple[float | None, float | None]:
    found: dict[str, float] = {}
    for mark in field.metadata:
        for name in ("gt", "ge", "lt", "le"):
            if (value := getattr(mark, name, None)) is not None:
                found[name] = float(value)
    return found.get("ge", found.get("gt")), found.get("le", found.get("lt"))


def _kinds(annotation: Any) -> list[Any]:
    """The alternatives of a type, those of an annotated one without its marks."""
    if hasattr(annotation, "__metadata__"):
        return _kinds(get_args(annotation)[0])
    if get_origin(annotation) is Literal or not get_args(annotation):
        return [annotation]
    if get_origin(annotation) in (tuple, list, dict):
        return [annotation]
    return [kind for part in get_args(annotation) for kind in _kinds(part)]


def _models(annotation: Any) -> list[type[BaseModel]]:
    return [k for k in _kinds(annotation) if isinstance(k, type) and issubclass(k, BaseModel)]


def _literals(annotation: Any) -> list[Any]:
    return [v for k in _kinds(annotation) if get_origin(k) is Literal for v in get_args(k)]


def _told(model: type[BaseModel]) -> dict[str, str]:
    """What the documentation of a method and of those it builds on says of every parameter.

    Types are left away, which the kind of a field tells; and so are references to code.
    """
    found: dict[str, str] = {}
    for each in reversed(model.__mro__):
        text = inspect.cleandoc(each.__doc__ or "")
        _, _, part = text.partition("Parameters\n----------\n")
        part = re.split(r"\n\S[^\n]*\n-{3,}\n", part)[0]
        names: list[str] = []
        own: dict[str, str] = {}
        for line in part.splitlines():
            if line and not line[0].isspace():
                head = line.partition(":")[0]
                names = [name.strip() for name in head.split(",")]
                own |= dict.fromkeys(names, "")
            else:
                for name in names:
                    own[name] = f"{own[name]} {line.strip()}".strip()
        found |= {name: words for name, words in own.items() if not _ELSEWHERE.fullmatch(words)}
    return {name: _plain(words) for name, words in found.items()}


_ELSEWHERE = re.compile(r"(See `[^`]+`\.)?")
"""Words that tell nothing new of a parameter of what a method builds on."""


def _plain(words: str) -> str:
    """Words for a person who reads no code.

    >>> _plain("Half height (see `refined_edge`) of ``a``, as `find` has it; see `Follow`.")
    'Half height of a, as find has it.'
    """
    words = re.sub(r" \(see `[^`]+`\)|[;,] see `[^`]+`(?=[.,;])", "", words)
    words = re.sub(r"`\w+\.(\w+)`", r"\1", words)
    return re.sub(r"`+([^`]*)`+", r"\1", words)
