"""A trained network becomes a model's folder: scores, card, figures, page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import pandas as pd
import tomli_w

from lamella.core.claims import ALL_SESSIONS
from lamella.core.frames import Frames
from lamella.core.table import Col
from lamella.io.model_folder import ModelParts, write_model
from lamella.nets.device import Device, described, pick
from lamella.report.filmstrip import evenly, filmstrip, to_png
from lamella.report.model import BeforeAfter, ModelInput, render_model
from lamella.run.model_page import page_of
from lamella.run.model_scores import (
    SCORES,
    SUMMARY,
    ModelScores,
    ScoredMovie,
    score_models,
    tabulated,
)
from lamella.run.train_kept import Trainings
from lamella.run.versions import versions
from lamella.segment import Cellpose, Recurrent
from lamella.train.data_card import data_card, data_table
from lamella.train.examples import Example
from lamella.train.rounds import Trained

BEFORE, AFTER = "before", "after"
_MOST_STRIPS, _MOST_FRAMES = 4, 6
_NOT_OF_THE_MODEL = {"method", "model", "device", "batch_size", "tile_px"}
_OF_TIME = (str(Col.TEMPORAL_IOU), str(Col.AREA_JITTER))


@dataclass(frozen=True)
class Kind:
    """What a model was taught with.

    Parameters
    ----------
    how : str
        ``self``, ``labels`` or ``corrections``.
    base : str
        Name or path of the model that it began with.
    segmenter : Cellpose or Recurrent
        How every network was asked for masks, whatever its weights.
    settings : mapping
        Of this way alone.
    object_name : str
        The set of objects, for the lines of study.toml.
    """

    how: str
    base: str
    segmenter: Cellpose | Recurrent
    settings: Mapping[str, Any] = field(default_factory=dict)
    object_name: str = "cell"

    @property
    def base_name(self) -> str:
        """What the base is called."""
        return Path(self.base).name

    def use(self, folder: Path) -> str:
        """Lines of study.toml with which a model does what it was scored for."""
        own = self.segmenter.model_dump(
            exclude_unset=True, exclude_none=True, exclude=_NOT_OF_THE_MODEL
        )
        values = {"method": self.segmenter.method, "model": folder.resolve().as_posix(), **own}
        return tomli_w.dumps({"objects": {self.object_name: {"segment": values}}}).strip()


class Scored(Protocol):
    """What is asked of the work that trained a network."""

    @property
    def movies(self) -> list[ScoredMovie]: ...

    @property
    def one_object(self) -> bool: ...

    @property
    def in_time(self) -> bool: ...

    def examples(self, number: int) -> list[Example]: ...

    def labels(self, number: int, movie: str) -> Frames: ...

    def write_more(self, folder: Path, number: int) -> None: ...

    def images(self, movie: str) -> Frames: ...

    def frame_numbers(self, movie: str) -> list[int]: ...


class Made(NamedTuple):
    """What became of a training."""

    folder: Path
    card: dict[str, Any]
    trained: Trained
    scores: ModelScores
    use: str
    """Lines of study.toml."""
    compare: str
    """Command that shows what the model does to the biology."""
    notes: tuple[str, ...] = ()
    """What to tell the user of the labels."""


def make_model(
    out: Path,
    work: Scored,
    trained: Trained,
    trainings: Trainings,
    *,
    kind: Kind,
    settings: Mapping[str, Any],
    held_out: set[str],
    device: Device,
    force: bool,
    of_one_movie: bool = False,
) -> Made:
    """Score the kept network on the held-out movies and write the model's folder.

    Parameters
    ----------
    of_one_movie : bool
        Whether what is held out are frames of the very movie that is learnt from.
    """
    best = trained.best
    segmenters = {
        BEFORE: lambda movie: work.labels(0, movie),
        AFTER: lambda movie: work.labels(best, movie),
    }
    scores = score_models(segmenters, work.movies, one_object=work.one_object)
    if not work.in_time:
        scores = tabulated(scores.scores.assign(**dict.fromkeys(_OF_TIME, np.nan)))
    losses = _losses(trained)
    of_round = max(best, 1)  # where none helped, the card tells of the first attempt
    examples = work.examples(of_round)
    card = {
        "kind": kind.segmenter.method,
        "name": out.name,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "taught_with": kind.how,
        "base": {"model": kind.base_name, **trainings.base_told()},
        "data": data_card(examples, held_out),
        "held_out": sorted(held_out),
        "held_out_of": "the movie that it learnt from" if of_one_movie else "other movies",
        "settings": {
            **settings,
            **kind.settings,
            type(kind.segmenter).__name__: kind.segmenter.deciding()["settings"],
        },
        "training_helped": best > 0,
        "kept_round": best,
        "told": trained.told,
        "rounds": trained.table.to_dict("records"),
        "scores": _scores_told(scores.summary),
        "device": described(pick(device)),
        "versions": {**versions(), **trainings.versions()},
    }
    strips = tuple(_strip(work, best, each) for each in work.movies[:_MOST_STRIPS])
    use = kind.use(out)
    compare = f"lamella compare-models STUDY --models as-is,{out.as_posix()} -o compared"
    shown: ModelInput = page_of(
        card,
        trained,
        scores.summary,
        losses,
        strips,
        use=use,
        base=kind.base_name,
        compare=compare,
    )
    tables = {
        Path(SCORES).stem: scores.scores,
        Path(SUMMARY).stem: scores.summary,
        "losses": losses,
        "rounds": trained.table,
        "data": data_table(examples, held_out),
    }
    figures = {"learning_curves.png": shown.curves.images.png,
               "learning_curves.svg": shown.curves.images.svg}  # fmt: skip
    for each in strips:
        figures |= {f"{each.movie}_before.png": each.before, f"{each.movie}_after.png": each.after}
        figures |= {f"{each.movie}_by_hand.png": each.truth} if each.truth else {}
    tuned = trained.kept.tuned
    tensors = trainings.read(trainings.base) if tuned is None else tuned.tensors
    write_model(
        out,
        ModelParts(
            card, tables, figures, render_model(shown), partial(work.write_more, number=of_round)
        ),
        save=lambda file: trainings.save(tensors, file),
        force=force,
    )
    return Made(out, card, trained, scores, use, compare)


def _losses(trained: Trained) -> pd.DataFrame:
    """round, epoch, train_loss, held_out_loss, kept, and more; kept is what the round gave."""
    tables = [
        each.tuned.losses.assign(
            round=each.number, kept=each.tuned.losses["epoch"] == each.tuned.best_epoch
        )
        for each in trained.rounds
        if each.tuned
    ]
    columns = ["round", "epoch", "train_loss", "held_out_loss", "kept"]
    if not tables:
        return pd.DataFrame(columns=columns)
    all_rounds = pd.concat(tables)
    return all_rounds[[*columns, *(name for name in all_rounds if name not in columns)]]


def _scores_told(summary: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Over all held-out movies: mean before and after, the change and its interval."""
    told: dict[str, dict[str, Any]] = {}
    for row in summary[summary[Col.SESSION] == ALL_SESSIONS].to_dict("records"):
        of_score = told.setdefault(str(row[Col.SCORE]), {})
        of_score[str(row[Col.SEGMENTER])] = row[Col.MEAN]
        if row[Col.SEGMENTER] == AFTER:
            of_score |= {
                "change": row[Col.CHANGE],
                "change_low": row[Col.CHANGE_LOW],
                "change_high": row[Col.CHANGE_HIGH],
                "n_movies": row[Col.N_PAIRED],
            }
    return told


def _strip(work: Scored, best: int, movie: ScoredMovie) -> BeforeAfter:
    """Some frames of a held-out movie with their outlines before, after and by hand."""
    images = work.images(movie.movie)
    picked = evenly(np.arange(len(images)), _MOST_FRAMES)
    seen = [images.frame(int(t)) for t in picked]
    numbers = work.frame_numbers(movie.movie)
    captions = [f"frame {numbers[t]}" for t in picked]
    whole = max(images.frame_shape)

    def drawn(masks: list[Any]) -> bytes:
        return to_png(filmstrip(seen, masks, crop_px=whole, height_px=200, captions=captions))

    before, after = work.labels(0, movie.movie), work.labels(best, movie.movie)
    known = [movie.truth.get(int(t)) for t in picked]
    return BeforeAfter(
        movie.movie,
        drawn([before.frame(int(t)) for t in picked]),
        drawn([after.frame(int(t)) for t in picked]),
        drawn(known) if all(each is not None for each in known) else b"",
    )
