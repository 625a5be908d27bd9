"""Several segmenters on the same movies, scored: scores.csv and scores_summary.csv."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from lamella.core.frames import Frames, Image
from lamella.core.table import Col
from lamella.evaluate import AGAINST_TRUTH, COUNTS, UNAIDED, score_movie
from lamella.io.tables import write_table
from lamella.statistics import summarise_scores

SCORES, SUMMARY = "scores.csv", "scores_summary.csv"
_ABOUT = (Col.MOVIE, Col.CONDITION, Col.SESSION, Col.SEGMENTER)


@dataclass(frozen=True)
class ScoredMovie:
    """A movie that segmenters are scored on.

    Parameters
    ----------
    truth : mapping of int to (Y, X) array
        Labels of the frames whose truth is known; none by default.
    """

    movie: str
    session: str = "1"
    condition: str = ""
    truth: Mapping[int, Image] = field(default_factory=dict)


class ModelScores(NamedTuple):
    """Scores of every movie under every segmenter, and over the movies."""

    scores: pd.DataFrame
    """Rows of scores.csv: movie × segmenter."""
    summary: pd.DataFrame
    """Rows of scores_summary.csv: score × session × segmenter, with the change from the first."""

    def write(self, folder: Path) -> None:
        """Write both tables into the folder."""
        write_table(folder / SCORES, self.scores)
        write_table(folder / SUMMARY, self.summary)


def score_models(
    segmenters: Mapping[str, Callable[[str], Frames]],
    movies: Sequence[ScoredMovie],
    *,
    one_object: bool = False,
    advance: Callable[[int, int], object] = lambda done, total: None,
) -> ModelScores:
    """Score segmenters on movies, such as held-out ones, without and with truth.

    Parameters
    ----------
    segmenters : mapping of str to function
        By name, what gives the labels (T, Y, X) of a movie by the movie's name. The first is the
        one that the others are compared with. Frames are read once, in order.
    movies : sequence of ScoredMovie
    one_object : bool
        Whether every movie is of one cell, see `lamella.evaluate.score_movie`.
    advance : callable, optional
        Called with the number of movies scored under any segmenter, and of all.

    Raises
    ------
    InputError
        A truth that does not fit the labels.
    """
    rows, total = [], len(segmenters) * len(movies)
    for each in movies:
        about = (each.movie, each.condition, each.session)
        for name, segmented in segmenters.items():
            found = score_movie(
                segmented(each.movie),
                truth=each.truth,
                one_object=one_object,
                source=f"{each.movie}, {name}",
            )
            rows.append(dict(zip(_ABOUT, (*about, name), strict=True)) | found)
            advance(len(rows), total)
    return tabulated(pd.DataFrame(rows, columns=[*_ABOUT, *UNAIDED, *AGAINST_TRUTH]))


def tabulated(scores: pd.DataFrame) -> ModelScores:
    """Scores of movies with their summary; counts become whole numbers."""
    whole = scores.astype({str(name): "int64" for name in COUNTS})
    names = [name for name in (*UNAIDED, *AGAINST_TRUTH) if name not in COUNTS or _any(whole, name)]
    return ModelScores(whole, summarise_scores(whole, names, counts=COUNTS))


def _any(scores: pd.DataFrame, name: str) -> bool:
    """Whether a count is told of: how many objects are true is not, where no truth is known."""
    return name in UNAIDED or bool(scores[Col.N_FRAMES_SCORED].any())
