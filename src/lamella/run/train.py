"""A model from one's own data: what `lamella train cellpose` does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from pydantic import ValidationError

from lamella.core.errors import FaultsError, LamellaError, SettingsError
from lamella.core.step import Step
from lamella.core.table import Col
from lamella.io.model_folder import refuse_model_there
from lamella.nets.cellpose import find, installed
from lamella.nets.device import Device
from lamella.run.annotations import examples_from
from lamella.run.model_made import Kind, Made, make_model
from lamella.run.options import values_of
from lamella.run.pseudo_labels import step_for
from lamella.run.study import SETTINGS_FILE, Study
from lamella.run.train_annotated import AnnotatedWork
from lamella.run.train_kept import Trainings
from lamella.run.train_study import Advance, StudyWork
from lamella.segment import Cellpose
from lamella.train.annotations import Annotations
from lamella.train.cellpose import FineTune
from lamella.train.pseudo_labels import PseudoLabels
from lamella.train.rounds import Round, Rounds
from lamella.train.split import HoldOut

_TABLES = ("labels", "held_out", "rounds", "cells")


class TrainSettings(NamedTuple):
    """Settings of a training, from ``--set key=value``."""

    fine_tune: FineTune
    labels: Mapping[str, Any]
    """Of `PseudoLabels`, or of `Annotations`: which frames are learnt from."""
    hold_out: HoldOut
    rounds: Rounds
    segmenter: Mapping[str, Any]


def settings_from(options: Sequence[str], *, drawn: bool) -> TrainSettings:
    """Settings of fine-tuning by their names; others as ``labels.``, ``held_out.``, ``rounds.``.

    ``cells.`` are settings of the segmenter, such as ``cells.cellprob_threshold``.

    Parameters
    ----------
    options : sequence of str
        ``key=value``.
    drawn : bool
        Whether people drew the labels.

    Raises
    ------
    FaultsError
        Settings that do not exist or values that do not fit, all of them.
    """
    tables: dict[str, dict[str, Any]] = {"": {}, **{name: {} for name in _TABLES}}
    for key, value in values_of(options).items():
        table, _, name = key.rpartition(".")
        if table not in tables:
            raise SettingsError(
                f"--set {key}", f"there is no table {table!r}", f"use one of {', '.join(_TABLES)}"
            )
        tables[table][name] = value
    published = FineTune.published(installed()).model_dump()
    faults: list[LamellaError] = []
    fine = _made(FineTune, published | tables[""], tables[""], "", faults)
    hold = _made(HoldOut, tables["held_out"], tables["held_out"], "held_out.", faults)
    rounds = _made(Rounds, tables["rounds"], tables["rounds"], "rounds.", faults)
    _made(
        Annotations if drawn else PseudoLabels,
        tables["labels"],
        tables["labels"],
        "labels.",
        faults,
    )
    _made(Cellpose, tables["cells"], tables["cells"], "cells.", faults)
    if faults:
        raise faults[0] if len(faults) == 1 else FaultsError(faults)
    return TrainSettings(fine, tables["labels"], hold, rounds, tables["cells"])


def train_self(
    study: Study,
    out: Path,
    *,
    settings: TrainSettings,
    base: str | None = None,
    object_name: str | None = None,
    device: Device = "auto",
    workers: int = 1,
    force: bool = False,
    advance: Advance = lambda doing, done, total: None,
    done: Callable[[Round], object] = lambda each: None,
) -> Made:
    """Teach a network its own best masks of a study.

    Parameters
    ----------
    base : str, optional
        Model to begin with, relative to the current folder; by default the study's own, else
        Cellpose's generalist.
    object_name : str, optional
        The set of objects; by default the first.
    workers : int
        Movies that are segmented at the same time.
    """
    refuse_model_there(out, force=force)
    name = _object(study, object_name)
    each = study.settings.objects[name]
    segmenter = each.segment if isinstance(each.segment, Cellpose) else Cellpose()
    segmenter = Cellpose(**{**segmenter.model_dump(exclude_unset=True), **settings.segmenter})
    # What the command names lies where the user is, what study.toml names beside it.
    weights = find(base) if base else find(segmenter.model, folder=study.folder)
    base = base or segmenter.model
    pseudo = step_for(each, **settings.labels)
    trainings = Trainings(work_folder(out), weights, settings.fine_tune, device=device)
    work = StudyWork(
        study,
        work_folder(out),
        trainings,
        object_name=name,
        segmenter=segmenter,
        pseudo=pseudo,
        hold_out=settings.hold_out,
        device=device,
        workers=workers,
        advance=advance,
    )
    trained = settings.rounds(work, done=done)
    kind = Kind("self", base, {"PseudoLabels": pseudo.provenance()["settings"]}, segmenter, name)
    return make_model(
        out, work, trained, trainings, kind=kind, settings=_told(settings),
        held_out=work.held_out, device=device, force=force,
    )  # fmt: skip


def train_labels(
    labels: Path,
    out: Path,
    *,
    how: str,
    settings: TrainSettings,
    base: str | None = None,
    object_name: str | None = None,
    images: Path | None = None,
    study: Path | None = None,
    centred: Path | None = None,
    channel: str | None = None,
    nuclear_channel: str | None = None,
    every_frame: bool = False,
    device: Device = "auto",
    force: bool = False,
    advance: Advance = lambda doing, done, total: None,
    done: Callable[[Round], object] = lambda each: None,
) -> Made:
    """Teach a network what people drew or corrected; see `examples_from` for where from.

    Parameters
    ----------
    how : "labels" or "corrections"
        Where the examples come from, for the card.
    base : str, optional
        Model to begin with, relative to the current folder; by default Cellpose's generalist.
    """
    refuse_model_there(out, force=force)
    weights = find(base)
    choose = Annotations(**settings.labels)
    segmenter = Cellpose(**settings.segmenter)
    nuclear = nuclear_channel or segmenter.nuclear_channel
    if nuclear is not None:
        segmenter = segmenter.model_copy(update={"nuclear_channel": nuclear})
    taught = examples_from(
        labels,
        images=images,
        study=study,
        centred=centred,
        name=object_name,
        channel=channel,
        nuclear_channel=nuclear,
        every_frame=every_frame,
        choose=choose,
    )
    table = pd.DataFrame(
        [(e.movie, e.session, e.condition) for e in taught.examples],
        columns=[Col.MOVIE, Col.SESSION, Col.CONDITION],
    )
    held_out = settings.hold_out(table)
    trainings = Trainings(work_folder(out), weights, settings.fine_tune, device=device)
    work = AnnotatedWork(
        taught, trainings, segmenter=segmenter, held_out=held_out, device=device,
        advance=advance,
    )  # fmt: skip
    once = settings.rounds.model_copy(update={"rounds": 1})
    labelled = {"Annotations": choose.provenance()["settings"]}
    kind = Kind(how, base, labelled, segmenter, object_name or "cell")
    made = make_model(
        out, work, once(work, done=done), trainings, kind=kind, settings=_told(settings),
        held_out=held_out, device=device, force=force,
    )  # fmt: skip
    return made._replace(notes=taught.notes)


def work_folder(out: Path) -> Path:
    """Where masks and networks of the rounds lie, so that a second start goes on."""
    return out.with_name(f"{out.name}_work")


def _object(study: Study, name: str | None) -> str:
    names = list(study.settings.objects)
    if name is None:
        return names[0]
    if name not in names:
        raise SettingsError(
            f"--object {name}",
            f"{SETTINGS_FILE} has no such set of objects",
            f"use one of {', '.join(names)}",
        )
    return name


def _told(settings: TrainSettings) -> dict[str, Any]:
    steps = (settings.fine_tune, settings.hold_out, settings.rounds)
    return {type(step).__name__: step.provenance()["settings"] for step in steps}


def _made(
    model: type[Step],
    values: Mapping[str, Any],
    given: Mapping[str, Any],
    prefix: str,
    faults: list[LamellaError],
) -> Any:
    try:
        return model(**values)
    except ValidationError as error:
        for detail in error.errors():
            name = str(detail["loc"][0]) if detail["loc"] else ""
            if detail["type"] == "extra_forbidden":
                known = ", ".join(f"{prefix}{each}" for each in model.model_fields)
                faults.append(
                    SettingsError(
                        f"--set {prefix}{name}", "there is no such setting", f"use one of {known}"
                    )
                )
            else:
                faults.append(
                    SettingsError(
                        f"--set {prefix}{name}={given.get(name)}",
                        "the value is not accepted",
                        str(detail["msg"]),
                    )
                )
        return None
