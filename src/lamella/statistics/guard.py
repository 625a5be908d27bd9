"""Whether a mixed model may be believed: an independent look at its likelihood.

A mixed model can fail without a word: a variance collapses to zero and the optimiser reports
success, or it stops on the way. A fit is believed only where the restricted likelihood, written
out a second time and searched over its whole range (`lamella.statistics.reml`), has its maximum at
the same place, away from zero, and the fitting library had nothing to warn of.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lamella.statistics.reml import Groups, Maximum

FloatArray = NDArray[np.float64]

LEAST_SHARE = 0.01
"""A random term counts as zero where it adds less than this share to the variance of what it sits
on: the mean of a session (or of a group) scatters by its units anyway. Below it, standard errors
with and without the term differ by less than half a per cent, and no data could tell it from
zero. Set against the scatter of the means rather than of single values, so that it means the same
for sessions of 5 movies and of 1000 cells."""
AGREEMENT = 1e-4
"""Largest relative difference between the two computations of a number."""


class Fit(NamedTuple):
    """What the fitting library found."""

    criterion: float
    """−2 × the restricted log likelihood."""
    converged: bool
    warnings: Sequence[str]
    variances: FloatArray
    """(t,) of the random terms."""
    residual: float
    means: FloatArray
    """(c,) of the conditions."""
    covariance: FloatArray
    """(c, c) of these means."""


def collapsed(found: Maximum, groups: Groups) -> NDArray[np.bool_]:
    """(t,) whether the variance of each random term is zero, as far as the data can tell."""
    per_session, per_group = groups.scales
    otherwise = [1 / per_session, 1 / per_group]
    if len(found.ratios) > 1:
        otherwise[0] += found.ratios[1] / groups.per_session
    out: NDArray[np.bool_] = found.ratios < LEAST_SHARE * np.array(otherwise[: len(found.ratios)])
    return out


def disagreement(fit: Fit | None, found: Maximum) -> str:
    """Why a fit whose variances are not zero is refused; empty = it is believed.

    `fit` is None where the library raised an error.
    """
    if not found.definite:
        return "the values do not tell how large the variances are (no clear maximum)"
    if fit is None or not fit.converged:
        return "the fit did not converge"
    if fit.warnings:
        return f"the fit was reported as doubtful ({fit.warnings[0]})"
    errors = np.sqrt(np.diag(found.covariance))
    with np.errstate(invalid="ignore"):
        apart = [
            abs(fit.criterion - found.criterion) / max(abs(found.criterion), 1.0),
            np.abs(fit.variances / (found.ratios * found.residual) - 1).max(),
            abs(fit.residual / found.residual - 1),
            # Means may lie anywhere, so that theirs is measured in standard errors.
            np.abs((fit.means - found.means) / errors).max(),
            np.abs((fit.covariance - found.covariance) / np.outer(errors, errors)).max(),
        ]
    if not all(difference < AGREEMENT for difference in apart):
        return "the fit does not lie at the maximum of the likelihood"
    return ""
