from __future__ import annotations

import numpy as np
import pytest

from lamella.phantom import CellPhantom, Session, StudyMovie, StudyPhantom


@pytest.fixture(scope="module")
def movies() -> list[StudyMovie]:
    return list(StudyPhantom())


def test_conditions_sessions_and_names(movies: list[StudyMovie]) -> None:
    assert len(movies) == len(StudyPhantom()) == 18
    assert len({movie.name for movie in movies}) == 18
    assert {(m.condition, m.session) for m in movies} == {
        (c, s) for c in ("WT", "KO", "KI") for s in ("low", "high")
    }


def test_sessions_lie_on_the_two_sides_of_1000(movies: list[StudyMovie]) -> None:
    p99 = {
        s: [
            float(np.percentile(m.phantom.movie.channel().asarray(), 99))
            for m in movies
            if m.session == s
        ]
        for s in ("low", "high")
    }
    assert max(p99["low"]) < 1000 < min(p99["high"])
    assert 5 < np.mean(np.array(p99["high"]) - 100) / np.mean(np.array(p99["low"]) - 100) < 10


def test_lengths_differ_and_one_broke_off(movies: list[StudyMovie]) -> None:
    lengths = [m.phantom.n_frames for m in movies]
    assert lengths.count(4) == 1
    assert len(set(lengths)) > 5
    assert any(m.phantom.settings.empty_frames for m in movies)


def test_the_knock_in_is_slower_and_more_polarised(movies: list[StudyMovie]) -> None:
    def mean(condition: str, name: str) -> float:
        return float(
            np.mean([getattr(m.phantom.settings, name) for m in movies if m.condition == condition])
        )

    assert mean("KI", "speed_um_per_min") / mean("WT", "speed_um_per_min") == pytest.approx(
        0.65, abs=0.12
    )
    assert mean("KI", "lam_contrast") > mean("WT", "lam_contrast") + 0.3
    assert mean("KI", "polarisation") > mean("WT", "polarisation")


def test_same_seed_same_study() -> None:
    a, b = (list(StudyPhantom(seed=3))[10] for _ in range(2))
    assert a.phantom.settings == b.phantom.settings
    other = list(StudyPhantom(seed=4))[10]
    assert other.phantom.settings.seed != a.phantom.settings.seed


@pytest.mark.parametrize("seed", range(4))
def test_every_seed_makes_a_study(seed: int) -> None:
    assert len(list(StudyPhantom(seed=seed, cells_per_session=4))) == 24


def test_a_plan_of_ones_own() -> None:
    study = StudyPhantom(
        conditions={"a": {}, "b": {"speed": 0.5}},
        sessions={"day 1": Session(photoelectrons=200)},
        cells_per_session=2,
        between_cell_sd=0,
        n_aborted=0,
        empty_rate=0,
        cell=CellPhantom(field_px=(192, 192), look="fluorescence"),
    )
    speeds = [m.phantom.settings.speed_um_per_min for m in study]
    assert speeds == pytest.approx([1.1, 1.1, 0.55, 0.55])
