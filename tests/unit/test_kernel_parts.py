"""Sums over parts, sides, layers and sectors, against plain numpy."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lamella.kernels.distance import EDGE_PX
from lamella.kernels.front import furthest_of_objects, sides_of_objects
from lamella.kernels.halves import halves_of_objects
from lamella.kernels.layers import layers_of_objects, sums_of_layers
from lamella.kernels.parts import shares_above, sums_of_parts
from lamella.kernels.regions import find_regions
from lamella.kernels.sectors import mean_of_band, profile_of_band, sector_angles
from lamella.kernels.thresholds import multi_otsu
from worlds import disc, ellipse, one_pixel


def objects(labels):
    regions = find_regions(labels)
    return regions, (labels, regions.label, regions.box)


def two_cells(seed=0):
    rng = np.random.default_rng(seed)
    labels = np.zeros((50, 60), np.uint16)
    labels[ellipse((14, 9), 0.4, (20, 18), labels.shape)] = 3
    labels[disc(9, (30, 42), labels.shape)] = 7
    return labels, rng.gamma(5, 40, labels.shape).astype(np.uint16)


def subpixels(direction, centre, pixel, n=400):
    """Share of a pixel ahead of a line, by counting points in it."""
    at = (np.arange(n) + 0.5) / n - 0.5
    y, x = pixel[0] + at[:, None] - centre[0], pixel[1] + at[None] - centre[1]
    return float(np.mean(y * direction[0] + x * direction[1] > 0))


class TestParts:
    def test_are_weighted_sums(self):
        labels, image = two_cells()
        _, these = objects(labels)
        share = np.random.default_rng(1).random(labels.shape, np.float32)
        part, rest = sums_of_parts(image, *these, share)
        y, x = np.indices(labels.shape)
        for i, name in enumerate((3, 7)):
            own = labels == name
            for sums, weight in ((part, share[own]), (rest, 1 - share[own])):
                weight = weight.astype(float)
                assert sums.weight[i] == pytest.approx(weight.sum())
                assert sums.intensity[i] == pytest.approx((weight * image[own]).sum())
                assert sums.row[i] == pytest.approx((weight * y[own]).sum())
                assert sums.column[i] == pytest.approx((weight * x[own]).sum())

    @pytest.mark.parametrize("below", [False, True])
    def test_shares_are_the_halves(self, below):
        labels, image = two_cells()
        image = image // 40 * 40  # many ties
        regions, these = objects(labels)
        halves = halves_of_objects(image, *these, percentile=40)
        share = shares_above(
            image, *these, threshold=halves.threshold, tie_weight=halves.tie_weight, below=below
        )
        part, rest = sums_of_parts(image, *these, share)
        expected = 0.4 if below else 0.6
        np.testing.assert_allclose(part.weight, expected * regions.area, rtol=1e-6)
        bright, dim = (rest, part) if below else (part, rest)
        np.testing.assert_allclose(bright.means(), halves.bright_mean, rtol=1e-6)
        np.testing.assert_allclose(dim.centroids()[:, 1], halves.dim_column, rtol=1e-6)
        assert not share[labels == 0].any()

    def test_an_empty_part_has_no_mean(self):
        labels, image = two_cells()
        _, these = objects(labels)
        part, rest = sums_of_parts(image, *these, np.zeros(labels.shape, np.float32))
        assert np.isnan(part.means()).all()
        assert np.isfinite(rest.means()).all()
        everything, nothing = sums_of_parts(image, *these, np.ones(labels.shape, np.float32))
        assert np.isnan(nothing.means()).all()
        assert np.isfinite(everything.means()).all()


class TestSides:
    @settings(max_examples=25, deadline=None)
    @given(st.floats(0, 2 * np.pi), st.floats(-0.5, 0.5), st.floats(-0.5, 0.5))
    def test_a_pixel_is_cut_by_area(self, angle, dy, dx):
        direction = np.array([[np.sin(angle), np.cos(angle)]])
        mask = one_pixel((8, 8), (16, 16)).astype(np.uint8)
        _, these = objects(mask)
        centre = np.array([[8 + dy, 8 + dx]])
        image = np.full(mask.shape, 7, np.uint16)
        front, back = sides_of_objects(
            image, *these, mask.astype(np.float32), centre=centre, direction=direction
        )
        assert front.weight[0] == pytest.approx(
            subpixels(direction[0], centre[0], (8, 8)), abs=5e-3
        )
        assert front.weight[0] + back.weight[0] == pytest.approx(1)
        assert front.intensity[0] == pytest.approx(7 * front.weight[0])

    def test_a_pixel_on_the_line_counts_half(self):
        mask = one_pixel((8, 8), (16, 16)).astype(np.uint8)
        _, these = objects(mask)
        for angle in np.linspace(0, 2 * np.pi, 17):
            front, _ = sides_of_objects(
                np.ones(mask.shape), *these, np.ones(mask.shape, np.float32),
                centre=np.array([[8.0, 8.0]]),
                direction=np.array([[np.sin(angle), np.cos(angle)]]),
            )  # fmt: skip
            assert front.weight[0] == 0.5

    @pytest.mark.parametrize("angle", np.linspace(0, 2 * np.pi, 13))
    def test_a_disc_is_halved(self, angle):
        mask = disc(20).astype(np.uint8)
        regions, these = objects(mask)
        front, back = sides_of_objects(
            mask * 100, *these, mask.astype(np.float32), centre=regions.centroid,
            direction=np.array([[np.sin(angle), np.cos(angle)]]) * 3.7,
        )  # fmt: skip
        assert front.weight[0] == pytest.approx(back.weight[0], rel=1e-9)
        assert front.part_intensity[0] == pytest.approx(back.part_intensity[0], rel=1e-9)

    def test_without_a_direction_there_are_no_sides(self):
        labels, image = two_cells()
        regions, these = objects(labels)
        direction = np.array([[0.0, 0.0], [np.nan, 1.0]])
        for sums in sides_of_objects(
            image, *these, np.ones(labels.shape, np.float32), centre=regions.centroid,
            direction=direction,
        ):  # fmt: skip
            assert np.isnan(sums).all()
        assert np.isnan(furthest_of_objects(*these, direction=direction)).all()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31), st.sampled_from([0.0, 0.3, 0.5, 0.75, 1.0, 1.7]))
def test_the_furthest_pixel(seed, turn):
    rng = np.random.default_rng(seed)
    labels = (rng.random((15, 17)) < 0.3).astype(np.uint8)
    labels[7, 7] = 1
    _, these = objects(labels)
    way = np.array([np.sin(np.pi * turn), np.cos(np.pi * turn)])
    found = furthest_of_objects(*these, direction=5 * way[None])
    y, x = np.nonzero(labels)
    along = y * way[0] + x * way[1]
    tied = along > along.max() - 1e-6
    assert found.reach[0] == pytest.approx(along.max(), abs=1e-6)
    assert (found.y[0], found.x[0]) == pytest.approx((y[tied].mean(), x[tied].mean()))


def between_variance(values, layer):
    mean = values.mean()
    return sum((layer == k).sum() * (values[layer == k].mean() - mean) ** 2 for k in (1, 2, 3))


class TestLayers:
    @settings(max_examples=40, deadline=None)
    @given(st.integers(0, 2**31), st.sampled_from([np.uint8, np.uint16, np.float32]))
    def test_vary_as_much_as_those_of_an_independent_search(self, seed, kind):
        rng = np.random.default_rng(seed)
        image = (rng.gamma(rng.uniform(1, 9), 12, (40, 40))).astype(kind)
        mask = disc(16, (20, 19), (40, 40)).astype(np.uint8)
        _, these = objects(mask)
        layers = layers_of_objects(image, *these)
        values, found = image[mask > 0].astype(float), layers[mask > 0]
        theirs = 1 + np.searchsorted(multi_otsu(image[mask > 0], classes=3), values)
        # With a value per bin ours sees the values themselves; theirs counts in bins. Where cuts
        # far apart vary nearly alike, pixels may be shared out otherwise.
        slack = 1e-12 if kind is np.uint8 else 1e-4
        assert between_variance(values, found) >= (1 - slack) * between_variance(values, theirs)
        assert not layers[mask == 0].any()

    @settings(max_examples=20, deadline=None)
    @given(st.integers(0, 2**31), st.integers(3, 30))
    @example(262392, 13)
    def test_are_the_best_of_all_cuts(self, seed, n_values):
        """A value per bin, so that the search sees the values themselves."""
        rng = np.random.default_rng(seed)
        image = rng.integers(0, n_values, (20, 20)).astype(np.uint8)
        image[8, 8:10] = 0, n_values - 1
        mask = disc(7, (9, 9), (20, 20)).astype(np.uint8)
        image[mask == 0] = 200
        _, these = objects(mask)
        values = image[mask > 0].astype(float)
        known = np.unique(values)
        best = max(
            between_variance(values, 1 + (values > a) + (values > b))
            for i, a in enumerate(known[:-2])
            for b in known[i + 1 : -1]
        )
        found = layers_of_objects(image, *these)[mask > 0]
        assert between_variance(values, found) == pytest.approx(best, rel=1e-9)

    def test_sums_make_up_the_whole(self):
        labels, image = two_cells()
        regions, these = objects(labels)
        sums = sums_of_layers(image, *these, layers_of_objects(image, *these))
        np.testing.assert_array_equal(sum(s.weight for s in sums), regions.area)
        assert (sums[0].means() < sums[1].means()).all()
        assert (sums[1].means() < sums[2].means()).all()

    def test_two_values_have_no_three_layers(self):
        mask = disc(8).astype(np.uint8)
        _, these = objects(mask)
        image = np.where(np.arange(64) < 32, 5, 9)[None].repeat(64, 0)
        assert not layers_of_objects(image, *these).any()
        assert not layers_of_objects(np.full((64, 64), 5), *these).any()


class TestSectors:
    def ring(self):
        y, x = np.indices((64, 64)) - 31.5
        radius = np.hypot(y, x)
        distance = np.clip(20 - radius, 0, None).astype(np.float32)
        return y, x, distance

    def test_a_cosine_is_found_again(self):
        y, x, distance = self.ring()
        image = 100 * (1 + 0.5 * np.cos(np.arctan2(y, x) - 0.7))
        mean, weight = profile_of_band(image, distance, within=4, centre=(31.5, 31.5), n_angles=24)
        expected = 100 * (1 + 0.5 * np.cos(sector_angles(24) - 0.7))
        np.testing.assert_allclose(mean, expected, atol=1)
        assert weight.sum() == pytest.approx(((distance > 0) & (distance <= 4 + EDGE_PX)).sum())

    def test_a_quarter_turn_turns_the_profile(self):
        rng = np.random.default_rng(0)
        _, _, distance = self.ring()
        image = rng.random((64, 64))
        mean, _ = profile_of_band(image, distance, within=3, centre=(31.5, 31.5), n_angles=16)
        # Rotating the picture by a quarter turn takes +x to −y.
        turned, _ = profile_of_band(
            np.rot90(image).copy(), np.rot90(distance).copy(), within=3, centre=(31.5, 31.5),
            n_angles=16,
        )  # fmt: skip
        np.testing.assert_allclose(np.roll(mean, -4), turned, rtol=1e-9)

    def test_angles_without_pixels_are_missing(self):
        distance = np.zeros((9, 9), np.float32)
        distance[4, 4:8] = 1  # a line to the right of its end, which has no angle itself
        mean, weight = profile_of_band(
            np.full((9, 9), 5), distance, within=2, centre=(4, 4), n_angles=8
        )
        assert mean[0] == 5
        assert weight[0] == 3
        assert np.isnan(mean[1:]).all()

    def test_the_mean_of_a_band(self):
        _, _, distance = self.ring()
        image = np.random.default_rng(0).random((64, 64))
        inside = (distance > 0) & (distance <= 3 + EDGE_PX)
        assert mean_of_band(image, distance, 3.0) == pytest.approx(image[inside].mean())
        assert np.isnan(mean_of_band(image, 0 * distance, 3.0))
