"""Scores of several segmenters on the same movies, summed up: before, after, and the change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from lamella.core.claims import ALL_SESSIONS
from lamella.core.table import Col
from lamella.statistics.agreement import agreement

COLUMNS = [
    Col.SCORE,
    Col.SESSION,
    Col.SEGMENTER,
    Col.N_MOVIES,
    Col.MEAN,
    Col.SD,
    Col.MEDIAN,
    Col.TOTAL,
    Col.COMPARED_WITH,
    Col.N_PAIRED,
    Col.CHANGE,
    Col.CHANGE_LOW,
    Col.CHANGE_HIGH,
    Col.N_UP,
    Col.N_DOWN,
]


def summarise_scores(
    scores: pd.DataFrame, names: Sequence[str], *, counts: Sequence[str] = ()
) -> pd.DataFrame:
    """Sum up every score of every segmenter, and how it differs from the first segmenter's.

    Parameters
    ----------
    scores : DataFrame
        A row per movie and segmenter: `movie`, `session`, `segmenter`, and the scores. The first
        segmenter is the one that the others are compared with.
    names : sequence of str
        Scores to sum up, as far as the table has them.
    counts : sequence of str
        Those of them whose sum over movies has a meaning.

    Returns
    -------
    DataFrame
        `COLUMNS`, a row per score, session (``all`` first, the others only where there are
        several) and segmenter. Movies count alike, however long they are; those without the score
        do not. A change is paired: over the movies that both segmenters scored.

    Notes
    -----
    The interval of the change is Student's t over movies; where changes within a session are alike
    it is that of fewer movies, see `lamella.statistics.agreement.agreement`. NaN below 3 movies.
    """
    found = [str(name) for name in names if name in scores.columns and len(scores)]
    rows = [row for name in found for row in _rows(scores, name, name in counts)]
    return pd.DataFrame(rows, columns=COLUMNS)


def _rows(scores: pd.DataFrame, name: str, is_count: bool) -> Iterator[dict[str, object]]:
    movies = scores.drop_duplicates(Col.MOVIE)
    session_of = movies[Col.SESSION].astype(str).to_numpy()
    found = {
        str(segmenter): rows.set_index(Col.MOVIE)[name].reindex(movies[Col.MOVIE])
        for segmenter, rows in scores.groupby(Col.SEGMENTER, sort=False)
    }
    values_of = {
        each: column.to_numpy(np.float64, na_value=np.nan) for each, column in found.items()
    }
    base = next(iter(values_of))
    sessions = sorted(set(session_of))
    for session in [ALL_SESSIONS, *(sessions if len(sessions) > 1 else ())]:
        here = np.full(len(movies), True) if session == ALL_SESSIONS else session_of == session
        first = values_of[base][here]
        for segmenter, every in values_of.items():
            values = every[here]
            known = values[np.isfinite(values)]
            row: dict[str, object] = {
                Col.SCORE: name,
                Col.SESSION: session,
                Col.SEGMENTER: segmenter,
                Col.N_MOVIES: len(known),
                Col.MEAN: known.mean() if len(known) else np.nan,
                Col.SD: known.std(ddof=1) if len(known) > 1 else np.nan,
                Col.MEDIAN: np.median(known) if len(known) else np.nan,
                Col.TOTAL: known.sum() if is_count and len(known) else np.nan,
            }
            if segmenter != base:
                paired = np.isfinite(first) & np.isfinite(values)
                change = agreement(first, values, cluster=session_of[here]).bias
                row |= {
                    Col.COMPARED_WITH: base,
                    Col.N_PAIRED: int(paired.sum()),
                    Col.CHANGE: change.value,
                    Col.CHANGE_LOW: change.low,
                    Col.CHANGE_HIGH: change.high,
                    Col.N_UP: int((values > first)[paired].sum()),
                    Col.N_DOWN: int((values < first)[paired].sum()),
                }
            yield row
