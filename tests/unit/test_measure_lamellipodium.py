"""Bright against dim in cells whose contrast is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lamella.core.labels import Labels
from lamella.core.movie import Movie
from lamella.core.table import Col
from lamella.measure import Lamellipodium, measure
from lamella.preprocess import CameraOffset, NoBackground, PercentileOutside
from worlds import disc, flat_cell, one_pixel, split_cell


def measured(image, mask, *, step=None, level=None, pixel_size_um=0.3, names=None):
    images = np.asarray(image)[None]
    axes = "TYX" if images.ndim == 3 else "TCYX"
    movie = Movie.from_array(
        images, axes=axes, channel_names=names, pixel_size_um=pixel_size_um, interval_min=1
    )
    labels = Labels.from_array(np.asarray(mask)[None])
    with pytest.warns(match="one frame"):
        frames, *_ = measure(movie, labels, [step or Lamellipodium()], level=level)
    return frames.iloc[0]


def test_a_cell_that_is_half_bright():
    image, mask = split_cell(200, 100)
    row = measured(image.astype(np.uint16), mask)
    assert (row[Col.LAM_MEAN], row[Col.CYTO_MEAN]) == (200, 100)
    assert row[Col.LAM_CYTO_RATIO] == 2
    assert row[Col.LAM_X_PX] > row[Col.CYTO_X_PX] + 10
    assert row[Col.LAM_Y_PX] == pytest.approx(row[Col.CYTO_Y_PX])


def test_a_flat_cell_has_ratio_1_and_no_direction():
    image, mask = flat_cell(100)
    row = measured(image.astype(np.uint16), mask)
    assert row[Col.LAM_CYTO_RATIO] == 1
    assert row[Col.LAM_X_PX] == pytest.approx(row[Col.CYTO_X_PX])
    assert row[Col.LAM_Y_PX] == pytest.approx(row[Col.CYTO_Y_PX])
    assert row[Col.LAM_CYTO_RATIO_NOISE] == 1


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31), st.integers(2, 6), st.sampled_from([30, 50, 70.5]))
def test_ties_have_no_order(seed, n_values, percentile):
    """Shuffling the field cannot change the means; mirroring it mirrors the centroids."""
    rng = np.random.default_rng(seed)
    image = rng.integers(100, 100 + n_values, (24, 24)).astype(np.uint16)
    mask = disc(9, (12, 11), (24, 24))
    step = Lamellipodium(percentile=percentile, layers=False)
    row, mirrored = (
        measured(image, mask, step=step),
        measured(image[:, ::-1], mask[:, ::-1], step=step),
    )
    assert row[Col.LAM_MEAN] == pytest.approx(mirrored[Col.LAM_MEAN])
    assert row[Col.LAM_X_PX] == pytest.approx(23 - mirrored[Col.LAM_X_PX])
    turned = measured(np.rot90(image), np.rot90(mask), step=step)
    assert row[Col.LAM_Y_PX] == pytest.approx(turned[Col.LAM_X_PX])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31), st.sampled_from([10, 40, 50, 70]), st.booleans())
def test_parts_have_their_share_and_make_up_the_whole(seed, percentile, whole_numbers):
    rng = np.random.default_rng(seed)
    image = rng.gamma(5, 40, (20, 20))
    image = image.astype(np.uint16) // 20 * 20 + 5 if whole_numbers else image.astype(np.float32)
    mask = rng.random((20, 20)) < 0.5
    row = measured(image, mask, step=Lamellipodium(percentile=percentile, layers=False))
    q = percentile / 100
    mean = (1 - q) * row[Col.LAM_MEAN] + q * row[Col.CYTO_MEAN]
    assert mean == pytest.approx(image[mask].mean(dtype=float), rel=1e-5)
    ordered = np.sort(image[mask]).astype(float)
    n_dim = q * len(ordered)
    weight = np.clip(n_dim - np.arange(len(ordered)), 0, 1)
    assert row[Col.CYTO_MEAN] == pytest.approx((weight * ordered).sum() / n_dim, rel=1e-5)


def test_without_ties_it_is_the_published_measure():
    rng = np.random.default_rng(3)
    image = rng.permutation(64 * 64).reshape(64, 64).astype(np.uint16) + 50
    mask = disc(15)
    if np.count_nonzero(mask) % 2:
        mask[32, 32] = False
    row = measured(image, mask)
    values = image[mask].astype(float)
    threshold = np.median(values)
    assert row[Col.LAM_THRESHOLD] == threshold
    assert row[Col.LAM_CYTO_RATIO] == pytest.approx(
        values[values >= threshold].mean() / values[values < threshold].mean()
    )


class TestUndefined:
    def test_one_pixel(self):
        row = measured(np.full((16, 16), 7, np.uint16), one_pixel((5, 6), (16, 16)))
        assert np.isnan(row[Col.LAM_CYTO_RATIO])

    def test_a_dim_half_that_is_not_positive(self):
        image, mask = split_cell(200, 100)
        row = measured(image.astype(np.uint16), mask, level=CameraOffset(offset=100))
        assert row[Col.CYTO_MEAN] == 0
        assert np.isnan(row[Col.LAM_CYTO_RATIO])

    def test_is_counted_and_left_out_of_means(self):
        image, mask = split_cell(200, 100)
        dark = np.where(mask, 0, 0)
        movie = Movie.from_array(np.stack([image, dark, image]).astype(np.uint16))
        _, cells, _ = measure(movie, Labels.from_array(np.stack([mask] * 3)), [Lamellipodium()])
        assert cells[Col.LAM_CYTO_RATIO].iloc[0] == 2
        assert cells[Col.N_UNDEFINED_RATIO].iloc[0] == 1


@pytest.mark.parametrize(("electrons", "expected"), [(100, 1.173), (5000, 1.0228)])
def test_noise_alone_makes_a_ratio_and_it_is_told(electrons, expected):
    rng = np.random.default_rng(0)
    image = rng.poisson(electrons, (200, 200)).astype(np.uint16)
    row = measured(image, disc(80, (100, 100), (200, 200)))
    assert row[Col.LAM_CYTO_RATIO] == pytest.approx(expected, abs=0.01)
    assert row[Col.LAM_CYTO_RATIO_NOISE] == pytest.approx(row[Col.LAM_CYTO_RATIO], abs=0.01)


def test_the_published_example_of_an_offset():
    """Contrast 2 on a quarter of the area reads 1.5, and less with a camera offset (spec: 1.31)."""
    mask = np.zeros((64, 64), bool)
    mask[12:52, 12:52] = True
    image = np.where(mask, 100.0, 0)
    image[12:52, 12:22] = 200
    assert measured(image.astype(np.uint16), mask)[Col.LAM_CYTO_RATIO] == pytest.approx(1.5)
    raw = (image + 100).astype(np.uint16)
    assert measured(raw, mask)[Col.LAM_CYTO_RATIO] == pytest.approx(1.25)
    assert measured(raw, mask, level=CameraOffset(offset=100))[Col.LAM_CYTO_RATIO] == pytest.approx(
        1.5
    )


class TestVariants:
    def test_the_band_ignores_bright_pixels_far_from_the_edge(self):
        mask = disc(20)
        image = np.where(mask, 100, 0).astype(np.uint16)
        image[disc(5)] = 300
        row = measured(image, mask, pixel_size_um=0.5)
        assert row[Col.LAM_CYTO_RATIO] > 1.1
        assert row[Col.BAND_RATIO] < 1

    def test_the_band_of_a_bright_rim(self):
        mask, inner = disc(20), disc(16)
        image = np.where(mask, 100, 0).astype(np.uint16)
        image[mask & ~inner] = 300
        share = np.count_nonzero(mask & ~inner) / np.count_nonzero(mask)
        step = Lamellipodium(percentile=100 * (1 - share))
        row = measured(image, mask, step=step, pixel_size_um=0.5)
        assert row[Col.BAND_RATIO] == pytest.approx(3)
        assert row[Col.BAND_FRACTION] == pytest.approx(share)

    def test_without_a_pixel_size_the_band_is_missing(self):
        image, mask = split_cell()
        row = measured(image.astype(np.uint16), mask, pixel_size_um=None)
        assert np.isnan(row[Col.BAND_RATIO])

    def test_three_layers(self):
        mask = np.zeros((40, 40), bool)
        mask[5:35, 5:35] = True
        image = np.zeros((40, 40), np.uint16)
        for value, columns in ((100, slice(5, 20)), (200, slice(20, 29)), (300, slice(29, 35))):
            image[5:35, columns] = value
        row = measured(image, mask)
        assert row[Col.LAYER_BODY_MEAN] == 100
        assert row[Col.LAYER_TRANSITION_MEAN] == 200
        assert row[Col.LAYER_LAM_MEAN] == 300
        assert row[Col.LAYER_RATIO] == 3
        assert row[Col.LAYER_BODY_FRACTION] == pytest.approx(0.5)
        assert row[Col.LAYER_LAM_FRACTION] == pytest.approx(0.2)

    def test_can_be_left_out(self):
        image, mask = split_cell()
        row = measured(image, mask, step=Lamellipodium(band_um=None, layers=False))
        assert Col.BAND_RATIO not in row
        assert Col.LAYER_RATIO not in row


def test_channels_are_measured_each_under_its_name():
    image, mask = split_cell(200, 100)
    other, _ = split_cell(300, 100, side="left")
    both = np.stack([image, other]).astype(np.uint16)
    row = measured(both, mask, names=["GFP", "RFP"])
    assert row["lam_cyto_ratio__GFP"] == 2
    assert row["lam_cyto_ratio__RFP"] == 3
    only = measured(both, mask, names=["GFP", "RFP"], step=Lamellipodium(channels=("RFP",)))
    assert "lam_cyto_ratio__GFP" not in only


class TestBackground:
    image, mask = split_cell(200, 100, background=30.0)

    def test_none(self):
        assert NoBackground()(self.image, self.mask, "GFP") == 0

    def test_offset_by_channel(self):
        level = CameraOffset(offset={"GFP": 100.0})
        assert level(self.image, self.mask, "GFP") == 100
        assert np.isnan(level(self.image, self.mask, "RFP"))

    def test_percentile_outside(self):
        assert PercentileOutside(margin_px=2)(self.image, self.mask, "GFP") == 30
        full = np.ones((16, 16), np.uint8)
        assert np.isnan(PercentileOutside()(full * 5, full, "GFP"))

    def test_the_margin_keeps_blurred_light_out(self):
        blurred = self.image.copy()
        blurred[disc(24) & ~self.mask] = 150
        tight = PercentileOutside(percentile=99, margin_px=0)(blurred, self.mask, "GFP")
        wide = PercentileOutside(percentile=99, margin_px=6)(blurred, self.mask, "GFP")
        assert (tight, wide) == (150, 30)


def test_without_a_background_to_subtract_the_geometry_stands_and_frames_are_counted():
    """A cell that fills the field leaves no pixel outside."""
    image, mask = split_cell(200, 100)
    images, masks = np.stack([image] * 3).astype(np.uint16), np.stack([mask] * 3)
    movie, labels = Movie.from_array(images, pixel_size_um=0.3), Labels.from_array(masks)
    known, *_ = measure(movie, labels, [Lamellipodium()])
    frames, cells, _ = measure(
        movie, labels, [Lamellipodium()], level=lambda frame, labels, channel: float("nan")
    )
    assert np.isnan(frames[[Col.LAM_MEAN, Col.LAM_CYTO_RATIO, Col.BAND_RATIO]]).all(axis=None)
    assert frames[Col.BAND_FRACTION].tolist() == known[Col.BAND_FRACTION].tolist()
    assert frames[Col.LAM_X_PX].tolist() == known[Col.LAM_X_PX].tolist()
    assert cells[Col.N_UNDEFINED_RATIO].iloc[0] == 3
