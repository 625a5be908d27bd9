"""study.toml: every setting of a study, checked by name."""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lamella.centre import Centre
from lamella.core.errors import FaultsError, LamellaError, SettingsError
from lamella.measure import Lamellipodium, Migration
from lamella.preprocess import Background, NoBackground, Normalise
from lamella.segment import MultiOtsu, Segmenter
from lamella.statistics import Contrasts
from lamella.track import Largest, Tracker

Known = float | Literal["unknown"] | None
"""A scale: a number, ``"unknown"`` (said on purpose), or None (the file must state it)."""


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ScaleSettings(_Table):
    """[scale]: what the files do not say, or say wrongly."""

    pixel_size_um: Known = None
    interval_min: Known = None
    axes: str | None = None


class ChannelSettings(_Table):
    """[channels]: their names, in the order of the file."""

    names: tuple[str, ...] | None = None


class ObjectSettings(_Table):
    """[objects.NAME]: how one set of objects is found and followed.

    Frames are normalised for segmentation by the adaptive rule where `normalise` is not set, except
    for segmenters whom the scale does not matter: clipping at a percentile could only harm them.
    """

    channel: str | None = None
    normalise: Normalise | None = None
    segment: Segmenter = MultiOtsu()
    track: Tracker = Largest()
    centre: Centre | Literal[False] = Centre()

    @property
    def normaliser(self) -> Normalise:
        """The normalisation that is used."""
        default = Normalise(rule="never" if self.segment.scale_free else "adaptive")
        return self.normalise or default


class MeasureSettings(_Table):
    """[measure]: the groups of measures, each with its settings or ``false``."""

    background: Background = NoBackground()
    migration: Migration | Literal[False] = Migration()
    lamellipodium: Lamellipodium | Literal[False] = Lamellipodium()

    @property
    def groups(self) -> dict[str, Migration | Lamellipodium]:
        """The groups that are wanted, by name."""
        every = {"migration": self.migration, "lamellipodium": self.lamellipodium}
        return {name: group for name, group in every.items() if group}


class Settings(_Table):
    """A study's settings, the whole of study.toml."""

    title: str = "Lamella study"
    scale: ScaleSettings = ScaleSettings()
    channels: ChannelSettings = ChannelSettings()
    objects: dict[str, ObjectSettings] = Field(
        default_factory=lambda: {"cell": ObjectSettings()}, min_length=1
    )
    measure: MeasureSettings = MeasureSettings()
    statistics: Contrasts = Contrasts()


def read_settings(path: Path) -> Settings:
    """The settings in a study.toml.

    Raises
    ------
    SettingsError, FaultsError
        When the file is absent or no TOML, or holds wrong or unknown settings; all are named.
    """
    try:
        text = path.read_text(encoding="utf-8")
        return settings_from(tomllib.loads(text), where=path.name)
    except FileNotFoundError:
        raise SettingsError(
            str(path), "there is no such file", "make one with: lamella init FOLDER --pattern …"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(str(path), f"it is not TOML ({error})", "mend that line") from None


def settings_from(values: dict[str, Any], *, where: str) -> Settings:
    """Checked settings; `where` names their source in messages."""
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise FaultsError(faults_of(error, Settings, where=where)) from None


def faults_of(error: ValidationError, model: type[BaseModel], *, where: str) -> list[LamellaError]:
    """One fault for each thing that pydantic found, in words for a user."""
    return [_fault(dict(detail), model, where) for detail in error.errors()]


def _fault(detail: dict[str, Any], model: type[BaseModel], where: str) -> SettingsError:
    place = [str(part) for part in detail["loc"]]
    name = place[-1] if place else "the settings"
    table = ".".join(place[:-1])
    at = f"{where}: [{table}] {name}" if table else f"{where}: {name}"
    if detail["type"] == "extra_forbidden":
        known = _names_beside(model, place)
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known here: {', '.join(known)}"
        return SettingsError(at, "unknown setting", hint)
    said = detail["msg"].replace("Input should be", "it should be")
    return SettingsError(at, f"{detail['input']!r} is not accepted", said)


def _names_beside(model: type[BaseModel], place: list[str]) -> list[str]:
    """The settings that exist where an unknown one stands."""
    options: list[type[BaseModel]] = [model]
    for part in place[:-1]:
        inner: list[type[BaseModel]] = []
        for option in options:
            if part in option.model_fields:
                inner += _models_in(option.model_fields[part].annotation)
            elif _says(option, part):  # the tag of a union: it picks one of its methods
                inner.append(option)
        options = inner or options
    return sorted({name for option in options for name in option.model_fields})


def _says(option: type[BaseModel], tag: str) -> bool:
    method = option.model_fields.get("method")
    return method is not None and method.default == tag


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [m for part in getattr(annotation, "__args__", ()) for m in _models_in(part)]
