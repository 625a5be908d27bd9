"""Regions of planted shape and light, and images that nobody should measure."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage, stats
from skimage import measure as skimage_measure

from lamella.core.errors import InputError
from lamella.core.labels import Labels
from lamella.core.movie import Movie
from lamella.core.table import Col
from lamella.kernels.distance import distance_inside
from lamella.kernels.region_depth import squared_distances
from lamella.kernels.region_pixels import Pixels
from lamella.kernels.region_sort import sort_floats, sort_whole
from lamella.kernels.region_surround import surrounds
from lamella.kernels.regions import find_regions
from lamella.measure import Region, measure, region_table
from worlds import disc, ellipse, line, one_pixel, ring, star

FIELD = (96, 110)


@pytest.fixture(autouse=True)
def no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def field(dtype=np.uint16, *, seed=4, light=np.uint16):
    """Discs and ellipses that may touch, with holes, and light that differs."""
    rng = np.random.default_rng(seed)
    labels = np.zeros(FIELD, dtype)
    for k in range(1, 13):
        at = rng.uniform((0, 0), FIELD)
        shape = ellipse(tuple(rng.uniform(3, 15, 2)), rng.uniform(0, 3), at, FIELD)
        labels[shape] = k * 7
    labels[rng.random(FIELD) < 0.01] = 0
    image = rng.gamma(2, 400, FIELD)
    return labels, image.astype(light)


def only(mask, image=None, **given):
    channels = None if image is None else {"light": image}
    return region_table(mask.astype(np.uint8), channels, **given).iloc[0]


class TestShape:
    def test_equals_scikit_image(self):
        labels, _ = field()
        ours = region_table(labels).set_index("cell")
        for region in skimage_measure.regionprops(labels):
            row = ours.loc[region.label]
            long, short = np.array(region.inertia_tensor_eigvals) + 1 / 12  # pixels are squares
            assert row[Col.AREA_PX] == region.area
            assert row[[Col.Y_PX, Col.X_PX]].tolist() == pytest.approx(region.centroid)
            assert row[Col.EQUIVALENT_DIAMETER_PX] == pytest.approx(region.equivalent_diameter_area)
            assert row[Col.EXTENT] == pytest.approx(region.extent)
            assert row[Col.EULER_NUMBER] == region.euler_number
            crofton = skimage_measure.perimeter_crofton(np.pad(region.image, 1), directions=4)
            assert row[Col.PERIMETER_CROFTON_PX] == pytest.approx(crofton)
            ratio = np.sqrt(short / long)
            assert row[Col.ECCENTRICITY] == pytest.approx(np.sqrt(1 - ratio**2), abs=1e-6)
            assert row[Col.AXIS_RATIO] == pytest.approx(ratio)
            assert row[Col.MAJOR_AXIS_PX] ** 2 * ratio == pytest.approx(4 * region.area / np.pi)
            if row[Col.AXIS_RATIO] < 0.999:
                turn = row[Col.ORIENTATION_DEG] - np.rad2deg(region.orientation) - 90
                assert (turn + 90) % 180 - 90 == pytest.approx(0, abs=1e-5)
            assert row[Col.FERET_PX] == pytest.approx(region.feret_diameter_max, abs=1)

    @pytest.mark.parametrize(("radius", "too_long"), [(5, 0.006), (20, 0.041), (50, 0.049)])
    def test_perimeters_of_discs(self, radius, too_long):
        """ImageJ's is long, Crofton's is right; averaged over places of the centre."""
        rng, middle = np.random.default_rng(radius), radius + 4
        places = middle + rng.random((60, 2))
        rows = [only(disc(radius, place, (2 * middle + 2,) * 2)) for place in places]
        known = 2 * np.pi * radius
        traced = np.mean([row[Col.PERIMETER_PX] for row in rows]) / known
        crofton = np.mean([row[Col.PERIMETER_CROFTON_PX] for row in rows]) / known
        assert traced - 1 == pytest.approx(too_long, abs=0.004)
        assert crofton == pytest.approx(1, abs=0.005)

    def test_squares(self):
        for side in (4, 10, 40):
            row = only(np.pad(np.ones((side, side), bool), 3))
            assert row[Col.PERIMETER_PX] == pytest.approx(4 * side - 4 * (2 - np.sqrt(2)))
            assert row[Col.FERET_PX] == pytest.approx(side * np.sqrt(2))
            assert row[Col.MIN_FERET_PX] == side
            assert row[Col.SOLIDITY] == row[Col.EXTENT] == 1

    def test_ellipse(self):
        row = only(ellipse((40, 15), 0.5, None, (101, 101)))
        assert row[Col.MAJOR_AXIS_PX] == pytest.approx(80, rel=0.01)
        assert row[Col.MINOR_AXIS_PX] == pytest.approx(30, rel=0.01)
        assert (
            row[Col.AXIS_RATIO] == pytest.approx(row[Col.ROUNDNESS]) == pytest.approx(15 / 40, 0.01)
        )
        assert row[Col.ECCENTRICITY] == pytest.approx(np.sqrt(1 - (15 / 40) ** 2), rel=0.01)
        away = (row[Col.ORIENTATION_DEG] + np.rad2deg(0.5) + 90) % 180 - 90
        assert abs(away) < 0.5
        assert row[Col.MIN_FERET_PX] == pytest.approx(30, abs=1.5)

    def test_hull_of_a_corner(self):
        corner = np.zeros((20, 20), bool)
        corner[:, :5] = corner[15:] = True
        assert only(corner)[Col.SOLIDITY] == pytest.approx((400 - 225) / (400 - 15 * 15 / 2))
        assert only(disc(30, (40, 40), (81, 81)))[Col.SOLIDITY] > 0.96

    def test_a_star_fills_little_of_its_hull(self):
        mask, _ = star([0.3, 2.4, 4.5], 45, radius_px=14, at=(60, 60), field=(121, 121))
        row = only(mask)
        assert row[Col.SOLIDITY] < 0.6
        assert row[Col.AXIS_RATIO] <= 1

    def test_holes_and_pieces(self):
        assert only(ring(5, 9, None, (41, 41)))[Col.EULER_NUMBER] == 0
        two = disc(4, (10, 10), (41, 41)) | disc(4, (10, 30), (41, 41))
        row, one = only(two), only(disc(4, (10, 10), (41, 41)))
        assert row[Col.EULER_NUMBER] == 2
        assert row[Col.PERIMETER_CROFTON_PX] == pytest.approx(2 * one[Col.PERIMETER_CROFTON_PX])
        assert row[Col.PERIMETER_PX] == pytest.approx(2 * one[Col.PERIMETER_PX], abs=1.2)

    def test_lengths_in_um(self):
        row = only(disc(9, (20, 20), (41, 41)), pixel_size_um=0.25)
        for px, um in ((Col.FERET_PX, Col.FERET_UM), (Col.PERIMETER_PX, Col.PERIMETER_UM)):
            assert row[um] == row[px] / 4
        assert row[Col.AREA_UM2] == row[Col.AREA_PX] / 16
        assert np.isnan(only(disc(9, (20, 20), (41, 41)))[Col.FERET_UM])

    @settings(max_examples=40, deadline=None)
    @given(seed=st.integers(0, 10**6), share=st.floats(0.05, 0.95))
    def test_distances_of_ragged_masks(self, seed, share):
        mask = np.random.default_rng(seed).random((17, 23)) < share
        known = distance_inside(mask).astype(np.float64) ** 2
        assert np.allclose(squared_distances(mask), known, rtol=1e-6)


class TestLight:
    @pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.int32, np.float32, np.float64])
    def test_equals_numpy_and_scipy(self, kind):
        labels, image = field()
        image = (image % 256 if kind is np.uint8 else image).astype(kind)
        image = image / kind(7) if np.dtype(kind).kind == "f" else image
        step = Region(percentiles=(1, 5, 25, 75, 95, 99))
        table = region_table(labels, {"light": image}, settings=step).set_index("cell")
        for label in np.unique(labels[labels > 0]):
            values = image[labels == label].astype(np.float64)
            row = table.loc[label]
            assert row[Col.INTENSITY_MEAN] == pytest.approx(values.mean())
            assert row[Col.INTENSITY_MEDIAN] == pytest.approx(np.median(values))
            assert row[Col.INTENSITY_SD] == pytest.approx(values.std(ddof=1))
            assert row[Col.INTENSITY_SUM] == pytest.approx(values.sum())
            assert row[Col.INTENSITY_MIN] == values.min()
            assert row[Col.INTENSITY_MAX] == values.max()
            assert row[Col.INTENSITY_SKEWNESS] == pytest.approx(stats.skew(values))
            assert row[Col.INTENSITY_KURTOSIS] == pytest.approx(stats.kurtosis(values))
            for p in step.percentiles:
                assert row[f"intensity_p{p:02}"] == pytest.approx(np.percentile(values, p))
            if np.dtype(kind).kind != "f":
                assert row[Col.INTENSITY_MODE] == stats.mode(values).mode
            weighted = ndimage.center_of_mass(image.astype(float), labels, label)
            assert row[[Col.MASS_Y_PX, Col.MASS_X_PX]].tolist() == pytest.approx(weighted)
            shift = np.hypot(row["mass_y_px"] - row["y_px"], row["mass_x_px"] - row["x_px"])
            assert row[Col.MASS_SHIFT_PX] == pytest.approx(shift)

    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.floats(-1e9, 1e9, width=32), min_size=1, max_size=300))
    def test_sorting(self, values):
        given_, n = np.array(values, np.float64), len(values)
        ordered, keys, other = np.empty(n), np.empty(n, np.uint64), np.empty(n, np.uint64)
        sort_floats(given_, ordered, keys, other)
        assert ordered.tolist() == np.sort(given_).tolist()
        whole, counts = np.rint(given_), np.zeros(1 << 12, np.int64)
        if sort_whole(whole, ordered, counts):
            assert ordered.tolist() == np.sort(whole).tolist()
        assert not counts.any()

    def test_surround(self):
        labels, image = field()
        regions = find_regions(labels)
        for gap, width in ((0, 3), (2, 5), (1.5, 4.2)):
            rings = surrounds(labels, regions.label, regions.box, gap_px=gap, width_px=width)
            for i, label in enumerate(regions.label):
                away = ndimage.distance_transform_edt(labels != label)
                known = (away > gap) & (away <= gap + width) & (labels == 0)
                here = slice(rings.start[i], rings.start[i + 1])
                assert np.array_equal(
                    np.argwhere(known), np.c_[rings.row[here], rings.column[here]]
                )
        table = region_table(labels, {"light": image})
        assert isinstance(rings, Pixels)
        assert table[Col.SURROUND_MEAN].notna().any()

    def test_contrast_of_a_planted_disc(self):
        inside = disc(8, (30, 30), (61, 61))
        image = np.where(inside, 300, 100).astype(np.uint16)
        row = only(inside, image)
        assert row[Col.SURROUND_MEAN] == 100
        assert row[Col.INTENSITY_CONTRAST] == pytest.approx(0.5)
        full = only(np.ones((9, 9), bool), np.ones((9, 9)))
        assert np.isnan(full[Col.SURROUND_MEAN])
        assert np.isnan(full[Col.INTENSITY_CONTRAST])

    def test_radial_fractions_of_a_rim(self):
        inside = disc(20, (30, 30), (61, 61))
        rim = inside & ~disc(16, (30, 30), (61, 61))
        row = only(inside, np.where(rim, 500, 0).astype(np.uint16))
        shares = [row[f"radial_fraction_{k}"] for k in range(1, 5)]
        assert sum(shares) == pytest.approx(1)
        assert shares[0] > 0.95
        even = only(inside, np.full((61, 61), 9, np.uint8))
        # Rings of equal width between radii 20, 15, 10, 5 and 0.
        known = np.array([7, 5, 3, 1]) / 16
        assert [even[f"radial_fraction_{k}"] for k in range(1, 5)] == pytest.approx(known, abs=0.02)

    def test_saturation(self):
        inside = disc(5, (10, 10), (21, 21))
        eight = only(inside, np.where(inside, 255, 3).astype(np.uint8))
        assert eight[Col.N_SATURATED_PX] == inside.sum()
        assert only(inside, np.full((21, 21), 255, np.uint16))[Col.N_SATURATED_PX] == 0
        twelve = Region(saturation=4095)
        image = np.where(inside, 4095, 3)
        for kind in (np.uint16, np.float32):
            row = only(inside, image.astype(kind), settings=twelve)
            assert row[Col.N_SATURATED_PX] == inside.sum()
        assert np.isnan(only(inside, image.astype(np.float32))[Col.N_SATURATED_PX])

    @pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
    def test_values_that_are_no_numbers(self, bad):
        labels = np.zeros((9, 20), np.uint8)
        labels[2:6, 2:6], labels[2:6, 10:16] = 1, 2
        image = np.ones((9, 20), np.float32)
        image[3, 3] = bad
        table = region_table(labels, {"light": image}).set_index("cell")
        light = [c for c in table.columns if c.startswith(("intensity", "mass", "radial", "n_"))]
        assert table.loc[1, light].isna().all()
        assert table.loc[2, Col.INTENSITY_MEAN] == 1


class TestTable:
    def test_large_labels_and_types(self):
        labels, image = field(np.uint32)
        known = region_table(labels, {"light": image})
        far = np.where(labels > 0, labels + 4_000_000_000, 0).astype(np.uint32)
        found = region_table(far, {"light": image})
        assert (found["cell"] == known["cell"] + 4_000_000_000).all()
        pd.testing.assert_frame_equal(found.drop(columns="cell"), known.drop(columns="cell"))
        as_float = region_table(labels.astype(np.float64), {"light": image.astype(np.float64)})
        assert as_float["cell"].tolist() == known["cell"].tolist()

    def test_no_objects(self):
        table = region_table(
            np.zeros((5, 6), np.uint16), {"a": np.ones((5, 6)), "b": np.ones((5, 6))}
        )
        assert len(table) == 0
        assert {"cell", "feret_px", "intensity_mean__a", "intensity_mean__b"} <= set(table.columns)

    @pytest.mark.parametrize(
        ("labels", "channels", "said"),
        [
            (np.ones((2, 3, 4), int), {}, "3 axes"),
            (np.full((3, 3), 0.5), {}, "they are float64"),
            (np.full((3, 3), -1), {}, "below 0"),
            (np.ones((3, 3), int), {"EdU": np.ones((3, 4))}, r"channel 'EdU': it is \(3, 4\)"),
            (np.ones((3, 3), int), {"EdU": np.ones((3, 3), complex)}, "complex128"),
        ],
    )
    def test_refuses_what_is_no_image(self, labels, channels, said):
        with pytest.raises(InputError, match=said):
            region_table(labels, channels)

    def test_an_unknown_channel(self):
        with pytest.raises(InputError, match="'GFP', which is not given"):
            region_table(np.ones((3, 3), int), {}, settings=Region(channels=("GFP",)))

    @pytest.mark.parametrize("mask", [one_pixel(field=FIELD), line(9, field=FIELD)])
    def test_thin_objects(self, mask):
        row = only(mask, np.full(FIELD, 7, np.uint16))
        assert row[Col.RADIAL_FRACTION_4] == 1
        assert np.isnan(row[Col.RADIAL_FRACTION_1])
        assert np.isnan(row[Col.INTENSITY_SKEWNESS])
        assert not np.isinf(row.to_numpy(np.float64)).any()


class TestGroup:
    def test_agrees_with_the_table_and_subtracts_the_level(self):
        labels, image = field()
        movie = Movie.from_array(image[None], pixel_size_um=0.5, channel_names=["light"])
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*one frame.*")
            found = measure(
                movie, Labels.from_array(labels[None]), [Region()], level=lambda *_: 300.0
            )
        known = region_table(labels, {"light": image.astype(np.float64) - 300}, pixel_size_um=0.5)
        raw = region_table(labels, {"light": image})
        for name in known.columns:
            if name in (Col.N_SATURATED_PX, Col.INTENSITY_MODE):
                continue
            np.testing.assert_allclose(found.frames[name], known[name], rtol=1e-9, err_msg=name)
            if name in found.cells:
                np.testing.assert_allclose(found.cells[name], known[name], rtol=1e-9, err_msg=name)
        assert found.frames[Col.INTENSITY_MODE].tolist() == (raw[Col.INTENSITY_MODE] - 300).tolist()
        assert found.frames[Col.N_NEGATIVE_PX].sum() == (image[labels > 0] < 300).sum() > 0

    def test_cells_over_a_movie(self):
        """Directions near 0 and 180 average to 0, and the worst frame tells of saturation."""
        masks = np.stack([ellipse((20, 6), turn, (48, 55), FIELD) for turn in (0.05, -0.05)])
        image = np.zeros((2, *FIELD), np.uint8)
        image[1][masks[1]] = 255
        movie = Movie.from_array(image, pixel_size_um=1.0, interval_min=1.0)
        cells = measure(movie, Labels.from_array(masks.astype(np.uint8)), [Region()]).cells
        row = cells.iloc[0]
        assert min(row[Col.ORIENTATION_DEG], 180 - row[Col.ORIENTATION_DEG]) < 0.1
        assert row[Col.N_SATURATED_PX] == masks[1].sum()
        assert row[Col.N_SATURATED] == 1
        assert row[Col.INTENSITY_MEAN] == pytest.approx(127.5)

    def test_saturation_is_that_of_the_camera(self):
        """A correction makes floats of the pixels; what was saturated stays so."""
        mask = disc(5, (30, 30), FIELD)
        image = np.where(mask, 255, 3).astype(np.uint8)[None]
        movie = Movie.from_array(image, channel_names=["light"])
        paler = Movie.from_array(image / np.float32(2), channel_names=["light"])
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*one frame.*")
            labels = Labels.from_array(mask[None].astype(np.uint8))
            found = measure(movie.corrected(paler.channels), labels, [Region()])
        assert found.cells[Col.N_SATURATED_PX].tolist() == [mask.sum()]
        assert found.cells[Col.INTENSITY_MEAN].tolist() == [127.5]

    def test_settings(self):
        with pytest.raises(ValueError, match="percentiles are some of 1, 5"):
            Region(percentiles=(7,))
        bare = region_table(*field()[:1], settings=Region(shape=False, channels=(), radial_parts=0))
        assert list(bare.columns) == ["cell", "y_px", "x_px", "area_px", "area_um2"]
        labels, image = field()
        alone = Region(surround_width_px=0, radial_parts=0, percentiles=())
        table = region_table(labels, {"light": image}, settings=alone)
        assert Col.SURROUND_MEAN not in table
        in_um = Region(surround_gap_um=1.0, surround_width_um=2.5)
        there = region_table(labels, {"light": image}, pixel_size_um=0.5, settings=in_um)
        pd.testing.assert_series_equal(
            there[Col.SURROUND_MEAN], region_table(labels, {"light": image})[Col.SURROUND_MEAN]
        )
