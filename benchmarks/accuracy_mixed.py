"""The section on mixed models of docs/accuracy.md; run this file to print it.

``--lme4`` also compares every fit with R's lme4 (R with lme4 and jsonlite must be there).
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import subprocess
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import optimize

from lamella.statistics.design import Design
from lamella.statistics.fitted import Fitted
from lamella.statistics.guard import LEAST_SHARE
from lamella.statistics.mixed import nested_movies, random_effect, random_session

FloatArray = NDArray[np.float64]

MODELS = {"random_session": random_session, "random_effect": random_effect}
CONDITIONS = ("a", "b", "c")
PAIRS = (("b", "a"), ("c", "a"), ("c", "b"))
SESSIONS, SESSION_SDS, SEEDS = (2, 3, 6), (0.0, 0.3, 2.0), range(2000, 2056)
ORACLE = Path(__file__).parents[1] / "tests" / "oracles" / "r" / "mixed.json"


class Study(NamedTuple):
    """A drawn study: residual SD 1."""

    n_sessions: int
    session_sd: float
    design: Design


class Plain(NamedTuple):
    """A mixed model by textbook matrices."""

    ratios: FloatArray
    estimates: FloatArray
    errors: FloatArray
    """Of `PAIRS`."""


def studies() -> Iterator[Study]:
    """Every second one with 5 movies of each condition and session, the others with 1 to 9."""
    for n_sessions in SESSIONS:
        for sd in SESSION_SDS:
            for seed in SEEDS:
                shape = (n_sessions, len(CONDITIONS))
                rng = np.random.default_rng((seed, n_sessions, int(10 * sd)))
                sizes = rng.integers(1, 10, shape) if seed % 2 else np.full(shape, 5)
                # The effect differs between sessions in half of the studies of either kind.
                effect_sd = 0.5 if seed % 4 < 2 else 0.0
                design = drawn(rng, sizes, session_sd=sd, effect_sd=effect_sd)
                yield Study(n_sessions, sd, design)


def drawn(
    rng: np.random.Generator, sizes: NDArray[np.int64], *, session_sd: float, effect_sd: float
) -> Design:
    """Units with residual SD 1; `sizes`, (sessions, conditions), says how many."""
    day, condition = (np.repeat(k.ravel(), sizes.ravel()) for k in np.indices(sizes.shape))
    value = session_sd * rng.normal(size=len(sizes))[day] + rng.normal(size=len(day))
    value += effect_sd * rng.normal(size=sizes.shape)[day, condition]
    names = tuple(f"s{k}" for k in range(len(sizes)))
    return Design(value, condition, day, np.ones(len(day), np.int64), CONDITIONS, names)


def plain_reml(design: Design, terms: int) -> Plain:
    """The restricted likelihood from the matrix of all values, its maximum by a simplex."""
    x = np.eye(len(CONDITIONS))[design.condition]
    n, p = x.shape
    same_day = (design.session[:, None] == design.session).astype(float)
    alike = [same_day, same_day * (design.condition[:, None] == design.condition)][:terms]

    def solved(ratios: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        v = np.eye(n) + sum(r * z for r, z in zip(ratios, alike, strict=True))
        weighted = np.linalg.solve(v, np.column_stack([x, design.value]))
        information = x.T @ weighted[:, :p]
        means = np.linalg.solve(information, x.T @ weighted[:, p])
        left = design.value - x @ means
        residual = float(left @ (weighted[:, p] - weighted[:, :p] @ means)) / (n - p)
        logs = np.linalg.slogdet(v)[1] + np.linalg.slogdet(information)[1]
        return (n - p) * math.log(residual) + logs, means, np.linalg.inv(information) * residual

    axis = np.log([1e-8, 0.01, 0.03, 0.1, 0.3, 1, 3, 10])
    starts = np.stack(np.meshgrid(*[axis] * terms), axis=-1).reshape(-1, terms)
    start = min(starts, key=lambda logs: solved(np.exp(logs))[0])
    best = optimize.minimize(
        lambda logs: solved(np.exp(np.clip(logs, -25, 25)))[0],
        start,
        method="Nelder-Mead",
        options={
            "initial_simplex": np.vstack([start, start + np.eye(terms)]),
            "xatol": 1e-6,
            "fatol": 1e-12,
            "maxiter": 600,
        },
    )
    ratios = np.exp(np.clip(best.x, -25, 25))
    _, means, covariance = solved(ratios)
    contrasts = np.array([np.eye(p)[CONDITIONS.index(a)] - np.eye(p)[CONDITIONS.index(b)]
                          for a, b in PAIRS])  # fmt: skip
    errors = np.sqrt(np.einsum("ij,jk,ik->i", contrasts, covariance, contrasts))
    return Plain(ratios, contrasts @ means, errors)


def apart(fitted: Fitted, estimates: FloatArray, errors: FloatArray) -> float:
    """Largest difference of an estimate (in standard errors) or of a standard error (relative)."""
    ours = [fitted.estimates[pair] for pair in PAIRS]
    off = np.array([one.estimate for one in ours]) - estimates
    wide = np.array([one.se for one in ours]) / errors - 1
    return float(max(np.abs(off / errors).max(), np.abs(wide).max()))


def inside(design: Design, ratios: FloatArray) -> bool:
    """Whether no variance of a plain fit counts as zero by the guard's own measure."""
    counts = design.counts
    cells = counts > 0
    otherwise = [np.mean(1 / counts.sum(axis=0)), np.mean(1 / counts[cells])]
    if len(ratios) > 1:
        otherwise[0] += ratios[1] * np.mean(1 / cells.sum(axis=0))
    return all(r >= LEAST_SHARE * o for r, o in zip(ratios, otherwise, strict=False))


def by_itself(design: Design, unit: float) -> str:
    """What statsmodels says of (1 | session) with its own start: error, warning or nothing."""
    from statsmodels.regression.mixed_linear_model import MixedLM

    x = np.eye(len(CONDITIONS))[design.condition]
    with warnings.catch_warnings(record=True) as spoken:
        warnings.simplefilter("always")
        try:
            MixedLM(design.value * unit, x, groups=design.session).fit()
        except (np.linalg.LinAlgError, ValueError):
            return "error"
    return "warning" if spoken else "nothing"


def mixed_table() -> str:
    """What is believed, whether it is right, and how fast it is."""
    return "\n".join(
        [
            "## Mixed models",
            "",
            *_agreement(),
            "",
            *_warnings(),
            "",
            *_degrees(),
            "",
            *_speed(),
        ]
    )


def _agreement() -> list[str]:
    groups: dict[tuple[str, int, float], list[tuple[str, float]]] = {}
    for study in studies():
        for name, model in MODELS.items():
            fitted = model(study.design, PAIRS)
            plain = plain_reml(study.design, len(fitted.variances) - 1)
            told = "trusted" if fitted.trusted else "zero"
            if not fitted.trusted and inside(study.design, plain.ratios):
                told = "wrongly refused"
            difference = apart(fitted, plain.estimates, plain.errors) if fitted.trusted else 0.0
            key = (name, study.n_sessions, study.session_sd)
            groups.setdefault(key, []).append((told, difference))
    lines = [
        f"{len(SESSIONS) * len(SESSION_SDS) * len(SEEDS)} studies without an effect of the "
        "condition: 3 conditions, half of them with 5 movies of each in every session, half with 1 "
        "to 9; movies scatter by SD 1, and in half of the studies the effect itself by 0.5 from "
        "session to session. *Trusted*: believed by the guard. *Zero*: refused because a variance "
        "came out as zero. *Wrongly refused*: by a plain computation no variance is zero. *Apart*: "
        "trusted fits against restricted maximum likelihood from the matrix of all values, "
        "searched by a simplex; the largest difference of an estimate (in standard errors) or of "
        "a standard error (relative).",
        "",
        "| model | sessions | SD of sessions | trusted | zero | wrongly refused | apart |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    order = list(MODELS)
    for (name, n_sessions, sd), found in sorted(
        groups.items(), key=lambda one: (order.index(one[0][0]), *one[0][1:])
    ):
        counted = Counter(told for told, _ in found)
        lines.append(
            f"| `{name}` | {n_sessions} | {sd:g} | {counted['trusted']} | {counted['zero']} "
            f"| {counted['wrongly refused']} | {max(off for _, off in found):.0e} |"
        )
    everything = [one for found in groups.values() for one in found]
    counted = Counter(told for told, _ in everything)
    lines += [
        "",
        f"Of {len(everything)} fits {counted['trusted']} are trusted, none of them apart by more "
        f"than {max(off for _, off in everything):.0e}; {counted['zero']} are refused, and "
        f"{counted['wrongly refused']} of them wrongly.",
    ]
    return lines


def _warnings() -> list[str]:
    told: Counter[tuple[bool, float, str]] = Counter()
    for study in studies():
        trusted = random_session(study.design, PAIRS).trusted
        for unit in (1.0, 0.1, 10.0):
            told[trusted, unit, by_itself(study.design, unit)] += 1
    lines = [
        "What statsmodels by itself says of the same studies (session random), left to its own "
        "start values, with values as they are, in a unit ten times larger, and in one ten times "
        "smaller. Its warning of the boundary hangs on the unit, and is no guard: the fits are "
        "therefore made on scaled values, and every warning that is left refuses the fit.",
        "",
        "| guard | values | error | warning | nothing |",
        "| --- | --- | --- | --- | --- |",
    ]
    for trusted in (True, False):
        for unit, name in ((1.0, "as they are"), (0.1, "÷ 10"), (10.0, "× 10")):
            counts = [told[trusted, unit, what] for what in ("error", "warning", "nothing")]
            cells = " | ".join(map(str, counts))
            lines.append(f"| {'trusted' if trusted else 'refused'} | {name} | {cells} |")
    return lines


def _degrees() -> list[str]:
    lines = [
        "Degrees of freedom and p of trusted fits beside those of Kenward and Roger (pbkrtest, "
        "lmerTest): equal where conditions and sessions are balanced; elsewhere their standard "
        "error is a little larger. The contrast that differs most.",
        "",
        "| data | model | degrees of freedom | Kenward–Roger | p | Kenward–Roger |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    names = {
        "machines": "6 workers × 3 machines (Pinheiro & Bates 2000)",
        "oats": "6 blocks × 3 varieties (Yates 1935)",
        "uneven": "6 sessions × 3, 1 to 7 movies",
        "gaps": "6 sessions × 3, 4 combinations missing",
    }
    oracle = json.loads(ORACLE.read_text(encoding="utf-8"))
    for name, title in names.items():
        rows = pd.DataFrame(oracle[name]["rows"])
        design = Design.of(rows.assign(n_cells=1), "value", sorted(rows["condition"].unique()))
        for model, truth in oracle[name]["models"].items():
            pairs = [(said["condition"], said["reference"]) for said in truth["pairs"]]
            fitted = MODELS[model](design, pairs)
            one, said = max(
                zip(fitted.estimates.values(), truth["pairs"], strict=True),
                key=lambda both: abs(math.log(both[0].p / both[1]["p_kr"])),
            )
            lines.append(
                f"| {title} | `{model}` | {one.df:g} | {said['df_kr']:.1f} | {one.p:.3g} "
                f"| {said['p_kr']:.3g} |"
            )
    return lines


def _speed() -> list[str]:
    rng = np.random.default_rng(1)
    units = drawn(rng, np.full((6, 3), 11), session_sd=0.5, effect_sd=0.5)
    movies = drawn(rng, np.full((6, 3), 15), session_sd=0.5, effect_sd=0.0)
    of_cell = np.repeat(np.arange(len(movies.value)), 37)
    cells = pd.DataFrame(
        {
            "condition": np.array(CONDITIONS, object)[movies.condition[of_cell]],
            "session": movies.session[of_cell].astype(str),
            "unit": of_cell.astype(str),
            "value": movies.value[of_cell] + 2 * rng.normal(size=len(of_cell)),
        }
    )
    runs: list[tuple[str, Callable[[], Fitted]]] = [
        (
            f"`random_session`, {len(units.value)} movies in 6 sessions",
            lambda: random_session(units, PAIRS),
        ),
        (
            f"`random_effect`, {len(units.value)} movies in 6 sessions",
            lambda: random_effect(units, PAIRS),
        ),
        (
            f"`nested_movies`, {len(cells)} cells in {len(movies.value)} movies of 6 sessions",
            lambda: nested_movies(cells, "value", CONDITIONS, PAIRS),
        ),
    ]
    lines = ["| model | time of one fit |", "| --- | --- |"]
    for name, run in runs:
        times = []
        for _ in range(5):
            start = time.perf_counter()
            trusted = run().trusted
            times.append(time.perf_counter() - start)
        lines.append(f"| {name} | {1000 * min(times):.0f} ms |" if trusted else f"| {name} | – |")
    return lines


def against_lme4() -> str:
    """Every fit beside lme4's."""
    script = Path(__file__).with_name("accuracy_mixed.R")
    rscript = shutil.which("Rscript")
    if rscript is None:
        return "Rscript is not there: install R with lme4 and jsonlite"
    drawn_studies = list(studies())
    rows = [
        {
            "session": one.design.session.tolist(),
            "condition": one.design.condition.tolist(),
            "value": one.design.value.tolist(),
        }
        for one in drawn_studies
    ]
    answer = subprocess.run(
        [rscript, str(script)], input=json.dumps(rows), capture_output=True, text=True, check=True
    )
    worst, told = 0.0, Counter[tuple[bool, bool]]()
    for study, by_model in zip(drawn_studies, json.loads(answer.stdout), strict=True):
        for name, model in MODELS.items():
            fitted, said = model(study.design, PAIRS), by_model[name]
            told[fitted.trusted, said["singular"]] += 1
            if fitted.trusted:
                worst = max(worst, apart(fitted, np.array(said["estimate"]), np.array(said["se"])))
    return "\n".join(
        [
            f"trusted, not singular by lme4: {told[True, False]}",
            f"trusted, singular by lme4: {told[True, True]}",
            f"largest difference of trusted fits: {worst:.0e}",
            f"refused, singular by lme4: {told[False, True]}",
            f"refused, not singular by lme4: {told[False, False]}",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lme4", action="store_true", help="compare with R's lme4 as well")
    if parser.parse_args().lme4:
        print(against_lme4())
    else:
        print(mixed_table())


if __name__ == "__main__":
    main()
