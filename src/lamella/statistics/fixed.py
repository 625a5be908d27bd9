"""The difference within the sessions studied: condition + session by least squares."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from lamella.core.claims import THESE_SESSIONS
from lamella.statistics.additive import Additive, contrast_of, reach, residual_squares, why_untold
from lamella.statistics.blocks import Blocks, places
from lamella.statistics.design import Design, FloatArray, Pair
from lamella.statistics.fitted import Estimate, Fitted

_HUBER = 1.345
# As rounded by Huber and by those who fit as he did.
_NORMAL_MAD = 0.6745
_MOST_ROUNDS, _SETTLED = 200, 1e-10
NO_SCATTER = "units of one condition and session do not differ: no error can be stated"
NO_UNIT_LEFT = "too few units: none is left to tell their scatter from"


class OneFit(NamedTuple):
    """Condition + session, fitted to the units of a design."""

    blocks: Blocks
    additive: Additive
    squares: float
    """Sum of squared residuals."""
    df: int
    """Residual degrees of freedom."""

    @classmethod
    def of(cls, design: Design) -> OneFit:
        """By least squares."""
        blocks = Blocks.of(design)
        fit = Additive.of(blocks)
        return cls(blocks, fit, residual_squares(blocks, fit), len(design.value) - fit.rank)

    @property
    def sd(self) -> float:
        """Residual SD: of units within sessions and conditions; NaN where there is none."""
        return math.sqrt(self.squares / self.df) if self.df > 0 and self.squares > 0 else math.nan


def fixed_session(design: Design, pairs: Sequence[Pair]) -> Fitted:
    """Differences by value ~ condition + session, all conditions in one model.

    Parameters
    ----------
    design : Design
        Units; each has the same say.
    pairs : sequence of Pair
        Differences asked for.

    Returns
    -------
    Fitted
        Student's t with the residual degrees of freedom, the residual SD pooled over all
        conditions. NaN, with the reason in `verdicts`, for a pair that no chain of shared sessions
        links, and where units do not scatter.

    Notes
    -----
    Assumes that units scatter alike in every condition and session, independently of each other,
    and that a condition does the same in every session; where it does not, the estimate is the
    mean of its effects weighted by what each session tells. With one session this is the two-sample
    t test, its SD pooled over all conditions.
    """
    fit = OneFit.of(design)
    sd = fit.sd

    def error(pair: tuple[int, int]) -> float:
        contrast = contrast_of(pair, len(design.conditions))
        return sd * math.sqrt(float(contrast @ fit.additive.inverse @ contrast))

    return _fitted("fixed_session", design, pairs, fit, error, {"residual": sd**2})


def fixed_session_unequal(design: Design, pairs: Sequence[Pair]) -> Fitted:
    """As `fixed_session`, for units whose scatter differs between conditions or sessions.

    The standard error is MacKinnon and White's HC3, with Student's t. NaN where a unit is alone in
    deciding its own fitted value, so that nothing is known of its scatter.

    References
    ----------
    MacKinnon & White 1985, https://doi.org/10.1016/0304-4076(85)90158-7; Long & Ervin 2000,
    https://doi.org/10.1080/00031305.2000.10474549
    """
    fit = OneFit.of(design)
    pull, leverage = reach(fit.blocks, fit.additive)
    there = fit.blocks.n > 0
    alone = there & (leverage > 1 - 1e-9)
    off = fit.blocks.squares + fit.blocks.n * (fit.blocks.mean - fit.additive.fitted) ** 2
    scatter = np.where(there & ~alone, off, 0) / np.where(alone | ~there, 1, 1 - leverage) ** 2

    def error(pair: tuple[int, int]) -> float:
        weight = pull[pair[0]] - pull[pair[1]]
        # One that decides its own value, but has no say in this pair, does no harm.
        if fit.squares == 0 or (np.abs(weight[alone]) > 1e-9).any():
            return math.nan
        return math.sqrt(float((weight**2 * scatter).sum()))

    return _fitted("fixed_session_unequal", design, pairs, fit, error)


def fixed_session_robust(design: Design, pairs: Sequence[Pair]) -> Fitted:
    """As `fixed_session`, with little say for units far from the others.

    Huber's M-estimate: residuals beyond 1.345 SD, the SD by the median absolute residual, count as
    if they lay there. Student's t with the residual degrees of freedom.

    References
    ----------
    Huber 1973, https://doi.org/10.1214/aos/1176342503
    """
    fit = OneFit.of(design)
    n, rank = len(design.value), fit.additive.rank
    residual = _residuals(design, fit.blocks, fit.additive)
    scale, weight, robust = 0.0, np.ones(n), fit.additive
    settled = fit.squares == 0
    for _ in range(_MOST_ROUNDS if fit.df > 0 else 0):
        scale = float(np.median(np.abs(residual))) / _NORMAL_MAD
        if scale**2 * n <= fit.blocks.noise or settled:
            break
        weight = np.minimum(1, _HUBER * scale / np.maximum(np.abs(residual), scale * 1e-9))
        blocks = Blocks.of(design, weight)
        robust = Additive.of(blocks)
        before, residual = residual, _residuals(design, blocks, robust)
        settled = bool(np.abs(residual - before).max() < _SETTLED * scale)
    inside = np.abs(residual) <= _HUBER * scale
    share = float(inside.mean()) if n else 0.0
    sd = math.nan
    if fit.df > 0 and scale**2 * n > fit.blocks.noise and share > 0 and n > 1:
        spread = share * (1 - share) * n / (n - 1)
        kappa = 1 + rank * spread / (n * share**2)
        sd = math.sqrt(float(((residual * weight) ** 2).sum()) / fit.df) * kappa / share

    def error(pair: tuple[int, int]) -> float:
        contrast = contrast_of(pair, len(design.conditions))
        return sd * math.sqrt(float(contrast @ fit.additive.inverse @ contrast))

    return _fitted("fixed_session_robust", design, pairs, fit._replace(additive=robust), error)


def _residuals(design: Design, blocks: Blocks, fit: Additive) -> FloatArray:
    out: FloatArray = design.value - blocks.centre - fit.fitted[design.condition, design.session]
    return out


def _fitted(
    name: str,
    design: Design,
    pairs: Sequence[Pair],
    fit: OneFit,
    error: Callable[[tuple[int, int]], float],
    variances: dict[str, float] | None = None,
) -> Fitted:
    estimates, verdicts = {}, {}
    for pair in pairs:
        at = places(design, pair)
        untold = why_untold(design, fit.additive, pair)
        if untold:
            estimates[pair] = Estimate(math.nan)
            verdicts[pair] = untold
        else:
            difference = float(fit.additive.condition[at[0]] - fit.additive.condition[at[1]])
            se = error(at)
            estimates[pair] = Estimate.by_t(difference, se, fit.df)
            if fit.df <= 0:
                verdicts[pair] = NO_UNIT_LEFT
            elif fit.squares == 0:
                verdicts[pair] = NO_SCATTER
            elif not se > 0:
                verdicts[pair] = _UNTOLD[name]
    return Fitted(name, THESE_SESSIONS, estimates, variances=variances or {}, verdicts=verdicts)


_UNTOLD = {
    "fixed_session_unequal": "a unit is alone in its condition and session: nothing tells its "
    "scatter, which this model does not take from the others",
    "fixed_session_robust": "half of the units do not differ from the model at all: their median "
    "scatter is 0",
}
