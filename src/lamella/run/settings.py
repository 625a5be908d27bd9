"""study.toml: every setting of a study, checked by name."""

from __future__ import annotations

import difflib
from collections import Counter
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from lamella.centre import Centre
from lamella.core.errors import FaultsError, LamellaError, SettingsError
from lamella.io.documents import read_toml
from lamella.measure import (
    GROUPS,
    Compartment,
    Edge,
    Group,
    Lamellipodium,
    Migration,
    Outlines,
    Protrusion,
    Region,
    Relating,
    Sightings,
    Walks,
    can_measure,
)
from lamella.preprocess import (
    TAKEN_TWICE,
    Background,
    Bleaching,
    Drift,
    Illumination,
    NoBackground,
    Normalise,
    RollingBall,
)
from lamella.run.order import in_order, source_faults, waiting_of
from lamella.segment import Declump, Guided, Motion, Segmenter, UsesNuclei
from lamella.statistics import Contrasts, Questions
from lamella.statistics.positives import Positives
from lamella.track import Largest, Tracker

_NEARLY_THE_SAME = 0.9
"""Likeness from which on a setting is misspelt, and not one of another table."""

Known = Annotated[float, Field(gt=0, allow_inf_nan=False)] | Literal["unknown"] | None
"""A scale: a number, ``"unknown"`` (said on purpose), or None (the file must state it)."""


Names = tuple[str, ...] | dict[str, str] | None
"""Channels in order, or the part of the path that stands for each."""


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ScaleSettings(_Table):
    """[scale]: what the files do not say, or say wrongly."""

    pixel_size_um: Known = None
    interval_min: Known = None
    axes: str | None = None
    z: Literal["max", "mean"] | Annotated[int, Field(ge=0, strict=True)] | None = None


class ChannelSettings(_Table):
    """[channels]: their names, and whether they lie over each other.

    `names` lists the channels in the order of the file, or what stands for ``{channel}`` in the
    path; a table gives each file a name of one's own: ``DNA = "d0"``. `align` says what happens to
    channels that are shifted or differ in size, see `lamella.run.channels`.
    """

    names: Names = None
    align: Literal["refuse", "translate"] = "refuse"
    reference: str | None = None
    max_shift_px: int = Field(30, ge=1, le=500)
    whole_px: bool = True

    @field_validator("names")
    @classmethod
    def _apart(cls, names: Names) -> Names:
        """Two names for one channel, or one for two, would measure one of them twice or never."""
        marks = list(names.values() if isinstance(names, dict) else names or ())
        if names is not None and not marks:
            raise ValueError("name at least one channel, or leave names out")
        again = sorted(mark for mark, n in Counter(marks).items() if n > 1)
        if again:
            raise ValueError(f"{', '.join(again)} stands there twice")
        return names

    def deciding(self) -> list[Any]:
        """What the pixels of a movie depend on; the order of channels is part of it."""
        names = list(self.names.items()) if isinstance(self.names, dict) else self.names
        laid = [self.align, self.reference, self.max_shift_px, self.whole_px]
        return [names, *(laid if self.align == "translate" else ())]


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

    @property
    def led(self) -> dict[str, UsesNuclei]:
        """Its steps that need nuclei, by the name of their table."""
        steps = {"segment": self.segment, "declump": self.declump}
        return {name: step for name, step in steps.items() if isinstance(step, UsesNuclei)}


class MeasureSettings(_Table):
    """[measure]: what is trusted, and groups of measures with their settings or ``false``."""

    background: Background = NoBackground()
    bleaching: Bleaching | Literal[False] = False
    sightings: Sightings = Sightings()
    migration: Migration | Literal[False] = Migration()
    walks: Walks | Literal[False] = Walks()
    region: Region | Literal[False] = Region()
    lamellipodium: Lamellipodium | Literal[False] = Lamellipodium()
    protrusion: Protrusion | Literal[False] = Protrusion()
    edge: Edge | Literal[False] = Edge()
    compartment: Compartment | Literal[False] = Compartment()

    @model_validator(mode="after")
    def _nothing_twice(self) -> Self:
        if isinstance(self.background, RollingBall) and self.bleaching and self.bleaching.offset:
            fault, remedy = TAKEN_TWICE
            raise ValueError(f"bleaching has an offset, and {fault}: {remedy}")
        return self

    @property
    def groups(self) -> dict[str, Group]:
        """The groups that are wanted, by name; some measure one set of objects alone."""
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
    questions: Questions | Literal[False] = Questions()
    statistics: Contrasts = Contrasts()

    def groups_of(self, name: str) -> dict[str, Group]:
        """The groups that measure a set of objects, by name; none where there is no such set."""
        every = self.measure.groups.items() if name in self.objects else ()
        return {each: group for each, group in every if can_measure(group, name, self.objects)}

    @property
    def objects_in_order(self) -> list[str]:
        """Sets of objects, each behind those whose nuclei lead it."""
        return in_order(waiting_of({name: each.led for name, each in self.objects.items()}))


def read_settings(path: Path) -> Settings:
    """The settings in a study.toml.

    Raises
    ------
    SettingsError, FaultsError
        When the file is absent or no TOML, or holds wrong or unknown settings; all are named.
    """
    try:
        return settings_from(read_toml(path), where=path.name)
    except OSError as error:
        raise not_read(path, error) from None
    # Beside its own errors: text that is not UTF-8, numbers too long, tables too deep.
    except (ValueError, RecursionError) as error:
        raise SettingsError(str(path), f"it is not TOML ({error})", "mend that line") from None


def not_read(path: Path, error: OSError) -> SettingsError:
    """The error of a file of a study that is not there or not to be read."""
    if isinstance(error, FileNotFoundError):
        remedy = "make one with: lamella init FOLDER --pattern …"
        return SettingsError(str(path), "there is no such file", remedy)
    return SettingsError(
        str(path), f"it cannot be read ({error.strerror})", "check its access rights"
    )


def settings_from(values: dict[str, Any], *, where: str) -> Settings:
    """Checked settings; `where` names their source in messages."""
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        raise FaultsError(faults_of(error, Settings, where=where)) from None
    if faults := [*_object_faults(settings, where), *_set_faults(settings, where)]:
        raise FaultsError(faults)
    return settings


def _object_faults(settings: Settings, where: str) -> list[LamellaError]:
    """What is wrong with sets of objects beside each other, and with their steps together."""
    faults = source_faults({n: each.led for n, each in settings.objects.items()}, where=where)
    return faults + [
        SettingsError(
            f"{where}: [objects.{name}.declump]",
            "guided cells are single already, and have the numbers of their nuclei",
            "remove this table",
        )
        for name, each in settings.objects.items()
        if each.declump and isinstance(each.segment, Guided)
    ]


def _set_faults(settings: Settings, where: str) -> list[LamellaError]:
    """Every group of measures that was asked for finds the sets of objects that it looks at."""
    faults: list[LamellaError] = []
    for name, group in settings.measure.groups.items():
        if name not in settings.measure.model_fields_set or not isinstance(group, Relating):
            continue
        there = ", ".join(settings.objects)
        faults += [
            SettingsError(
                f"{where}: [measure.{name}]",
                f"it needs a set of objects {wanted!r}, and there is {there}",
                f"add [objects.{wanted}], or name the sets that are meant",
            )
            for wanted in (group.measured_set, *group.looks_at)
            if wanted not in settings.objects
        ]
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
        names = _names_beside(model, details[0]["loc"])
        near = difflib.get_close_matches(name, names, n=1)
        misspelt = difflib.get_close_matches(name, names, n=1, cutoff=_NEARLY_THE_SAME)
        if not misspelt and (others := _tables_with(name, model, place[:-2])):
            hint = f"it stands under {' and '.join(f'[{other}]' for other in others)}"
            return SettingsError(at, "unknown setting here", hint)
        hint = f"did you mean {near[0]!r}?" if near else f"known here: {', '.join(names)}"
        return SettingsError(at, "unknown setting", hint)
    wanted = dict.fromkeys(
        d["msg"].removeprefix("Value error, ").replace("Input should be", "it should be")
        for d in details
    )
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
