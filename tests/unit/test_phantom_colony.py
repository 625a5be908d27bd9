from __future__ import annotations

import numpy as np
import pytest

from lamella.core.errors import SettingsError
from lamella.phantom import ColonyPhantom

COLONY = ColonyPhantom(n_cells=5, n_divisions=2, n_frames=50, seed=1)


@pytest.fixture(scope="module")
def labels() -> np.ndarray:
    return COLONY.make().truth.frames.asarray()


def test_each_frame_alone(labels: np.ndarray) -> None:
    again = COLONY.make()
    np.testing.assert_array_equal(again.truth.frame(30), labels[30])
    whole = [COLONY.make().movie.frame(t) for t in (29, 30)]
    np.testing.assert_array_equal(again.movie.frame(30), whole[1])


def test_labels_and_tracks_tell_one_story(labels: np.ndarray) -> None:
    tracks = COLONY.make().tracks
    for t in (0, 20, 49):
        here = tracks[(tracks["frame"] == t) & tracks["y_px"].notna()]
        assert sorted(here["cell"]) == [i for i in np.unique(labels[t]) if i]
        for row in here.itertuples():
            y, x = np.nonzero(labels[t] == row.cell)
            assert (row.y_px, row.x_px) == pytest.approx((y.mean(), x.mean()))


def test_mothers_end_where_daughters_begin() -> None:
    tracks = COLONY.make().tracks
    life = tracks.groupby("cell").agg(
        first=("frame", "min"), last=("frame", "max"), parent=("parent", "first")
    )
    daughters = life[life["parent"] > 0]
    assert len(daughters) == 4
    assert sorted(daughters["parent"].value_counts()) == [2, 2]
    for daughter in daughters.itertuples():
        assert daughter.first == life.loc[daughter.parent, "last"] + 1
        mother = tracks[
            (tracks["cell"] == daughter.parent) & (tracks["frame"] == daughter.first - 1)
        ]
        child = tracks[(tracks["cell"] == daughter.Index) & (tracks["frame"] == daughter.first)]
        gap = child[["y_px", "x_px"]].to_numpy() - mother[["y_px", "x_px"]].to_numpy()
        assert np.hypot(*gap[0]) < COLONY.radius_px


def test_cells_keep_their_area_when_they_touch(labels: np.ndarray) -> None:
    # Neighbours share a border, and none is buried under another.
    areas = np.bincount(labels[0].ravel())[1:]
    assert np.all(areas > 0.6 * COLONY.area_px)
    right, left = labels[:, :, 1:], labels[:, :, :-1]
    assert np.any((right != left) & (right > 0) & (left > 0))


def test_a_closed_field_keeps_everybody(labels: np.ndarray) -> None:
    tracks = COLONY.make().tracks
    assert tracks["y_px"].notna().all()


def test_an_open_field_lets_cells_come_and_go() -> None:
    phantom = ColonyPhantom(
        n_cells=14, n_divisions=2, n_frames=60, open_field=True, speed_um_per_min=1.5, seed=3
    ).make()
    tracks = phantom.tracks
    gone = tracks["y_px"].isna().groupby(tracks["cell"]).mean()
    assert (gone > 0).any()
    assert (gone < 1).all()
    assert set(tracks["parent"]) - {0} <= set(tracks["cell"])


def test_both_looks_show_the_cells(labels: np.ndarray) -> None:
    for look, electrons in (("fluorescence", 400), ("phase", 4000)):
        phantom = COLONY.model_copy(update={"look": look, "photoelectrons": electrons}).make()
        image, inside = phantom.clean.frame(0), labels[0] > 0
        assert (image[inside].mean() > image[~inside].mean()) == (look == "fluorescence")


def test_too_many_cells_are_refused() -> None:
    with pytest.raises(SettingsError, match=r"31 cells .* do not fit .* use a larger field_px"):
        ColonyPhantom(n_cells=30).make()


def test_a_movie_of_one_frame_has_no_division() -> None:
    assert ColonyPhantom(n_frames=1, n_divisions=3).make().tracks["parent"].max() == 0
