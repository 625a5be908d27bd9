from __future__ import annotations

import pickle

import numpy as np
import pytest
from pydantic import ValidationError

from lamella.core.errors import SettingsError
from lamella.phantom import Camera, CellPhantom, Phantom

SMALL = {"field_px": (160, 160), "n_frames": 12, "seed": 4}


def small(**changes: object) -> Phantom:
    return CellPhantom(**{**SMALL, **changes}).make()


@pytest.mark.parametrize("look", ["fluorescence", "phase"])
def test_same_seed_same_movie_and_each_frame_alone(look: str) -> None:
    whole = small(look=look).movie.channel().asarray()
    again = small(look=look)
    np.testing.assert_array_equal(again.movie.frame(7), whole[7])
    np.testing.assert_array_equal(again.movie.frame(0), whole[0])
    assert not np.array_equal(small(look=look, seed=5).movie.frame(7), whole[7])


def test_no_two_frames_share_their_noise() -> None:
    phantom = small(empty_frames=(2, 3))
    assert not np.array_equal(phantom.movie.frame(2), phantom.movie.frame(3))


def test_the_walk_does_not_depend_on_the_light() -> None:
    a, b = small(photoelectrons=50), small(photoelectrons=900, camera=Camera(bit_depth=12))
    np.testing.assert_array_equal(a.truth.frame(9), b.truth.frame(9))


def test_shapes_types_and_scale() -> None:
    phantom = small(camera=Camera(bit_depth=8, gain=0.2, offset=10), interval_min=2.0)
    assert phantom.movie.channel().shape == phantom.truth.frames.shape == (12, 160, 160)
    assert phantom.movie.dtype == np.uint8
    assert phantom.truth.frames.dtype == np.uint16
    assert phantom.clean.dtype == phantom.clean.frame(0).dtype == np.float32
    assert phantom.movie.channel_names == ("fluorescence",)
    assert phantom.movie.scale.pixel_size_um == 0.318
    assert phantom.movie.scale.time_min is not None
    assert phantom.movie.scale.time_min[:3].tolist() == [0, 2, 4]


def test_a_phantom_travels_to_workers() -> None:
    phantom = small()
    copy = pickle.loads(pickle.dumps(phantom))
    np.testing.assert_array_equal(copy.movie.frame(3), phantom.movie.frame(3))


def test_tracks_hold_the_centroid_of_the_mask() -> None:
    phantom = small(empty_frames=(3,))
    assert list(phantom.tracks.columns) == ["cell", "frame", "y_px", "x_px", "parent"]
    for row in phantom.tracks.itertuples():
        y, x = np.nonzero(phantom.truth.frame(row.frame))
        if row.frame == 3:
            assert np.isnan(row.y_px)
            assert len(y) == 0
        else:
            assert (row.y_px, row.x_px) == pytest.approx((y.mean(), x.mean()))
    # The mask lies where the walk is.
    seen = phantom.tracks[["y_px", "x_px"]].to_numpy()
    away = seen - phantom.scene.actors[0].centroid_px
    assert np.nanmax(np.abs(away)) < 0.3


def test_area_stays_and_the_cell_is_one_piece() -> None:
    import cv2

    phantom = small(n_frames=30)
    for mask in phantom.truth.frames:
        assert mask.sum() == pytest.approx(phantom.settings.area_px, rel=0.02)
        assert cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)[0] == 2


@pytest.mark.parametrize(("contrast", "fraction"), [(1.0, 0.25), (2.0, 0.25), (3.0, 0.15)])
def test_contrast_and_fraction_of_the_lamellipodium(contrast: float, fraction: float) -> None:
    phantom = small(
        lam_contrast=contrast, lam_fraction=fraction, psf_sigma_px=0, background_photoelectrons=0
    )
    for t in (0, 11):
        parts, light = phantom.compartments.frame(t), phantom.clean.frame(t)
        np.testing.assert_array_equal(parts > 0, phantom.truth.frame(t) > 0)
        assert np.mean(parts[parts > 0] == 2) == pytest.approx(fraction, abs=0.02)
        body, lam = light[parts == 1].mean(), light[parts == 2].mean()
        assert body == pytest.approx(400, rel=0.02)
        assert lam / body == pytest.approx(contrast, rel=0.03)


def test_no_lamellipodium_where_none_is_wanted() -> None:
    assert small(lam_fraction=0).compartments.frame(5).max() == 1


def test_the_lamellipodium_leads() -> None:
    phantom = small(n_frames=40, polarity_lag_min=0.0)
    actor = phantom.scene.actors[0]
    for t in range(0, 40, 5):
        parts = phantom.compartments.frame(t)
        y, x = (np.array(np.nonzero(parts == k)).mean(axis=1) for k in (2, 1))
        toward = np.array([np.sin(actor.direction[t]), np.cos(actor.direction[t])])
        assert np.dot(y - x, toward) > 0.8 * np.linalg.norm(y - x)


def test_clean_is_the_mean_of_the_camera() -> None:
    phantom = small(camera=Camera(gain=2.0, offset=100.0), background_photoelectrons=30)
    raw, clean = phantom.movie.frame(4).astype(float), phantom.clean.frame(4)
    outside = phantom.truth.frame(4) == 0
    assert (raw - clean).mean() == pytest.approx(100, abs=0.5)
    assert np.median(clean[outside]) == pytest.approx(60, abs=0.5)


@pytest.mark.parametrize("look", ["fluorescence", "phase"])
def test_an_empty_frame_shows_nothing(look: str) -> None:
    phantom = small(empty_frames=(2,), look=look)
    without = small(empty_frames=(2, 3), look=look)
    assert not phantom.truth.frame(2).any()
    assert not phantom.compartments.frame(2).any()
    np.testing.assert_array_equal(without.clean.frame(2), without.clean.frame(3))
    if look == "fluorescence":
        assert np.ptp(phantom.clean.frame(2)) == 0


def test_a_frame_out_of_focus_shows_a_haze() -> None:
    sharp, haze = small(), small(empty_frames=(2,), empty_look="defocus")
    assert not haze.truth.frame(2).any()
    a, b = sharp.clean.frame(2) - 20, haze.clean.frame(2) - 20
    assert b.sum() == pytest.approx(a.sum(), rel=0.1)
    assert b.max() < 0.7 * a.max()


def test_bleaching_takes_its_share_each_frame_and_spares_the_background() -> None:
    phantom = small(bleaching_per_frame=0.1, background_photoelectrons=15)
    light = [phantom.clean.frame(t) for t in (0, 5)]
    total = [float((image - 15).sum()) for image in light]
    assert total[1] / total[0] == pytest.approx(0.9**5, rel=0.03)
    assert light[1].min() == pytest.approx(15)


def test_illumination_changes_by_the_gradient() -> None:
    even = small(empty_frames=(0,)).clean.frame(0)
    uneven = small(empty_frames=(0,), illumination_gradient=0.4).clean.frame(0)
    ratio = uneven / even
    assert np.ptp(ratio) == pytest.approx(0.4, rel=0.01)
    assert ratio.mean() == pytest.approx(1, abs=1e-3)


def test_drift_moves_the_image() -> None:
    at_rest = {"speed_um_per_min": 0.0}
    still, drift = small(**at_rest), small(**at_rest, drift_px_per_frame=(1.0, -2.0))
    away = [p.tracks[["y_px", "x_px"]].to_numpy() for p in (still, drift)]
    moved = (away[1] - away[1][0]) - (away[0] - away[0][0])
    np.testing.assert_allclose(moved[-1], (11, -22), atol=0.2)


def test_grains_drift_with_the_stage() -> None:
    phantom = small(look="phase", empty_frames=(0, 4), drift_px_per_frame=(1.0, 2.0))
    first, later = (phantom.clean.frame(t) / phantom.scene._shading for t in (0, 4))
    np.testing.assert_allclose(later[10:, 20:], np.roll(first, (4, 8), (0, 1))[10:, 20:], rtol=1e-3)


def test_an_aborted_movie_is_the_start_of_the_whole_one() -> None:
    whole, broken = small(), small(aborted_at=5)
    assert broken.movie.n_frames == broken.truth.n_frames == 5
    assert broken.tracks["frame"].max() == 4
    np.testing.assert_array_equal(broken.movie.frame(4), whole.movie.frame(4))


@pytest.mark.parametrize("stray", [0.0, 0.2, 0.4])
def test_the_cell_strays_as_told_and_stays_inside(stray: float) -> None:
    for seed in range(3):
        phantom = small(field_px=(256, 256), n_frames=25, stray=stray, seed=seed)
        for mask in phantom.truth.frames:
            assert not mask[[0, -1]].any()
            assert not mask[:, [0, -1]].any()
        place = phantom.tracks[["y_px", "x_px"]].to_numpy()
        if stray:
            away = np.hypot(*(place - 127.5).T) / 256
            assert away.mean() == pytest.approx(stray, abs=0.11)


def test_the_edge_may_cut_the_cell_where_allowed() -> None:
    phantom = small(stray=0.5, wander=0.05, keep_inside=False)
    assert phantom.truth.frame(0)[[0, -1]].any() or phantom.truth.frame(0)[:, [0, -1]].any()


def test_a_cell_that_does_not_fit_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"does not fit .* use a larger field_px"):
        small(field_px=(64, 64))
    with pytest.raises(SettingsError, match=r"stray=0\.5 .* use a smaller stray"):
        small(stray=0.5)
    with pytest.raises(SettingsError, match="less drift"):
        small(drift_px_per_frame=(50.0, 0.0))


def test_settings_are_checked_by_name() -> None:
    with pytest.raises(ValidationError, match="speed_px"):
        small(speed_px=3)
    with pytest.raises(ValidationError, match=r"empty_frames \[12\] lie beyond the last frame 11"):
        small(empty_frames=(12,))


def test_phase_contrast_is_dark_with_a_bright_halo() -> None:
    import cv2

    phantom = small(look="phase", photoelectrons=4000, background_photoelectrons=0)
    light = phantom.clean.frame(6) / 4000
    parts = phantom.compartments.frame(6)
    near = cv2.dilate((parts > 0).astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    halo, far = near & (parts == 0), ~near
    assert light[parts > 0].mean() < light[far].mean() < light[halo].mean()
    assert light[far].mean() == pytest.approx(1, abs=0.03)


def test_a_long_movie_costs_nothing_before_it_is_read() -> None:
    phantom = CellPhantom(field_px=(512, 512), n_frames=2000).make()
    assert phantom.movie.channel().shape == (2000, 512, 512)
    assert phantom.movie.frame(1999).shape == (512, 512)
