"""The mixed model by statsmodels, with its warnings caught."""

from __future__ import annotations

import math
import warnings

import numpy as np
from numpy.typing import NDArray

from lamella.statistics.design import Design, FloatArray
from lamella.statistics.guard import Fit
from lamella.statistics.reml import Maximum

IntArray = NDArray[np.int64]


def by_statsmodels(design: Design, group: IntArray, found: Maximum) -> Fit | None:
    """Value ~ condition + (1 | session), and + (1 | group) where `found` has two ratios.

    Parameters
    ----------
    design : Design
        Every condition has a value.
    group : (n,) int array
        Group of every value, each in one session.
    found : Maximum
        Where the fit starts, so that it need not search; its ratios are positive.

    Returns
    -------
    Fit or None
        None where statsmodels raised an error.

    Notes
    -----
    statsmodels warns of "the boundary" where a variance is below 0.01, whatever the unit of the
    measure: speeds in µm/min always get the warning and in nm/min never. Values are therefore
    scaled so that the smallest variance should come out as 1, and the warning means that it came
    out at less than a hundredth of that.
    """
    from statsmodels.regression.mixed_linear_model import MixedLM, VCSpec

    scale = math.sqrt(found.residual * min(1.0, *found.ratios))
    centre = float(design.value.mean())
    conditions = np.eye(len(found.means))[design.condition]
    # Beside a variance component the random intercept must be asked for, or it goes without a word.
    terms = {"exog_re": np.ones((len(design.value), 1))}
    if len(found.ratios) > 1:
        sessions = range(len(design.sessions))
        places = [np.unique(group[design.session == k], return_inverse=True)[1] for k in sessions]
        indicators = [np.eye(place.max() + 1)[place] for place in places]
        names = [[str(column) for column in range(one.shape[1])] for one in indicators]
        terms["exog_vc"] = VCSpec(["group"], [names], [indicators])
    with warnings.catch_warnings(record=True) as spoken, np.errstate(all="ignore"):
        warnings.simplefilter("always")
        try:
            model = MixedLM(
                (design.value - centre) / scale, conditions, groups=design.session, **terms
            )
            fit = model.fit(start_params=np.sqrt(found.ratios), method=["bfgs", "lbfgs"], gtol=1e-7)
            # The block of the means alone, as in other programs: the rest of the information is
            # how means and variances agree by chance, which is 0 on average.
            information = np.linalg.inv(fit.cov_params())[: len(found.means), : len(found.means)]
            covariance: FloatArray = np.linalg.inv(information) * scale**2
        except (np.linalg.LinAlgError, ValueError):
            return None
    return Fit(
        -2 * float(fit.llf) + 2 * (len(design.value) - len(found.means)) * math.log(scale),
        bool(fit.converged),
        [str(one.message) for one in spoken],
        np.concatenate([np.ravel(fit.cov_re), np.ravel(fit.vcomp)]) * scale**2,
        float(fit.scale) * scale**2,
        np.asarray(fit.fe_params, np.float64) * scale + centre,
        covariance,
    )
