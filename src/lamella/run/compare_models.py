"""A whole study under several models, and what of it survives: `lamella compare-models`."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from lamella.core.errors import FaultsError, InputError, LamellaWarning, OutputError
from lamella.core.frames import Frames, Image
from lamella.core.table import Col, in_order, stacked
from lamella.evaluate import compare, summarise
from lamella.io import open_labels
from lamella.io.documents import read_json, write_json
from lamella.io.tables import read_table
from lamella.run.compare_runs import compared
from lamella.run.comparison import Comparison, Segmented, refuse_results, write_comparison
from lamella.run.execute import run_study
from lamella.run.model_scores import ModelScores, ScoredMovie, score_models
from lamella.run.models import chosen_set, names_of, segmenters_of, with_segmenter
from lamella.run.outcome import Outcome
from lamella.run.samples import Sample
from lamella.run.study import Study
from lamella.run.task import masks_path, task_for
from lamella.run.weights import faults_of_weights
from lamella.segment import ExistingLabels, Segmenter
from lamella.statistics.speed import speed_spread
from lamella.track import Largest

MODELS = "models.json"
"""Which models the folder compares; marks it as ours."""

Advance = Callable[[str, int, int], object]
"""Called with what is being done, how much of it is done, and of how much."""


class Plan(NamedTuple):
    """A study to be run under several segmenters."""

    studies: dict[str, Study]
    """By the name of the model."""
    of: str
    """The set of objects whose segmenter differs."""
    out: Path
    truth: str | None = None
    """Where true labels lie, seen from the study, with fields as in ``method = "labels"``."""

    def folder(self, name: str) -> Path:
        """Where the results of one model go."""
        return self.out / name


class ModelComparison(NamedTuple):
    """What became of it."""

    found: Comparison
    segmented: Segmented
    page: Path


def plan_models(
    study: Study,
    models: Sequence[str] | Mapping[str, Segmenter | None],
    out: Path,
    *,
    of: str | None = None,
    names: Sequence[str] | None = None,
    truth: str | None = None,
    force: bool = False,
) -> Plan:
    """Make out which segmenters are meant, and refuse what could not be run, before anything is.

    Parameters
    ----------
    models : sequence of str, or mapping of str to Segmenter
        As `lamella.run.models.segmenters_of` reads them; or segmenters by name, None for the
        study's own.
    of : str, optional
        Set of objects; the only one by default.
    names : sequence of str, optional
        What to call the models; by default by the ends of their paths.
    truth : str, optional
        Where true labels lie, seen from the study, with fields as in ``method = "labels"``; of
        their frames those count that hold an object.

    Raises
    ------
    LamellaError
        Models that do not exist or do not fit the study, all of them; names that are not safe; a
        truth that no movie has.
    OutputError
        When the folder holds other results, unless `force`.
    """
    chosen = chosen_set(study, of)
    if isinstance(models, Mapping):
        called, steps = names_of(list(models), list(models)), list(models.values())
    else:
        called, steps = names_of(models, names), segmenters_of(models, study, chosen)
    studies = {
        name: with_segmenter(study, chosen, step, name=name)
        for name, step in zip(called, steps, strict=True)
    }
    plan = Plan(studies, chosen, out, truth)
    if truth is not None:
        _refuse_no_truth(study, truth)
    _refuse_other(plan, force=force)
    _refuse_unusable(plan)
    return plan


def _refuse_no_truth(study: Study, truth: str) -> None:
    """Before the first model runs for hours: at least one movie has a truth."""
    files = [_truth_file(study, sample, truth) for sample in study.samples if not sample.exclude]
    if not any(file.exists() for file in files):
        raise InputError(
            f"--truth {truth}",
            f"no movie has one: there is no {files[0] if files else 'movie'}",
            "give the path as seen from the study, with {movie} or {stem} in it",
        )


def _refuse_unusable(plan: Plan) -> None:
    """Before the first model runs for hours: the networks of the others can be loaded, too."""
    every = {
        str(fault): fault
        for study in plan.studies.values()
        for fault in faults_of_weights(study.settings, study.folder, download=True)
    }
    faults = list(every.values())
    if faults:
        raise faults[0] if len(faults) == 1 else FaultsError(faults)


def _told(plan: Plan) -> dict[str, Any]:
    """What the folder is about, in JSON."""
    return {
        "object": plan.of,
        "models": [
            {"name": name, **study.settings.objects[plan.of].segment.provenance()}
            for name, study in plan.studies.items()
        ],
    }


def _refuse_other(plan: Plan, *, force: bool) -> None:
    """A folder that compared the same models goes on; any other results stay unless `force`."""
    marker = plan.out / MODELS
    if not marker.exists():
        refuse_results(plan.out, force=force)
        return
    if force:
        return
    try:
        there = [each["name"] for each in read_json(marker)["models"]]
    except (InputError, LookupError, TypeError):
        there = []
    if there != list(plan.studies):
        raise OutputError(
            str(plan.out),
            f"it compares {', '.join(map(str, there)) or 'something else'}",
            "choose another --out, or use --force to replace the comparison",
        )


def run_models(
    plan: Plan, *, run: Callable[[Study, Path], Outcome] = run_study
) -> dict[str, Outcome]:
    """Run the study under every model, each into its folder; what is up to date is not done again.

    Parameters
    ----------
    plan : Plan
        As `plan_models` makes it.
    run : callable, optional
        Runs one study into a folder.
    """
    write_json(plan.out / MODELS, _told(plan))
    return {name: run(study, plan.folder(name)) for name, study in plan.studies.items()}


def compare_models(
    plan: Plan,
    outcomes: Mapping[str, Outcome],
    *,
    advance: Advance = lambda doing, done, total: None,
) -> ModelComparison:
    """Hold the runs under every model together, and write tables, figures and the page.

    Parameters
    ----------
    plan : Plan
    outcomes : mapping of str to Outcome
        What `run_models` gave.
    advance : callable, optional

    Raises
    ------
    LamellaError
        No movie could be processed under all of the models; a truth that does not fit.
    """
    folders = [plan.folder(name) for name in plan.studies]
    found = compared(folders, names=list(plan.studies), advance=partial(advance, "matching cells"))
    scored = _scored(plan, found.movies, partial(advance, "scoring"))
    segmented = Segmented(
        scored.scores,
        scored.summary,
        _masks(plan, found.movies, partial(advance, "comparing masks")),
        _speeds(plan),
    )
    notes = [note for name, outcome in outcomes.items() for note in _notes(name, outcome)]
    page = write_comparison(found, plan.out, segmented=segmented, notes=notes)
    return ModelComparison(found, segmented, page)


def _notes(name: str, outcome: Outcome) -> list[str]:
    lost = sorted({each.movie for each in outcome.failed})
    n = f"{len(lost)} {outcome.movie}{'s' * (len(lost) != 1)}"
    told = [f"{name}: {n} failed ({', '.join(lost[:5])})"] if lost else []
    return told + [f"{name}: {fault}" for fault in outcome.faults]


def _scored(
    plan: Plan, movies: Sequence[str], advance: Callable[[int, int], object]
) -> ModelScores:
    """Scores of what every model found, before anything was tracked."""
    any_study = next(iter(plan.studies.values()))
    of_movie = {sample.movie: sample for sample in any_study.samples}
    shown = []
    for movie in movies:
        sample = of_movie[movie]
        known = {} if plan.truth is None else _truth(any_study, sample, plan.truth)
        shown.append(ScoredMovie(movie, sample.session, sample.condition, known))
    each = any_study.settings.objects[plan.of]

    def segmented(name: str) -> Callable[[str], Frames]:
        return lambda movie: _labels(
            plan, name, movie, "declumped" if each.declump else "segmented"
        )

    return score_models(
        {name: segmented(name) for name in plan.studies},
        shown,
        one_object=isinstance(each.track, Largest),
        advance=advance,
    )


def _truth_file(study: Study, sample: Sample, pattern: str) -> Path:
    return masks_path(task_for(study, sample, Path()), ExistingLabels(pattern=pattern))


def _truth(study: Study, sample: Sample, pattern: str) -> Mapping[int, Image]:
    """Labels of the frames of a movie that somebody drew; no frame where there is no file."""
    file = _truth_file(study, sample, pattern)
    if not file.exists():
        warnings.warn(
            f"{sample.movie}: there is no truth {file}; it is scored without",
            LamellaWarning,
            stacklevel=2,
        )
        return {}
    frames = open_labels(file).frames
    return _Drawn(frames, [t for t in frames.span if frames.frame(t).any()])


class _Drawn(Mapping[int, Image]):
    """Some frames of labels on disk, by their number."""

    def __init__(self, frames: Frames, shown: Sequence[int]) -> None:
        self._frames, self._shown = frames, dict.fromkeys(shown)

    def __getitem__(self, t: int) -> Image:
        if t not in self._shown:
            raise KeyError(t)
        return self._frames.frame(t)

    def __iter__(self) -> Iterator[int]:
        return iter(self._shown)

    def __len__(self) -> int:
        return len(self._shown)


def _labels(plan: Plan, name: str, movie: str, kind: str) -> Frames:
    file = plan.folder(name) / "movies" / movie / kind / f"{plan.of}.ome.tif"
    return open_labels(file).frames


def _masks(
    plan: Plan, movies: Sequence[str], advance: Callable[[int, int], object]
) -> pd.DataFrame:
    """Agreement of what is measured: a row per pair of models and movie, and one of all frames."""
    pairs = list(combinations(plan.studies, 2))
    tables, done = [], 0
    for first, second in pairs:
        rows = []
        for movie in movies:
            both = [_labels(plan, name, movie, "labels") for name in (first, second)]
            rows.append(compare(*both, name=movie, sources=(first, second)))
            done += 1
            advance(done, len(pairs) * len(movies))
        names = {Col.ANALYSIS: first, Col.OTHER_ANALYSIS: second}
        tables.append(
            summarise(stacked(rows)).rename(columns={Col.NAME: Col.MOVIE}).assign(**names)
        )
    return in_order(stacked(tables), [Col.ANALYSIS, Col.OTHER_ANALYSIS])


def _speeds(plan: Plan) -> pd.DataFrame:
    """How far the objects scatter in speed under every model."""
    tables = []
    for name in plan.studies:
        folder = plan.folder(name) / "tables"
        cells = read_table(folder / "cells.parquet")
        if Col.IN_STATISTICS in cells:
            cells = cells[cells[Col.IN_STATISTICS].ne(False)]
        found = speed_spread(read_table(folder / "conditions.csv"), cells)
        if Col.OBJECT in found:
            found = found[found[Col.OBJECT].isna() | (found[Col.OBJECT] == plan.of)]
        tables.append(found.assign(**{Col.ANALYSIS: name}))
    return in_order(stacked(tables), [Col.ANALYSIS])
