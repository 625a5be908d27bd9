"""Least squares of condition + session, from blocks of units."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lamella.statistics.blocks import Blocks, places
from lamella.statistics.design import Design, FloatArray, Pair

# Eigenvalues of the conditions' matrix are numbers of units; those of what no unit tells are 0.
_NULL = 1e-9


class Additive(NamedTuple):
    """Effects of conditions within sessions."""

    condition: FloatArray
    """(conditions,) of which only differences mean something."""
    session: FloatArray
    """(sessions,)"""
    inverse: FloatArray
    """(conditions, conditions) pseudo-inverse, from which variances of differences come."""
    told: FloatArray
    """(conditions, conditions) projector on what the units tell."""
    share: FloatArray
    """(conditions, sessions) of each session's units."""
    rank: int
    """Parameters that the units tell."""

    @classmethod
    def of(cls, blocks: Blocks) -> Additive:
        """Fit value ~ condition + session.

        Sessions are swept out first: what is left is a matrix of conditions alone, the Laplacian of
        the network in which conditions are linked by the sessions that they share. Conditions that
        no chain of shared sessions links have no difference.
        """
        n, mean = blocks.n, blocks.mean
        of_session = n.sum(axis=0)
        filled = np.where(of_session > 0, of_session, 1)
        share = n / filled
        middle = (n * mean).sum(axis=0) / filled
        laplacian = np.diag(n.sum(axis=1)) - n @ share.T
        inverse = np.linalg.pinv(laplacian, rcond=_NULL, hermitian=True)
        condition = inverse @ (n * (mean - middle)).sum(axis=1)
        told = inverse @ laplacian
        return cls(
            condition,
            middle - share.T @ condition,
            inverse,
            told,
            share,
            int(np.count_nonzero(of_session)) + round(float(np.trace(told))),
        )

    @property
    def fitted(self) -> FloatArray:
        """(conditions, sessions) values that the model gives."""
        return self.condition[:, None] + self.session[None, :]

    def tells(self, pair: tuple[int, int]) -> bool:
        """Whether the units tell the difference of two conditions."""
        contrast = contrast_of(pair, len(self.condition))
        return bool(np.allclose(self.told @ contrast, contrast, atol=1e-6))


def why_untold(design: Design, fit: Additive, pair: Pair) -> str:
    """Why the units do not tell the difference of a pair; empty = they do."""
    absent = why_absent(design, pair)
    if absent or fit.tells(places(design, pair)):
        return absent
    return (
        f"{pair[0]} and {pair[1]} never share a session, and no third condition links them: what "
        "is due to the session cannot be told from what is due to the condition"
    )


def why_absent(design: Design, pair: Pair) -> str:
    """Which condition of a pair has no unit, in a sentence; empty = both have."""
    places_of = zip(pair, places(design, pair), strict=True)
    absent = [name for name, k in places_of if not (design.condition == k).any()]
    return f"no unit of {' and '.join(absent)} has a value" if absent else ""


def contrast_of(pair: tuple[int, int], n_conditions: int) -> FloatArray:
    """(conditions,) +1 for the condition, −1 for its reference."""
    contrast = np.zeros(n_conditions)
    contrast[pair[0]] += 1
    contrast[pair[1]] -= 1
    return contrast


def residual_squares(blocks: Blocks, fit: Additive) -> float:
    """Sum of squared residuals; exactly 0 where only rounding is left."""
    total = float((blocks.squares + blocks.n * (blocks.mean - fit.fitted) ** 2).sum())
    return total if total > blocks.noise else 0.0


def reach(blocks: Blocks, fit: Additive) -> tuple[NDArray[np.float64], FloatArray]:
    """How one more unit in a block would move the fit.

    Returns
    -------
    pull : (conditions, conditions, sessions)
        By which a unit's value enters every condition's effect.
    leverage : (conditions, sessions)
        Of every unit there on its own fitted value.
    """
    n_conditions = len(fit.condition)
    # A unit of a block against the mix of conditions of its session.
    unit = np.eye(n_conditions)[:, :, None] - fit.share[:, None, :]
    pull = np.einsum("ij,jcs->ics", fit.inverse, unit)
    of_session = blocks.n.sum(axis=0)
    leverage = 1 / np.where(of_session > 0, of_session, np.inf) + np.einsum(
        "ics,ics->cs", unit, pull
    )
    return pull, leverage
