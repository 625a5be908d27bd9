"""How large a difference is: Cohen's d, Hedges' g and Cliff's delta, with their intervals."""

from __future__ import annotations

import math
from typing import NamedTuple

from lamella.statistics.blocks import Blocks, places
from lamella.statistics.cliff import Dominance, delta_interval, delta_interval_across
from lamella.statistics.design import Design, Pair
from lamella.statistics.fitted import Estimate
from lamella.statistics.fixed import OneFit
from lamella.statistics.interval import Interval, over
from lamella.statistics.noncentral import noncentrality_interval
from lamella.statistics.unit_sd import sd_interval, unit_sd


class Sizes(NamedTuple):
    """The sizes of one difference.

    Attributes
    ----------
    d_sd : float
        What Cohen's d divides by: pooled SD (n−1) of the two conditions' units, sessions together.
        NaN when a condition has fewer than 2 units or neither varies.
    cohens_d, cohens_d_within, hedges_g, cliffs_delta : Interval
        Estimate over `d_sd`; over the SD of units within sessions; Cohen's d freed of its bias in
        small samples; P(unit > reference unit) − P(unit < reference unit) within sessions.
    """

    d_sd: float
    cohens_d: Interval
    cohens_d_within: Interval
    hedges_g: Interval
    cliffs_delta: Interval


def sizes(design: Design, pair: Pair, estimate: Estimate, *, fit: OneFit | None = None) -> Sizes:
    """Effect sizes of the difference between two conditions in the sessions studied.

    Parameters
    ----------
    design : Design
    pair : Pair
    estimate : Estimate
        By a model whose error is that of units within sessions.
    fit : OneFit or None
        Condition + session fitted to the design, where it is at hand: its residual SD is the SD of
        units within sessions and conditions.

    Returns
    -------
    Sizes
        What degenerate groups leave undefined is NaN.

    Notes
    -----
    The intervals of d come from the noncentral t distribution at the model's t and degrees of
    freedom: they leave out 0 exactly where p < 0.05, and are those of Cumming and Finch for one
    session. The scatter between sessions in `d_sd` is taken as it is, that of these sessions.

    References
    ----------
    Cohen 1988, https://doi.org/10.4324/9780203771587; Cumming & Finch 2001,
    https://doi.org/10.1177/0013164401614002
    """
    low, high = noncentrality_interval(estimate.estimate / estimate.se, estimate.df) if (
        estimate.se > 0
    ) else (math.nan, math.nan)  # fmt: skip
    ends = Interval(estimate.estimate, low * estimate.se, high * estimate.se)
    d_sd = Blocks.of(design).pooled_sd(places(design, pair))
    d = ends.times(1 / d_sd)
    within = ends.times(1 / (fit or OneFit.of(design)).sd)
    seen = Dominance.of(design, pair)
    delta = Interval(seen.delta, *delta_interval(seen))
    return Sizes(d_sd, d, within, d.times(_correction(design, pair)), delta)


def sizes_across(
    design: Design, pair: Pair, estimate: Estimate, *, fit: OneFit | None = None
) -> Sizes:
    """Effect sizes of the difference across sessions.

    Parameters
    ----------
    design, pair, fit
        As for `sizes`.
    estimate : Estimate
        By a model whose error holds the scatter of the effect from session to session.

    Notes
    -----
    The intervals of d and g are for the expected difference over the SD that units have in sessions
    like these (`lamella.statistics.unit_sd`), those of `cohens_d_within` for it over the SD within
    sessions. The error of either SD is in them, see `lamella.statistics.interval.over`.
    """
    ends = Interval(estimate.estimate, estimate.low, estimate.high)
    fit = fit or OneFit.of(design)
    d_sd = Blocks.of(design).pooled_sd(places(design, pair))
    d = over(ends, unit_sd(design, pair))._replace(value=ends.value / d_sd)
    within = over(ends, sd_interval(fit.sd, fit.df))
    seen = Dominance.of(design, pair)
    delta = Interval(seen.delta, *delta_interval_across(seen))
    return Sizes(d_sd, d, within, d.times(_correction(design, pair)), delta)


def _correction(design: Design, pair: Pair) -> float:
    n = design.counts.sum(axis=1)[list(places(design, pair))].sum()
    return hedges_correction(int(n) - 2)


def hedges_correction(df: int) -> float:
    """Factor that frees d of its bias, exact: Γ(df/2) / (√(df/2) Γ((df−1)/2)); NaN below df 2.

    References
    ----------
    Hedges 1981, https://doi.org/10.3102/10769986006002107
    """
    if df < 2:
        return math.nan
    return math.exp(math.lgamma(df / 2) - math.lgamma((df - 1) / 2)) / math.sqrt(df / 2)
