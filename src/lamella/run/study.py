"""A study: its settings and its samples, one row per movie."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lamella.core.errors import FaultsError, InputError, LamellaError, SettingsError
from lamella.core.table import Col
from lamella.core.take import Take
from lamella.run.masks import masks_of
from lamella.run.positives import faults_of_positives
from lamella.run.samples import SAMPLES_FILE, Sample, read_samples
from lamella.run.settings import Settings, read_settings
from lamella.segment import ExistingLabels
from lamella.statistics import Contrasts
from lamella.statistics.measures import COMPARED

SETTINGS_FILE = "study.toml"


@dataclass(frozen=True)
class Study:
    """A folder with study.toml and samples.csv."""

    folder: Path
    settings: Settings
    samples: tuple[Sample, ...]

    def path_of(self, sample: Sample) -> Path:
        """Where the raw movie lies."""
        return self.folder / sample.path


def open_study(path: Path) -> Study:
    """Read a study from its folder, or from its study.toml.

    Raises
    ------
    SettingsError, FaultsError
        When one of the files is absent or cannot be understood as a whole. Faults of single rows do
        not raise; they stand in `Sample.fault`.
    """
    file = path / SETTINGS_FILE if path.is_dir() else path
    settings = read_settings(file)
    samples = _each_once(read_samples(file.parent / SAMPLES_FILE), settings)
    samples = _with_masks_of_their_own(samples, settings)
    study = Study(file.parent, settings, tuple(samples))
    _refuse_statistics(study)
    return study


def take_of(sample: Sample, settings: Settings) -> Take:
    """What of its file a movie is: by its row, else by [scale] of the study."""
    take = sample.take
    return take if take.z is not None else replace(take, z=settings.scale.z)


def study_around(run: Path | None) -> Path | None:
    """The study in whose folder a run lies, given the run's folder or something in it."""
    for folder in () if run is None else run.resolve().parents:
        if (folder / SETTINGS_FILE).is_file():
            return folder
    return None


def _refuse_statistics(study: Study) -> None:
    """Before anything is started: what is misspelt here would show only at the very end."""
    statistics = study.settings.statistics
    known = list(dict.fromkeys(s.condition for s in study.samples if s.condition))
    where = f"{SETTINGS_FILE}: [statistics]"
    faults: list[LamellaError] = []
    if statistics.condition == Col.CONDITION and statistics.reference not in (None, *known):
        faults.append(
            SettingsError(
                f"{where} reference",
                f"no movie has the condition {statistics.reference!r}",
                f"the conditions are {', '.join(known)}",
            )
        )
    for name in statistics.leave_out if statistics.condition == Col.CONDITION else ():
        if name not in known or name == statistics.reference:
            is_ = "the reference" if name in known else "no condition"
            faults.append(
                SettingsError(
                    f"{where} leave_out",
                    f"{name!r} is {is_}",
                    f"the conditions are {', '.join(known)}",
                )
            )
    columns: list[str] = [Col.MOVIE, Col.CONDITION, Col.SESSION, Col.UNIT, Col.CELL]
    columns += dict.fromkeys(name for s in study.samples for name in s.extra)
    for name in ("unit", "condition", "session"):
        column = getattr(statistics, name)
        if column is not None and column not in columns:
            faults.append(
                SettingsError(
                    f"{where} {name}",
                    f"there is no column {column!r}",
                    f"samples.csv can fill {', '.join(dict.fromkeys(columns))}",
                )
            )
    faults += _faults_of_measures(statistics, where)
    faults += faults_of_positives(study.settings, _held(study.samples), where=SETTINGS_FILE)
    if faults:
        raise faults[0] if len(faults) == 1 else FaultsError(faults)


def _held(samples: Sequence[Sample]) -> dict[str, set[str]]:
    """What stands in every column of samples.csv that cells are told apart by."""
    held: dict[str, set[str]] = {Col.MOVIE: set(), Col.CONDITION: set(), Col.SESSION: set()}
    for s in samples:
        known = {Col.MOVIE: s.movie, Col.CONDITION: s.condition, Col.SESSION: s.session, **s.extra}
        for column, value in known.items():
            held.setdefault(str(column), set()).add(value)
    return held


def _faults_of_measures(statistics: Contrasts, where: str) -> Iterator[LamellaError]:
    """Names of no column, and what is set for a measure that will not be compared."""
    compared = statistics.measures
    for setting in ("measures", "margins", "kinds"):
        for measure in getattr(statistics, setting) or ():
            if Col.find(measure) is None:
                yield SettingsError(
                    f"{where} {setting}",
                    f"no measure is called {measure!r}",
                    "use columns of cells.csv, such as mean_speed_um_per_min",
                )
                continue
            usual = measure.partition("__")[0] in COMPARED
            if not (usual if compared is None else measure in compared):
                yield SettingsError(
                    f"{where} {setting}",
                    f"{measure!r} is not compared",
                    "name it under measures, with the others that are to be compared",
                )


def _each_once(samples: Sequence[Sample], settings: Settings) -> list[Sample]:
    """A movie under two names would count twice."""
    first: dict[tuple[str, Take], int] = {}
    checked = []
    for line, sample in enumerate(samples, start=2):
        fault = sample.fault
        if not sample.exclude:
            place = posixpath.normpath(sample.path), take_of(sample, settings)
            same_as = first.setdefault(place, line)
            if same_as != line and fault is None:
                fault = InputError(
                    f"{SAMPLES_FILE} line {line} ({sample.movie})",
                    f"it is the movie of line {same_as} under another name, and would count twice",
                    "delete one of the rows, or choose another position, z or channel of the file",
                )
        checked.append(replace(sample, fault=fault))
    return checked


def _with_masks_of_their_own(samples: Sequence[Sample], settings: Settings) -> list[Sample]:
    """Positions of one file have masks of their own, or would be measured by those of another."""
    first: dict[tuple[str, str, str], Sample] = {}
    checked = []
    for sample in samples:
        fault = sample.fault
        for name, each in settings.objects.items():
            if fault or not sample.shares or not isinstance(each.segment, ExistingLabels):
                continue
            try:
                masks = masks_of(sample, each.segment.pattern)
            except InputError:
                continue  # told where the masks are opened
            other = first.setdefault((name, sample.path, masks), sample)
            if other.take.position != sample.take.position:
                fault = InputError(
                    f"{SAMPLES_FILE} ({sample.movie})",
                    f"its masks of {name} are those of {other.movie}, another position of its file "
                    f"({masks})",
                    "write {movie} or {position} into the pattern of the masks",
                )
        checked.append(replace(sample, fault=fault))
    return checked
