"""Studies whose truth is known: sessions differ, effects differ between them, movies and cells too.

Everything is in SD of single cells. Conditions are three, of which the first two are compared; the
sections on statistics of docs/accuracy.md count how often each claim is right about them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lamella.core.claims import ACROSS_SESSIONS, THESE_SESSIONS
from lamella.statistics.design import Design, Pair

FloatArray = NDArray[np.float64]
CONDITIONS = ("WT", "KO", "KI")
PAIR: Pair = ("KO", "WT")


class World(NamedTuple):
    """How studies come about."""

    n_sessions: int
    session_sd: float = 0.0
    interaction_sd: float = 0.0
    """Of what a condition does in one session more or less than in another."""
    n_movies: int = 5
    """Of each condition in every session."""
    effect: float = 0.0
    """Of KO."""
    n_cells: int = 1
    movie_sd: float = 0.0


class Study(NamedTuple):
    """One of them."""

    cells: FloatArray
    """(conditions, sessions, movies, cells)"""
    shift: FloatArray
    """(conditions, sessions) what a movie there is expected to show."""

    @property
    def units(self) -> FloatArray:
        """(conditions, sessions, movies) means over cells."""
        return self.cells.mean(axis=-1)


def drawn(world: World, n: int, *, claim: str, seed: int) -> Iterator[Study]:
    """Studies in which the effect is what the claim is about.

    ``these_sessions``: what a condition does sums to 0 over the sessions of the study, so that the
    mean effect in these very sessions is the effect of the world. ``across_sessions``: it is drawn
    anew for every session, and only expected to be that. Seeds of both claims and of different
    worlds give different studies.
    """
    place = [THESE_SESSIONS, ACROSS_SESSIONS].index(claim)
    thousandths = [int(1000 * number) for number in world]
    rng = np.random.default_rng([seed, place, *thousandths])
    shape = (len(CONDITIONS), world.n_sessions)
    for _ in range(n):
        own = world.interaction_sd * rng.standard_normal(shape)
        if claim == THESE_SESSIONS:
            own -= own.mean(axis=1, keepdims=True)
        shift = own + world.session_sd * rng.standard_normal(world.n_sessions)
        shift[1] += world.effect
        movies = world.movie_sd * rng.standard_normal((*shape, world.n_movies, 1))
        cells = rng.standard_normal((*shape, world.n_movies, world.n_cells))
        yield Study(cells + movies + shift[:, :, None, None], shift)


def design_of(values: FloatArray, *, n_cells: int = 1) -> Design:
    """The design of (conditions, sessions, units) values."""
    condition, session, _ = np.indices(values.shape)
    return Design(
        values.ravel(),
        condition.ravel().astype(np.int64),
        session.ravel().astype(np.int64),
        np.full(values.size, n_cells, np.int64),
        CONDITIONS[: values.shape[0]],
        tuple(f"s{k}" for k in range(values.shape[1])),
    )


def positives(world: World, n: int, *, per_movie: int, seed: int) -> Iterator[FloatArray]:
    """(conditions, sessions, movies) shares of positive cells, no condition different.

    Log odds have the scatter of the world's sessions and movies; 30 % are positive in the middle.
    """
    rng = np.random.default_rng([seed, per_movie, *(int(1000 * number) for number in world)])
    shape = (len(CONDITIONS), world.n_sessions, world.n_movies)
    for _ in range(n):
        odds = world.session_sd * rng.standard_normal((1, world.n_sessions, 1))
        odds = odds + world.movie_sd * rng.standard_normal(shape) + np.log(0.3 / 0.7)
        yield rng.binomial(per_movie, 1 / (1 + np.exp(-odds))) / per_movie
