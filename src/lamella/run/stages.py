"""The stages of one movie, and the key of each: what its result depends on, and nothing else."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lamella.io import fingerprint
from lamella.measure import Variant, looked_at
from lamella.run.cache import Manifest, key_of
from lamella.run.corrected_rows import VERSION as CORRECTED_ROWS
from lamella.run.corrections import corrected_file, deciding, is_corrected
from lamella.run.flats import key_of_flats
from lamella.run.follow import CHECKS
from lamella.run.review.apply import frames_left_out
from lamella.run.settings import Known, ObjectSettings, Settings
from lamella.run.task import MovieTask, external_in, masks_path
from lamella.run.weights import Network, weights_of
from lamella.segment import ExistingLabels, External, Guided
from lamella.track import FillGaps, Largest

Stamps = dict[str, list[int]]
"""Size and time of change of files, by their names: see `fingerprint`."""

LOCK_FILE = "study.lock.toml"
"""Everything that decided the results of a run; marks its folder."""


DRIFT_STAGE = "drift"
"""How the field of view moved; only where study.toml has a table [drift]."""

LAST_STAGE = "tables"
"""A movie whose last stage is up to date is done."""


SIGHTINGS = "sightings"
_OUTLINES = "outlines/"


CELL_STRIPS = "cell_strips.webp"
"""A small strip of every cell, in the folder of a movie."""


def measure_stage(name: str, group: str) -> str:
    """The stage that measures a group of a set of objects."""
    return f"measure/{name}/{group}"


def sightings_stage(name: str) -> str:
    """The stage that tells where the cells of a set were seen, which all groups stand on."""
    return measure_stage(name, SIGHTINGS)


def outlines_stage(name: str) -> str:
    """The stage that measures a set of objects again with other outlines."""
    return f"{_OUTLINES}{name}"


def outlines_file(name: str, variant: Variant) -> str:
    """Table of the cells of a set of objects with other outlines, in the folder of a movie."""
    return f"outlines/{name}.{variant}.parquet"


def events_file(name: str) -> str:
    """What is suspicious in the tracks of a set of objects, in the folder of a movie."""
    return f"events/{name}.parquet"


def keys_of(task: MovieTask, *, raw: Stamps | None = None) -> dict[str, str]:
    """The key of every stage, in the order in which they run; those of `is_aside` last.

    Parameters
    ----------
    raw : dict, optional
        Fingerprint of the raw movie, where it has just been taken: of a folder of frames on a
        network drive that takes longer than all else.

    Raises
    ------
    InputError
        When the raw movie or its masks are not there.
    """
    settings = task.settings
    reading = [
        task.sample.path,
        _raw_files(task) if raw is None else raw,
        settings.scale.axes,
        *settings.channels.deciding(),
        *_taken(task),
    ]
    scale = [task.pixel_size_um, task.interval_min]
    keys: dict[str, str] = {}
    if settings.drift:
        keys[DRIFT_STAGE] = key_of(DRIFT_STAGE, reading, settings.drift.deciding())
    by_hand = {
        name: deciding(task.folder, name)
        for name in settings.objects
        if is_corrected(task.folder, name)
    }
    found: dict[str, str] = {}
    single: dict[str, str] = {}  # keys of the labels in which clumps are split, where they are
    for name in settings.objects_in_order:
        each = settings.objects[name]
        found[name] = single[name] = key_of(
            name, reading, *_segmenting(task, each), *_leading(each, "segment", single, scale)
        )
        keys[f"segment/{name}"] = found[name]
        if each.declump:
            leading = _leading(each, "declump", single, scale)
            parts = [each.declump.provenance(), each.channel, *leading, *_shown(task)]
            keys[f"declump/{name}"] = single[name] = key_of(found[name], *parts)
        if name in by_hand:  # sets that are led by this one follow what was mended
            single[name] = key_of(by_hand[name])
    background = settings.measure.background
    # What is background depends on where all objects are, of every set.
    everywhere = (found | by_hand).values() if background.looks_outside else ()
    level = [background.provenance(), *everywhere]
    if bleaching := settings.measure.bleaching:
        level.append(bleaching.provenance())
    level += _flats(task)
    tracks = {}
    for name, each in settings.objects.items():
        if name in by_hand:
            tracks[name] = key_of(
                "corrected", name, reading, scale, each.channel, CHECKS.provenance(), by_hand[name]
            )
            keys[f"track/{name}"] = tracks[name]
            continue
        # All trackers but one follow cells as if nothing had drifted.
        drift = [] if isinstance(each.track, Largest) else [keys.get(DRIFT_STAGE)]
        tracks[name] = key_of(single[name], scale, each.channel, *_tracking(each), *drift)
        keys[f"track/{name}"] = tracks[name]
    first, each = next(iter(settings.objects.items()))
    if each.centre:
        keys[f"centre/{first}"] = key_of(tracks[first], each.centre.provenance())
    shown = [[name, each.channel, tracks[name]] for name, each in settings.objects.items()]
    keys[f"picture/{first}"] = key_of("picture", 5, shown)
    measured = {}
    for name, track in tracks.items():
        seen: list[Any] = [track, settings.measure.sightings.provenance(), keys.get(DRIFT_STAGE)]
        if by_person := frames_left_out(task.folder, name):
            seen.append([[each.id, each.cell, each.first, each.last] for each in by_person])
        sightings = key_of(*seen)
        keys[sightings_stage(name)] = measured[name, SIGHTINGS] = sightings
        for group_name, group in settings.groups_of(name).items():
            light = [level] if group.looks_at_light else []  # otherwise it changes nothing
            others = [tracks[other] for other in looked_at([group])]
            key = key_of(sightings, group.provenance(), *light, *others)
            keys[measure_stage(name, group_name)] = measured[name, group_name] = key
    each_measured = [[*names, key] for names, key in measured.items()]
    keys[LAST_STAGE] = key_of(task.name, each_measured, ["corrected", CORRECTED_ROWS])
    return keys | _asides(settings, measured)


def _flats(task: MovieTask) -> list[Any]:
    """What undoing uneven illumination depends on, for one movie; empty where it is left."""
    step = task.settings.illumination
    if not step:
        return []
    return key_of_flats(
        step,
        task.sample.session,
        background=task.settings.measure.background,
        out=task.out,
        study_folder=task.study_folder,
    )


def _shown(task: MovieTask) -> list[Any]:
    """The same, of frames that objects are found in."""
    step = task.settings.illumination
    return _flats(task) if step and step.segmenting else []


def _asides(settings: Settings, measured: Mapping[tuple[str, str], str]) -> dict[str, str]:
    """Keys of stages that no table of the movie waits for, behind all others."""
    if not settings.outlines:
        return {}
    judged = sorted({step.measure for step in settings.positives.values()})
    measures = settings.statistics.measures
    return {
        outlines_stage(name): key_of(
            [[*names, key] for names, key in measured.items() if names[0] == name],
            settings.outlines.provenance(),
            [measures, judged] if judged else measures,
        )
        for name in settings.objects
    }


def is_aside(stage: str) -> bool:
    """Whether a movie counts without this stage: what it adds is not what was measured."""
    return stage.startswith(_OUTLINES)


def stages_of(keys: Mapping[str, str]) -> dict[str, list[str]]:
    """The parts of every stage: groups of measures of one object share the walk over its frames."""
    stages: dict[str, list[str]] = {}
    for part in keys:
        stages.setdefault("/".join(part.split("/")[:2]), []).append(part)
    return stages


def wants_gpu(settings: Settings, stage: str) -> bool:
    """Whether a stage is quicker with a graphics card: it finds objects by a network."""
    kind, _, name = stage.partition("/")
    step = settings.objects[name].segment if kind == "segment" else None
    return isinstance(step, Network) and step.device != "cpu"


def up_to_date(task: MovieTask) -> bool:
    """Whether all that a movie counts by is as the settings say."""
    manifest = Manifest(task.folder)
    try:
        keys = keys_of(task)
    except Exception:
        return False
    return counts(manifest, keys)


def counts(manifest: Manifest, keys: Mapping[str, str]) -> bool:
    """Whether all that a movie counts by has been done with these keys."""
    return all(
        manifest.holds(stage, key, or_cleaned=True)
        for stage, key in keys.items()
        if not is_aside(stage)
    )


def cleaned_and_read(task: MovieTask, keys: Mapping[str, str], manifest: Manifest) -> set[str]:
    """Stages to run again, though they are finished: their files were removed to save space.

    Those alone whose files another stage reads that is to run.
    """
    waiting = {s for s, key in keys.items() if not manifest.holds(s, key, or_cleaned=True)}
    again: set[str] = set()
    while waiting:
        read = {each for stage in waiting for each in _read_by(stage, task.settings, keys)}
        waiting = {s for s in read - again if not manifest.holds(s, keys[s])}
        again |= waiting
    return again


def _read_by(stage: str, settings: Settings, keys: Mapping[str, str]) -> set[str]:
    """Stages whose intermediate files a stage reads: labels before tracking, measures by group."""
    kind, name, *_ = [*stage.split("/"), ""]
    segmented = {s for s in keys if s.startswith(("segment/", "declump/"))}
    own = {s for s in segmented if s.partition("/")[2] == name}
    measured = {s for s in keys if s.startswith("measure/")}
    anywhere = segmented if settings.measure.background.looks_outside else set()
    if kind in ("segment", "declump"):
        read = segmented if settings.objects[name].led else own
    else:
        read = {
            "track": own,
            "measure": anywhere,
            "outlines": anywhere | measured,
            LAST_STAGE: measured,
        }.get(kind, set())
    return read - {stage}


def _tracking(each: ObjectSettings) -> list[Any]:
    filling = FillGaps(longest_frames=each.fill_gaps).provenance() if each.fill_gaps else None
    return [each.track.provenance(), CHECKS.provenance(), filling]


def _leading(
    each: ObjectSettings, table: str, single: Mapping[str, str], scale: list[Known]
) -> list[Any]:
    """What a step depends on besides what it is given: the nuclei that lead it, and how far."""
    step = each.led.get(table)
    if step is None:
        return []
    in_um = isinstance(step, Guided) and step.reach_um is not None
    return [single[step.nuclei] if step.nuclei is not None else None, scale[0] if in_um else None]


def inputs_of(task: MovieTask) -> dict[str, Stamps]:
    """Fingerprints of the files that a movie's results are made from, by what they are.

    Raises
    ------
    InputError
        When the raw movie or its masks are not there.
    """
    inputs = {"raw": _raw_files(task)}
    for name, each in task.settings.objects.items():
        if isinstance(each.segment, ExistingLabels):
            inputs[f"masks of {name}"] = fingerprint(masks_path(task, each.segment), labels=True)
        if isinstance(each.segment, External):
            code = _source_of(external_in(task, each.segment))
            inputs |= {f"function of {name}": code} if code else {}
        if isinstance(each.segment, Network):
            weights = weights_of(each.segment, task.study_folder).path
            inputs[f"weights of {name}"] = fingerprint(weights)
        if is_corrected(task.folder, name):
            inputs[f"corrections of {name}"] = fingerprint(corrected_file(task.folder, name))
    return inputs


def _segmenting(task: MovieTask, each: ObjectSettings) -> list[Any]:
    step = each.segment
    if isinstance(step, ExistingLabels):
        masks = masks_path(task, step)
        return [
            step.provenance(),
            _within(task.study_folder, masks),
            fingerprint(masks, labels=True),
        ]
    parts: list[Any] = [step.provenance(), each.channel, each.normaliser.provenance()]
    parts += _shown(task)
    if isinstance(step, Network):  # the same weights under another name give the same
        weights = weights_of(step, task.study_folder)
        parts[0] = [step.deciding(), *weights.deciding()]
    if isinstance(step, External):
        parts.append(_source_of(external_in(task, step)))
    return parts


def _raw_files(task: MovieTask) -> dict[str, list[int]]:
    names = task.settings.channels.names
    return fingerprint(task.source, names, position=task.take.position)


def _taken(task: MovieTask) -> list[Any]:
    """What of the file is the movie; nothing where nobody chose, as for most."""
    return [task.take.chosen] if task.take.chosen else []


def _within(folder: Path, path: Path) -> str:
    """The path as seen from the folder, so that a study may be moved as a whole."""
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)


def _source_of(segmenter: External) -> Any:
    """The fingerprint of the user's code, so that an edited function runs again."""
    place = segmenter.function.rpartition(":")[0]
    if not place.endswith(".py"):
        try:
            spec = importlib.util.find_spec(place)
        except (ImportError, ValueError):
            return None  # told when it is called
        place = spec.origin if spec and spec.origin else ""
    return fingerprint(Path(place)) if Path(place).is_file() else None
