"""Whether an effect differs from session to session."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import special

from lamella.statistics.additive import Additive, residual_squares
from lamella.statistics.blocks import Blocks
from lamella.statistics.design import Design


class Interaction(NamedTuple):
    """F test of condition × session; NaN where the units do not tell it."""

    f: float
    df: int
    df_residual: int
    p: float


def interaction(design: Design, conditions: Sequence[str]) -> Interaction:
    """Whether differences between some conditions are the same in every session.

    Parameters
    ----------
    design : Design
    conditions : sequence of str
        Two or more of the design's; the scatter they are held against is that of the units of all
        conditions within their sessions.

    Returns
    -------
    Interaction
        NaN without two shared sessions, or where no block has two units that differ.

    Notes
    -----
    A large p does not say that sessions agree: with few units the test sees only large
    disagreement.
    """
    blocks = Blocks.of(design)
    squares = float(blocks.squares.sum())
    df_residual = len(design.value) - int((blocks.n > 0).sum())
    chosen = [design.conditions.index(name) for name in conditions]
    some = blocks._replace(
        n=blocks.n[chosen],
        mean=blocks.mean[chosen],
        squares=np.zeros((len(chosen), len(design.sessions))),
    )
    fit = Additive.of(some)
    df = int((some.n > 0).sum()) - fit.rank
    if df < 1 or df_residual < 1 or squares <= blocks.noise:
        return Interaction(math.nan, df, df_residual, math.nan)
    f = residual_squares(some, fit) / df / (squares / df_residual)
    return Interaction(f, df, df_residual, float(special.fdtrc(df, df_residual, f)))
