"""What a run came to: the results of every stage of every movie, and of those that were not run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lamella.core.errors import LamellaError
from lamella.run.movie import StageResult
from lamella.run.movies import Death
from lamella.run.report import REPORT_FILE
from lamella.run.samples import Sample
from lamella.run.stages import LAST_STAGE


@dataclass(frozen=True)
class Outcome:
    """What a run came to."""

    out: Path
    results: list[StageResult] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    faults: list[LamellaError] = field(default_factory=list)
    movie: str = "movie"
    """What to call one of its movies, see `called`."""

    @property
    def failed(self) -> list[StageResult]:
        """The stages and the rows of samples.csv that failed."""
        return [r for r in self.results if r.state == "failed"]

    @property
    def done(self) -> set[str]:
        """The movies that are up to date."""
        return {r.movie for r in self.results if r.stage == LAST_STAGE and r.state != "failed"}

    @property
    def report(self) -> Path:
        return self.out / REPORT_FILE


NOT_A_STAGE = "run"
"""In place of a stage, where a movie as a whole is spoken of."""


def set_aside(sample: Sample) -> StageResult:
    """A row of samples.csv that is at fault or excluded."""
    if sample.fault is not None:
        return StageResult(sample.movie, "samples", "failed", messages=(str(sample.fault),))
    return StageResult(
        sample.movie, "samples", "skipped", messages=(f"excluded: {sample.exclude}",)
    )


def not_named(movies: Sequence[str]) -> list[StageResult]:
    """Movies that --only leaves as they are."""
    why = ("not named by --only",)
    return [StageResult(movie, NOT_A_STAGE, "skipped", messages=why) for movie in movies]


def changed(results: Sequence[StageResult], ready: set[str]) -> list[StageResult]:
    """Movies that ended well and yet are not up to date: their files are others by now."""
    failed = {r.movie for r in results if r.state == "failed"}
    ended = {r.movie for r in results if r.stage == LAST_STAGE} - failed
    why = "its files changed while it was processed; run again"
    return [
        StageResult(movie, NOT_A_STAGE, "failed", messages=(f"{movie}: {why}",))
        for movie in sorted(ended - ready)
    ]


def told_of_deaths(deaths: Iterable[Death]) -> list[str]:
    """What is to be known of workers that died and whose work was done again: it took longer."""
    movies: dict[tuple[str, str], list[str]] = {}
    for death in deaths:
        movies.setdefault((death.why, death.remedy), []).append(death.movie)
    return [
        f"a worker {why}, {len(those)} time{'s' * (len(those) != 1)}, with {_few(those)}; what it "
        f"was at was done again, which takes longer: {remedy}"
        for (why, remedy), those in movies.items()
    ]


def _few(movies: Sequence[str]) -> str:
    names = list(dict.fromkeys(movies))
    return ", ".join(names[:3]) + " …" * (len(names) > 3)


def in_order(results: list[StageResult], samples: Sequence[Sample]) -> list[StageResult]:
    """Results in the order of samples.csv, whichever movie ended first."""
    place = {sample.movie: i for i, sample in reversed(list(enumerate(samples)))}
    return sorted(results, key=lambda result: place[result.movie])
