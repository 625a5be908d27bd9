"""study.toml: every setting of a study, checked by name."""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lamella.centre import Centre
from lamella.core.errors import FaultsError, LamellaError, SettingsError
from lamella.measure import (
    GROUPS,
    Edge,
    Group,
    Lamellipodium,
    Migration,
    Outlines,
    Protrusion,
    Sightings,
    Walks,
)
from lamella.preprocess import (
    Background,
    Bleaching,
    Drift,
    Illumination,
    NoBackground,
    Normalise,
)
from lamella.segment import ByNucleus, Declump, Motion, Segmenter
from lamella.statistics import Contrasts
from lamella.statistics.positives import Positives
from lamella.track import Largest, Tracker

Known = Annotated[float, Field(gt=0, allow_inf_nan=False)] | Literal["unknown"] | None
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

    Where a cell is missed for at most `fill_gaps` frames, its shape is filled in between those
    before and after; such shapes are marked, and enter no measure.

    Frames are normalised for segmentation by the adaptive rule where `normalise` is not set, except
    for segmenters whom the scale does not matter: clipping at a percentile could only harm them.
    """

    channel: str | None = None
    normalise: Normalise | None = None
    segment: Segmenter = Motion()
    declump: Declump | Literal[False] = False
    track: Tracker = Largest()
    fill_gaps: int = Field(0, ge=0, le=50)
    centre: Centre | Literal[False] = Centre()

    @property
    def normaliser(self) -> Normalise:
        """The normalisation that is used."""
        default = Normalise(rule="never" if self.segment.scale_free else "adaptive")
        return self.normalise or default


class MeasureSettings(_Table):
    """[measure]: what is trusted, and groups of measures with their settings or ``false``."""

    background: Background = NoBackground()
    bleaching: Bleaching | Literal[False] = False
    sightings: Sightings = Sightings()
    migration: Migration | Literal[False] = Migration()
    walks: Walks | Literal[False] = Walks()
    lamellipodium: Lamellipodium | Literal[False] = Lamellipodium()
    protrusion: Protrusion | Literal[False] = Protrusion()
    edge: Edge | Literal[False] = Edge()

    @property
    def groups(self) -> dict[str, Group]:
        """The groups that are wanted, by name."""
        every = {name: getattr(self, name) for name in self.group_names()}
        return {name: group for name, group in every.items() if group}

    @property
    def named_channels(self) -> list[str]:
        """Channels that the groups name: every movie must have them."""
        return [c for group in self.groups.values() for c in getattr(group, "channels", None) or ()]

    @classmethod
    def group_names(cls) -> list[str]:
        """All groups that there are."""
        return [type(group).__name__.lower() for group in GROUPS]


class Settings(_Table):
    """A study's settings, the whole of study.toml."""

    title: str = "Lamella study"
    scale: ScaleSettings = ScaleSettings()
    channels: ChannelSettings = ChannelSettings()
    drift: Drift | Literal[False] = False
    illumination: Illumination | Literal[False] = False
    objects: dict[str, ObjectSettings] = Field(
        default_factory=lambda: {"cell": ObjectSettings()}, min_length=1
    )
    measure: MeasureSettings = MeasureSettings()
    outlines: Outlines | Literal[False] = Outlines()
    positives: dict[str, Positives] = Field(default_factory=dict)
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
    except OSError as error:
        raise SettingsError(
            str(path), f"it cannot be read ({error.strerror})", "check its access rights"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(str(path), f"it is not TOML ({error})", "mend that line") from None


def settings_from(values: dict[str, Any], *, where: str) -> Settings:
    """Checked settings; `where` names their source in messages."""
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        raise FaultsError(faults_of(error, Settings, where=where)) from None
    if faults := _nuclei_faults(settings, where):
        raise FaultsError(faults)
    return settings


def _nuclei_faults(settings: Settings, where: str) -> list[LamellaError]:
    """Every set that is split by nuclei names where they come from, and not in a circle."""
    faults: list[LamellaError] = []
    for name, each in settings.objects.items():
        if not isinstance(each.declump, ByNucleus) or each.declump.channel is not None:
            continue
        wanted, others = each.declump.nuclei, [other for other in settings.objects if other != name]
        remedy = f"set it to one of {', '.join(others)}" if others else "add [objects.nucleus]"
        fault = None
        if wanted is None:
            fault = "it is missing", f"{remedy}, or set channel to the one that shows nuclei"
        elif wanted not in others:
            fault = f"{wanted!r} is no other set of objects", f"{remedy}, or set channel instead"
        elif isinstance(settings.objects[wanted].declump, ByNucleus):
            fault = f"{wanted!r} is split by nuclei itself", "split it by another method"
        if fault:
            faults.append(SettingsError(f"{where}: [objects.{name}.declump] nuclei", *fault))
    return faults


def faults_of(error: ValidationError, model: type[BaseModel], *, where: str) -> list[LamellaError]:
    """One fault for each setting that pydantic found wrong, in words for a user."""
    found: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for detail in error.errors():
        found.setdefault(_place(model, detail["loc"]), []).append(dict(detail))
    return [
        _fault(place, details, model, where)
        for place, details in found.items()
        # A table that may also be `false` is told once, by what is wrong inside it.
        if not any(len(other) > len(place) and other[: len(place)] == place for other in found)
    ]


def _place(model: type[BaseModel], loc: tuple[str | int, ...]) -> tuple[str, ...]:
    """The names of the tables and of the setting, without pydantic's names of alternatives."""
    options, place = [model], []
    for part in map(str, loc):
        if part in {option.__name__ for option in options} or "[" in part:
            continue
        if len(options) > 1 and any(_says(option, part) for option in options):
            options = [option for option in options if _says(option, part)]
            continue
        place.append(part)
        fields = [option.model_fields[part] for option in options if part in option.model_fields]
        inner = [m for field in fields for m in _models_in(field.annotation)]
        if fields and not inner:  # a plain value: what follows names the kinds it might be
            break
        options = inner or options
    return tuple(place)


def _fault(
    place: tuple[str, ...], details: list[dict[str, Any]], model: type[BaseModel], where: str
) -> SettingsError:
    name = place[-1] if place else "the settings"
    table = ".".join(place[:-1])
    at = f"{where}: [{table}] {name}" if table else f"{where}: {name}"
    kind, context = details[0]["type"], details[0].get("ctx", {})
    if kind.startswith("union_tag"):
        said = f"{context['tag']!r} is no method" if "tag" in context else "it has no method"
        known = context.get("expected_tags", "one of those in the documentation")
        return SettingsError(at, said, f"set method to {known}")
    if kind == "missing":
        return SettingsError(at, "it is missing", f"set {name}")
    if kind == "extra_forbidden":
        if others := _tables_with(name, model, place[:-2]):
            hint = f"it stands under {' and '.join(f'[{other}]' for other in others)}"
            return SettingsError(at, "unknown setting here", hint)
        names = _names_beside(model, details[0]["loc"])
        near = difflib.get_close_matches(name, names, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known here: {', '.join(names)}"
        return SettingsError(at, "unknown setting", hint)
    wanted = dict.fromkeys(d["msg"].replace("Input should be", "it should be") for d in details)
    return SettingsError(at, f"{details[0]['input']!r} is not accepted", ", or ".join(wanted))


def _tables_with(name: str, model: type[BaseModel], above: tuple[str, ...]) -> list[str]:
    """The tables below `above` that have this setting, where a user may have had it in mind."""
    options = [model]
    for part in above:
        inner = [o.model_fields[part].annotation for o in options if part in o.model_fields]
        options = [m for annotation in inner for m in _models_in(annotation)]
    return [
        ".".join((*above, table))
        for option in options
        for table, field in option.model_fields.items()
        if any(name in m.model_fields for m in _models_in(field.annotation))
    ]


def _names_beside(model: type[BaseModel], loc: tuple[str | int, ...]) -> list[str]:
    """The settings that exist where an unknown one stands."""
    options: list[type[BaseModel]] = [model]
    for part in map(str, loc[:-1]):
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
