"""The band under the edge, and the rings inside and outside of it."""

import numpy as np
import pytest

from lamella.core.labels import Labels
from lamella.core.movie import Movie
from lamella.core.table import Col
from lamella.kernels.distance import EDGE_PX
from lamella.measure import Lamellipodium, measure
from worlds import disc

FIELD = (96, 96)
UM = 0.25


def wave(angle, *, at=(47.5, 47.5), amplitude=0.5, radius=24.0, base=1000):
    """A disc whose light follows 1 + a·cos(θ − angle) all over."""
    mask = disc(radius, at, FIELD)
    y, x = np.indices(FIELD)
    light = base * (1 + amplitude * np.cos(np.arctan2(y - at[0], x - at[1]) - angle))
    return np.where(mask, light, 0).astype(np.float32), mask


def found(images, masks, step=None, *, um=UM, level=None):
    movie = Movie.from_array(np.stack(images), pixel_size_um=um, interval_min=1)
    labels = Labels.from_array(np.stack(masks).astype(np.uint16))
    return measure(movie, labels, [step or Lamellipodium()], level=level)


def gliding(step, angle, n=6, start=(47.5, 30.0)):
    return zip(
        *[wave(angle, at=(start[0] + t * step[0], start[1] + t * step[1])) for t in range(n)],
        strict=True,
    )


@pytest.mark.parametrize("angle", [0.0, 1.0, -2.5])
@pytest.mark.parametrize("amplitude", [0.0, 0.2, 0.8])
def test_a_cosine_has_its_strength_and_its_direction(angle, amplitude):
    image, mask = wave(angle, amplitude=amplitude)
    row = found([image] * 2, [mask] * 2).frames.iloc[0]
    assert row[Col.CORTEX_STRENGTH] == pytest.approx(amplitude, abs=0.01)
    if amplitude:
        off = np.angle(np.exp(1j * (np.deg2rad(row[Col.CORTEX_PEAK_ANGLE]) - angle)))
        assert abs(np.rad2deg(off)) < 1


def test_the_profile_stands_in_a_table_by_angle():
    image, mask = wave(0.8)
    table = found(
        [image] * 3, [mask] * 3, Lamellipodium(n_angles=12), level=lambda *_: 100.0
    ).finer["cortex"]
    assert table[Col.FRAME].tolist() == [0] * 12 + [1] * 12 + [2] * 12
    angle = np.deg2rad(table[Col.CORTEX_ANGLE].to_numpy())
    np.testing.assert_allclose(angle[:12], np.arange(12) * np.pi / 6)
    expected = 1000 * (1 + 0.5 * np.cos(angle - 0.8)) - 100
    # A hat of 30° to either side flattens a cosine by 2 %.
    np.testing.assert_allclose(table[Col.CORTEX_MEAN], expected, atol=25)
    band = np.hypot(*(np.indices(FIELD) - 47.5)) > 24 - 1.0 / UM
    assert table[Col.CORTEX_PX][:12].sum() == pytest.approx((band & mask).sum(), rel=0.1)


@pytest.mark.parametrize("turn", [0.0, np.pi / 2, np.pi])
def test_the_mean_profile_is_turned_into_the_direction_of_movement(turn):
    step = (1.5, 2.0)
    way = np.arctan2(*step)
    images, masks = gliding(step, way + turn)
    frames, _, finer = found(list(images), list(masks))
    np.testing.assert_allclose(frames[Col.CORTEX_COS_MOVEMENT].iloc[3:], np.cos(turn), atol=0.01)
    table = finer["cortex_mean"]
    angle = np.deg2rad(table[Col.CORTEX_TO_MOVEMENT].to_numpy())
    assert (np.diff(angle) > 0).all()
    assert -np.pi <= angle.min() <= angle.max() < np.pi
    np.testing.assert_allclose(
        table[Col.CORTEX_RELATIVE], 1 + 0.5 * np.cos(angle - turn), atol=0.03
    )
    np.testing.assert_allclose(table[Col.CORTEX_MEAN], 1000 * table[Col.CORTEX_RELATIVE], rtol=0.02)
    assert (table[Col.N_PROFILES] == 3).all()
    of_frames = finer["cortex"]
    known = of_frames[Col.CORTEX_TO_MOVEMENT].notna()
    assert of_frames.loc[known, Col.FRAME].unique().tolist() == [3, 4, 5]


def test_a_cell_without_movement_has_no_mean_profile():
    image, mask = wave(0.8)
    finer = found([image] * 6, [mask] * 6).finer
    assert not len(finer["cortex_mean"])
    assert {Col.CORTEX_MEAN, Col.CORTEX_RELATIVE} <= set(finer["cortex_mean"].columns)


def test_rings_are_those_of_a_distance_transform():
    """Against scipy's exact distances, with a neighbour that takes a part of the outside."""
    from scipy.ndimage import distance_transform_edt

    rng = np.random.default_rng(0)
    labels = np.zeros(FIELD, np.uint16)
    labels[disc(14, (30, 30), FIELD)] = 1
    labels[disc(12, (33, 57), FIELD)] = 2
    labels[disc(9, (90, 40), FIELD)] = 3  # cut by the edge of the field
    image = rng.gamma(5, 40, FIELD).astype(np.float32)
    frames = found([image] * 2, [labels] * 2, Lamellipodium(ring_um=0.8)).frames
    frames = frames[frames[Col.FRAME] == 0].set_index(Col.CELL)
    for cell in (1, 2, 3):
        own = np.pad(labels == cell, 1)
        inside = distance_transform_edt(own)[1:-1, 1:-1]
        outside = distance_transform_edt(~own)[1:-1, 1:-1]
        here = (inside > 0) & (inside <= 0.8 / UM + EDGE_PX)
        around = (outside > 0) & (outside <= 0.8 / UM + EDGE_PX) & (labels == 0)
        row = frames.loc[cell]
        assert row[Col.RING_MEAN] == pytest.approx(image[here].mean(), rel=1e-5)
        assert row[Col.RING_OUTSIDE_MEAN] == pytest.approx(image[around].mean(), rel=1e-5)
        assert row[Col.RING_CONTRAST] == pytest.approx(
            image[here].mean() - image[around].mean(), rel=1e-4
        )


def test_the_contrast_of_rings_does_not_depend_on_the_level():
    image, mask = wave(0.3)
    a, b = (
        found([image] * 2, [mask] * 2, level=lambda *_, v=v: v).frames.iloc[0] for v in (0.0, 300.0)
    )
    assert a[Col.RING_CONTRAST] == b[Col.RING_CONTRAST]
    assert a[Col.RING_MEAN] - b[Col.RING_MEAN] == pytest.approx(300)


def test_bands_can_be_left_out():
    image, mask = wave(0.3)
    frames, _, finer = found([image] * 2, [mask] * 2, Lamellipodium(cortex_um=None, ring_um=None))
    assert not {Col.CORTEX_STRENGTH, Col.RING_MEAN} & set(frames)
    assert set(finer) == {"polarity_shifts"}


def test_without_a_pixel_size_bands_are_missing():
    image, mask = wave(0.3)
    frames, _, finer = found([image] * 6, [mask] * 6, um=None)
    assert frames[[Col.CORTEX_STRENGTH, Col.RING_MEAN, Col.RING_CONTRAST]].isna().all(axis=None)
    assert finer["cortex"][Col.CORTEX_MEAN].isna().all()
