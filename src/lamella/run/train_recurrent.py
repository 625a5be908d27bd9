"""A recurrent network from one's own outlines: what `lamella train recurrent` does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from lamella.core.errors import LamellaError
from lamella.core.frames import ArrayFrames, Frames
from lamella.io.model_folder import refuse_model_there
from lamella.nets.convlstm_unet import Architecture
from lamella.nets.device import Device
from lamella.run.annotations import LabelSource
from lamella.run.model_made import Kind, Made, make_model
from lamella.run.recordings import Recordings, parted
from lamella.run.train import working
from lamella.run.train_annotated import Advance, AnnotatedWork
from lamella.run.train_recurrent_kept import RecurrentTrainings
from lamella.run.train_settings import Tables, made, refuse, tables_of
from lamella.run.train_start import refuse_absent, starting
from lamella.segment import Recurrent
from lamella.train.annotations import Annotations
from lamella.train.examples import Example
from lamella.train.losses import Looked, nobody_looks
from lamella.train.recurrent import Fit, Patches
from lamella.train.recurrent.faults import refuse_side
from lamella.train.rounds import Chosen, Round, Rounds
from lamella.train.split import HoldOut

_TABLES = ("patches", "labels", "held_out", "network", "cells")


class RecurrentSettings(NamedTuple):
    """Settings of a training, from ``--set key=value``."""

    fit: Fit
    choose: Annotations
    hold_out: HoldOut
    network: Mapping[str, Any]
    """Of `Architecture`, where they are not those of the base."""
    segmenter: Recurrent


def recurrent_settings(options: Sequence[str]) -> RecurrentSettings:
    """Settings of `Fit` by their names; of others with the name of a table before them.

    ``patches.`` are of the patches that are learnt from, ``labels.`` of the frames, ``held_out.``
    of the movies that are not learnt from, ``network.`` of its architecture and ``cells.`` of the
    segmenter, such as ``cells.threshold``.

    Raises
    ------
    FaultsError
        Settings that do not exist or values that do not fit, all of them.
    """
    tables: Tables = tables_of(options, _TABLES)
    faults: list[LamellaError] = []
    patches = made(Patches, tables, "patches", faults)
    others = {} if patches is None else {"patches": patches}
    fit = made(Fit, tables, "", faults, **others)
    choose = made(Annotations, tables, "labels", faults)
    hold_out = made(HoldOut, tables, "held_out", faults)
    made(Architecture, tables, "network", faults)
    segmenter = made(Recurrent, tables, "cells", faults)
    if fit is None or choose is None or hold_out is None or segmenter is None or faults:
        refuse(faults)
    return RecurrentSettings(fit, choose, hold_out, tables["network"], segmenter)


def train_recurrent(
    source: LabelSource,
    out: Path,
    *,
    how: str,
    settings: RecurrentSettings,
    base: str | None = None,
    device: Device = "auto",
    force: bool = False,
    advance: Advance = lambda doing, done, total: None,
    done: Callable[[Round], object] = lambda each: None,
    looked: Looked = nobody_looks,
) -> Made:
    """Teach a recurrent network what people drew or corrected.

    Frames that nobody annotated are shown with the annotated ones that follow them, and nothing is
    learnt of where their cells are.

    Parameters
    ----------
    source : LabelSource
    how : "labels" or "corrections"
        Where the examples come from, for the card.
    base : str, optional
        Model to begin with, relative to the current folder; ``imagenet`` is a new network whose
        encoder has learnt from ImageNet, ``none`` one that knows nothing. By default the model that
        comes with Lamella.
    looked : callable
        Hears the losses while the network learns.
    """
    refuse_model_there(out, force=force)
    refuse_absent(base)
    taught = source.examples(settings.choose)
    with working(out) as folder:
        start = starting(base, settings.network, folder, seed=settings.fit.seed)
        trainings = RecurrentTrainings(
            folder, start.path, settings.fit, about=start.about, device=device, looked=looked
        )
        refuse_side(settings.fit.patches, trainings.architecture)
        segmenter = settings.segmenter
        window = trainings.architecture.window if trainings.architecture.recurrent else 1
        taught, held_out, of_one_movie = parted(
            taught, settings.hold_out, window=window, segmenter=segmenter
        )
        recordings = Recordings(taught.films)
        movies = recordings.taught(taught.examples)
        chosen = Chosen(
            [each for each in movies if each.movie not in held_out],
            [each for each in movies if each.movie in held_out],
        )

        def segmented(weights: Path, own: Sequence[Example]) -> Frames:
            step = segmenter.model_copy(update={"model": str(weights.resolve()), "device": device})
            return ArrayFrames(recordings.masks(step, own[0].movie, [e.frame for e in own]))

        work = AnnotatedWork(
            taught,
            trainings,
            segmented=segmented,
            chosen=chosen,
            held_out=held_out,
            advance=advance,
        )
        told = {
            "Fit": settings.fit.provenance()["settings"],
            "HoldOut": settings.hold_out.provenance()["settings"],
            "Architecture": trainings.architecture.model_dump(),
        }
        labelled = {"Annotations": settings.choose.provenance()["settings"]}
        kind = Kind(how, start.name, segmenter, labelled, source.name or "cell")
        model = make_model(
            out, work, Rounds(rounds=1)(work, done=done), trainings, kind=kind, settings=told,
            held_out=held_out, of_one_movie=of_one_movie, device=device, force=force,
        )  # fmt: skip
        trainings.checkpoint.unlink(missing_ok=True)
    return model._replace(notes=taught.notes)
