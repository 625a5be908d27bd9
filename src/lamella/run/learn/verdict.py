"""Whether a new model is better, as far as the held-out frames can tell."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from lamella.core.table import Col
from lamella.report.words import count
from lamella.run.learn.proposal import Proposal

FEWEST = 5
"""Of fewer frames, or movies, the scatter is not known well enough to claim anything."""
_LEVEL = 0.95


def verdict(proposal: Proposal) -> str:
    """What the scores allow to say, in two or three sentences."""
    if proposal.is_known:
        return (
            "What found the objects until now has learnt from movies of all held-out frames, in an "
            "earlier training: they do not tell how either does on cells that it does not know. "
            "Correct another movie."
        )
    told = words_of(proposal.scores)
    n, n_new = len(proposal.frames), proposal.n_held_out - proposal.n_known
    if n_new > n:
        told += f" Compared are {n} of {n_new} held-out frames."
    if proposal.n_known:
        told += (
            f" {count(proposal.n_known, 'held-out frame')} of movies that an earlier training "
            "learnt from: left away."
        )
    if proposal.of_one_movie:
        told += " They are of the movie that was learnt from: nothing is known of other movies."
    if not proposal.card["training_helped"]:
        told += (
            " The training itself did not help: the model's weights are those that it began with."
        )
    return told


def changes(scores: pd.DataFrame, score: str = Col.SEG) -> pd.DataFrame:
    """A row per held-out frame: movie, frame, before, after, change of a score.

    Parameters
    ----------
    scores : DataFrame
        As `lamella.run.learn.compare.scored` gives it.
    """
    wide = scores.pivot_table(
        index=[Col.MOVIE, Col.FRAME], columns=Col.SEGMENTER, values=score, dropna=False
    )
    wide = wide.reindex(columns=["before", "after"])
    return wide.assign(change=wide["after"] - wide["before"]).reset_index()


def words_of(scores: pd.DataFrame) -> str:
    """Mean SEG before and after, and whether the change is more than the scatter.

    The unit is the movie where there are five or more of them, else the frame; with fewer than five
    of either nothing is claimed. The change is claimed where its 95 % interval (t, paired) leaves
    out 0.
    """
    frames = changes(scores).dropna(subset=["change"])
    if frames.empty:
        return "The held-out frames tell nothing: none of them shows a cell."
    means = frames[["before", "after"]].mean()
    told = (
        f"SEG, the overlap of every corrected cell with the one found, was {means['before']:.2f} "
        f"and is {means['after']:.2f} (mean of {count(len(frames), 'held-out frame')})."
    )
    by_movie = frames.groupby(Col.MOVIE)["change"].mean().to_numpy()
    each = by_movie if len(by_movie) >= FEWEST else frames["change"].to_numpy()
    unit = "movie" if len(by_movie) >= FEWEST else "frame"
    if len(each) < FEWEST:
        return (
            f"{told} From {count(len(each), unit)} nothing can be claimed: look at them, and hold "
            "more out by correcting more."
        )
    low, high = _interval(each)
    better = int((each > 0).sum())
    told += f" It rose in {better} of {count(len(each), unit)}; mean change {_signed(each.mean())}"
    told += f" (95 % interval {_signed(low)} to {_signed(high)})"
    if low > 0:
        return f"{told}: better, by more than the scatter between {unit}s."
    if high < 0:
        return f"{told}: worse, by more than the scatter between {unit}s."
    return (
        f"{told}: no more than the scatter between {unit}s, so that neither is shown to be better."
    )


def _signed(change: float) -> str:
    """With a real minus, and none before a zero."""
    text = f"{change:+.2f}".replace("-", "−")
    return "0.00" if text[1:] == "0.00" else text


def _interval(changes: NDArray[np.float64]) -> tuple[float, float]:
    mean, error = float(changes.mean()), float(stats.sem(changes))
    half = float(stats.t.ppf((1 + _LEVEL) / 2, len(changes) - 1)) * error
    return mean - half, mean + half
