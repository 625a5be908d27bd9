import math
import warnings
from itertools import product

import numpy as np
import pytest

from lamella.statistics import mixed
from lamella.statistics.design import Design
from lamella.statistics.guard import LEAST_SHARE, Fit, collapsed, disagreement
from lamella.statistics.mixed import random_effect, random_session
from lamella.statistics.reml import Groups, maximum, solved

PAIR = [("b", "a")]


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def drawn(seed, *, session=1.0, interaction=0.6, n_sessions=6):
    """An uneven design with its groups, residual SD 1."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 8, (n_sessions, 3))
    day, condition = (np.repeat(one.ravel(), sizes.ravel()) for one in np.indices(sizes.shape))
    value = 7 + rng.normal(size=len(day)) + session * rng.normal(size=n_sessions)[day]
    value += interaction * rng.normal(size=sizes.shape)[day, condition]
    names = tuple(f"s{k}" for k in range(n_sessions))
    design = Design(value, condition, day, np.ones(len(day), np.int64), ("a", "b", "c"), names)
    group = np.unique(3 * day + condition, return_inverse=True)[1]
    return design, group


def by_matrices(design, group, ratios):
    """The restricted likelihood as textbooks have it: one matrix of all values."""
    x = np.eye(3)[design.condition]
    n, p = x.shape
    v = np.eye(n) + ratios[0] * (design.session[:, None] == design.session)
    if len(ratios) > 1:
        v += ratios[1] * (group[:, None] == group)
    inverse = np.linalg.inv(v)
    information = x.T @ inverse @ x
    means = np.linalg.solve(information, x.T @ inverse @ design.value)
    left = design.value - x @ means
    residual = left @ inverse @ left / (n - p)
    logs = np.linalg.slogdet(v)[1] + np.linalg.slogdet(information)[1]
    criterion = (n - p) * (1 + math.log(2 * math.pi * residual)) + logs
    return criterion, residual, means, np.linalg.inv(information) * residual


@pytest.mark.parametrize("ratios", [(0.0,), (0.3,), (50.0,), (0.0, 0.4), (1e-3, 9.0), (2.0, 0.0)])
@pytest.mark.parametrize("seed", range(3))
def test_the_likelihood_from_group_means_is_that_from_all_values(seed, ratios):
    design, group = drawn(seed)
    groups = Groups.of(design, group)
    ours = solved(groups, np.array([ratios]))
    criterion, residual, means, covariance = by_matrices(design, group, ratios)
    assert ours.criterion[0] == pytest.approx(criterion, rel=1e-11)
    assert ours.residual[0] == pytest.approx(residual, rel=1e-9)
    assert ours.means[0] + groups.centre == pytest.approx(means, rel=1e-9)
    assert ours.covariance[0] * ours.residual[0] == pytest.approx(covariance, rel=1e-9)


@pytest.mark.parametrize("terms", [1, 2])
@pytest.mark.parametrize("seed", range(20))
def test_no_place_is_more_likely_than_the_maximum(seed, terms):
    rng = np.random.default_rng(seed)
    design, group = drawn(
        seed,
        session=rng.choice([0, 0.2, 1, 5]),
        interaction=rng.choice([0, 0.2, 1]),
        n_sessions=int(rng.choice([2, 3, 6])),
    )
    groups = Groups.of(design, group)
    found = maximum(groups, terms=terms)
    axis = np.concatenate([[0.0], np.geomspace(1e-5, 1e5, 101)])
    grid = np.array(list(product(axis, repeat=terms)))
    near = found.ratios * rng.uniform(0.98, 1.02, (200, terms))
    assert found.criterion <= solved(groups, grid).criterion.min() + 1e-9
    assert found.criterion <= solved(groups, near).criterion.min() + 1e-9


def good_fit():
    design, group = drawn(1)
    groups = Groups.of(design, group)
    found = maximum(groups, terms=2)
    fit = Fit(
        found.criterion,
        True,
        (),
        found.ratios * found.residual,
        found.residual,
        found.means,
        found.covariance,
    )
    return fit, found


def test_a_fit_at_the_maximum_is_believed():
    fit, found = good_fit()
    assert disagreement(fit, found) == ""


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda fit: fit._replace(converged=False), "did not converge"),
        (lambda fit: fit._replace(warnings=("on the boundary",)), r"doubtful \(on the boundary\)"),
        (lambda fit: fit._replace(criterion=fit.criterion + 0.1), "not lie at the maximum"),
        (lambda fit: fit._replace(variances=fit.variances * [1, 1.001]), "not lie at the maximum"),
        (lambda fit: fit._replace(residual=fit.residual * 0.999), "not lie at the maximum"),
        (lambda fit: fit._replace(means=fit.means * 0), "not lie at the maximum"),
        (lambda fit: fit._replace(means=fit.means * math.nan), "not lie at the maximum"),
        (lambda fit: fit._replace(covariance=fit.covariance / 2), "not lie at the maximum"),
        (lambda _: None, "did not converge"),
    ],
)
def test_any_other_fit_is_refused(change, reason):
    fit, found = good_fit()
    refusal = disagreement(change(fit), found)
    assert refusal
    with pytest.raises(AssertionError, match=reason):
        raise AssertionError(refusal)


def test_a_silent_collapse_of_the_library_is_refused(monkeypatch):
    # The fit says converged, and all its variances and effects are zero.
    design, _ = drawn(1)
    zeros = Fit(0.0, True, (), np.zeros(1), 1.0, np.zeros(3), np.eye(3))
    monkeypatch.setattr(mixed, "by_statsmodels", lambda *_: zeros)
    fitted = random_session(design, PAIR)
    assert not fitted.trusted
    assert fitted.verdict == (
        "the fit does not lie at the maximum of the likelihood; the model with a fixed session "
        "effect is used instead"
    )
    assert fitted.estimates["b", "a"].estimate != 0


def test_an_error_of_the_library_is_refused(monkeypatch):
    from statsmodels.regression.mixed_linear_model import MixedLM

    def broken(self, *_, **__):
        raise np.linalg.LinAlgError("Singular matrix")

    monkeypatch.setattr(MixedLM, "fit", broken)
    fitted = random_effect(drawn(1)[0], PAIR)
    assert not fitted.trusted
    assert fitted.verdict.startswith("the fit did not converge; the paired differences")


def test_the_threshold_is_a_share_of_what_means_of_sessions_scatter_by():
    design, group = drawn(1)
    groups = Groups.of(design, group)
    found = maximum(groups, terms=2)
    per_session, per_group = groups.scales
    least = LEAST_SHARE * np.array([1 / per_session + found.ratios[1] / groups.per_session,
                                    1 / per_group])  # fmt: skip
    for factor, gone in ((0.99, True), (1.01, False)):
        for term in range(2):
            ratios = found.ratios.copy()
            ratios[term] = factor * least[term]
            if term == 1:
                ratios[0] = 10.0
            assert collapsed(found._replace(ratios=ratios), groups)[term] == gone


@pytest.mark.parametrize("model", [random_session, random_effect])
def test_no_warning_comes_through_and_what_is_trusted_is_no_collapse(model):
    told = set()
    for seed in range(40):
        design, _ = drawn(seed, session=0.3, interaction=0.3)
        fitted = model(design, PAIR)
        told.add(fitted.trusted)
        if fitted.trusted:
            assert min(fitted.variances.values()) > 0
        else:
            assert "came out as zero" in fitted.verdict
    assert told == {True, False}
