"""The section on persistent random walks of docs/accuracy.md; run this file to print it."""

from __future__ import annotations

import time
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from walk_truth import as_sampled, true_step, walkers

from lamella.kernels.displacements import lag_sums, relative_variance
from lamella.kernels.msd_fit import fit_msd
from lamella.kernels.persistence import Sampled
from lamella.kernels.persistence_fit import DEVIANCE, fit_together, fit_walks
from lamella.kernels.persistence_groups import group_sums, likelihood_ends, refitted
from lamella.kernels.persistence_told import told
from lamella.measure import Walks
from lamella.statistics import Movement
from lamella.statistics.resampling import drawn_units, interval

FloatArray = NDArray[np.float64]

N_TRACKS, N_STEPS = 200, 120
WIDEST = Walks().widest
REPEATS = 1000
PERSISTENCES, ERRORS = (2.0, 5.0, 10.0), (0.2, 0.5)


class Design(NamedTuple):
    """Movies of a condition, tracks in each, steps of each, and how movies differ in S."""

    movies: int
    tracks: int
    steps: int
    scatter: float = 0.0


DESIGNS = (
    Design(20, 10, 120),
    Design(10, 5, 60),
    Design(10, 5, 60, 0.2),
    Design(5, 5, 60),
    Design(3, 5, 60),
)


def walks_table() -> str:
    """What of S, P and σ is found, with which intervals, and where each can be told."""
    return "\n".join(
        [
            "## Persistent random walks",
            "",
            "Walks of known S (1 length per frame), P (frames) and σ (in root mean square true "
            "steps), drawn from the exact law. S, P and σ of a cell (`Walks`) and of a condition "
            "(`Movement`) are those of the greatest likelihood.",
            "",
            *_errors(),
            "",
            *_coverage_of_conditions(),
            "",
            *_coverage_of_tracks(),
            "",
            *_regime(),
            "",
            *_speed(),
        ]
    )


def _errors() -> list[str]:
    seeds = range(1000, 1008)
    lines = [
        "### A condition",
        "",
        f"{N_TRACKS} tracks of {N_STEPS} steps, {len(seeds)} seeds a row: the worst error in per "
        "cent, and in brackets that of the published fit to the mean squared displacement "
        '(`estimator = "msd"`: lags up to a third, weight 1 / (w · MSD²)).',
        "",
        "| P | σ | S | P | σ |",
        "| --- | --- | --- | --- | --- |",
    ]
    worst = np.zeros(3)
    for p in PERSISTENCES:
        for share in ERRORS:
            error = share * true_step(p)
            truth = np.array([1, p, error])
            off = []
            for seed in seeds:
                rng = np.random.default_rng([seed, int(p), int(10 * share)])
                seen = walkers(N_TRACKS, N_STEPS + 1, speed=1, persistence=p, error=error, rng=rng)
                ours, published = fit_together(as_sampled(seen)), by_msd(seen)
                off.append(100 * (np.stack([ours, published]) / truth - 1))
            largest = np.abs(off).max(axis=0)
            worst = np.maximum(worst, largest[0])
            parts = [f"{a:.1f} ({b:.1f})" for a, b in largest.T]
            lines.append(f"| {p:g} | {share:g} | " + " | ".join(parts) + " |")
    lines += [
        "",
        f"S is within {worst[0]:.1f} %, P within {worst[1]:.1f} %, σ within {worst[2]:.1f} %.",
    ]
    return lines


def by_msd(seen: FloatArray) -> FloatArray:
    """S, P and σ from the mean squared displacement of all walks together."""
    n, n_frames = seen.shape[:2]
    goes_on = np.tile(np.arange(n_frames) > 0, n)
    time_of = np.tile(np.arange(n_frames, dtype=np.float64), n)
    first = np.arange(n + 1) * n_frames
    n_lags = (n_frames - 1) // 3
    sums = lag_sums(
        seen.reshape(-1, 2), time_of, goes_on, first, n_lags=n_lags, min_step=0.0
    ).of_groups(np.zeros(n, np.int64), 1)
    lag = np.arange(1.0, n_lags + 1)
    return fit_msd(lag, sums.mean("square")[:, 1:], relative_variance(lag, sums.n_pairs[0, 1:]))[0]


def condition_interval(
    seen: Sampled, movie: NDArray[np.int64], n_movies: int, times: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """S, P and σ of a condition and the ends of their intervals over movies, as `Movement` has."""
    best = fit_together(seen)
    drawn = refitted(group_sums(seen, movie, n_movies, best), times)
    return (best, *interval(best, drawn, n_movies, logarithmic=True))


def covered(design: Design, *, persistence: float, share: float, repeats: int) -> FloatArray:
    """Share of the repetitions in which the interval holds S, P and σ."""
    error = share * true_step(persistence)
    truth = np.array([1, persistence, error])
    movie = np.repeat(np.arange(design.movies), design.tracks)
    rng = np.random.default_rng([7, *map(int, design[:3]), int(100 * design.scatter)])
    hits = np.zeros(3)
    for k in range(repeats):
        # Movies scatter so that the mean square of S is 1.
        own = np.exp(design.scatter * rng.standard_normal(design.movies) - design.scatter**2)
        seen = walkers(
            len(movie), design.steps + 1,
            speed=own[movie], persistence=persistence, error=error, rng=rng,
        )  # fmt: skip
        times = drawn_units(design.movies, draws=Movement().draws, seed=k)
        _, low, high = condition_interval(as_sampled(seen), movie, design.movies, times)
        hits += (low <= truth) & (truth <= high)
    return hits / repeats


def _coverage_of_conditions() -> list[str]:
    lines = [
        "### Intervals over movies",
        "",
        f"Share of {REPEATS} repetitions in which the 95 % interval over movies holds the truth; "
        "P 5 frames, σ 0.2 of a step. *Scatter*: SD of log S between movies (the truth is then the "
        "root mean square over movies). Below 3 movies there is no interval.",
        "",
        "| movies | tracks in each | steps | scatter | S | P | σ |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for design in DESIGNS:
        shares = covered(design, persistence=5, share=0.2, repeats=REPEATS)
        lines.append(
            f"| {design.movies} | {design.tracks} | {design.steps} | {design.scatter:g} | "
            + " | ".join(f"{100 * share:.1f} %" for share in shares)
            + " |"
        )
    return lines


def _coverage_of_tracks() -> list[str]:
    lines = [
        "### Intervals of single tracks",
        "",
        f"Share of {REPEATS} tracks of {N_STEPS} steps whose 95 % interval (profile of the "
        "likelihood) holds the truth, told or not.",
        "",
        "| P | σ | S | P | σ |",
        "| --- | --- | --- | --- | --- |",
    ]
    for p in PERSISTENCES:
        for share in ERRORS:
            error = share * true_step(p)
            truth = np.array([1, p, error])
            rng = np.random.default_rng([11, int(p), int(10 * share)])
            seen = walkers(REPEATS, N_STEPS + 1, speed=1, persistence=p, error=error, rng=rng)
            fit = fit_walks(as_sampled(seen), deviance=DEVIANCE)
            hits = ((fit.low <= truth) & (truth <= fit.high)).mean(axis=0)
            parts = [f"{100 * hit:.1f} %" for hit in hits]
            lines.append(f"| {p:g} | {share:g} | " + " | ".join(parts) + " |")
    return lines


def _regime() -> list[str]:
    lines = [
        "### Where each can be told",
        "",
        f"Share of the tracks (200 a row), and of conditions of {N_TRACKS} such tracks in 20 "
        "movies (8 a row), for which S, P and σ are given: the interval has two ends, at most a "
        f"factor of {WIDEST:g} apart. In brackets the median error of those given, in per cent. "
        "Where few are given, these are the ones that chance has made sure: read the interval.",
        "",
        "| steps | P | σ | track: S | P | σ | condition: S | P | σ |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    movie = np.repeat(np.arange(20), N_TRACKS // 20)
    times = drawn_units(20, draws=Movement().draws, seed=0)
    for steps in (30, N_STEPS):
        for p in (0.3, 1.0, 2.0, 10.0, 40.0):
            for share in (0.05, 0.2, 0.5):
                error = share * true_step(p)
                truth = np.array([1, p, error])
                rng = np.random.default_rng([13, steps, int(10 * p), int(100 * share)])
                drawn = [
                    as_sampled(
                        walkers(N_TRACKS, steps + 1, speed=1, persistence=p, error=error, rng=rng)
                    )
                    for _ in range(8)
                ]
                fit = fit_walks(drawn[0], deviance=DEVIANCE)
                single, _ = told(fit.best, fit.low, fit.high, drawn[0].n_steps, widest=WIDEST)
                together = np.array([_told_condition(seen, movie, times) for seen in drawn])
                parts = [part for each in (single, together) for part in _given(each, truth)]
                lines.append(f"| {steps} | {p:g} | {share:g} | " + " | ".join(parts) + " |")
    lines += [
        "",
        "As a rule, then: a single track of 120 steps tells all three for P of 2 to 10 frames and "
        "σ of at least 0.2 of a step; one of 30 steps tells S, and of P the order; a condition "
        "tells all three from P of 1 frame and σ of 0.2 of a step on. Shorter P can be told only "
        "if cells keep to the law below the interval between frames, which nobody has seen.",
    ]
    return lines


def _told_condition(seen: Sampled, movie: NDArray[np.int64], times: FloatArray) -> FloatArray:
    best = fit_together(seen)
    sums = group_sums(seen, movie, 20, best)
    limits = likelihood_ends(sums, deviance=DEVIANCE)
    ends = np.array(interval(best, refitted(sums, times), 20, logarithmic=True))
    low, high = np.where((limits > 0) & np.isfinite(limits), ends, limits)
    values, _ = told(best[None], low[None], high[None], np.array([1000]), widest=WIDEST)
    return values[0]


def _given(values: FloatArray, truth: FloatArray) -> list[str]:
    parts = []
    for column, true in zip(values.T, truth, strict=True):
        given = column[np.isfinite(column)]
        share = f"{100 * len(given) / len(column):.0f} %"
        parts.append(
            share + (f" ({100 * np.median(given) / true - 100:+.0f})" if len(given) else "")
        )
    return parts


def _speed() -> list[str]:
    seen = as_sampled(
        walkers(
            N_TRACKS, N_STEPS + 1, speed=1, persistence=5, error=0.2, rng=np.random.default_rng(17)
        )
    )
    started = time.process_time()
    fit_walks(seen)
    fitted = time.process_time()
    fit_walks(seen, deviance=DEVIANCE)
    done = time.process_time()
    return [
        f"Time of one processor: {1e3 * (fitted - started) / N_TRACKS:.2f} ms a track of "
        f"{N_STEPS} steps, with intervals {1e3 * (done - fitted) / N_TRACKS:.1f} ms.",
    ]


if __name__ == "__main__":
    print(walks_table())
