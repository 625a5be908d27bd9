"""Drift of the whole field: calibrated where there is none, found where it is planted."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, multivariate_normal

from lamella.core.movie import Scale, regular_times
from lamella.core.table import Col
from lamella.core.tracks import Tracks
from lamella.phantom import persistent_walk
from lamella.track.field_drift import field_drift


def walkers(n_cells, n_frames=20, *, drift=(0.0, 0.0), seed=0, lives=False):
    """Persistent walkers (P = 5 frames), drift in px per frame; of unequal lives if wanted."""
    rng = np.random.default_rng([seed, n_cells])
    kept, places = [], []
    for _ in range(n_cells):
        place, _ = persistent_walk(n_frames, speed=2.0, persistence=5.0, interval=1.0, rng=rng)
        places.append(place + np.arange(n_frames)[:, None] * np.asarray(drift))
        kept.append(np.arange(n_frames) >= (rng.integers(0, n_frames - 3) if lives else 0))
    cell, frame = np.divmod(np.flatnonzero(np.concatenate(kept)), n_frames)
    y, x = np.concatenate(places)[np.concatenate(kept)].T
    columns = {Col.CELL: cell + 1, Col.FRAME: frame, Col.LABEL: cell + 1, Col.Y_PX: y, Col.X_PX: x}
    return Tracks.from_links(pd.DataFrame(columns))


def alarms(n_cells, n, **kw):
    seeds = range(n)
    method = kw.pop("method", "auto")
    return sum(
        field_drift(walkers(n_cells, seed=seed, **kw), method=method, n_flips=199).p < 0.05
        for seed in seeds
    )


# Bounds that a calibrated test leaves once in 1000 runs; the seeds are fixed.
N = 200
LOW, HIGH = binom.ppf([0.0005, 0.9995], N, 0.05)


@pytest.mark.parametrize(
    ("n_cells", "method", "lives"),
    [(30, "hotelling", False), (10, "sign_flip", False), (15, "sign_flip", True)],
)
def test_one_in_twenty_false_alarms_without_drift(n_cells, method, lives):
    assert LOW <= alarms(n_cells, N, n_frames=10, method=method, lives=lives) <= HIGH


def test_a_planted_drift_is_found():
    """Drift of 5 and 5.5 standard errors of the mean; Hotelling's law foretells a power of 0.99.

    Over 19 frames the velocity of a walker has an SD of 0.9 px per frame along each axis.
    """
    assert alarms(30, 40, drift=(0.64, -0.48)) >= 37
    assert alarms(10, 40, drift=(1.6, 0.0)) >= 36


def test_size_and_direction_of_a_planted_drift():
    scale = Scale(0.5, regular_times(20, 2.0))
    found = field_drift(walkers(400, drift=(-0.8, 0.8), seed=1), scale=scale)
    assert found.n_cells == 400
    np.testing.assert_allclose(found.velocity_px, (-0.8, 0.8), atol=0.12)
    assert found.speed_um_per_min == pytest.approx(found.speed_px * 0.25)
    assert found.direction_deg == pytest.approx(-45, abs=8)
    assert found.p < 1e-6
    assert "up and right" in found.words
    assert "µm/min" in found.words
    assert "400 cells" in found.words


def test_hotelling_equals_an_explicit_computation():
    tracks = walkers(25, seed=3)
    found = field_drift(tracks, method="hotelling")
    ends = tracks.links.groupby(Col.CELL)[[Col.Y_PX, Col.X_PX]].agg(["first", "last"])
    v = np.stack([(ends[c]["last"] - ends[c]["first"]) / 19 for c in (Col.Y_PX, Col.X_PX)], 1)
    expected = 25 * v.mean(0) @ np.linalg.inv(np.cov(v.T)) @ v.mean(0)
    assert found.t_squared == pytest.approx(expected)
    # Of many drawings of the same law without drift, the share beyond T² is p.
    draws = multivariate_normal(cov=np.cov(v.T), seed=1).rvs((20_000, 25))
    m = draws.mean(axis=1)
    c = np.einsum("kni,knj->kij", draws - m[:, None], draws - m[:, None]) / 24
    t2 = 25 * np.einsum("ki,kij,kj->k", m, np.linalg.inv(c), m)
    assert found.p == pytest.approx((t2 >= expected).mean(), abs=0.015)


def test_sign_flips_of_few_cells_are_all_of_them():
    """Seven cells that go the same way: of 64 ways to turn them, this one is the most extreme."""
    rng = np.random.default_rng(0)
    links = pd.concat(
        [
            pd.DataFrame(
                {
                    Col.CELL: cell,
                    Col.FRAME: [0, 1],
                    Col.Y_PX: [0, 5 + rng.normal()],
                    Col.X_PX: [0, rng.normal()],
                }
            )
            for cell in range(1, 8)
        ]
    )
    found = field_drift(Tracks.from_links(links))
    assert found.method == "sign_flip"
    assert found.p == pytest.approx(1 / 64)


def test_both_methods_agree():
    tracks = walkers(40, drift=(0.25, 0.0), seed=5)
    a, b = (field_drift(tracks, method=m).p for m in ("hotelling", "sign_flip"))
    assert a == pytest.approx(b, abs=0.02)


def test_per_step():
    links = pd.DataFrame(
        {
            Col.CELL: [1, 1, 1, 2, 2, 3],
            Col.FRAME: [0, 1, 2, 0, 2, 1],
            Col.Y_PX: [0.0, 1, 3, 5, 9, 2],
            Col.X_PX: [0.0, 0, 0, 5, 5, 2],
        }
    )
    found = field_drift(Tracks.from_links(links))
    step = found.per_step
    assert step[Col.FRAME].tolist() == [1, 2]
    assert step[Col.N_CELLS].tolist() == [1, 1]
    assert step[Col.MEAN_DY_PX].tolist() == [1, 2]
    assert step[Col.SE_DY_PX].isna().all()
    np.testing.assert_allclose(found.velocity_px, (1.75, 0))
    assert found.n_cells == 2


def test_a_stage_that_shakes_and_comes_back():
    """No drift as a whole, two steps in which all cells move."""
    links = walkers(40, seed=2).links
    links.loc[links[Col.FRAME] == 8, Col.X_PX] += 4
    found = field_drift(Tracks.from_links(links))
    assert found.p > 0.05
    assert found.shifted == (8, 9)
    assert "In 2 of 19 steps the cells moved together" in found.words


def test_steps_give_no_false_alarm_in_nineteen_of_twenty_movies():
    movies = [field_drift(walkers(30, 10, seed=seed)) for seed in range(N)]
    alarms = sum(bool(found.shifted) for found in movies)
    # Steps of a walker go on, so that those of one movie are not independent: at most 1 in 20.
    assert alarms <= binom.ppf(0.9995, N, 0.05)


@pytest.mark.parametrize("n_cells", [0, 1, 5])
def test_too_few_cells(n_cells):
    tracks = walkers(5)
    found = field_drift(Tracks.from_links(tracks.links[tracks.links[Col.CELL] <= n_cells]))
    assert np.isnan(found.p)
    assert found.n_cells == n_cells
    assert f"Too few cells ({n_cells})" in found.words


def test_filled_rows_do_not_count():
    tracks = walkers(8)
    links = tracks.links.assign(**{Col.INTERPOLATED: tracks.links[Col.FRAME] > 15})
    links.loc[links[Col.INTERPOLATED], Col.Y_PX] += 1000
    assert field_drift(Tracks.from_links(links)).speed_px < 10


def test_cells_that_stand_still():
    links = walkers(8).links.assign(**{Col.Y_PX: 3.0, Col.X_PX: 4.0})
    found = field_drift(Tracks.from_links(links))
    assert found.p == 1
    assert found.words.startswith("No sign that the field drifts")
