"""A model from one's own data: what `lamella train cellpose` does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from lamella.core.errors import LamellaError, SettingsError
from lamella.core.frames import Frames
from lamella.io.atomic import remove_partial_files
from lamella.io.model_folder import refuse_model_there
from lamella.nets.cellpose import default_model, find, installed
from lamella.nets.device import Device
from lamella.run.annotations import LabelSource
from lamella.run.holding import locked
from lamella.run.model_made import Kind, Made, make_model
from lamella.run.pseudo_labels import step_for
from lamella.run.recordings import parted_stills
from lamella.run.study import SETTINGS_FILE, Study
from lamella.run.train_annotated import AnnotatedWork, channel_of, chosen_images
from lamella.run.train_kept import CellposeTrainings
from lamella.run.train_settings import made, refuse, tables_of
from lamella.run.train_study import Advance, StudyWork
from lamella.segment import Cellpose
from lamella.train.annotations import Annotations
from lamella.train.cellpose import FineTune
from lamella.train.examples import Example
from lamella.train.losses import Looked, nobody_looks
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
    tables = tables_of(options, _TABLES)
    published = FineTune.published(installed()).model_dump()
    faults: list[LamellaError] = []
    fine = made(FineTune, tables, "", faults, **published)
    hold = made(HoldOut, tables, "held_out", faults)
    rounds = made(Rounds, tables, "rounds", faults)
    made(Annotations if drawn else PseudoLabels, tables, "labels", faults)
    made(Cellpose, tables, "cells", faults)
    if fine is None or hold is None or rounds is None or faults:
        refuse(faults)
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
    with working(out) as folder:
        trainings = CellposeTrainings(folder, weights, settings.fine_tune, device=device)
        work = StudyWork(
            study,
            folder,
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
        labelled = {"PseudoLabels": pseudo.provenance()["settings"]}
        kind = Kind("self", base or default_model(), segmenter, labelled, name)
        return make_model(
            out, work, trained, trainings, kind=kind, settings=_told(settings),
            held_out=work.held_out, device=device, force=force,
        )  # fmt: skip


def train_labels(
    source: LabelSource,
    out: Path,
    *,
    how: str,
    settings: TrainSettings,
    base: str | None = None,
    device: Device = "auto",
    force: bool = False,
    advance: Advance = lambda doing, done, total: None,
    done: Callable[[Round], object] = lambda each: None,
    looked: Looked = nobody_looks,
    one_movie: bool = False,
) -> Made:
    """Teach a network what people drew or corrected.

    Parameters
    ----------
    source : LabelSource
    how : "labels" or "corrections"
        Where the examples come from, for the card.
    base : str, optional
        Model to begin with, relative to the current folder; by default Cellpose's generalist.
    looked : callable
        Hears the losses while the network learns.
    one_movie : bool
        Where one movie alone has labels, some of its frames are held out; otherwise that is
        refused.
    """
    refuse_model_there(out, force=force)
    weights = find(base)
    choose = Annotations(**settings.labels)
    segmenter = Cellpose(**settings.segmenter)
    nuclear = source.nuclear_channel or segmenter.nuclear_channel
    if nuclear is not None:
        segmenter = segmenter.model_copy(update={"nuclear_channel": nuclear})
    taught = source._replace(nuclear_channel=nuclear).examples(choose)
    of_one_movie = False
    if one_movie:
        taught, held_out, of_one_movie = parted_stills(taught, settings.hold_out)
    else:
        held_out = settings.hold_out(taught.movies)
    with working(out) as folder:
        trainings = CellposeTrainings(
            folder, weights, settings.fine_tune, device=device, looked=looked
        )

        def segmented(weights: Path, own: Sequence[Example]) -> Frames:
            step = segmenter.model_copy(update={"model": str(weights.resolve()), "device": device})
            nuclei = channel_of(own, 1) if own[0].image.ndim == 3 else None
            return step(channel_of(own, 0), nuclei)

        work = AnnotatedWork(
            taught, trainings, segmented=segmented, chosen=chosen_images(taught.examples, held_out),
            held_out=held_out, advance=advance,
        )  # fmt: skip
        once = settings.rounds.model_copy(update={"rounds": 1})
        labelled = {"Annotations": choose.provenance()["settings"]}
        kind = Kind(how, base or default_model(), segmenter, labelled, source.name or "cell")
        model = make_model(
            out, work, once(work, done=done), trainings, kind=kind, settings=_told(settings),
            held_out=held_out, of_one_movie=of_one_movie, device=device, force=force,
        )  # fmt: skip
        return model._replace(notes=taught.notes)


def work_folder(out: Path) -> Path:
    """Where masks and networks of the rounds lie, so that a second start goes on."""
    return out.with_name(f"{out.name}_work")


@contextmanager
def working(out: Path) -> Iterator[Path]:
    """The work folder, for this training alone, without what a killed one left half-written.

    Raises
    ------
    OutputError
        Another training is at work in it.
    """
    folder = work_folder(out)
    with locked(folder, file="training.lock", work="training"):
        remove_partial_files(folder)
        yield folder


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
